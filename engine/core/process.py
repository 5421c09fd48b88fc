"""The marking of a process: what `decide` reads and what the fold of its events gives.

Steps, tasks and incidents are frozen and replaced; only `engine.core.fold` changes a `Process`, on a copy.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

import msgspec

from engine.core.clocks import Clock, Watch
from engine.core.events import Ended, IncidentCode, Parent, Stage, TaskKind, TimerKind
from engine.core.frozen import Frozen, changed
from engine.core.journey import Exit, Priority

ProcessStatus = Literal["pending", "running", "suspended", "completed", "failed", "cancelled"]
ElementState = Literal["later", "open", "done", "failed", "held"]
StepState = Literal["waiting", "active", "completed", "failed", "skipped", "cancelled"]
DocumentState = Literal["received", "accepted", "refused"]
TaskStatus = Literal["pending", "assigned", "in_progress", "blocked", "completed", "failed", "cancelled"]

ENDED: frozenset[ProcessStatus] = frozenset({"completed", "failed", "cancelled"})
RESOLVED: frozenset[StepState] = frozenset({"completed", "failed", "skipped", "cancelled"})
CLOSED: frozenset[TaskStatus] = frozenset({"completed", "failed", "cancelled"})


class Element(Frozen, frozen=True):
    """The work for one element of a list (R14): `later` until its turn comes, `held` by an incident of its own."""

    item: Any
    state: ElementState = "later"
    output: Any = None


class Step(Frozen, frozen=True, omit_defaults=True):
    """One visit of one atom. There is none while the atom was never ready, resolved or reset.

    `edges` tells for each of `Route.enables` whether it was taken; None while they are pending. `held` is where an
    incident holds it (not that of an element); `output` and `outcome` (of a child) are kept only while it is held after
    its exit. `ended_seq` is the event that ended it. `elements` are there while its work for a list is under way.
    `performers` are the people who did its tasks in this visit, or, while nobody has, in the last one.
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
    output: Any = None
    outcome: str | None = None
    due_at: datetime | None = None
    elements: tuple[Element, ...] | None = None
    performers: tuple[str, ...] = ()

    @property
    def resolved(self) -> bool:
        """Whether R4 counts it as resolved."""
        return self.state in RESOLVED


class Lease(Frozen, frozen=True):
    """A worker's hold on a system task. `token` fences: only the newest one's answers count, until `until`."""

    token: int
    worker: str
    until: datetime


class Task(Frozen, frozen=True, omit_defaults=True):  # noqa: PLW1641 - values with dicts have no hash
    """The work item of an active step, or one off the graph (`atom` is None), numbered within its process.

    `item_index` is the place of its element in the list (R14). `input` is None where the performer sees the whole
    context. `attempts` counts the failed ones; `next_at` is when a worker may take it, None for people's work, and
    `timeout_seconds` for how long. `blocked_from` is the state it goes back to. An `optional` task does not keep its
    process open (R18). While it is `seeking`, the engine chooses who gets it. `delegated_by` is who asked the assignee
    to do it, and gets it back. `escalated_to` is the role that was told last that it takes too long. `sla` is the clock
    of its service level. `lease` belongs to the workers' side and `version` counts the row's changes as it was locked;
    neither is part of the fold.
    """

    n: int
    kind: TaskKind
    atom: str | None
    visit: int | None
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
    item_index: int | None = None
    due_at: datetime | None = None
    description: str | None = None
    optional: bool = False
    blocked_from: TaskStatus | None = None
    seeking: bool = False
    delegated_by: str | None = None
    escalations: int = 0
    escalated_to: str | None = None
    sla: Clock | None = None
    lease: Lease | None = None
    version: int = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and bool(_facts_of_task(self) == _facts_of_task(other))

    @property
    def open(self) -> bool:
        """Whether it can still be worked on."""
        return self.status not in CLOSED

    @property
    def seeks(self) -> bool:
        """Whether the engine is to choose somebody for it now."""
        return self.seeking and self.status == "pending"


