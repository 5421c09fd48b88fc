"""`python -m bench.core`: what decisions cost in the core alone, in microseconds of the processor for each command.

Nothing is stored and nobody waits: commands are given to `decide` with the markings that they met, and everything that
would be written is asked for. Each line is one shape; the figure is that of its best round, as others may use the
machine. `ratio` is the figure over that of the shape it stands beside: 1 where the size or the age costs nothing.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import yaml

from bench import fha
from bench.paths import ROLE, WAYS, chain
from bench.revision import ROOT, current
from engine.cases.reading import read_suite
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    ClaimTask,
    Command,
    CompleteTask,
    CompleteWork,
    ReleaseTask,
    Start,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.frozen import changed
from engine.core.journey import Atom, Definition, Edge, Journey, Kind, Route, Routes, join_up
from engine.core.process import Lease, Process, Task
from engine.loading import load

_NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_LENDER: Final = Caller("lena", frozenset({ROLE}), frozenset({"task:act_any", "task:read_all"}))
_PROCESS: Final = "01900000-0000-7000-8000-000000000001"
_MEASURED: Final = 60
"""Commands of a long way that are measured, spread over all of it."""

Given = tuple[Journey, Process | None, Command, datetime]
"""The arguments of one `decide`."""
Outputs = Callable[[Task], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """Commands to be measured, made when they are asked for. `beside` is the shape that it is compared with."""

    name: str
    about: str
    commands: Callable[[], Sequence[Given]]
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one shape: microseconds a command, those of `decide` alone, and events a command."""

    shape: str
    commit: str
    commands: int
    events: float
    us: float
    decide_us: float
    beside: str | None
    ratio: float | None


def shapes(wide: int = 5000, long: int = 1000, old: int = 10_000) -> tuple[Shape, ...]:
    """Every shape, each after the one it stands beside.

    Args:
        wide: branches between a split and its join, all of which one decision goes through.
        long: atoms in a row.
        old: events of the process that is old.
    """
    return (
        Shape("loan", "the benches' path of 12 atoms", _loan),
        Shape("fha", "the FHA purchase of the samples, its system tasks included", _fha),
        Shape("row-12", "12 atoms in a row", lambda: _row(12)),
        Shape(f"row-{long}", f"{long} atoms in a row", lambda: _row(long), "row-12"),
        Shape("age-10", "a claim and a release after 10 events", lambda: _aged(10)),
        Shape(f"age-{old}", f"the same after {old} events", lambda: _aged(old), "age-10"),
        Shape("start", "the start of the loan path", _start),
        Shape(f"wide-{wide}", f"one decision through a split and a join of {wide}", lambda: _wide(wide)),
    )


