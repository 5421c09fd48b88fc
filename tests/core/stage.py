"""A short way to play journeys that call, wait and time out, in the world in memory; each call is one command."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.cases.world import World
from engine.core.calendars import Calendar
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AddTask,
    Cancel,
    ChangeContext,
    CompleteTask,
    CompleteWork,
    End,
    Extra,
    FailTask,
    FailWork,
    RepeatAtom,
    Resume,
    RetryIncident,
    SkipStep,
    Start,
    Suspend,
)
from engine.core.durations import parse
from engine.core.events import Event, read_fact
from engine.core.fold import fold
from engine.core.frozen import changed
from engine.core.journey import Journey
from engine.core.process import Process, Task
from engine.core.service_levels import ServiceLevel
from engine.core.values import decode, encode
from tests.core.play import ADMIN, HEAD, journey_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stage:
    """Process `p1` of the journey of a YAML list of atoms.

    `called` are the journeys it calls, by `key@version`; `calendars` what its working time is counted in; `head` what
    stands above the atoms; `levels` the service levels that hold (None: those it says itself).
    """

    def __init__(
        self,
        atoms: str,
        called: Mapping[str, Journey] | None = None,
        calendars: Mapping[str, Calendar] | None = None,
        head: str = HEAD,
        levels: Mapping[str, ServiceLevel] | None = None,
    ) -> None:
        self.journey = journey_of(atoms, head, called or {}).keeping(calendars or {}, levels)
        self.world = World({"main": self.journey, **(called or {})}, NOON)

    def start(self, part: str | None = None, not_before: datetime | None = None, **context: Any) -> "Stage":
        self.world.start("main", Start(Caller("olga"), "p1", context, part=part, not_before=not_before))
        return self

    @property
    def process(self) -> Process:
        """The marking of `p1`, which is the fold of its events as they are stored."""
        process = self.world.processes["p1"]
        assert fold(self.journey, [_stored(event) for event in self.world.histories["p1"]]) == process
        return process

    def do(self, command: Any, process: str = "p1") -> "Stage":
        self.world.do(process, command)
        return self

    def tasks(self, atom: str, process: str = "p1") -> list[Task]:
        """The open tasks of an atom, in order of their elements."""
        return [task for task in self.world.processes[process].open_tasks() if task.atom == atom]

    def done(self, atom: str, item: int | None = None, process: str = "p1", **output: Any) -> "Stage":
        """Completes the open task of `atom`, or of one element; a system task by a worker."""
        (task,) = [task for task in self.tasks(atom, process) if item is None or task.item_index == item]
        if task.kind == "system":
            token = self.world.claim(process, task.n)
            return self.do(CompleteWork(SYSTEM, task.n, token, output), process)
        return self.do(CompleteTask(ADMIN, task.n, output), process)

    def fail(self, atom: str, item: int | None = None, process: str = "p1") -> "Stage":
        (task,) = [task for task in self.tasks(atom, process) if item is None or task.item_index == item]
        if task.kind == "system":
            token = self.world.claim(process, task.n)
            return self.do(FailWork(SYSTEM, task.n, token, "no line", retryable=False), process)
        return self.do(FailTask(ADMIN, task.n, "cannot be done"), process)

    def later(self, duration: str) -> "Stage":
        self.world.advance(parse(duration))
        return self

    def message(self, name: str, key: Any = None, id: str = "m1", **body: Any) -> str:
        return self.world.message(name, key, id, body)[0]

    def patch(self, **changes: Any) -> "Stage":
        return self.do(ChangeContext(ADMIN, changes, "corrected"))

    def retry(self) -> "Stage":
        (incident,) = self.process.open_incidents()
        return self.do(RetryIncident(ADMIN, incident.n, "looked at"))

    def skip(self, atom: str, *take: str) -> "Stage":
        return self.do(SkipStep(ADMIN, atom, "not needed", take))

    def repeat(self, atom: str) -> "Stage":
        return self.do(RepeatAtom(ADMIN, atom, "wrong"))

    def suspend(self) -> "Stage":
        return self.do(Suspend(ADMIN, "on hold"))

    def resume(self) -> "Stage":
        return self.do(Resume(ADMIN, "goes on"))

    def cancel(self, compensate: bool = False) -> "Stage":
        return self.do(Cancel(ADMIN, "not wanted", compensate))

    def end(self, status: Any) -> "Stage":
        return self.do(End(ADMIN, status, "settled"))

    def add(self, name: str, optional: bool = False) -> "Stage":
        return self.do(AddTask(ADMIN, Extra(name, "clerk", optional=optional)))

    @property
    def open(self) -> list[str | None]:
        """The atoms with an open task, in order of their tasks."""
        return [task.atom for task in self.process.open_tasks()]

    @property
    def states(self) -> dict[str, str]:
        """State, and visit if not the first, of each atom's step in file order; `-` where there is none."""
        steps = self.process.steps
        return {atom: _written(steps.get(atom)) for atom in self.journey.atoms}

    @property
    def incident(self) -> tuple[str, str, int | None]:
        """(code, atom, item_index) of the one open incident."""
        (incident,) = self.process.open_incidents()
        return incident.code, incident.atom, incident.item_index

    @property
    def ended(self) -> tuple[str, str | None]:
        return self.process.status, self.process.outcome

    @property
    def child(self) -> str:
        """The id of the one child that is open."""
        (child,) = self.process.children
        return child

    @property
    def types(self) -> list[str]:
        return [event.fact.name for event in self.world.histories["p1"]]

    def since(self, count: int) -> list[str]:
        """The types of the events after the first `count`."""
        return self.types[count:]

    def due(self) -> list[timedelta]:
        """How far from now the timers are that run, the first to fire first."""
        timers = sorted(self.process.timers.values(), key=lambda timer: (timer.due_at, timer.n))
        return [timer.due_at - self.world.now for timer in timers]


def _stored(event: Event) -> Event:
    return changed(event, fact=read_fact(event.fact.name, decode(encode(event.payload))))


def _written(step: Any) -> str:
    if step is None:
        return "-"
    return step.state if step.visit == 1 else f"{step.state} {step.visit}"
