"""What may be asked of a process, one class each. `by` is who asks, and is checked against the object in `decide`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from engine.core.callers import Caller
from engine.core.facts import Ended, Method, Parent
from engine.core.journey import Priority
from engine.core.organisation import Organisation
from engine.core.task_facts import Link


@dataclass(frozen=True, slots=True)
class Command:
    """Something asked of one process. `while_suspended` and `while_pending` say what it may be asked of (R1, R12)."""

    while_suspended: ClassVar[bool] = False
    while_pending: ClassVar[bool] = False

    by: Caller


@dataclass(frozen=True, slots=True)
class Extra:
    """A task off the graph (R18). An `optional` one does not keep its process open."""

    name: str
    role: str | None = None
    description: str | None = None
    priority: Priority | None = None
    due_at: datetime | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Start(Command):
    """R1. `process` is the new process's id; `part` a phase or module, or None for all of the version.

    A child has its `parent` (R15); a process without a journey is started for a `task` off the graph (R18).
    """

    process: str
    context: Mapping[str, Any]
    part: str | None = None
    business_key: str | None = None
    priority: Priority = "medium"
    due_at: datetime | None = None
    not_before: datetime | None = None
    parent: Parent | None = None
    task: Extra | None = None


@dataclass(frozen=True, slots=True)
class Suspend(Command):
    """R12. With `by_parent` it follows its parent, and does nothing where it is not running."""

    while_suspended: ClassVar[bool] = True

    reason: str
    by_parent: bool = False


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """R12. With `by_parent` it follows its parent, and does nothing where it was suspended on its own."""

    while_suspended: ClassVar[bool] = True

    reason: str | None = None
    by_parent: bool = False


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """R13. The parent of a `forsaken` child ended it and is not told of its end."""

    while_suspended: ClassVar[bool] = True
    while_pending: ClassVar[bool] = True

    reason: str
    compensate: bool = False
    forsaken: bool = False


@dataclass(frozen=True, slots=True)
class End(Command):
    """R18: ends it by hand, as completed or failed."""

    while_suspended: ClassVar[bool] = True
    while_pending: ClassVar[bool] = True

    status: Literal["completed", "failed"]
    reason: str


@dataclass(frozen=True, slots=True)
class PutOff(Command):
    """R1: changes the time before which a pending process does not start."""

    while_suspended: ClassVar[bool] = True
    while_pending: ClassVar[bool] = True

    not_before: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeContext(Command):
    """R18. `patch` is a JSON merge patch (RFC 7396)."""

    while_suspended: ClassVar[bool] = True
    while_pending: ClassVar[bool] = True

    patch: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class RetryIncident(Command):
    """R18. `incident` is its number in the process."""

    incident: int
    reason: str


@dataclass(frozen=True, slots=True)
class SkipStep(Command):
    """R18. `take` are targets of its outgoing forward edges; the others become not taken."""

    atom: str
    reason: str
    take: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkipIncident(Command):
    """R18: skips the step that the incident holds."""

    incident: int
    reason: str
    take: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepeatAtom(Command):
    """R18: R7 with `atom` as the target."""

    atom: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddTask(Command):
    """R18: a task off the graph."""

    while_suspended: ClassVar[bool] = True

    task: Extra


@dataclass(frozen=True, slots=True)
class TaskCommand(Command):
    """Something asked of one task, by its number in the process."""

    while_suspended: ClassVar[bool] = True

    task: int


@dataclass(frozen=True, slots=True)
class MovingCommand(TaskCommand):
    """One that moves its process, which a suspended one does not take (R12)."""

    while_suspended: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ClaimTask(TaskCommand):
    """pending → assigned to the caller."""


@dataclass(frozen=True, slots=True)
class StartTask(MovingCommand):
    """assigned → in_progress."""


@dataclass(frozen=True, slots=True)
class ReleaseTask(TaskCommand):
    """Back to its role. With `seek` the engine chooses somebody else, where it gives out the atom's work."""

    reason: str | None = None
    seek: bool = False


