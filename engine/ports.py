"""What the services and workers need of the databases, as Protocols. `engine.bootstrap` joins them with the adapters.

Writes go through `Store` and `Versions`, which have fakes in `tests/fakes`; pages of lists go through `Reads`, which
is kept apart as it only ever reads. Every method may raise `Unavailable` when its database is away.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.answers import (
    EventAnswer,
    IncidentAnswer,
    Page,
    ProcessSummary,
    StepAnswer,
    TaskAnswer,
)
from engine.core.commands import Caller
from engine.core.decision import Decision
from engine.core.events import Event
from engine.core.journey import Definition, Routes
from engine.core.process import Process
from engine.loading.load import Media
from engine.statements import Question


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key (R17): `caller` used `key` for the request whose SHA-256 is `fingerprint`."""

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer kept for its idempotency key; `body` is the JSON text as it was sent."""

    key: Key
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """A decision to be written, with the request's correlation id."""

    decision: Decision
    correlation_id: str | None


class Transaction(Protocol):
    """One transaction on what runs. Locks are taken in one order: idempotency keys, then processes, each sorted."""

    async def recall(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Remembered]:
        """The answers remembered under (caller, key), of those not past their age; later ones wait for this commit."""
        ...

    async def lock(self, processes: Sequence[str]) -> tuple[Mapping[str, Process], datetime]:
        """The markings of these processes, locked, with their open tasks, leases and incidents, and the time now.

        Unknown ids are absent. The time is `wayline_now()`, read after the locks are held.
        """
        ...

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        """Reserves (journey, business key) for a process; gives those that another open process holds, and its id."""
        ...

    async def write(self, commits: Sequence[Commit], answers: Sequence[Remembered]) -> None:
        """Writes decisions and answers, set-wise. Business keys of processes that ended are given back.

        Raises:
            AssertionError: when a process is not at the `seq` it was decided on.
        """
        ...


class Store(Protocol):
    """Where the truth of what runs is kept."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """A journey version as PostgreSQL keeps it. `routes` is set from the moment it is published."""

    journey: str
    version: str
    name: str
    status: str
    hash: str
    document: str
    media: Media
    created_at: datetime
    published_at: datetime | None
    publishing: bool
    routes: Routes | None
    routes_hash: str | None


@dataclass(frozen=True, slots=True)
class JourneyRecord:
    """A journey and its versions, oldest first, as (version, status)."""

    journey: str
    name: str
    paused: bool
    versions: tuple[tuple[str, str], ...]


class Versions(Protocol):
    """Journey versions in PostgreSQL: the document as loaded, and once published its routes."""

    async def save(self, definition: Definition, document: str, media: Media, by: str) -> Version:
        """Keeps a draft, in place of the draft it had; a published or retired version stays and is given as it is."""
        ...

    async def mark_publishing(self, journey: str, version: str) -> Version:
        """Says that the draft is on its way; `publishing` is how the next start finds what a crash left."""
        ...

    async def publish(
        self, journey: str, version: str, hash: str, routes: Routes, routes_hash: str, by: str
    ) -> Version:
        """Publishes the draft if it still has this content; the moment of truth. Published already is no error."""
        ...

    async def retire(self, journey: str, version: str, by: str) -> Version:
        """published → retired: no new starts; what runs goes on."""
        ...

    async def pause(self, journey: str, paused: bool, by: str) -> JourneyRecord:
        """Stops or allows new starts of all versions."""
        ...

    async def get(self, journey: str, version: str) -> Version | None:
        """One version."""
        ...

    async def journey(self, journey: str) -> JourneyRecord | None:
        """One journey."""
        ...

    async def journeys(self, after: str | None, limit: int) -> Sequence[JourneyRecord]:
        """Journeys by key, those after `after`."""
        ...

    async def unfinished(self) -> Sequence[tuple[str, str]]:
        """(journey, version) of what was being published."""
        ...

    async def published(self) -> Sequence[tuple[str, str, str]]:
        """(journey, version, status) of every published or retired version, for comparing with Neo4j."""
        ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """A system task a worker holds: call `action` with `input` before `deadline`; answer with `token`."""

    process: str
    task: int
    atom: str
    visit: int
    action: str
    input: Mapping[str, Any]
    attempt: int
    token: int
    deadline: datetime

    @property
    def idempotency_key(self) -> str:
        """The step's id: the same for every attempt."""
        return f"{self.process}/{self.atom}/{self.visit}"


