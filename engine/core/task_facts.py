"""Facts about tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from engine.core.facts import (
    EdgeResult,
    Marks,
    Method,
    Severity,
    TaskFact,
    TaskKind,
)
from engine.core.journey import Priority


class TaskCreated(TaskFact, frozen=True):
    """Work began: of a human or system step, of one element of its list (R14), or off the graph (R18).

    `input` is None where the performer sees the whole context. `next_at` is when a worker may take it, and
    `timeout_seconds` for how long (system only). One that is `seeking` is given to somebody by the engine. `sla` is
    what its clock begins with, where it has a service level.
    """

    name: ClassVar[str] = "task.created"
    kind: TaskKind
    title: str
    role: str | None
    action: str | None
    input: Mapping[str, Any] | None
    priority: Priority
    ready_at: datetime
    next_at: datetime | None = None
    timeout_seconds: float | None = None
    item_index: int | None = None
    due_at: datetime | None = None
    description: str | None = None
    optional: bool = False
    seeking: bool = False
    sla: Marks | None = None


class TaskAssigned(TaskFact, frozen=True):
    """`assignee` took the task (`claim`), or got it from the engine.

    `turn` counts what the engine gave in this role, so that round robin knows whose turn it is. `instead_of` is who is
    absent and has `assignee` as substitute.
    """

    name: ClassVar[str] = "task.assigned"
    assignee: str
    method: Method = "claim"
    turn: int | None = None
    instead_of: str | None = None


class TaskStarted(TaskFact, frozen=True):
    """`assignee` began to work."""

    name: ClassVar[str] = "task.started"
    assignee: str


class TaskBlocked(TaskFact, frozen=True):
    """Work cannot go on, for this reason."""

    name: ClassVar[str] = "task.blocked"
    severity: ClassVar[Severity] = "warning"
    reason: str


class TaskUnblocked(TaskFact, frozen=True):
    """Work can go on from where it was."""

    name: ClassVar[str] = "task.unblocked"


class TaskReleased(TaskFact, frozen=True):
    """The task went back to its role. One that is `seeking` is given to somebody else by the engine."""

    name: ClassVar[str] = "task.released"
    was: str
    reason: str | None = None
    seeking: bool = False


class TaskReassigned(TaskFact, frozen=True):
    """The task went to another person."""

    name: ClassVar[str] = "task.reassigned"
    was: str | None
    assignee: str
    reason: str | None = None


class TaskDelegated(TaskFact, frozen=True):
    """`was`, who stays answerable, asked `assignee` to do it.

    `inherited`: the assignee has it already, and `was` is answerable in the place of who asked them.
    """

    name: ClassVar[str] = "task.delegated"
    was: str
    assignee: str
    reason: str | None = None
    inherited: bool = False


class TaskReturned(TaskFact, frozen=True):
    """`was` gave a delegated task back to who had delegated it."""

    name: ClassVar[str] = "task.returned"
    was: str
    assignee: str
    reason: str | None = None


class TaskEscalated(TaskFact, frozen=True):
    """It takes too long, or somebody says so: told to a role or people, its priority raised, or given to `assignee`.

    `level` counts the escalations of the task from 1. Where its service level says so it was due at `reached_at`, and
    the next one is at `next_at`. `freed`: it is for `to_role` from now on, and nobody has it. `was` is who had it and
    does not any more.
    """

    name: ClassVar[str] = "task.escalated"
    severity: ClassVar[Severity] = "warning"
    level: int
    reason: str
    to_role: str | None = None
    to_users: tuple[str, ...] = ()
    priority: Priority | None = None
    assignee: str | None = None
    reached_at: datetime | None = None
    next_at: datetime | None = None
    freed: bool = False
    was: str | None = None


class TaskChanged(TaskFact, frozen=True):
    """Its priority or due date is another one from now on; both are given as they are then."""

    name: ClassVar[str] = "task.changed"
    priority: Priority
    due_at: datetime | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Something that is kept elsewhere. `sha256` is that of its content, in hexadecimal digits."""

    name: str
    url: str
    media_type: str | None = None
    sha256: str | None = None


class TaskCommented(TaskFact, frozen=True):
    """Somebody said something about it, or attached links. `mentions` are users who are told."""

    name: ClassVar[str] = "task.commented"
    text: str
    mentions: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class TaskEnd(TaskFact, frozen=True):
    """A task is over, and its clock with it."""


class TaskCompleted(TaskEnd, frozen=True):
    """The work is done with `output`; a step that is this one task exits `done` (R9)."""

    name: ClassVar[str] = "task.completed"
    assignee: str | None
    output: Mapping[str, Any]
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = {}


class TaskFailed(TaskEnd, frozen=True):
    """The work failed (R10). With the `exit` error a step that is this one task exits so; else an incident follows."""

    name: ClassVar[str] = "task.failed"
    severity: ClassVar[Severity] = "warning"
    assignee: str | None
    reason: str
    exit: Literal["error"] | None = None
    edges: tuple[EdgeResult, ...] | None = None


class TaskCancelled(TaskEnd, frozen=True):
    """Open work was ended. With the `exit` timeout, or as its process ends (`ends`), so does the step that it is."""

    name: ClassVar[str] = "task.cancelled"
    exit: Literal["timeout"] | None = None
    edges: tuple[EdgeResult, ...] | None = None
    ends: bool = False


class ActionAttempted(TaskFact, frozen=True):
    """An attempt failed (R10). `next_at` is when the next may start, None after the last."""

    name: ClassVar[str] = "action.attempted"
    severity: ClassVar[Severity] = "warning"
    attempt: int
    error: str
    next_at: datetime | None