@dataclass(frozen=True, slots=True)
class AssignTask(TaskCommand):
    """The engine gives a task that seeks somebody to `assignee`, whose skills are given; see `TaskAssigned`."""

    assignee: str
    method: Method
    turn: int | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class FindNobody(TaskCommand):
    """The engine found nobody for a task that seeks somebody; `why` says for each candidate why not."""

    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class ReassignTask(TaskCommand):
    """To another person; `assignee` is that user's id, `able` the skills they have, as far as the organisation knows.

    Whoever gives out work of a role answers for it that the assignee has the role; skills and four eyes are checked.
    """

    assignee: str
    reason: str | None = None
    able: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class DelegateTask(TaskCommand):
    """The assignee asks another person to do it, and stays answerable."""

    assignee: str
    reason: str | None = None
    able: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class ReturnTask(TaskCommand):
    """Back to who delegated it."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EscalateTask(TaskCommand):
    """Somebody higher is told, and may get it; see `TaskEscalated`. `able` are the skills of the `assignee`."""

    reason: str
    to_role: str | None = None
    to_users: tuple[str, ...] = ()
    priority: Priority | None = None
    assignee: str | None = None
    able: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class ChangeTask(TaskCommand):
    """Another priority or due date; None leaves the one it has. `no_due` takes the due date away."""

    priority: Priority | None = None
    due_at: datetime | None = None
    no_due: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CommentOnTask(TaskCommand):
    """Says something about it; whoever sees it may."""

    text: str
    mentions: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class CompleteTask(MovingCommand):
    """Implies claiming and starting it. `output` is what the performer hands in (R9); `documents` come with it."""

    output: Mapping[str, Any]
    documents: Mapping[str, tuple[Link, ...]] = field(default_factory=dict[str, tuple[Link, ...]])


@dataclass(frozen=True, slots=True)
class FailTask(MovingCommand):
    """Implies claiming and starting it (R10)."""

    reason: str


@dataclass(frozen=True, slots=True)
class BlockTask(MovingCommand):
    """It cannot go on, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class UnblockTask(MovingCommand):
    """It can go on from where it was."""


@dataclass(frozen=True, slots=True)
class WorkCommand(MovingCommand):
    """A worker's answer for a system task; `token` is that of its lease."""

    token: int


@dataclass(frozen=True, slots=True)
class CompleteWork(WorkCommand):
    """The action was done with this output; `documents` come with it."""

    output: Mapping[str, Any]
    documents: Mapping[str, tuple[Link, ...]] = field(default_factory=dict[str, tuple[Link, ...]])


@dataclass(frozen=True, slots=True)
class FailWork(WorkCommand):
    """The attempt failed (R10); not `retryable`: further attempts are useless."""

    error: str
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class ExpireLease(WorkCommand):
    """The lease with this token ran out: a failed attempt (R10)."""


@dataclass(frozen=True, slots=True)
class FireTimers(Command):
    """R11: what is due by now happens, in the order of due times; nothing where nothing is."""

    while_pending: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Strike(Command):
    """What the clocks of service levels have come to by now, if anything; `organisation`: who is told, where known."""

    while_suspended: ClassVar[bool] = True

    organisation: Organisation = field(default_factory=Organisation)


@dataclass(frozen=True, slots=True)
class DeliverMessage(Command):
    """R16: to the wait of this number. A suspended process binds it (R12)."""

    while_suspended: ClassVar[bool] = True

    wait: int
    message: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was kept for a wait: its row, its id and its body."""

    row: int
    message: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TakeKept(Command):
    """R16: a step that starts to wait takes the oldest kept message it can; `kept` are given by who holds them."""

    while_suspended: ClassVar[bool] = True

    wait: int
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class HearChild(Command):
    """R15: a child has ended."""

    while_suspended: ClassVar[bool] = True

    child: str
    ended: Ended


Crossing = Start | Suspend | Resume | Cancel | TakeKept | HearChild
"""What a decision may ask of another process, or of its own in a decision after it."""


@dataclass(frozen=True, slots=True)
class Post:
    """A command for `to`, to be taken up right after this decision is committed, in the order of posting.

    `calls` is the version, as `key@version`, that a child is started on (R15).
    """

    to: str
    command: Crossing
    calls: str | None = None
