"""How long work may take: what a service level asks, and when a clock that begins now comes to each of its marks.

A level is of a task, a subjourney, a module, a phase or a whole process. The atom or the journey says it; a
configuration does where they do not; and there is a usual one for people's tasks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from engine.core.calendars import Calendar, CalendarError
from engine.core.durations import NEVER, Duration, DurationError, Length, WorkingTime
from engine.core.facts import Marks

BLOCKED: Final = "blocked"
"""What `pauses_on` says beside roles."""

USUAL_WARNING: Final = Duration(span=timedelta(minutes=15))
"""How long before its target a clock is at risk, where nothing is said."""

Raise = Literal["one", "critical"]


@dataclass(frozen=True, slots=True)
class Escalation:
    """What happens `after` so much more time: counted from the level before, the first from the beginning.

    It is told to `role`, or to the one that the atom escalates to; where there is neither, or `manager` says so, to the
    manager of who has the task. With `reassign` they get it. Its priority is raised by `one`, or to `critical`.
    """

    after: Length
    role: str | None = None
    manager: bool = False
    reassign: bool = False
    priority: Raise | None = None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How long something may take. `name` is that of its configuration, or what it is said of.

    The clock stands still while every open task of what it is for is of a role in `pauses_on`, or blocked where that
    says `blocked`.
    """

    name: str
    target: Length
    warn_before: Length = USUAL_WARNING
    escalations: tuple[Escalation, ...] = ()
    pauses_on: tuple[str, ...] = ()

    @property
    def calendar(self) -> str | None:
        """The calendar that its target is counted in; None where all time counts."""
        return self.target.calendar if isinstance(self.target, WorkingTime) else None

    @property
    def calendars(self) -> frozenset[str]:
        """Every calendar that one of its lengths is counted in."""
        lengths = (self.target, self.warn_before, *(each.after for each in self.escalations))
        return frozenset(length.calendar for length in lengths if isinstance(length, WorkingTime))


NO_LEVELS: Final[Mapping[str, ServiceLevel]] = {}


def begin(level: ServiceLevel, at: datetime, calendars: Mapping[str, Calendar]) -> Marks:
    """The marks of a clock that begins `at` this moment. There is no warning where it would come with the beginning.

    A calendar that is not there counts all time that passes.
    """
    target_at = later(at, level.target, calendars)
    warn_at = _earlier(target_at, level.warn_before, calendars)
    first = level.escalations[0].after if level.escalations else None
    return Marks(
        level.name,
        target_at,
        warn_at if at < warn_at else None,
        later(at, first, calendars) if first else None,
        level.calendar if level.calendar in calendars else None,
    )


def next_escalation(
    level: ServiceLevel | None, done: int, at: datetime, calendars: Mapping[str, Calendar]
) -> datetime | None:
    """When the escalation after so many is, the last of them having been `at` this moment; None for no more."""
    if level is None or done >= len(level.escalations):
        return None
    return later(at, level.escalations[done].after, calendars)


def later(at: datetime, length: Length, calendars: Mapping[str, Calendar]) -> datetime:
    """The moment a length after `at`; what is beyond all calendars never comes."""
    try:
        if isinstance(length, Duration):
            return length.add_to(at)
        calendar = calendars.get(length.calendar)
        return calendar.later(at, length) if calendar else at + timedelta(days=length.days) + length.span
    except (CalendarError, DurationError, OverflowError):
        return NEVER


def _earlier(at: datetime, length: Length, calendars: Mapping[str, Calendar]) -> datetime:
    if at == NEVER:
        return NEVER
    try:
        if isinstance(length, Duration):
            return Duration(-length.months, -length.span).add_to(at)
        calendar = calendars.get(length.calendar)
        if calendar is None:
            return at - timedelta(days=length.days) - length.span
        return calendar.add_days(calendar.add(at, -length.span), -length.days)
    except (CalendarError, DurationError, OverflowError):
        return at
