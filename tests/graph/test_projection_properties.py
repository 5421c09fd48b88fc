"""What the live graph shows of random runs is what the engine says of them, however their events are cut."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graph import Neo4j
from tests.graph.feeding import feed
from tests.graph.runs import expected, played, publish, shown

ANY_RUN = given(seed=st.integers(0, 10**6), commands=st.integers(1, 30), data=st.data())
ON_NEO4J = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


async def compare(opened: Neo4j, seed: int, commands: int, data: st.DataObject) -> None:
    """Feeds a run in pieces, compares each of its processes, and makes the graph again from all its events at once."""
    world = played(seed, commands)
    assume(world.events)
    await opened.projection.clear()
    await publish(opened, world)
    await feed(opened, world.events, data.draw(st.lists(st.integers(1, len(world.events)), max_size=6)))
    for id, process in world.processes.items():
        assert await shown(opened, id) == expected(process, world.journey_of(id))
    cut = await opened.projection.digest()
    await opened.projection.clear()
    assert await opened.projection.digest() != cut
    await feed(opened, world.events, [])
    assert await opened.projection.digest() == cut


@settings(max_examples=12, deadline=None, suppress_health_check=ON_NEO4J)
@ANY_RUN
async def test_the_live_graph_is_the_marking_and_a_rebuild_gives_the_same_digest(
    opened: Neo4j, seed: int, commands: int, data: st.DataObject
):
    """The graph: rework, failed exits, timers, messages, lists, children, compensation and suspension included."""
    await compare(opened, seed, commands, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=400, deadline=None, suppress_health_check=ON_NEO4J)
@ANY_RUN
async def test_the_live_graph_is_the_marking_on_many_random_runs(
    opened: Neo4j, seed: int, commands: int, data: st.DataObject
):
    await compare(opened, seed, commands, data)
