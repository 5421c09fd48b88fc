"""What the live graph shows of random runs is what the engine says of them, however their events are cut."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.journey import join_up
from engine.core.process import Process
from graph import Neo4j
from tests.core.journeys import CONTEXTS, versions
from tests.core.play import Play
from tests.graph.feeding import feed
from tests.graph.reading import led_to, rows, short_forms, states

SHORT = {
    "waiting": "PENDING",
    "active": "AT_STEP",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "skipped": "SKIPPED",
    "cancelled": "CANCELLED",
}


def played(version: Any, context: Any, data: st.DataObject) -> Play:
    """A run that stops anywhere: under way, held, cancelled or at its end."""
    play = Play(join_up(*version)).start(**context)
    for _ in range(data.draw(st.integers(0, 12))):
        if play.process.ended or not play.open:
            break
        if any(play.process.open_incidents()) and data.draw(st.booleans()):
            play.patch(absent=1)
            if len(list(play.process.open_incidents())) == 1:
                play.retry()
        else:
            play.done(data.draw(st.sampled_from(play.open)))
    if not play.process.ended and data.draw(st.integers(0, 4)) == 0:
        play.cancel()
    return play


def expected_states(process: Process) -> dict[str, tuple[str, str | None]]:
    """What the engine stores, and a waiting step for each atom that some edge was taken into."""
    return {atom: (step.state, step.exit) for atom, step in process.steps.items()}


async def held(opened: Neo4j) -> dict[str, str]:
    """Where an incident holds each step that is held."""
    found = await rows(opened, "MATCH (s:Step) WHERE s.held IS NOT NULL RETURN s.atom AS atom, s.held AS held")
    return {row["atom"]: row["held"] for row in found}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, data=st.data())
async def test_the_live_graph_is_the_marking_and_a_rebuild_gives_the_same_digest(
    opened: Neo4j, version: Any, context: Any, data: st.DataObject
):
    play = played(version, context, data)
    await opened.projection.clear()
    await opened.graph.publish(*version)
    await feed(opened, play.events, data.draw(st.lists(st.integers(1, len(play.events)), max_size=6)))

    process = play.process
    taken = {
        (atom, edge.target)
        for atom, step in process.steps.items()
        for edge, was in zip(play.journey.routes[atom].enables, step.edges or (), strict=False)
        if was
    }
    shown = await states(opened, process.id)
    pending = {target: ("waiting", None) for _, target in taken}
    assert shown == {**pending, **expected_states(process)}
    assert await led_to(opened, process.id) == taken
    assert await short_forms(opened, process.id) == {atom: SHORT[state] for atom, (state, _) in shown.items()}

    assert await held(opened) == {atom: step.held for atom, step in process.steps.items() if step.held}

    cut = await opened.projection.digest()
    await opened.projection.clear()
    assert await opened.projection.digest() != cut
    await feed(opened, play.events, [])
    assert await opened.projection.digest() == cut
