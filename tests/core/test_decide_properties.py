"""What holds of every journey: runs end, independent work may be done in any order, events give the marking (R1–R8)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import (
    BlockTask,
    ClaimTask,
    Command,
    CompleteTask,
    DelegateTask,
    EscalateTask,
    ReassignTask,
    ReleaseTask,
    RetryIncident,
    ReturnTask,
    StartTask,
    UnblockTask,
)
from engine.core.errors import EngineError
from engine.core.events import Event, read_fact
from engine.core.explain import explain
from engine.core.fold import born, evolve
from engine.core.journey import Definition, Routes, join_up
from engine.core.process import Process
from engine.core.scope import Scope
from engine.core.states import PROCESS, STEP, TASK
from engine.core.values import decode, encode
from tests.core.journeys import CONTEXTS, PARTS, versions
from tests.core.play import ADMIN, Play

BUDGET = 200

Version = tuple[Definition, Routes]


def run(version: Version, context: dict[str, Any], choose: Callable[[list[str]], str], part: str | None = None) -> Play:
    """Plays to the end; `choose` picks the next of the open atoms. Incidents are mended and retried."""
    play = Play(join_up(*version)).start(part, **context)
    for _ in range(BUDGET):
        if play.process.ended:
            break
        assert explain(play.journey, play.process), "a process that runs can say what holds it"
        incidents = list(play.process.open_incidents())
        if incidents:
            play.patch(absent=1)
        for incident in incidents:
            play.give(RetryIncident(ADMIN, incident.n, "mended"))
        if not incidents:
            atom = choose(play.open)
            play.done(atom, value=atom)
    return play


def facts(process: Process) -> Any:
    """What a run leads to, apart from the order and the times of its steps."""
    steps = {atom: (step.state, step.exit, step.edges) for atom, step in process.steps.items()}
    return process.status, steps, process.context


@settings(max_examples=150)
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, part=PARTS, data=st.data())
def test_every_run_ends_and_a_running_process_always_says_what_holds_it(
    version: Any, context: Any, part: Any, data: Any
):
    play = run(version, context, lambda atoms: data.draw(st.sampled_from(atoms)), part)
    assert play.process.status == "completed"
    assert not play.open


@settings(max_examples=150)
@given(version=versions(unresolved=True), context=CONTEXTS, part=PARTS, data=st.data())
def test_the_order_of_independent_completions_does_not_change_the_end_state(
    version: Any, context: Any, part: Any, data: Any
):
    forwards = run(version, context, lambda atoms: atoms[0], part)
    backwards = run(version, context, lambda atoms: atoms[-1], part)
    anyhow = run(version, context, lambda atoms: data.draw(st.sampled_from(atoms)), part)
    assert facts(forwards.process) == facts(backwards.process) == facts(anyhow.process)


def refusal_of(deed: Callable[[], object]) -> str | None:
    try:
        deed()
    except EngineError as refusal:
        return refusal.code
    return None


def wander(play: Play, data: st.DataObject) -> None:
    """One thing that a person, a worker or a lost lease may do next; a refusal changes nothing."""
    held = [incident.n for incident in play.process.open_incidents()]
    deeds: list[Callable[[], object]] = [lambda: play.patch(absent=1)]
    deeds += [lambda n=n: play.give(RetryIncident(ADMIN, n, "looked at")) for n in held]
    for task in play.process.open_tasks():
        if task.kind == "human" or task.next_at is None:
            deeds.append(lambda n=task.n: play.give(CompleteTask(ADMIN, n, {"value": 1})))
        if task.kind == "system" and task.next_at is not None:
            deeds += [
                lambda atom=task.atom: play.done(atom, value=1),
                lambda atom=task.atom: play.fail(atom),
                lambda atom=task.atom: play.fail(atom, retryable=False),
                lambda atom=task.atom: play.expire(atom),
            ]
        elif task.kind == "human":
            commands: list[Command] = [make(ADMIN, task.n) for make in (ClaimTask, StartTask, ReleaseTask)]
            commands += [make(ADMIN, task.n) for make in (ReturnTask, UnblockTask)]
            commands += [make(ADMIN, task.n, "cora") for make in (ReassignTask, DelegateTask, BlockTask)]
            commands.append(EscalateTask(ADMIN, task.n, "late", assignee="dora"))
            deeds += [lambda command=command: play.give(command) for command in commands]
    if data.draw(st.integers(0, 30)) == 30:
        deeds = [play.cancel]
    before = list(play.events)
    code = refusal_of(data.draw(st.sampled_from(deeds)))
    assert code in (None, "invalid_transition")
    assert code is None or play.events == before


@pytest.fixture(scope="module")
def reachable() -> dict[str, set[tuple[str, str]]]:
    """From which state to which one the tables lead, by the kind of thing; an instant atom is active for no time."""
    found = {
        kind: {(state, to) for state, row in table.items() for to in row.values()}
        for kind, table in {"process": PROCESS, "step": STEP, "task": TASK}.items()
    }
    found["step"] |= {("waiting", "completed"), ("-", "waiting"), ("-", "skipped")}
    found["task"].add(("-", "pending"))
    found["task"] |= {("blocked", origin) for origin, row in TASK.items() if "blocked" in row.values()}
    return found


def states(process: Process) -> dict[Any, str]:
    return {
        ("process", process.id): process.status,
        **{("step", atom): step.state for atom, step in process.steps.items()},
        **{("task", n): task.status for n, task in process.tasks.items()},
    }


@settings(max_examples=150)
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, part=PARTS, data=st.data())
def test_whatever_is_done_each_event_moves_by_the_tables_and_is_the_same_after_it_was_stored(
    version: Any, context: Any, part: Any, data: Any, reachable: Any
):
    play = Play(join_up(*version)).start(part, **context)
    for _ in range(30):
        if not play.process.ended:
            assert explain(play.journey, play.process)
            wander(play, data)
        holding = {incident.atom: incident.stage for incident in play.process.open_incidents()}
        assert {step.atom: step.held for step in play.process.steps.values() if step.held} == holding
    first, *others = (
        Event(
            event.process, event.seq, event.at, event.actor, read_fact(event.fact.name, decode(encode(event.payload)))
        )
        for event in play.events
    )
    replayed, scope = born(first), Scope.of(play.journey, part)
    for event in others:
        before = states(replayed)
        evolve(scope, replayed, event)
        for key, now in states(replayed).items():
            was = before.get(key, "-")
            assert was == now or (was, now) in reachable[key[0]], event
    assert replayed == play.process


@settings(max_examples=150)
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, part=PARTS, data=st.data())
def test_no_step_starts_or_ends_twice_and_an_ended_process_has_nothing_open(
    version: Any, context: Any, part: Any, data: Any
):
    play = Play(join_up(*version)).start(part, **context)
    for _ in range(30):
        if not play.process.ended:
            wander(play, data)
    if not play.process.ended:
        play.cancel()
        assert play.ended == ("cancelled", None)
    assert not play.open
    assert not list(play.process.open_incidents())
    assert "active" not in play.states.values()
    found = [
        event.fact.atom
        for event in play.events
        if event.fact.name in ("step.completed", "task.completed", "step.skipped")
    ]
    assert len(found) == len(set(found))
    created = [event.fact.atom for event in play.events if event.fact.name == "task.created"]
    failed = [event.fact.atom for event in play.events if event.fact.name == "task.failed"]
    assert all(created.count(atom) <= 1 + failed.count(atom) for atom in created)
