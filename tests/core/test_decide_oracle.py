"""`decide` does what a second, naive reading of R1 to R8 does, command by command, on random journeys."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import RetryIncident, Start
from engine.core.decision import Decision
from engine.core.journey import join_up
from tests.core.journeys import CONTEXTS, PARTS, versions
from tests.core.oracle import Oracle
from tests.core.play import ADMIN, Play


def same(play: Play, oracle: Oracle, decision: Decision, started: list[str]) -> None:
    """Compares what one command started, in order, and where it left the process."""
    assert [one.atom for one in decision.started] == started
    steps = play.process.steps.values()
    assert {step.atom: step.state for step in steps if step.state != "waiting"} == oracle.states
    edges = {(step.atom, position): taken for step in steps for position, taken in enumerate(step.edges or ())}
    if not oracle.ended:
        assert edges == oracle.edges
        assert {incident.atom for incident in play.process.open_incidents()} == oracle.held
    expected = ("completed", oracle.outcome or "completed") if oracle.ended else ("running", None)
    assert play.ended == expected


@settings(max_examples=200)
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, part=PARTS, data=st.data())
def test_each_command_starts_skips_and_ends_what_the_contract_says(version: Any, context: Any, part: Any, data: Any):
    play, oracle = Play(join_up(*version)), Oracle(version, part, context)
    same(play, oracle, play.give(Start(ADMIN, "p1", context, part=part)), oracle.settle())
    while not play.process.ended:
        held = {incident.atom: incident.n for incident in play.process.open_incidents()}
        if play.open and (not held or data.draw(st.booleans())):
            atom = data.draw(st.sampled_from(play.open))
            same(play, oracle, play.done(atom, value=atom), oracle.complete(atom))
            continue
        if "absent" not in oracle.context and not data.draw(st.booleans()):
            play.patch(absent=1)
            oracle.context["absent"] = 1
        atom = data.draw(st.sampled_from(sorted(held)))
        decision = play.give(RetryIncident(ADMIN, held[atom], "looked at"))
        same(play, oracle, decision, oracle.retry(atom))
