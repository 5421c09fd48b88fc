"""How a step starts: an instant atom exits at once; others get the rules before their start, and their work.

R6, R9, R11, R14, R16.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from engine.core import context
from engine.core.calendars import CalendarError
from engine.core.callers import SYSTEM
from engine.core.commands import TakeKept
from engine.core.departure import Failure, NoValue, evaluated
from engine.core.durations import NEVER, Duration, DurationError, Length, WorkingTime
from engine.core.errors import Invalid
from engine.core.events import Began, IncidentResolved, StepStarted, TimerKind, TimerSet
from engine.core.frozen import changed
from engine.core.journey import Atom, Journey
from engine.core.leaving import complete
from engine.core.outputs import check_saved, refusal
from engine.core.process import Incident, Step
from engine.core.rules import Rule
from engine.core.times import TimeError, parse_time
from engine.core.turn import Turn
from engine.core.working import begin_elements, begin_work, failed, given_to, needed

MOST_ELEMENTS: Final = 10_000
"""The longest list of a `for_each`; a longer one is an incident."""


def start(turn: Turn, atom_id: str) -> None:
    """Starts the step of `atom_id`, which may start; of a compensation atom, its next visit (R13)."""
    atom = turn.journey.atoms[atom_id]
    if atom.instant:
        complete(turn, atom_id)
        return
    step = turn.process.steps.get(atom_id)
    if step is None or atom_id in turn.journey.compensations:
        step = Step(atom_id, step.visit + 1 if step else 1, "waiting", ready_at=turn.now)
    prepared = _prepare(turn, atom, step)
    ready_at = step.ready_at or turn.now
    if isinstance(prepared, Failure):
        turn.emit(StepStarted(atom_id, step.visit, ready_at))
        _set_timeouts(turn, atom, step, None)
        turn.raise_incident(turn.process.steps[atom_id], prepared)
        return
    if not _is_one_task(atom):
        turn.emit(StepStarted(atom_id, step.visit, ready_at, prepared.began))
    _set_timeouts(turn, atom, step, prepared.at)
    _work(turn, atom, step, prepared)


def start_again(turn: Turn, incident: Incident, reason: str) -> None:
    """Tries the rules before the start of a held step again (R9, R18). `timeout.after` has counted all the same."""
    atom = turn.journey.atoms[incident.atom]
    step = turn.process.steps[atom.id]
    prepared = _prepare(turn, atom, step)
    began = None if isinstance(prepared, Failure) or _is_one_task(atom) else prepared.began
    turn.emit(IncidentResolved(atom.id, incident.visit, incident.n, "retried", reason, began))
    if isinstance(prepared, Failure):
        turn.raise_incident(turn.process.steps[atom.id], prepared)
        return
    if not _times_out(turn, atom):
        _set_timeouts(turn, atom, step, prepared.at)
    _work(turn, atom, turn.process.steps[atom.id], prepared)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The values of the rules before the start: `at` of its timeout, and the time it waits `until`.

    `given` is what the performer, action or child sees; the elements of a list see each their own (R14).
    """

    began: Began
    given: dict[str, Any] | None
    at: datetime | None
    until: datetime | None


def _prepare(turn: Turn, atom: Atom, step: Step) -> _Prepared | Failure:
    """Computes the rules before the start, in the contract's order (R9)."""
    seen = context.Seen(turn.process.context, lambda: context.seen_by_rules(turn.process, step, turn.now))
    try:
        _check_calendars(turn.journey, atom)
        items = _items(atom, seen)
        given = given_to(turn, atom, seen) if items is None else None
        if items == ():
            _check_empty(turn, atom)
        until = _time(atom.until, "until", atom, seen) if atom.until else None
        key = evaluated(atom.correlate, "correlate", atom.id, seen) if atom.correlate else None
        at = _time(atom.timeout.at, "timeout", atom, seen) if atom.timeout and atom.timeout.at else None
        due_at = _due(turn.journey, atom, step.started_at or turn.now, seen)
    except NoValue as none:
        return none.failure
    return _Prepared(Began(items, atom.message, key, due_at), given, at, until)


def _work(turn: Turn, atom: Atom, step: Step, prepared: _Prepared) -> None:
    items = prepared.began.items
    if atom.kind == "wait":
        _wait(turn, atom, step, prepared.until)
    elif items is None:
        due_at = prepared.began.due_at
        begin_work(turn, atom, changed(step, due_at=due_at) if due_at else step, None, prepared.given)
    elif not items:
        complete(turn, atom.id, [])
    elif needed(atom, len(items)) > len(items):
        failed(turn, atom, None, f"{needed(atom, len(items))} elements must be done, and there are {len(items)}.")
    else:
        begin_elements(turn, atom)


