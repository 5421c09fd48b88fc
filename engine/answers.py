"""The shapes that services answer with, as `api.md` fixes them. Times are RFC 3339 texts, numbers exact decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from engine.clock_answers import ProcessSlaAnswer, SlaAnswer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """The current visit of an atom, or with `?visits=all` each of its visits; `children` are its child processes."""

    atom: str
    visit: int
    state: str
    exit: str | None
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a process is: `resolved` of `total` atoms in its scope."""

    resolved: int
    total: int


@dataclass(frozen=True, slots=True)
class Parent:
    """The step that a process is a child of (R15); `item_index` is the place of its element in the list (R14)."""

    process: str
    atom: str
    visit: int
    item_index: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessAnswer:
    """A process as its readers see it.

    `journey` and `version` are null where it has none (R18). `seq` is the number of its last event, which GET sends as
    its ETag. `not_before` is there while it is pending (R1), `compensating` while what it did is undone (R13).
    """

    id: str
    title: str
    journey: str | None
    version: str | None
    part: str | None
    status: str
    outcome: str | None
    business_key: str | None
    context: Mapping[str, Any]
    priority: str
    initiated_by: str
    owner: str
    started_at: str
    ended_at: str | None
    due_at: str | None
    progress: Progress
    steps: tuple[StepAnswer, ...]
    open_tasks: tuple[str, ...]
    incidents: tuple[str, ...]
    seq: int
    compensating: bool = False
    parent: Parent | None = None
    not_before: str | None = None
    sla: ProcessSlaAnswer = field(default_factory=ProcessSlaAnswer)


@dataclass(frozen=True, slots=True)
class Place:
    """An active step, with the names of its atom, phase and module."""

    atom: str
    visit: int
    name: str
    phase: str | None
    module: str | None
    since: str


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """Open work of people, and who has it; nobody where `assignee` is None."""

    id: str
    name: str
    role: str | None
    assignee: str | None
    status: str
    priority: str
    due_at: str | None


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """Something that holds a process."""

    id: str
    atom: str
    code: str
    message: str
    raised_at: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a process stands: its active steps, whom it waits for and what holds it, at most 20 of each."""

    places: tuple[Place, ...] = ()
    tasks: tuple[WaitingTask, ...] = ()
    incidents: tuple[OpenIncident, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessSummary:
    """A process in a list: without its context and steps. `parent` is the process it is a child of.

    `at` is where it stands, in the list of those that are one's own and have not ended; `sla` is that of the process
    as a whole, with how much of what is open in it is at risk and late.
    """

    id: str
    title: str
    journey: str | None
    version: str | None
    status: str
    outcome: str | None
    business_key: str | None
    priority: str
    initiated_by: str
    owner: str
    started_at: str
    ended_at: str | None
    due_at: str | None
    open_tasks: int
    incidents: int
    compensating: bool = False
    parent: str | None = None
    at: Whereabouts | None = None
    sla: ProcessSlaAnswer = field(default_factory=ProcessSlaAnswer)


@dataclass(frozen=True, slots=True)
class TaskDocument:
    """A document that a task's atom uses or produces, and how its newest `version` stands; null while it is missing.

    One that is `required` must be accepted before the task completes.
    """

    document: str
    name: str
    state: str
    version: int | None
    uses: bool
    produces: bool
    required: bool


@dataclass(frozen=True, slots=True)
class DraftAnswer:
    """What the caller has not finished of a task; `version` is what GET sends as its ETag."""

    task: str
    output: Mapping[str, Any]
    version: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """A task as its readers see it; `form` is the JSON Schema of its output.

    One off the graph (`ad_hoc`) has no atom and no visit, and no journey where it belongs to no case (R18). An
    `optional` one does not keep its process open. `version` is what GET sends as its ETag. Who has delegated it gets it
    back; for one that is `seeking` the engine chooses somebody while it is pending. `draft` is the caller's own, and in
    the answer about one task alone.
    """

    id: str
    kind: str
    process: str
    process_title: str
    journey: str | None
    atom: str | None
    visit: int | None
    item_index: int | None
    name: str
    role: str | None
    assignee: str | None
    status: str
    priority: str
    due_at: str | None
    sla: SlaAnswer
    input: Mapping[str, Any]
    output: Mapping[str, Any] | None
    form: Mapping[str, Any] | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    version: int
    description: str | None = None
    optional: bool = False
    delegated_by: str | None = None
    seeking: bool = False
    escalations: int = 0
    documents: tuple[TaskDocument, ...] = ()
    draft: DraftAnswer | None = None


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The few words of a process that go with the answer to a task's command."""

    id: str
    status: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StartedAnswer:
    """A step that a command started; `task` is None for an instant atom."""

    atom: str
    visit: int
    task: str | None


@dataclass(frozen=True, slots=True)
class CompletedAnswer:
    """What completing a task did."""

    task: TaskAnswer
    process: ProcessState
    started: tuple[StartedAnswer, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkAnswer:
    """Work of a system step that an outside worker holds until `deadline`; `id` is its task's.

    `token` fences: an answer sent with it is refused once another worker holds the work (R10).
    """

    id: str
    process: str
    atom: str
    visit: int
    item_index: int | None
    action: str
    input: Mapping[str, Any]
    attempt: int
    deadline: str
    token: int
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class ClaimedAnswer:
    """What a worker was given, oldest first; empty where nothing was due in the time it would wait.

    `paused` are those of the actions it asked for that rest, where it was given less than it asked for.
    """

    items: tuple[WorkAnswer, ...]
    paused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaseAnswer:
    """Until when a worker holds its work now."""

    id: str
    deadline: str


@dataclass(frozen=True, slots=True)
class MessageAnswer:
    """What became of a message (R16).

    `delivered`: a step took it; `bound`: the step's process is suspended and takes it on resume (R12); `kept`: nobody
    waits for it yet, and it is kept until `kept_until`.
    """

    id: str
    name: str
    key: Any
    status: Literal["delivered", "bound", "kept"]
    process: str | None = None
    atom: str | None = None
    visit: int | None = None
    kept_until: str | None = None


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """The time of the sandbox after it was moved, and how many moments on the way something was due at."""

    now: str
    stops: int


@dataclass(frozen=True, slots=True)
class IncidentAnswer:
    """Something a person must look at."""

    id: str
    process: str
    atom: str
    visit: int
    item_index: int | None
    code: str
    message: str
    fix: str
    status: str
    raised_at: str
    resolved_at: str | None = None


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """One event of a process's history."""

    process: str
    seq: int
    type: str
    v: int
    at: str
    actor: str
    severity: str
    correlation_id: str | None
    atom: str | None
    visit: int | None
    task: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VersionAnswer:
    """A journey version: what was loaded and what was found in it."""

    journey: str
    version: str
    name: str
    status: str
    hash: str
    atoms: int
    edges: int
    findings: tuple[Mapping[str, Any], ...] = ()
    created_at: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class JourneyAnswer:
    """A journey with its latest published version."""

    journey: str
    name: str
    paused: bool
    latest: str | None
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by name, such as processes by status."""

    total: int
    by: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
