"""How a process stands still and moves again (R12).

Of a timer in working time the calendar says what is left and when that will have passed, so both stand in the events: a
history is replayed without any. One whose calendar is not there any more counts all time that passes.
"""

from datetime import datetime, timedelta

from engine.core.advance import advance
from engine.core.calendars import CalendarError
from engine.core.callers import SYSTEM
from engine.core.commands import (
    Resume,
    Suspend,
)
from engine.core.events import ProcessResumed, ProcessSuspended, TimerSet
from engine.core.hearing import hear, take_bound
from engine.core.process import Timer
from engine.core.states import process_after
from engine.core.turn import Turn


def suspend(turn: Turn, command: Suspend) -> None:
    """running → suspended; children follow.

    Raises:
        Conflict: `invalid_transition`, where it is not running and no parent says so.
    """
    if command.by_parent and turn.process.status != "running":
        return
    process_after(turn.process, "suspend")
    left = tuple((timer.n, _left(turn, timer)) for timer in turn.process.timers.values() if timer.calendar)
    turn.emit(ProcessSuspended(command.reason, command.by_parent, left))
    for child in turn.process.children.values():
        if child.ended is None:
            turn.post(child.id, Suspend(SYSTEM, "Its parent was suspended.", by_parent=True))


def resume(turn: Turn, command: Resume) -> None:
    """suspended → running; children that followed follow again. Then what came meanwhile: messages, ended children.

    Raises:
        Conflict: `invalid_transition`, where it is not suspended and no parent says so.
    """
    process = turn.process
    if command.by_parent and not (process.status == "suspended" and process.suspended_by_parent):
        return
    process_after(process, "resume")
    working = [timer for timer in process.timers.values() if timer.calendar]
    turn.emit(ProcessResumed(command.reason, command.by_parent))
    for timer in working:
        due_at = _due(turn, timer)
        turn.emit(TimerSet(timer.atom, timer.visit, timer.n, timer.kind, due_at, timer.moves, timer.calendar))
    for child in process.children.values():
        if child.ended is None:
            turn.post(child.id, Resume(SYSTEM, "Its parent was resumed.", by_parent=True))
    for wait in sorted(wait.n for wait in process.waits.values() if wait.bound):
        take_bound(turn, wait)
        advance(turn)
    told = [(child.id, child.ended) for child in process.children.values() if child.ended]
    for id, ended in sorted(told, key=lambda one: one[1].told):
        if not process.ended and (open_child := process.children.get(id)):
            hear(turn, open_child, ended)
            advance(turn)
    advance(turn)


def _left(turn: Turn, timer: Timer) -> timedelta:
    """The working time until a timer is due; negative where that is past."""
    calendar = turn.journey.calendars.get(timer.calendar or "")
    try:
        return calendar.between(turn.now, timer.due_at) if calendar else timer.due_at - turn.now
    except CalendarError:
        return timer.due_at - turn.now


def _due(turn: Turn, timer: Timer) -> datetime:
    """When what a timer had left will have passed; never before the time it was due at."""
    left = timer.left or timedelta()
    calendar = turn.journey.calendars.get(timer.calendar or "")
    try:
        return max(timer.due_at, calendar.add(turn.now, left) if calendar else turn.now + left)
    except (CalendarError, OverflowError):
        return timer.due_at
