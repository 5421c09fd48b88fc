"""The projector on fakes: in order, never twice, and from wherever the graph says it is."""

from dataclasses import replace
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from engine.core.commands import CompleteTask
from engine.core.errors import Unavailable
from engine.core.events import Event
from engine.core.frozen import changed
from engine.ports import Batch, Cursor, EventUnreadable, GraphState
from engine.workers.pace import Pace
from engine.workers.projector import BatchSize, Progress, Projector
from tests.engine.in_memory import ADMIN, InMemory
from tests.fakes.memory_queues import MemoryOutbox


class Graph:
    """The port `Projection`: what was applied, with the checkpoint. `calls` counts what it is asked."""

    def __init__(self) -> None:
        self.at: Cursor | None = None
        self.events: list[Event] = []
        self.batches: list[int] = []
        self.breaks = ""
        self.refuses: int | None = None
        self.busy = 0.0
        self.stuck: str | None = None
        self.calls = 0

    async def state(self) -> GraphState:
        self.calls += 1
        return GraphState(self.at, self.busy, self.stuck)

    async def note_stuck(self, stuck: str) -> None:
        self.stuck = stuck

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        self.calls += 1
        if self.breaks == "before":
            raise Unavailable("unavailable", "Neo4j is away.", retry_after=1)
        if self.at != after:
            return False
        if self.refuses in [event.seq for event in batch.events]:
            raise ValueError("no such property")
        self.at, self.stuck = batch.cursor, None
        self.events += batch.events
        self.batches.append(len(batch.events))
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


class Hours:
    """The machine's clock of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in ("projector", "pace"):
            monkeypatch.setattr(f"engine.workers.{module}.monotonic", lambda: self.now)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


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


async def catch_up(projector: Projector) -> None:
    for _ in range(100):
        if not await projector.run_once():
            return
    pytest.fail("it tries the same again and again")


async def test_every_event_is_applied_once_in_order_in_batches(engine: InMemory):
    graph = Graph()
    assert len(written(engine)) == 6
    await catch_up(Projector(engine.memory.outbox, graph, 4))
    assert graph.batches == [4, 2]
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


async def test_a_graph_that_was_wiped_gets_everything_again(engine: InMemory, hours: Hours):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    await catch_up(projector)
    await graph.clear()
    hours.now += 6
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_graph_that_was_wiped_is_noticed_with_the_next_event(engine: InMemory, hours: Hours):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    assert await projector.run_once()
    await graph.clear()
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_graph_of_another_epoch_followed_another_database_and_is_built_anew(engine: InMemory, hours: Hours):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    await catch_up(projector)
    assert graph.at is not None
    graph.at = replace(graph.at, epoch="before the restore")
    graph.events = graph.events[:3]
    hours.now += 6
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_database_that_was_restored_under_way_gives_its_events_to_no_graph_of_the_old_one(engine: InMemory):
    """The epoch comes with the events: what is new in the restored one is never put upon what it does not have."""
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 4)
    await projector.run_once()
    engine.memory.outbox.name = "restored"
    await catch_up(projector)
    assert (graph.events, graph.at) == (written(engine), Cursor("restored", 1, 6))
    assert graph.batches == [4, 4, 2]


async def test_a_projector_that_another_one_overtook_applies_nothing_twice_and_goes_on_from_there(engine: InMemory):
    class Overtaken(Graph):
        """Moves on by another projector's batch while the first look at its checkpoint is on its way."""

        async def state(self) -> GraphState:
            seen = await super().state()
            if seen.cursor is None:
                await self.apply(Batch(tuple(written(engine)[:2]), Cursor("memory", 1, 2)), None)
            return seen

    graph = Overtaken()
    projector = Projector(engine.memory.outbox, graph, 4)
    await projector.run_once()
    assert graph.events == written(engine)[:2]
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_while_nothing_is_new_the_graph_is_asked_every_few_seconds_only(engine: InMemory, hours: Hours):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 10)
    await catch_up(projector)
    asked = graph.calls
    for _ in range(40):
        hours.now += 0.1
        assert not await projector.run_once()
    assert graph.calls == asked
    hours.now += 2
    await projector.run_once()
    assert graph.calls == asked + 1


