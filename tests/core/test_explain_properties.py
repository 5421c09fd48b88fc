"""Over random journeys of all constructs: what is told is exactly what is open, and doing it moves the process."""

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Command,
    DeliverMessage,
    FailTask,
    FailWork,
    FireTimers,
    HearChild,
    Resume,
    SkipIncident,
    SkipStep,
    UnblockTask,
)
from engine.core.decide import decide
from engine.core.errors import Invalid
from engine.core.events import Ended
from engine.core.explain import Held, explain, scene_of
from engine.core.explain_atom import why
from engine.core.explain_past import Past, known_of
from engine.core.frozen import changed
from engine.core.journey import Journey
from engine.core.process import Lease, Process
from tests.core.play import ADMIN
from tests.model.bridge import Engine
from tests.model.generate import EVERYTHING, Generator
from tests.model.scripts import Writer
from tests.model.world import World

RUNS, BATCH = 60, 30
FITTING = {"n0": 1, "n1": 1, "n2": 1, "text": "t"}


def moments(seed: int) -> Iterator[Engine]:
    """The engine after each command of a random script."""
    documents = Generator(seed).journeys()
    script = Writer(seed, World(copy.deepcopy(documents)), EVERYTHING).script("main")
    engine = Engine(documents)
    for command in script:
        engine.do(command)
        yield engine


def processes(engine: Engine) -> Iterator[tuple[Journey, Process]]:
    for id, process in engine.world.processes.items():
        yield engine.world.journey_of(id), process


def open_things(process: Process) -> set[tuple[str, int]]:
    """Kind and number of all that holds it (Open, R12, R18)."""
    if process.ended:
        return set()
    found = {("task", task.n) for task in process.open_tasks() if not task.optional}
    found |= {("incident", one.n) for one in process.open_incidents()}
    found |= {("timer", n) for n in process.timers} | {("message", n) for n in process.waits}
    found |= {("child", one.n) for one in process.children.values()}
    return found | ({("suspension", 0)} if process.status == "suspended" else set())


@pytest.mark.parametrize("first", range(0, RUNS, BATCH))
def test_at_every_moment_what_is_told_is_exactly_what_is_open_and_a_live_process_is_never_silent(first: int):
    for seed in range(first, first + BATCH):
        for place, engine in enumerate(moments(seed)):
            for journey, process in processes(engine):
                found = explain(journey, process)
                assert {(one.kind, one.n) for one in found} == open_things(process), (seed, place)
                assert bool(found) != process.ended, (seed, place)
                assert all(_reads_well(one.text) and one.needs for one in found), (seed, place)


def _reads_well(sentence: str) -> bool:
    return sentence.endswith(".") and not sentence.endswith("..") and "None" not in sentence and "  " not in sentence


@pytest.mark.parametrize("first", range(0, RUNS, BATCH))
def test_at_every_moment_each_atom_that_waits_leads_back_to_something_open(first: int):
    for seed in range(first, first + BATCH):
        for place, engine in enumerate(moments(seed)):
            for journey, process in processes(engine):
                events = engine.world.histories[process.id]
                scene = scene_of(journey, process, known_of(process, events, engine.world.now))
                past = Past.of(events)
                for atom in journey.atoms:
                    found = why(scene, atom, past)
                    assert all(map(_reads_well, (found.text, *found.reasons, *(one.text for one in found.path)))), seed
                    waits = atom in scene.scope.atoms and found.state == "waiting" and not process.compensating
                    if waits and not process.ended:
                        assert found.leaves, (seed, place, atom)
                    assert {(one.kind, one.n) for one in found.leaves} <= open_things(process), (seed, place, atom)


@pytest.mark.parametrize("first", range(0, RUNS, BATCH))
def test_doing_what_is_told_moves_the_process(first: int):
    for seed in range(first, first + BATCH):
        for place, engine in enumerate(moments(seed)):
            if place % 5:
                continue
            for journey, process in processes(engine):
                for one in explain(journey, process):
                    _resolve(journey, process, one, engine.world.now)


def _resolve(journey: Journey, process: Process, held: Held, now: datetime) -> None:
    """Does what `held` names, on a copy; afterwards it is not told any more, or told otherwise."""
    before = process
    if process.status == "suspended":
        before = decide(journey, process, Resume(ADMIN), now).after
        if held.kind == "suspension" or _told(journey, before, held) is None:
            assert before != process
            return
        held = _told(journey, before, held) or held
    before, commands = _deeds(before, held, now)
    at = max(now, held.due_at) if held.kind == "timer" and held.due_at else now
    for command in commands:
        try:
            after = decide(journey, before, command, at).after
        except Invalid:
            continue
        assert after != before
        if held.kind == "timer" and _told(journey, after, held) == held:
            # One that was due before it led to another process, and what follows from that comes first (R11, R15).
            _resolve(journey, after, held, at)
        else:
            assert _told(journey, after, held) != held
        return
    raise AssertionError(f"nothing moves {held}")


def _told(journey: Journey, process: Process, held: Held) -> Held | None:
    return next((one for one in explain(journey, process) if (one.kind, one.n) == (held.kind, held.n)), None)


def _deeds(process: Process, held: Held, now: datetime) -> tuple[Process, list[Command]]:
    """What would do it, the likelier first: one may be refused for what it hands in."""
    match held.kind:
        case "task":
            task = process.tasks[held.n]
            if task.kind == "system":
                leased = process.copy()
                leased.tasks[held.n] = changed(task, lease=Lease(10**9, "w", now.replace(year=now.year + 1)))
                return leased, [FailWork(SYSTEM, held.n, 10**9, "no line", retryable=False)]
            return process, [UnblockTask(ADMIN, held.n) if task.status == "blocked" else FailTask(ADMIN, held.n, "no")]
        case "incident":
            return process, [SkipIncident(ADMIN, held.n, "not needed", ())]
        case "timer":
            return process, [FireTimers(SYSTEM)]
        case "child":
            return process, [HearChild(SYSTEM, str(held.child), Ended("completed", None, {}))]
        case _:
            bodies: list[dict[str, Any]] = [{}, FITTING, *({name: 1} for name in FITTING)]
            deliveries: list[Command] = [DeliverMessage(SYSTEM, held.n, "m", body) for body in bodies]
            return process, [*deliveries, SkipStep(ADMIN, str(held.atom), "no message fits", ())]