def measured(chosen: Iterable[Shape], rounds: int) -> Iterator[Line]:
    """The line of each shape in turn, the best of so many rounds."""
    commit = current().commit
    known: dict[str, float] = {}
    for shape in chosen:
        commands = shape.commands()
        events = sum(len(decide(*given).events) for given in commands) / len(commands)
        gc.collect()
        gc.freeze()  # what the commands are made of is not what a decision costs
        times = [_round(commands) for _ in range(rounds)]
        gc.unfreeze()
        us = known[shape.name] = min(whole for whole, _ in times)
        beside = known.get(shape.beside or "")
        yield Line(
            shape=shape.name,
            commit=commit,
            commands=len(commands),
            events=round(events, 2),
            us=round(us, 1),
            decide_us=round(min(alone for _, alone in times), 1),
            beside=shape.beside,
            ratio=round(us / beside, 2) if beside else None,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each shape, and gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.core", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="rounds of each shape, of which the best counts [20]")
    parser.add_argument("--wide", type=int, default=5000, help="branches of the split [5000]")
    parser.add_argument("--long", type=int, default=1000, help="atoms of the long row [1000]")
    parser.add_argument("--old", type=int, default=10_000, help="events of the old process [10000]")
    given = parser.parse_args(arguments)
    for line in measured(shapes(given.wide, given.long, given.old), given.rounds):
        print(json.dumps(asdict(line)), flush=True)
    return 0


def _round(commands: Sequence[Given]) -> tuple[float, float]:
    """Microseconds a command, with what would be written and without."""
    begun = time.process_time()
    decisions = [decide(*given) for given in commands]
    decided = time.process_time()
    for decision in decisions:
        _written(decision)
    over = time.process_time()
    return (over - begun) / len(commands) * 1e6, (decided - begun) / len(commands) * 1e6


def _written(decision: Decision) -> None:
    """Asks for all that the databases are given of a decision."""
    for part in ("past", "steps", "tasks", "work", "incidents", "timers", "timers_gone", "waits", "waits_gone"):
        getattr(decision, part)
    for part in ("children", "children_gone", "started", "skipped"):
        getattr(decision, part)
    for event in decision.events:
        _ = event.payload


def _loan() -> list[Given]:
    way = WAYS["loan"]
    return _walked(_journey(way.document()), way.context, lambda task: way.output(task.atom or ""))


def _start() -> list[Given]:
    way = WAYS["loan"]
    return [(_journey(way.document()), None, Start(_LENDER, _PROCESS, way.context), _NOON)]


def _row(atoms: int) -> list[Given]:
    whole = _walked(_journey(chain(atoms)()), {}, lambda _: {})
    return whole[:: max(1, len(whole) // _MEASURED)]


def _fha() -> list[Given]:
    """The first of the journey's example cases."""
    samples = ROOT / "seed" / "journeys"
    journey = _journey(fha.undocumented())
    cases = yaml.safe_load((samples / "fha-purchase.cases.yaml").read_text())
    first = json.dumps({**cases, "cases": cases["cases"][:1]})
    suite = read_suite(first, "json", journey, {}).suite
    assert suite is not None, "the samples are read"
    case = suite.cases[0]
    key = journey.definition.key
    return _walked(
        journey, case.start, lambda task: case.script.output((key, task.atom or ""), task.visit or 1, None) or {}
    )


def _aged(events: int) -> list[Given]:
    """A task of the loan path that was claimed and released until its process had so many events."""
    way = WAYS["loan"]
    journey = _journey(way.document())
    process = decide(journey, None, Start(_LENDER, _PROCESS, way.context), _NOON).after.at_rest()
    now, last = _NOON, list[Given]()
    while process.seq < events + 2:
        now += _SECOND
        held = process.tasks[1].assignee is not None
        given = (journey, process, ReleaseTask(_LENDER, 1) if held else ClaimTask(_LENDER, 1), now)
        last = [*last[-1:], given]
        process = decide(*given).after.at_rest()
    return last * _MEASURED


def _wide(branches: int) -> list[Given]:
    """Put together here: so many atoms would take long to read and to check."""
    names = [f"branch-{n}" for n in range(branches)]
    kinds: dict[str, Kind] = {"split": "decision", **dict.fromkeys(names, "decision"), "join": "milestone"}
    atoms = tuple(Atom(id, index, kind, id) for index, (id, kind) in enumerate(kinds.items()))
    out = tuple(Edge("split", name, n) for n, name in enumerate(names))
    routes = (Route("split", enables=out), *(Route(name, enables=(Edge(name, "join", 0),)) for name in names))
    definition = Definition("bench-wide", "1.0.0", "Wide", "", "", {"type": "object"}, None, (), atoms)
    journey = join_up(definition, Routes((*routes, Route("join"))))
    return [(journey, None, Start(_LENDER, _PROCESS, {}), _NOON)]


def _walked(journey: Journey, context: Mapping[str, Any], output: Outputs) -> list[Given]:
    """The commands that take a case from its start to its end, the oldest task first, with the markings they met."""
    process = decide(journey, None, Start(_LENDER, _PROCESS, context, business_key="L-1"), _NOON).after.at_rest()
    now, given = _NOON, list[Given]()
    while not process.ended:
        now += _SECOND
        (task,) = islice(process.open_tasks(), 1)
        process, command = _done(process, task, output(task), now)
        given.append((journey, process, command, now))
        process = decide(*given[-1]).after.at_rest()
    return given


def _done(process: Process, task: Task, output: Mapping[str, Any], now: datetime) -> tuple[Process, Command]:
    """The command that completes a task, and the marking that it meets: a worker holds a system task."""
    if task.kind != "system":
        return process, CompleteTask(_LENDER, task.n, output)
    held = process.copy()
    held.tasks[task.n] = changed(task, lease=Lease(1, "worker", now + _SECOND))
    return held, CompleteWork(SYSTEM, task.n, 1, output)


def _journey(document: bytes) -> Journey:
    loaded = load(document)
    assert loaded.definition, loaded.findings
    assert loaded.routes
    return join_up(loaded.definition, loaded.routes)


if __name__ == "__main__":
    sys.exit(main())