class WorkQueue(Protocol):
    """The system tasks that workers may take: rows with a due time, never a sleep."""

    async def claim(self, worker: str, actions: Sequence[str], limit: int) -> Sequence[Claimed]:
        """Takes due work that nobody holds, oldest first; the lease is the atom's `retry.timeout` from now."""
        ...

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        """(process, task, token) of leases that ran out, oldest first."""
        ...

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        """Seconds until the next work becomes due; 0 when there is some now; None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the projection has come in the order (xid, id) of one `epoch` of the database."""

    epoch: str
    xid: int
    id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events after a cursor in commit order; `cursor` is that of the last; `lag_seconds` the age of the first."""

    events: tuple[Event, ...]
    cursor: Cursor


class Outbox(Protocol):
    """The events as the projection follows them: none skipped, none before its transaction is visible."""

    async def epoch(self) -> str:
        """The database's epoch; another one means that it was restored."""
        ...

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        """The next events, only those older than every transaction still under way; None when there are none."""
        ...

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        """How many events (counted to 100,000) wait to be projected, and the age in seconds of the oldest."""
        ...

    async def prune(self) -> None:
        """Makes the partitions of the coming days and drops those past their age; idempotency keys too."""
        ...


@dataclass(frozen=True, slots=True)
class ProcessFilter:
    """Which processes a list shows. `visible_to` None: all of them; `context` compares with declared names."""

    status: str | None = None
    journey: str | None = None
    business_key: str | None = None
    initiated_by: str | None = None
    owner: str | None = None
    q: str | None = None
    context: Mapping[str, Any] | None = None
    visible_to: Caller | None = None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows. `visible_to` None: all of them."""

    status: str | None = None
    role: str | None = None
    assignee: str | None = None
    process: str | None = None
    journey: str | None = None
    atom: str | None = None
    overdue: bool | None = None
    visible_to: Caller | None = None


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process with its title, as it is read for one answer, and `visible`: whether the asked caller may see it."""

    process: Process
    title: str
    visible: bool


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

    async def history(self, id: str, cursor: str | None, limit: int) -> Page[EventAnswer]:
        """Oldest first."""
        ...

    async def task(self, process: str, task: int, caller: Caller) -> TaskAnswer | None:
        """One task, `form` left to the service; None where the caller may not see it."""
        ...

    async def tasks(self, filter: TaskFilter, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """Newest first."""
        ...

    async def inbox(self, user: str, roles: Sequence[str], cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """Open human tasks of `user`, or of nobody in one of `roles`; most urgent first (priority, due, age)."""
        ...

    async def incident(self, process: str, incident: int, caller: Caller) -> IncidentAnswer | None:
        """One incident; None where the caller may not see it."""
        ...

    async def incidents(
        self, process: str | None, status: str | None, code: str | None, caller: Caller, cursor: str | None, limit: int
    ) -> Page[IncidentAnswer]:
        """Newest first."""
        ...

    async def process_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Processes by `status`, `journey` and `outcome`."""
        ...

    async def task_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Tasks by `status` and, of the open ones, by `role`."""
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


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """Rows of a question; `as_of` is the time of the last event the graph had applied."""

    rows: tuple[Mapping[str, Any], ...]
    as_of: str | None


class GraphStore(Protocol):
    """Journey versions in Neo4j, and questions to the graph."""

    async def publish(self, definition: Definition, routes: Routes) -> Routes:
        """Writes the version's graph whole, over what a crash left; gives its routes as Cypher traverses them."""
        ...

    async def routes(self, journey: str, version: str) -> Routes | None:
        """The routes that `cypher/queries/routes.cypher` gives; None where the version is not in the graph."""
        ...

    async def withdraw(self, journey: str, version: str) -> None:
        """Removes a version that never was published."""
        ...

    async def set_status(self, journey: str, version: str, status: str) -> None:
        """Sets the version's status, as PostgreSQL has it."""
        ...

    async def ask(self, question: Question, parameters: Mapping[str, Any]) -> GraphAnswer:
        """Runs a question of the library, read-only and with a time limit."""
        ...

    async def ping(self) -> None:
        """Raises `Unavailable` when Neo4j is away."""
        ...


class Projection(Protocol):
    """The live execution in Neo4j."""

    async def checkpoint(self) -> Cursor | None:
        """How far it has come; None when it is empty."""
        ...

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        """Writes the net state of the batch and its cursor in one transaction.

        Does nothing and gives False where the graph is not at `after` any more: another projector, or a rebuild.
        """
        ...

    async def forget(self, ended_before: datetime, limit: int) -> int:
        """Removes at most `limit` processes that ended before; gives how many."""
        ...

    async def clear(self) -> None:
        """Removes the live execution and the checkpoint, in bounded steps."""
        ...

    async def digest(self) -> str:
        """The same text for the same nodes and relationships, whatever their order."""
        ...