def _wait(turn: Turn, atom: Atom, step: Step, until: datetime | None) -> None:
    """R16."""
    if atom.message is not None:
        turn.post(turn.process.id, TakeKept(SYSTEM, turn.process.last_wait))
    elif until is not None:
        _set_date(turn, step, "until", until)
    elif atom.duration is not None:
        _set_length(turn, step, "for", turn.now, atom.duration)


def _set_timeouts(turn: Turn, atom: Atom, step: Step, at: datetime | None) -> None:
    """R11. `after` counts from the start, even where a rule before it is held."""
    after = atom.timeout.after if atom.timeout else None
    if after is not None and not _missing(turn.journey, after):
        _set_length(turn, step, "timeout", step.started_at or turn.now, after)
    if at:
        _set_date(turn, step, "timeout", at)


def _set_date(turn: Turn, step: Step, kind: TimerKind, due_at: datetime) -> None:
    """A timer that stays where it is when its process is suspended (R12)."""
    turn.emit(TimerSet(step.atom, step.visit, turn.process.last_timer + 1, kind, due_at, moves=False))


def _set_length(turn: Turn, step: Step, kind: TimerKind, start: datetime, length: Length) -> None:
    """A timer that stands still with its process (R12)."""
    due_at = _later(turn.journey, start, length)
    calendar = length.calendar if isinstance(length, WorkingTime) else None
    number = turn.process.last_timer + 1
    turn.emit(TimerSet(step.atom, step.visit, number, kind, due_at, moves=True, calendar=calendar))


def _times_out(turn: Turn, atom: Atom) -> bool:
    return any(timer.atom == atom.id and timer.kind == "timeout" for timer in turn.process.timers.values())


def _is_one_task(atom: Atom) -> bool:
    return atom.kind in ("human", "system") and atom.many is None


def _items(atom: Atom, seen: context.Seen) -> tuple[Any, ...] | None:
    """R14: the list, fixed from now on; None where there is none."""
    if atom.many is None:
        return None
    found = evaluated(atom.many.list, "for_each", atom.id, seen)
    if isinstance(found, list) and len(cast("list[Any]", found)) <= MOST_ELEMENTS:
        return tuple(cast("list[Any]", found))
    cause = f"longer than {MOST_ELEMENTS:,} elements" if isinstance(found, list) else "no list"
    raise NoValue(_wrong(f"In the for_each of {atom.id}, the value is {cause}."))


def _check_empty(turn: Turn, atom: Atom) -> None:
    """An empty list is saved at once (R14); where the case data cannot hold it, the rule that gave it fails (R9)."""
    try:
        check_saved(turn, atom, [])
    except Invalid as error:
        raise NoValue(_wrong(f"The for_each of {atom.id} gives an empty list. {refusal(error)}")) from error


def _time(rule: Rule, key: str, atom: Atom, seen: context.Seen) -> datetime:
    found = evaluated(rule, key, atom.id, seen)
    try:
        if isinstance(found, str):
            return parse_time(found)
    except TimeError as error:
        raise NoValue(_wrong(f"In the {key} of {atom.id}, {error}.")) from error
    raise NoValue(_wrong(f"In the {key} of {atom.id}, the value is no time."))


def _due(journey: Journey, atom: Atom, started: datetime, seen: context.Seen) -> datetime | None:
    match atom.due:
        case None:
            return None
        case Duration() | WorkingTime() as length:
            return _later(journey, started, length)
        case rule:
            return _time(rule, "due", atom, seen)


def _wrong(message: str) -> Failure:
    return Failure(
        "input", "rule_failed", message, "Correct the values that the rule reads in the context, then retry."
    )


def _check_calendars(journey: Journey, atom: Atom) -> None:
    """Holds the step where a calendar that its lengths are counted in is not there."""
    for length in (atom.due, atom.timeout.after if atom.timeout else None, atom.duration):
        if missing := _missing(journey, length):
            message = f"The working time of {atom.id} is counted in the calendar {missing}, which is not there."
            raise NoValue(Failure("input", "unresolved", message, f"Load the calendar {missing}, then retry."))


def _missing(journey: Journey, length: object) -> str | None:
    """The calendar that a length is counted in, if it is not there."""
    if isinstance(length, WorkingTime) and length.calendar not in journey.calendars:
        return length.calendar
    return None


def _later(journey: Journey, start: datetime, length: Length) -> datetime:
    """The time a length after `start`; one beyond the calendar is its end, and never comes."""
    try:
        if isinstance(length, WorkingTime):
            return journey.calendars[length.calendar].later(start, length)
        return length.add_to(start)
    except (CalendarError, DurationError):
        return NEVER
