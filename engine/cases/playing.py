"""Runs one case in a world in memory: people and workers do by themselves what the case scripts, then what comes next.

Work is done in the order in which it was given out, and the clock stands still but for the time until an action is
tried again. Whatever cannot go on is told with what to write into the case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from engine.cases.checking import Mismatch, check
from engine.cases.crew import DESIGNER, REASON, Crew, Stop
from engine.cases.suite import (
    Case,
    Changing,
    Doing,
    Expectation,
    FailingNow,
    Filing,
    Next,
    Ordering,
    Passing,
    Place,
    Repeating,
    Retrying,
    Skipping,
    Telling,
)
from engine.cases.versions import Versions
from engine.cases.world import World
from engine.core.commands import (
    Cancel,
    ChangeContext,
    Command,
    End,
    RepeatAtom,
    Resume,
    RetryIncident,
    SkipStep,
    Start,
    Suspend,
)
from engine.core.durations import Length, WorkingTime
from engine.core.errors import EngineError, Forbidden
from engine.core.events import Event
from engine.core.journey import Journey
from engine.core.process import Process

MAIN: Final = "case"
"""The id of the process that a case is about."""

_ORDERS: Final[Mapping[str, Command]] = {
    "suspend": Suspend(DESIGNER, REASON),
    "resume": Resume(DESIGNER, REASON),
    "cancel": Cancel(DESIGNER, REASON),
    "compensate": Cancel(DESIGNER, REASON, compensate=True),
    "complete": End(DESIGNER, "completed", REASON),
    "fail": End(DESIGNER, "failed", REASON),
}


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a case: it passed where nothing stopped it and nothing is otherwise than expected.

    `histories` are the events of every process that ran, with the version each ran.
    """

    case: Case
    stop: Stop | None
    mismatches: tuple[Mismatch, ...]
    process: Process | None
    histories: tuple[tuple[Journey, tuple[Event, ...]], ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return self.stop is None and not self.mismatches


def play(case: Case, versions: Versions) -> Played:
    """Runs a case."""
    run = _Run(case, versions)
    stop: Stop | None = None
    try:
        run.all()
    except Stop as reason:
        stop = reason
    world = run.world
    return Played(
        case,
        stop,
        () if stop else tuple(run.mismatches),
        world.processes.get(MAIN),
        tuple((world.journey_of(process), tuple(events)) for process, events in world.histories.items()),
    )


class _Run:
    """One case under way."""

    def __init__(self, case: Case, versions: Versions) -> None:
        self.world = World(versions.all, case.now)
        self.mismatches: list[Mismatch] = []
        self._case = case
        self._journey = versions.journey
        self._crew = Crew(self.world, case.script)

    def all(self) -> None:
        """From the start to the last expectation."""
        self._guarded(self._start, self._case.line)
        self._guarded(self._crew.work, self._case.line)
        for line, entry in self._case.then:
            self._guarded(partial(self._happen, entry), line)
            self._guarded(self._crew.work, line)
        self._look(self._case.expect, at_end=True)

    def _guarded(self, step: Callable[[], object], line: int | None) -> None:
        """Does a step; what the engine refuses stops the case."""
        try:
            step()
        except EngineError as refusal:
            errors: Sequence[Mapping[str, str]] = refusal.details.get("errors", ())
            said = "; ".join(f"{error['pointer'] or '/'}: {error['message']}" for error in errors)
            raise Stop(refusal.detail + (f" {said}." if said else ""), "", line) from refusal
        except Stop as stop:
            raise replace(stop, line=stop.line or line) from None

    def _start(self) -> None:
        case = self._case
        context, key = dict(case.start), case.business_key
        start = Start(DESIGNER, MAIN, context, part=case.at, business_key=key, not_before=case.not_before)
        self.world.start(self._journey.ref, start)

    def _look(self, expected: Expectation, *, at_end: bool) -> None:
        process, history = self.world.processes[MAIN], self.world.histories[MAIN]
        self.mismatches += check(expected, self._journey, process, history, at_end=at_end)

    def _happen(self, entry: Next) -> None:
        match entry:
            case Expectation():
                self._look(entry, at_end=False)
            case Passing(by=by):
                self._crew.pass_time(_later(self._journey, self.world.now, by))
            case Telling():
                self._crew.tell(entry.name, entry.key, entry.body, entry.id, entry.ttl)
            case Doing():
                self._do(entry)
            case FailingNow(place=place, reason=reason, item=item, by=by):
                self._crew.fail(place, reason, item, by)
            case Filing(place=place, state=state, reason=reason):
                self._crew.file(self._process(place), place[1], state, reason)
            case Changing(patch=patch):
                self.world.do(MAIN, ChangeContext(DESIGNER, patch, REASON))
            case Skipping(place=place, take=take):
                self.world.do(self._process(place), SkipStep(DESIGNER, place[1], REASON, take))
            case Repeating(place=place):
                self.world.do(self._process(place), RepeatAtom(DESIGNER, place[1], REASON))
            case Retrying(place=place):
                self._retry(place)
            case Ordering(what=what):
                self.world.do(MAIN, _ORDERS[what])

    def _do(self, doing: Doing) -> None:
        try:
            self._crew.do(doing.place, doing.output, doing.item, doing.by)
        except Forbidden as refusal:
            if refusal.code != doing.refused:
                raise
        else:
            if doing.refused is not None:
                message = f"{doing.by or 'Who holds the role'} may do `{doing.place[1]}`; no `{doing.refused}`."
                raise Stop(message, "Remove `refused`, or name somebody in `by` who must not do it.")

    def _retry(self, place: Place) -> None:
        process = self._process(place)
        numbers = [one.n for one in self.world.processes[process].open_incidents() if one.atom == place[1]]
        if not numbers:
            raise Stop(f"`retry: {place[1]}`: no open incident holds it.", "Remove it, or retry what is held.")
        for number in numbers:
            self.world.do(process, RetryIncident(DESIGNER, number, REASON))

    def _process(self, place: Place) -> str:
        """The process that a command by hand is for: the oldest of the journey that has not ended."""
        if place[0] == self._journey.definition.key:
            return MAIN
        found = [one.id for one in self.world.processes.values() if one.journey == place[0] and not one.ended]
        if not found:
            raise Stop(f"No process of `{place[0]}` is under way.", "Name an atom of a process that is.")
        return found[0]


def _later(journey: Journey, start: datetime, by: Length) -> datetime:
    """The time that a duration, or working time in one of the journey's calendars, leads to."""
    if isinstance(by, WorkingTime):
        return journey.calendars[by.calendar].later(start, by)
    return by.add_to(start)
