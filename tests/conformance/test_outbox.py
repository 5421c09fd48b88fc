"""The port `Outbox`: every event once, in commit order, none of a transaction that is not visible to all."""

import asyncio

from engine.core.commands import CompleteTask, Start
from engine.core.decide import decide
from engine.ports import Commit, Transaction
from tests.conformance.worlds import OLGA, World, drained
from tests.core.play import journey_of

ONE = journey_of("[{id: only, performed_by: clerk}]")


async def test_without_events_there_is_no_batch_and_no_lag(world: World) -> None:
    assert await world.outbox.after(None, 10) is None
    assert await world.outbox.lag(None) == (0, 0.0)


async def test_events_come_as_they_were_decided_in_batches(world: World) -> None:
    decisions = [await world.start(ONE, f"p{number}", n=number) for number in range(5)]
    decisions.append(await world.give(ONE, "p3", CompleteTask(OLGA, 1, {"text": "x"})))
    decided = [event for decision in decisions for event in decision.events]
    assert (await drained(world, 4))[0] == decided
    assert (await drained(world, 1000))[0] == decided


async def test_what_came_after_a_cursor_follows_it(world: World) -> None:
    await world.start(ONE, "p1")
    first, cursor = await drained(world, 100)
    assert await world.outbox.after(cursor, 100) is None
    later = await world.start(ONE, "p2")
    second, _ = await drained(world, 100, cursor)
    assert (len(first), second) == (2, list(later.events))


async def test_of_some_types_only_those_come_and_the_cursor_is_that_of_the_last_event_looked_at(world: World) -> None:
    await world.start(ONE, "p1")
    await world.give(ONE, "p1", CompleteTask(OLGA, 1, {}))
    every, last = await drained(world, 100)
    completed = await world.outbox.of_types(None, 100, ["task.completed"])
    assert completed is not None
    assert [event.fact.name for event in completed.events] == ["task.completed"]
    assert completed.events[0] in every
    assert (completed.cursor, completed.last_at) == (last, every[-1].at)
    assert await world.outbox.of_types(completed.cursor, 100, ["task.completed"]) is None


async def test_a_batch_without_an_event_of_the_types_goes_on_all_the_same(world: World) -> None:
    await world.start(ONE, "p1")
    every, last = await drained(world, 100)
    seen, cursor = 0, None
    while batch := await world.outbox.of_types(cursor, 1, ["process.started"]):
        seen += len(batch.events)
        assert batch.cursor != cursor
        cursor = batch.cursor
    assert (seen, len(every), cursor) == (1, 2, last)
    assert await world.outbox.of_types(cursor, 1, []) is None


async def test_the_cursor_says_the_epoch_of_the_database(world: World) -> None:
    await world.start(ONE)
    _, cursor = await drained(world, 1)
    assert cursor is not None
    assert cursor.epoch == await world.outbox.epoch()


async def test_the_lag_counts_what_waits_and_how_long(world: World) -> None:
    started = await world.start(ONE, "p1")
    count, seconds = await world.outbox.lag(None)
    assert (count, seconds >= 0) == (len(started.events), True)
    _, cursor = await drained(world, 100)
    assert await world.outbox.lag(cursor) == (0, 0.0)


async def test_the_newest_id_is_that_of_the_last_cursor(world: World) -> None:
    assert await world.outbox.newest() == 0
    await world.start(ONE, "p1")
    _, cursor = await drained(world, 1)
    assert cursor is not None
    assert await world.outbox.newest() == cursor.id


async def test_no_event_is_skipped_when_a_later_id_commits_first(world: World) -> None:
    """Ids are given at insert and seen at commit: a reader that goes by ids alone loses the slower one."""
    wrote, read = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with world.store.transaction() as transaction:
            await start(transaction, "slow")
            wrote.set()
            await asyncio.wait([asyncio.ensure_future(read.wait())], timeout=0.2)

    async def start(transaction: Transaction, id: str) -> None:
        now = (await transaction.lock([])).now
        await transaction.write([Commit(decide(ONE, None, Start(OLGA, id, {}), now), None)], [])

    running = asyncio.create_task(slow())
    await wrote.wait()
    await world.start(ONE, "quick")
    early, cursor = await drained(world, 100)
    read.set()
    await running
    late, _ = await drained(world, 100, cursor)
    assert sorted((event.process, event.seq) for event in early + late) == [
        ("quick", 1),
        ("quick", 2),
        ("slow", 1),
        ("slow", 2),
    ]


async def test_pruning_takes_nothing_that_is_still_needed(world: World) -> None:
    await world.start(ONE)
    await world.outbox.prune()
    await world.outbox.prune()
    assert len((await drained(world, 100))[0]) == 2
