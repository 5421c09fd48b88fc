"""Facts about the clocks of service levels.

The marks of a clock are moments, and each is passed at that moment exactly: `reached_at`, which may be some time before
the event's `at`, when it was noted.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from engine.core.facts import ClockFact, Marks, Severity


class ClockSet(ClockFact, frozen=True):
    """A clock began (`clock` is its number), or goes on after it stood still. A task's begins with the task."""

    name: ClassVar[str] = "sla.set"
    clock: int | None
    marks: Marks


class ClockPaused(ClockFact, frozen=True):
    """A clock stands still from now on: how much each mark that it has not passed was away."""

    name: ClassVar[str] = "sla.paused"
    target_left: timedelta | None
    warn_left: timedelta | None
    escalate_left: timedelta | None


class AtRisk(ClockFact, frozen=True):
    """The time to warn of the target has come."""

    name: ClassVar[str] = "sla.at_risk"
    severity: ClassVar[Severity] = "warning"
    reached_at: datetime


class Breached(ClockFact, frozen=True):
    """The target has passed."""

    name: ClassVar[str] = "sla.breached"
    severity: ClassVar[Severity] = "error"
    reached_at: datetime


class Met(ClockFact, frozen=True):
    """It was done by its target."""

    name: ClassVar[str] = "sla.met"


class ClockEnded(ClockFact, frozen=True):
    """What it was for is over or began anew, and neither met nor breached. A task's ends with the task."""

    name: ClassVar[str] = "sla.ended"


class Escalated(ClockFact, frozen=True):
    """What is no task takes too long, and a role or people are told; `next_at` is when that is done again.

    `level` counts the levels of its service level from 1; this one was due at `reached_at`.
    """

    name: ClassVar[str] = "sla.escalated"
    severity: ClassVar[Severity] = "warning"
    level: int
    reached_at: datetime
    next_at: datetime | None
    to_role: str | None = None
    to_users: tuple[str, ...] = ()