class Incident(Frozen, frozen=True):
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
    item_index: int | None = None
    resolved_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still holds its step."""
        return self.resolved_at is None


class Timer(Frozen, frozen=True):
    """Something that happens at a time (R11, R16), numbered within its process in the order they were set.

    A timer that `moves` is a duration: while its process is suspended (`standing`) it has that much time `left`, of
    working time where it has a `calendar`. `atom` is None for the `not_before` of a start.
    """

    n: int
    kind: TimerKind
    atom: str | None
    visit: int | None
    due_at: datetime
    moves: bool
    standing: bool = False
    left: timedelta | None = None
    calendar: str | None = None


class Bound(Frozen, frozen=True):
    """A message that came for a wait while its process was suspended (R12)."""

    message: str
    body: Mapping[str, Any]


class Wait(Frozen, frozen=True):
    """A step that waits for a message of this name and key (R16), numbered within its process."""

    n: int
    atom: str
    visit: int
    name: str
    key: Any
    since: datetime
    bound: Bound | None = None


class Child(Frozen, frozen=True):
    """A child that has not ended, or whose end waits until this process resumes (`ended`; R12, R15)."""

    id: str
    n: int
    atom: str
    visit: int
    item_index: int | None
    since: datetime
    ended: Ended | None = None


class CaseDocument(Frozen, frozen=True):
    """The newest version of a document of the case, and since when it stands so; one without any is missing.

    `version` counts from 1. It came for a `visit` of the `atom` that makes or needs it; both None where none does.
    """

    document: str
    version: int
    state: DocumentState
    since: datetime
    received_by: str
    atom: str | None = None
    visit: int | None = None


class Arrivals(NamedTuple):
    """How many of the edges into a join are taken and not taken by now (R3), and of those from its gate (R7).

    `gate` are the sources of edges that the last reset made it wait for.
    """

    taken: int
    missed: int
    gate: frozenset[str]
    gate_taken: int
    gate_missed: int


class Changes(msgspec.Struct):
    """What the fold has changed in a marking since it was copied: keys, in the order of the first change of each.

    `past` are the visits that made place for another one, as they were left (R7, R13).
    """

    steps: dict[str, None] = {}
    tasks: dict[int, None] = {}
    incidents: dict[int, None] = {}
    timers: dict[int, None] = {}
    waits: dict[int, None] = {}
    children: dict[str, None] = {}
    watches: dict[str, None] = {}
    past: list[Step] = []


class Process(msgspec.Struct):  # noqa: PLW1641 - it changes
    """One run of a journey version, with the current visit of every atom that has one, and its open work.

    `tasks`, `incidents` and `watches` hold at least the open ones; `timers`, `waits` and `children` those alone. `part`
    is the phase or module it was started at. `gates` are the sources of edges that the last reset made an atom wait for
    (R7). `undo` are the atoms whose compensation is to run, last first, should it be cancelled so (R13). `documents`
    are the newest versions of those that came.

    Three parts are no facts of the marking but belong to the work on it: `arrivals` counts what has come to joins that
    were looked at and are still open, `changes` is what the fold has changed in this copy, and `title` how people
    recognised the case after the last decision; None where that is not known.
    """

    id: str
    journey: str | None
    version: str | None
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
    last_timer: int = 0
    last_wait: int = 0
    last_child: int = 0
    last_watch: int = 0
    parent: Parent | None = None
    compensating: bool = False
    suspended_at: datetime | None = None
    suspended_by_parent: bool = False
    undo: tuple[str, ...] = ()
    gates: dict[str, tuple[str, ...]] = {}
    steps: dict[str, Step] = {}
    tasks: dict[int, Task] = {}
    incidents: dict[int, Incident] = {}
    timers: dict[int, Timer] = {}
    waits: dict[int, Wait] = {}
    children: dict[str, Child] = {}
    documents: dict[str, CaseDocument] = {}
    watches: dict[str, Watch] = {}

    arrivals: dict[str, Arrivals] = {}
    changes: Changes = msgspec.field(default_factory=Changes)
    title: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Process) and bool(_facts_of_process(self) == _facts_of_process(other))

    def copy(self) -> "Process":
        """The same marking, to be folded further without touching this one."""
        return changed(
            self,
            gates=self.gates.copy(),
            steps=self.steps.copy(),
            tasks=self.tasks.copy(),
            incidents=self.incidents.copy(),
            timers=self.timers.copy(),
            waits=self.waits.copy(),
            children=self.children.copy(),
            documents=self.documents.copy(),
            watches=self.watches.copy(),
            arrivals=self.arrivals.copy(),
            changes=Changes(),
        )

    def at_rest(self) -> "Process":
        """The same marking with its open tasks and incidents alone: as the databases keep it."""
        rest = self.copy()
        rest.tasks = {task.n: task for task in self.open_tasks()}
        rest.incidents = {incident.n: incident for incident in self.open_incidents()}
        rest.watches = {key: watch for key, watch in self.watches.items() if watch.running}
        return rest

    @property
    def ended(self) -> bool:
        """Whether it takes no more commands."""
        return self.status in ENDED

    def open_tasks(self) -> Iterator[Task]:
        """Its open tasks, oldest first."""
        return (task for task in self.tasks.values() if task.open)

    def running_watches(self) -> Iterator[Watch]:
        """Its watches of what is not over."""
        return (watch for watch in self.watches.values() if watch.running)

    @property
    def next_mark(self) -> datetime | None:
        """When the first of its clocks comes to its next mark; None where none does."""
        clocks = [task.sla for task in self.open_tasks() if task.sla]
        clocks += [watch.clock for watch in self.running_watches()]
        return min((at for clock in clocks if (at := clock.next_at)), default=None)

    def open_incidents(self) -> Iterator[Incident]:
        """Its open incidents, oldest first."""
        return (incident for incident in self.incidents.values() if incident.open)


_facts_of_task: Final = attrgetter(*(name for name in Task.__struct_fields__ if name not in ("lease", "version")))
_facts_of_process: Final = attrgetter(
    *(name for name in Process.__struct_fields__ if name not in ("arrivals", "changes", "title"))
)
