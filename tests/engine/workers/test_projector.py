"""The projector on fakes: in order, never twice, and from wherever the graph says it is."""

from dataclasses import replace
from datetime import datetime

import pytest

from engine.core.commands import CompleteTask
from engine.core.errors import Unavailable
from engine.core.events import Event
from engine.ports import Batch, Cursor
from engine.workers.projector import Projector
from tests.engine.in_memory import ADMIN, InMemory


class Graph:
    """The port `Projection`: what was applied, with the checkpoint."""

    def __init__(self) -> None:
        self.at: Cursor | None = None
        self.events: list[Event] = []
        self.breaks = ""

    async def checkpoint(self) -> Cursor | None:
        return self.at

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        if self.breaks == "before":
            raise Unavailable("unavailable", "Neo4j is away.", retry_after=1)
        if self.at != after:
            return False
        self.at = batch.cursor
        self.events += batch.events
        if self.breaks == "after":
            raise Unavailable("unavailable", "Neo4j is away.", retry_after=1)
        return True

    async def forget(self, ended_before: datetime, limit: int) -> int:
        return 0

    async def clear(self) -> None:
        self.at = None
        self.events = []

    async def digest(self) -> str:
        return str(len(self.events))


@pytest.fixture
async def engine() -> InMemory:
    engine = InMemory()
    process = await engine.start(
        await engine.publish("  - {id: a, performed_by: clerk, enables: [b]}\n  - {id: b, performed_by: clerk}\n")
    )
    for n in (1, 2):
        await engine.give(process, CompleteTask(ADMIN, n, {}))
    return engine


def written(engine: InMemory) -> list[Event]:
    return [event for event, _ in engine.memory.rows.events]


async def catch_up(projector: Projector) -> int:
    rounds = 0
    while await projector.run_once():
        rounds += 1
    return rounds


async def test_every_event_is_applied_once_in_order_in_batches(engine: InMemory):
    graph = Graph()
    assert len(written(engine)) == 6
    assert await catch_up(Projector(engine.memory.outbox, graph, 4)) == 2
    assert graph.events == written(engine)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_projector_that_dies_before_or_after_the_graphs_commit_loses_and_repeats_nothing(
    engine: InMemory, moment: str
):
    graph = Graph()
    graph.breaks = moment
    with pytest.raises(Unavailable):
        await Projector(engine.memory.outbox, graph, 4).run_once()
    graph.breaks = ""
    await catch_up(Projector(engine.memory.outbox, graph, 4))
    assert graph.events == written(engine)


async def test_a_graph_that_was_wiped_gets_everything_again(engine: InMemory):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    await catch_up(projector)
    await graph.clear()
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_graph_of_another_epoch_followed_another_database_and_is_built_anew(engine: InMemory):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    await catch_up(projector)
    assert graph.at is not None
    graph.at = replace(graph.at, epoch="before the restore")
    graph.events = graph.events[:3]
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_projector_that_another_one_overtook_applies_nothing_twice_and_goes_on_from_there(engine: InMemory):
    class Overtaken(Graph):
        """Moves on by another projector's batch while the first look at its checkpoint is on its way."""

        async def checkpoint(self) -> Cursor | None:
            seen = self.at
            if seen is None:
                await self.apply(Batch(tuple(written(engine)[:2]), Cursor("memory", 1, 2)), None)
            return seen

    graph = Overtaken()
    projector = Projector(engine.memory.outbox, graph, 4)
    await projector.run_once()
    assert graph.events == written(engine)[:2]
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_rebuild_gives_what_following_gave(engine: InMemory):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 1)
    await catch_up(projector)
    before = await projector.digest()
    assert await projector.rebuild() == 6
    assert await projector.digest() == before
