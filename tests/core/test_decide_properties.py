"""What holds of every journey: runs end, independent work may be done in any order, events give the marking (R1–R8)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.explain import explain
from engine.core.journey import Definition, Routes, join_up
from engine.core.process import Process
from tests.core.journeys import CONTEXTS, versions
from tests.core.play import Play

BUDGET = 200


def run(version: tuple[Definition, Routes], context: dict[str, Any], choose: Any) -> Play:
    """Plays to the end; `choose` picks the next of the open atoms. Incidents are mended and retried."""
    play = Play(join_up(*version)).start(**context)
    for _ in range(BUDGET):
        if play.process.ended:
            break
        assert explain(play.journey, play.process), "a process that runs can say what holds it"
        if any(play.process.open_incidents()):
            play.patch(absent=1)
            play.retry() if len(list(play.process.open_incidents())) == 1 else _retry_all(play)
        else:
            atom = choose(play.open)
            play.done(atom, value=atom)
    return play


def _retry_all(play: Play) -> None:
    from engine.core.commands import RetryIncident
    from tests.core.play import ADMIN

    for incident in list(play.process.open_incidents()):
        play.give(RetryIncident(ADMIN, incident.n, "mended"))


def facts(process: Process) -> Any:
    """What a run leads to, apart from the order and the times of its steps."""
    steps = {atom: (step.state, step.exit, step.edges) for atom, step in process.steps.items()}
    return process.status, steps, process.context


@settings(max_examples=300, deadline=None)
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, data=st.data())
def test_every_run_ends_and_a_running_process_always_says_what_holds_it(version: Any, context: Any, data: Any):
    play = run(version, context, lambda atoms: data.draw(st.sampled_from(atoms)))
    assert play.process.status == "completed"
    assert not play.open


@settings(max_examples=300, deadline=None)
@given(version=versions(), context=CONTEXTS, data=st.data())
def test_the_order_of_independent_completions_does_not_change_the_end_state(version: Any, context: Any, data: Any):
    forwards = run(version, context, lambda atoms: atoms[0])
    anyhow = run(version, context, lambda atoms: data.draw(st.sampled_from(atoms)))
    assert facts(forwards.process) == facts(anyhow.process)


@settings(max_examples=200, deadline=None)
@given(version=versions(unresolved=True), context=CONTEXTS, data=st.data())
def test_no_step_starts_twice_in_one_visit(version: Any, context: Any, data: Any):
    play = run(version, context, lambda atoms: data.draw(st.sampled_from(atoms)))
    begun = [
        (event.fact.atom, event.fact.visit)
        for event in play.events
        if event.fact.name in ("task.created", "step.completed")
    ]
    assert len(begun) == len(set(begun))


@settings(max_examples=100, deadline=None)
@given(version=versions(), context=CONTEXTS, steps=st.integers(0, 5))
def test_cancelling_at_any_moment_leaves_nothing_open(version: Any, context: Any, steps: int):
    play = Play(join_up(*version)).start(**context)
    for _ in range(steps):
        if play.process.ended:
            return
        play.done(play.open[0])
    if not play.process.ended:
        play.cancel()
        assert not play.open
        assert play.ended == ("cancelled", None)
        assert "active" not in play.states.values()