async def test_a_projector_rests_while_another_one_has_the_graph_and_takes_over_when_that_one_has_gone(
    engine: InMemory, hours: Hours
):
    graph = Graph()
    graph.busy = 2.0
    projector = Projector(engine.memory.outbox, graph, 10)
    for _ in range(19):
        assert not await projector.run_once()
        hours.now += 0.1
    assert (graph.calls, graph.events) == (1, [])
    graph.busy = 0.0
    hours.now += 0.2
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_a_batch_that_cannot_be_applied_is_cut_down_to_the_event_that_is_named(engine: InMemory, hours: Hours):
    """Nothing behind it is applied, and it does not stand still in silence; everything before it is in the graph."""
    graph = Graph()
    graph.refuses = 4
    projector = Projector(engine.memory.outbox, graph, 10)
    with pytest.raises(Unavailable, match=r"event 4 of .* \(task\.created\): ValueError no such property"):
        await catch_up(projector)
    assert graph.events == written(engine)[:3]
    assert graph.stuck
    assert "event 4 of" in graph.stuck
    graph.refuses = None
    assert not await projector.run_once(), "it rests before it tries again"
    hours.now += 5
    await catch_up(projector)
    assert (graph.events, graph.stuck) == (written(engine), None)


async def test_an_event_that_cannot_be_read_is_named_too(engine: InMemory):
    class Newer(MemoryOutbox):
        async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
            raise EventUnreadable("event 1 of p1 (step.dreamt) cannot be read")

    graph = Graph()
    with pytest.raises(Unavailable, match=r"step\.dreamt"):
        await Projector(Newer(engine.memory), graph, 4).run_once()
    assert graph.stuck == "event 1 of p1 (step.dreamt) cannot be read"


def test_batches_grow_while_they_are_quick_and_full_and_shrink_when_they_are_slow():
    size = BatchSize(2000)
    size.learn(500, 0.2)
    size.learn(999, 0.2)
    assert size.limit == 1000
    size.learn(1000, 0.2)
    size.learn(2000, 0.2)
    assert size.limit == 2000
    size.learn(2000, 1.0)
    assert size.limit == 2000
    size.learn(2000, 2.0)
    assert size.limit == 1000
    for _ in range(20):
        size.learn(size.limit, 10.0)
    assert size.limit == 20


async def test_a_batch_that_takes_too_long_is_tried_again_with_less(engine: InMemory):
    class Asked(MemoryOutbox):
        async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
            limits.append(limit)
            return await super().after(cursor, limit)

    limits: list[int] = []
    graph = Graph()
    graph.breaks = "before"
    projector = Projector(Asked(engine.memory), graph, 1000)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await projector.run_once()
    assert limits == [500, 20]
    graph.breaks = ""
    await catch_up(projector)
    assert graph.events == written(engine)


async def test_the_delay_of_events_is_told_once_a_minute(engine: InMemory, hours: Hours):
    pace = Pace()
    batch = await engine.memory.outbox.after(None, 10)
    assert batch is not None
    assert batch.read_at is not None
    behind = replace(batch, events=tuple(changed(event, at=batch.read_at) for event in batch.events))
    for _ in range(40):
        pace.observe(behind, 0.25)
    pace.observe(behind, 2.0)
    told = pace.told()
    assert (told.events, told.batches, told.p50, told.p99, told.longest) == (246, 41, 0.25, 2.0, 2.0)
    hours.now += 61
    with capture_logs() as logs:
        pace.observe(behind, 0.25)
    assert [(log["event"], log["events"], log["p50"]) for log in logs] == [("projector.pace", 252, 0.25)]
    assert pace.told().events == 0


async def test_a_rebuild_gives_what_following_gave(engine: InMemory):
    graph = Graph()
    projector = Projector(engine.memory.outbox, graph, 1)
    await catch_up(projector)
    before = await projector.digest()
    assert await projector.rebuild() == 6
    assert await projector.digest() == before


async def test_a_rebuild_tells_how_far_it_is_and_one_that_was_cut_off_goes_on(engine: InMemory):
    class CutOff(Exception):
        pass

    def cut_off(progress: Progress) -> None:
        told.append(progress)
        if progress.events == 4:
            raise CutOff

    told: list[Progress] = []
    graph = Graph()
    with pytest.raises(CutOff):
        await Projector(engine.memory.outbox, graph, 2).rebuild(cut_off)
    assert [(progress.events, progress.expected) for progress in told] == [(2, 6), (4, 6)]
    assert await Projector(engine.memory.outbox, graph, 2).rebuild(resume=True) == 2
    assert (graph.events, graph.batches) == (written(engine), [2, 2, 2])


async def test_a_rebuild_is_not_kept_by_another_projector(engine: InMemory):
    graph = Graph()
    graph.busy = 2.0
    assert await Projector(engine.memory.outbox, graph, 4).rebuild() == 6
