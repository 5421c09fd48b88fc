"""The marking of a process: what `decide` reads and what the fold of its events gives.

Steps, tasks and incidents are frozen and replaced; only `engine.core.fold` changes a `Process`, on a copy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from engine.core.events import IncidentCode, Stage
from engine.core.journey import Exit, Priority

ProcessStatus = Literal["pending", "running", "suspended", "completed", "failed", "cancelled"]
StepState = Literal["waiting", "active", "completed", "failed", "skipped", "cancelled"]
TaskStatus = Literal["pending", "assigned", "in_progress", "blocked", "completed", "failed", "cancelled"]

ENDED: frozenset[ProcessStatus] = frozenset({"completed", "failed", "cancelled"})
RESOLVED: frozenset[StepState] = frozenset({"completed", "failed", "skipped", "cancelled"})
CLOSED: frozenset[TaskStatus] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Step:
    """One visit of one atom. There is none while the atom was never ready, resolved or reset.

    `edges` tells for each of `Route.enables` whether it was taken; None while they are pending. `held` is where an
    incident holds it; `output` is kept only while it is held after its exit. `ended_seq` is the event that ended it.
    """

    atom: str
    visit: int
    state: StepState
    exit: Exit | None = None
    ready_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_seq: int | None = None
    edges: tuple[bool, ...] | None = None
    held: Stage | None = None
    output: Mapping[str, Any] | None = None

    @property
    def resolved(self) -> bool:
        """Whether R4 counts it as resolved."""
        return self.state in RESOLVED


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's hold on a system task. `token` fences: only the newest one's answers count, until `until`."""

    token: int
    worker: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """The work item of an active step, numbered within its process.

    `input` is None where the performer sees the whole context. `attempts` counts the failed ones since its work began
    or was retried; `next_at` is when a worker may take it, None while it is held or for people's work, and
    `timeout_seconds` for how long. `lease` belongs to the workers' side and `version` counts the row's changes as it
    was locked; neither is part of the fold.
    """

    n: int
    kind: Literal["human", "system"]
    atom: str
    visit: int
    name: str
    role: str | None
    action: str | None
    status: TaskStatus
    priority: Priority
    input: Mapping[str, Any] | None
    created_at: datetime
    assignee: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    output: Mapping[str, Any] | None = None
    attempts: int = 0
    next_at: datetime | None = None
    timeout_seconds: float | None = None
    lease: Lease | None = field(default=None, compare=False)
    version: int = field(default=1, compare=False)

    @property
    def open(self) -> bool:
        """Whether it can still be worked on."""
        return self.status not in CLOSED


@dataclass(frozen=True, slots=True)
class Incident:
    """Something a person must look at, numbered within its process."""

    n: int
    atom: str
    visit: int
    code: IncidentCode
    stage: Stage
    message: str
    fix: str
    raised_at: datetime
    task: int | None = None
    resolved_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still holds its step."""
        return self.resolved_at is None


@dataclass(slots=True)
class Process:
    """One run of a journey version, with the current visit of every atom that has one, and its open work.

    `tasks` and `incidents` hold at least the open ones. `part` is the phase or module it was started at.
    """

    id: str
    journey: str
    version: str
    part: str | None
    status: ProcessStatus
    priority: Priority
    initiated_by: str
    owner: str
    started_at: datetime
    context: dict[str, Any]
    business_key: str | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    seq: int = 0
    last_at: datetime | None = None
    last_task: int = 0
    last_incident: int = 0
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    tasks: dict[int, Task] = field(default_factory=dict[int, Task])
    incidents: dict[int, Incident] = field(default_factory=dict[int, Incident])

    def copy(self) -> "Process":
        """The same marking, to be folded further without touching this one."""
        return replace(self, steps=dict(self.steps), tasks=dict(self.tasks), incidents=dict(self.incidents))

    @property
    def ended(self) -> bool:
        """Whether it takes no more commands."""
        return self.status in ENDED

    def open_tasks(self) -> Iterator[Task]:
        """Its open tasks, oldest first."""
        return (task for task in self.tasks.values() if task.open)

    def open_incidents(self) -> Iterator[Incident]:
        """Its open incidents, oldest first."""
        return (incident for incident in self.incidents.values() if incident.open)
