"""The clocks of service levels: how they run, stand still, go on, and pass their marks.

A mark is a moment, and is passed at that moment exactly, however much later that is noted. What a clock has left while
it stands is counted as its target is: in all time that passes, or in the working time of its calendar.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from engine.core.calendars import Calendar, CalendarError
from engine.core.durations import NEVER
from engine.core.facts import ClockOf, Marks
from engine.core.frozen import Frozen, changed

ClockState = Literal["on_track", "at_risk", "breached", "met"]
Alert = Literal["at_risk", "breached"]
Mark = Literal["warn", "target", "escalate"]

_BEFORE_TARGET: Final = frozenset({"on_track", "at_risk"})
_ORDER: Final[Mapping[Mark, int]] = {"warn": 0, "target": 1, "escalate": 2}


class Clock(Frozen, frozen=True, omit_defaults=True):
    """How far something is by its service level, `level`.

    Its marks are moments. While it stands still (`standing`) those that it has not passed have none, and so much `left`
    instead: of working time where it has a `calendar`. `escalate_at` is that of the next escalation; it had `escalated`
    so many.
    """

    level: str
    state: ClockState
    since: datetime
    target_at: datetime | None
    warn_at: datetime | None
    escalate_at: datetime | None
    calendar: str | None = None
    escalated: int = 0
    standing: bool = False
    target_left: timedelta | None = None
    warn_left: timedelta | None = None
    escalate_left: timedelta | None = None

    @property
    def next_at(self) -> datetime | None:
        """When it comes to its next mark, as long as what it is for is open; None while it stands, or for none."""
        return None if self.standing else min((at for at, _ in self.ahead()), default=None)

    @property
    def alert(self) -> Alert | None:
        """What somebody may want to know of: that it is at risk, or breached."""
        return self.state if self.state in ("at_risk", "breached") else None

    def ahead(self) -> list[tuple[datetime, Mark]]:
        """The marks that it has not passed and that have a moment; not in order."""
        found: list[tuple[datetime, Mark]] = []
        if self.state == "on_track" and self.warn_at:
            found.append((self.warn_at, "warn"))
        if self.state in _BEFORE_TARGET and self.target_at:
            found.append((self.target_at, "target"))
        if self.escalate_at:
            found.append((self.escalate_at, "escalate"))
        return found


class Watch(Frozen, frozen=True):
    """The clock of what is no task: a subjourney's step, a module or phase (`part`), or the process; numbered."""

    n: int
    of: ClockOf
    atom: str | None
    visit: int | None
    part: str | None
    clock: Clock
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        """Under which a process has it: at most one at a time."""
        return key_of(self.of, self.part or self.atom)

    @property
    def running(self) -> bool:
        """Whether what it is for is not over."""
        return self.ended_at is None


def key_of(of: ClockOf, name: str | None) -> str:
    """The key of the watch of a step, module or phase of this name, or of the process."""
    return f"{of}:{name or ''}"


def begun(marks: Marks, at: datetime) -> Clock:
    """A clock that begins `at` this moment."""
    return Clock(marks.level, "on_track", at, marks.target_at, marks.warn_at, marks.escalate_at, marks.calendar)


def passed(clock: Clock, now: datetime) -> tuple[Mark, datetime] | None:
    """The first mark that has been passed by `now` and is not noted, with its moment; a warning before its target."""
    if clock.standing:
        return None
    due: list[tuple[datetime, int, Mark]] = [(at, _ORDER[mark], mark) for at, mark in clock.ahead() if at <= now]
    if not due:
        return None
    at, _, mark = min(due)
    return mark, at


def left(clock: Clock, now: datetime, calendars: Mapping[str, Calendar]) -> dict[Mark, timedelta]:
    """How much each mark that it has not passed is away.

    An escalation that came before, and is not done yet, keeps its moment.
    """
    calendar = calendars.get(clock.calendar or "")
    return {mark: _between(now, at, calendar) for at, mark in clock.ahead() if at > now}


def going_on(clock: Clock, now: datetime, calendars: Mapping[str, Calendar]) -> Marks:
    """The marks of a clock that stood still and goes on now; those that it has passed stay where they were."""
    calendar = calendars.get(clock.calendar or "")

    def mark(left: timedelta | None, before: datetime | None) -> datetime | None:
        return before if left is None else _after(now, left, calendar)

    return Marks(
        clock.level,
        mark(clock.target_left, clock.target_at),
        mark(clock.warn_left, clock.warn_at),
        mark(clock.escalate_left, clock.escalate_at),
        clock.calendar,
    )


def stopped(clock: Clock, left: Mapping[Mark, timedelta | None]) -> Clock:
    """The clock while it stands, with so much `left` to each mark ahead."""
    return changed(
        clock,
        standing=True,
        target_at=clock.target_at if left["target"] is None else None,
        warn_at=clock.warn_at if left["warn"] is None else None,
        escalate_at=clock.escalate_at if left["escalate"] is None else None,
        target_left=left["target"],
        warn_left=left["warn"],
        escalate_left=left["escalate"],
    )


def resumed(clock: Clock, marks: Marks) -> Clock:
    """The clock as it goes on."""
    return changed(
        clock,
        standing=False,
        target_at=marks.target_at,
        warn_at=marks.warn_at,
        escalate_at=marks.escalate_at,
        target_left=None,
        warn_left=None,
        escalate_left=None,
    )


def _between(now: datetime, at: datetime, calendar: Calendar | None) -> timedelta:
    try:
        return calendar.between(now, at) if calendar and at != NEVER else at - now
    except CalendarError:
        return at - now


def _after(now: datetime, left: timedelta, calendar: Calendar | None) -> datetime:
    try:
        return calendar.add(now, left) if calendar else now + left
    except (CalendarError, OverflowError):
        return NEVER
