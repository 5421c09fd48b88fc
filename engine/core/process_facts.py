"""Facts about a whole process, its timers, its messages and its children."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from engine.core.facts import (
    Fact,
    Parent,
    Severity,
    StepFact,
    TimerFact,
    TimerKind,
)
from engine.core.journey import Priority


class ProcessStarted(Fact, frozen=True):
    """R1. `entries` are the entry atoms in scope, ready from now on; `part` is the phase or module it started at.

    With `not_before` it is pending until that timer fires, and the entries are ready from then on.
    """

    name: ClassVar[str] = "process.started"
    journey: str | None
    version: str | None
    part: str | None
    business_key: str | None
    context: Mapping[str, Any]
    dimensions: Mapping[str, Any]
    priority: Priority
    due_at: datetime | None
    entries: tuple[str, ...]
    not_before: datetime | None = None
    parent: Parent | None = None


class ProcessSuspended(Fact, frozen=True):
    """R12. `left` is what each timer in working time has left of it, by its number."""

    name: ClassVar[str] = "process.suspended"
    severity: ClassVar[Severity] = "warning"
    reason: str
    by_parent: bool = False
    left: tuple[tuple[int, timedelta], ...] = ()


class ProcessResumed(Fact, frozen=True):
    """R12. Each timer in working time is set anew right after it."""

    name: ClassVar[str] = "process.resumed"
    reason: str | None
    by_parent: bool = False


class ProcessCompensating(Fact, frozen=True):
    """R13: it is being cancelled, and what it did is undone first."""

    name: ClassVar[str] = "process.compensating"
    severity: ClassVar[Severity] = "warning"
    reason: str


class ProcessCompleted(Fact, frozen=True):
    """R8; with a `reason` a person ended it (R18)."""

    name: ClassVar[str] = "process.completed"
    outcome: str
    reason: str | None = None


class ProcessFailed(Fact, frozen=True):
    """R10, `on_failure: fail`; or a person ended it so (R18)."""

    name: ClassVar[str] = "process.failed"
    severity: ClassVar[Severity] = "error"
    reason: str


class ProcessCancelled(Fact, frozen=True):
    """R13."""

    name: ClassVar[str] = "process.cancelled"
    severity: ClassVar[Severity] = "warning"
    reason: str


class ProcessContextChanged(Fact, frozen=True):
    """R18. `patch` is a JSON merge patch (RFC 7396)."""

    name: ClassVar[str] = "process.context_changed"
    patch: Mapping[str, Any]
    reason: str
    dimensions: Mapping[str, Any]


class TimerSet(TimerFact, frozen=True):
    """R11, R16. The same number again puts it at another time. `moves`: it stands still with its process (R12).

    `calendar` is what its length was counted in, where it is working time.
    """

    name: ClassVar[str] = "timer.set"
    kind: TimerKind
    due_at: datetime
    moves: bool
    calendar: str | None = None


class TimerFired(TimerFact, frozen=True):
    """R11: once, never before its time."""

    name: ClassVar[str] = "timer.fired"
    kind: TimerKind


class TimerCancelled(TimerFact, frozen=True):
    """What it was set for ended before."""

    name: ClassVar[str] = "timer.cancelled"


class MessageDelivered(StepFact, frozen=True):
    """R16: the message went to this wait; `bound` while its process is suspended (R12).

    `kept` is the row of the kept message that it was.
    """

    name: ClassVar[str] = "message.delivered"
    wait: int
    message: str
    body: Mapping[str, Any]
    bound: bool = False
    kept: int | None = None


class MessageRefused(StepFact, frozen=True):
    """A kept or bound message that the step cannot take, or that was lost with its wait, is dropped (R12, R16)."""

    name: ClassVar[str] = "message.refused"
    severity: ClassVar[Severity] = "warning"
    wait: int
    message: str
    why: Literal["output_invalid", "wait_ended"]
    kept: int | None = None


class ChildStarted(StepFact, frozen=True):
    """R15. `child` is its process's id."""

    name: ClassVar[str] = "child.started"
    child: str
    n: int
    calls: str
    context: Mapping[str, Any]
    item_index: int | None = None


class ChildEnded(StepFact, frozen=True):
    """R15. `why` says what its parent makes of it.

    `done`: the work it was; `failed`: it, or what it gave back, is a failure; `refused`: it was never started, as its
    schema refuses its input (then there is no `child`); `later`: noted until the parent resumes; `forsaken`: the parent
    ended it; `undone`: it has compensated (R13).
    """

    name: ClassVar[str] = "child.ended"
    child: str | None
    status: Literal["completed", "failed", "cancelled"]
    why: Literal["done", "failed", "refused", "later", "forsaken", "undone"]
    outcome: str | None = None
    output: Mapping[str, Any] = {}
    item_index: int | None = None
