"""What is past its age goes, by the time of the database (R16, house)."""

from datetime import datetime, timedelta

from engine.ports import Message
from engine.workers.pruner import Pruner
from tests.fakes.memory import Memory


class Graph:
    """A projection that has no more than `ended` ended processes."""

    def __init__(self, ended: int = 0) -> None:
        self.ended = ended
        self.asked: list[datetime] = []

    async def forget(self, ended_before: datetime, limit: int) -> int:
        self.asked.append(ended_before)
        forgotten = min(self.ended, limit)
        self.ended -= forgotten
        return forgotten


class Finished:
    """Drafts of which so many are of tasks that are over."""

    def __init__(self, drafts: int) -> None:
        self.drafts = drafts

    async def forget(self, limit: int) -> int:
        forgotten = min(self.drafts, limit)
        self.drafts -= forgotten
        return forgotten


def pruner(memory: Memory, graph: Graph, drafts: int = 0) -> Pruner:
    kept = Finished(drafts)
    return Pruner(memory.outbox, (memory.messages, kept), graph, memory.clock, timedelta(days=90))  # type: ignore[arg-type]


async def test_kept_messages_past_their_time_are_dropped_and_others_stay():
    memory = Memory()
    now = await memory.clock.now()
    async with memory.store.transaction() as transaction:
        for hours in (1, 3):
            await transaction.keep(Message(f"m{hours}", "paid", None, {}, now + timedelta(hours=hours)))
    await memory.clock.advance_to(now + timedelta(hours=2))
    assert not await pruner(memory, Graph()).run_once()
    assert [message.id for message in memory.rows.messages.values()] == ["m3"]


async def test_processes_leave_the_graph_by_the_time_of_the_database_though_it_was_moved_on():
    memory, graph = Memory(), Graph()
    now = await memory.clock.now()
    await memory.clock.advance_to(now + timedelta(days=400))
    await pruner(memory, graph).run_once()
    assert graph.asked[0] >= now + timedelta(days=310)


async def test_another_round_comes_at_once_while_there_is_more():
    memory, graph = Memory(), Graph(ended=700)
    assert await pruner(memory, graph).run_once()
    assert not await pruner(memory, graph).run_once()
    assert graph.ended == 0


async def test_drafts_of_tasks_that_are_over_go_round_by_round():
    worker = pruner(Memory(), Graph(), drafts=700)
    assert await worker.run_once()
    assert not await worker.run_once()
