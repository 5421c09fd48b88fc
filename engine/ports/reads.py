"""Pages and figures for people; it only ever reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.answers import (
    EventAnswer,
    IncidentAnswer,
    OpenIncident,
    Page,
    ProcessSummary,
    StepAnswer,
    TaskAnswer,
    WaitingTask,
)
from engine.core.callers import Caller
from engine.core.clocks import Alert, Clock
from engine.core.events import Event
from engine.core.explain_held import Rest
from engine.core.process import Process


@dataclass(frozen=True, slots=True)
class ProcessFilter:
    """Which processes a list shows. `visible_to` None: all of them; `context` compares with declared names.

    Of who is `involved` it shows those that they started or own.
    """

    status: str | None = None
    journey: str | None = None
    business_key: str | None = None
    initiated_by: str | None = None
    owner: str | None = None
    involved: str | None = None
    q: str | None = None
    parent: str | None = None
    context: Mapping[str, Any] | None = None
    visible_to: Caller | None = None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows. `visible_to` None: all of them; `sla`: only what is at risk, or breached.

    Those are `overdue` that are open past their due date, or past the target of their service level.
    """

    status: str | None = None
    role: str | None = None
    assignee: str | None = None
    process: str | None = None
    journey: str | None = None
    atom: str | None = None
    overdue: bool | None = None
    sla: Alert | None = None
    visible_to: Caller | None = None


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a list shows: `status` is open or resolved."""

    process: str | None = None
    status: str | None = None
    code: str | None = None
    journey: str | None = None
    atom: str | None = None


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child that a step has or had: its process's id is `id` (R15)."""

    atom: str
    visit: int
    item_index: int | None
    id: str


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process with its title, as it is read for one answer, and `visible`: whether the asked caller may see it.

    `children` are all it ever had, in the order they were started. `clock` is its own, running or over.
    """

    process: Process
    title: str
    visible: bool
    children: tuple[ChildRow, ...]
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class ActiveStep:
    """A step where a process is now."""

    atom: str
    visit: int
    since: datetime


@dataclass(frozen=True, slots=True)
class WhereaboutsRow:
    """Where a process stands: its version, and at most so many of its active steps, open tasks and incidents."""

    journey: str | None
    version: str | None
    steps: tuple[ActiveStep, ...]
    tasks: tuple[WaitingTask, ...]
    incidents: tuple[OpenIncident, ...]


class Reads(Protocol):
    """Pages and figures from PostgreSQL. Cursors are opaque; a wrong one raises `Invalid('cursor_invalid')`."""

    async def process(self, id: str, caller: Caller) -> ProcessRow | None:
        """One process with its steps, open tasks and open incidents."""
        ...

    async def all_visits(self, id: str) -> Sequence[StepAnswer]:
        """Every visit of every atom, in order of visit."""
        ...

    async def processes(self, filter: ProcessFilter, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """Newest first."""
        ...

    async def whereabouts(self, ids: Sequence[str], most: int) -> Mapping[str, WhereaboutsRow]:
        """Where these processes stand, `most` of each kind of thing: steps and incidents oldest first, tasks most
        urgent first."""
        ...

    async def history(self, id: str, cursor: str | None, limit: int, caller: Caller | None = None) -> Page[EventAnswer]:
        """Oldest first; what is sensitive is shown to a caller who holds `process:read_sensitive`."""
        ...

    async def newest_events(
        self, id: str, types: Sequence[str], atoms: Sequence[str] | None, limit: int
    ) -> Sequence[Event]:
        """The newest `limit` of its events of these types, and of these atoms if any are named; oldest first."""
        ...

    async def action_states(self, actions: Sequence[str]) -> tuple[datetime, frozenset[str], Mapping[str, Rest]]:
        """The time by `wayline_now()`, those of `actions` that some worker has work of then, and those that rest."""
        ...

    async def task(self, process: str, task: int, caller: Caller) -> TaskAnswer | None:
        """One task, `form` left to the service; None where the caller may not see it."""
        ...

    async def tasks(self, filter: TaskFilter, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """Newest first."""
        ...

    async def incident(self, process: str, incident: int, caller: Caller) -> IncidentAnswer | None:
        """One incident; None where the caller may not see it."""
        ...

    async def incidents(
        self, filter: IncidentFilter, caller: Caller, cursor: str | None, limit: int
    ) -> Page[IncidentAnswer]:
        """Those that the caller may see, newest first."""
        ...

    async def process_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Processes by `status`, `journey` and `outcome`."""
        ...

    async def task_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Tasks by `status`; of people's open ones by `role`, and how many are `open` in each of several ways."""
        ...

    async def incident_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Open incidents by `code`, for those who keep the servers running."""
        ...

    async def active_processes(self, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """Those of `v_active_processes`, longest running first."""
        ...

    async def ping(self) -> None:
        """Raises `Unavailable` when PostgreSQL is away."""
        ...
