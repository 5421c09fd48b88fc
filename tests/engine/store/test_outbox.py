"""What only PostgreSQL can get wrong about the order of events."""

import asyncio

import psycopg
import pytest

from engine.core.commands import CompleteTask
from engine.core.decide import decide
from engine.core.events import Event
from engine.ports import Commit, Cursor, EventUnreadable
from engine.settings import Settings
from engine.store import MigrationError, Postgres, migrate
from tests.conformance.worlds import OLGA, World, drained
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain
from tests.waiting import until

ONE = journey_of("[{id: only, performed_by: clerk}]")
TWO = journey_of("[{id: a, performed_by: clerk, entry: true}, {id: b, performed_by: clerk, entry: true}]")
COMPLETED = """
    INSERT INTO process_events (process_id, seq, xid, at, type, v, actor, severity, payload)
    VALUES ('p1', %s, %s::text::xid8, wayline_now(), 'process.completed', 1, 'a', 'info', '{"outcome": "x"}')"""


async def test_transactions_are_in_the_order_of_their_numbers_not_of_their_texts(world: World, sql: Plain) -> None:
    for seq, xid in ((1, "9"), (2, "10"), (3, "100"), (4, "99")):
        await sql.execute(COMPLETED, [seq, xid])
    batch = await world.outbox.after(None, 10)
    assert batch
    assert [event.seq for event in batch.events] == [1, 2, 4, 3]
    rest = await world.outbox.after(Cursor(batch.cursor.epoch, 10, 2), 10)
    assert rest
    assert [event.seq for event in rest.events] == [4, 3]


async def test_a_reader_beside_many_writers_loses_and_repeats_nothing(world: World) -> None:
    """An outbox read by id alone lost a quarter of what was committed."""
    seen: list[Event] = []
    writing = True

    async def write(writer: int) -> None:
        for number in range(8):
            id = f"w{writer}-{number}"
            await world.start(ONE, id)
            await world.give(ONE, id, CompleteTask(OLGA, 1, {}))

    async def read() -> None:
        cursor = None
        while True:
            over = not writing
            if batch := await world.outbox.after(cursor, 7):
                seen.extend(batch.events)
                cursor = batch.cursor
            elif over:
                return

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(writer) for writer in range(6)))
    writing = False
    await reader
    places = [(event.process, event.seq) for event in seen]
    assert len(places) == len(set(places)) == 6 * 8 * 4
    for process in {process for process, _ in places}:
        assert [seq for id, seq in places if id == process] == [1, 2, 3, 4]


async def test_a_database_loaded_from_a_dump_is_taken_over_and_noticed(
    world: World, sql: Plain, postgres_url: str
) -> None:
    """Its events carry the transaction numbers of another server, far above those of this one."""
    await world.start(ONE)
    before = await world.outbox.epoch()
    await sql.execute("UPDATE epoch SET cluster = 'another server'")
    await sql.execute(COMPLETED, [3, "4000000000000"])
    with pytest.raises(MigrationError, match="loaded from a dump"):
        await open_it(postgres_url)
    assert await migrate(postgres_url, Settings()) == ()
    await open_it(postgres_url)
    assert await world.outbox.epoch() != before
    batch = await world.outbox.after(None, 10)
    assert batch
    assert [event.seq for event in batch.events] == [1, 2, 3]
    with pytest.raises(psycopg.errors.RestrictViolation):
        await sql.execute("DELETE FROM process_events")


async def open_it(url: str) -> None:
    async with Postgres.open(url, Settings()):
        pass


async def test_who_waits_for_processes_writes_after_those_it_waited_for(world: World, sql: Plain) -> None:
    """A transaction that had its number before it waited put its events before earlier ones of the same process."""
    for id in ("p1", "p2", "p3"):
        await world.start(TWO, id)

    async def complete(task: int, *locked: str) -> None:
        async with world.store.transaction() as transaction:
            found = await transaction.lock(locked)
            decision = decide(TWO, found.markings["p3"], CompleteTask(OLGA, task, {}), found.now)
            await transaction.write([Commit(decision, None)], [])

    async def waits() -> bool:
        rows = await sql.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return await rows.fetchone() is not None

    async with world.store.transaction() as holder:
        await holder.lock(["p2"])
        slow = asyncio.create_task(complete(2, "p1", "p2", "p3"))
        await until(waits)
        await complete(1, "p3")
    await slow
    batch = await world.outbox.after(None, 100)
    assert batch
    assert [event.seq for event in batch.events if event.process == "p3"] == [1, 2, 3, 4, 5, 6]


async def test_an_idle_transaction_holds_back_what_was_committed_after_it_and_is_told_of(
    world: World, sql: Plain
) -> None:
    """Ids are given at insert and seen at commit: what is above an open transaction waits, and somebody must know."""
    await world.start(ONE, "before")
    assert await world.outbox.held_back() is None
    _, cursor = await drained(world, 100)
    async with sql.transaction():
        await sql.execute("SELECT pg_current_xact_id()")
        await world.start(ONE, "after")
        held = await world.outbox.held_back()
        assert held
        assert (held.events, held.seconds >= 0, held.pid) == (2, True, sql.info.backend_pid)
        assert await world.outbox.after(cursor, 100) is None
        assert (await world.outbox.lag(cursor))[0] == 2
    assert await world.outbox.held_back() is None
    batch = await world.outbox.after(cursor, 100)
    assert batch
    assert [event.process for event in batch.events] == ["after", "after"]


async def test_a_transaction_that_only_reads_holds_nothing_back(world: World, sql: Plain) -> None:
    async with sql.transaction():
        await sql.execute("SELECT count(*) FROM process_events")
        await world.start(ONE)
        assert await world.outbox.held_back() is None
        assert await world.outbox.after(None, 100)


async def test_an_event_of_a_newer_engine_is_named_and_what_comes_before_it_is_given_first(
    world: World, sql: Plain
) -> None:
    await sql.execute(COMPLETED, [1, "9"])
    await sql.execute(COMPLETED.replace("process.completed", "step.dreamt"), [2, "10"])
    batch = await world.outbox.after(None, 10)
    assert batch
    assert [event.seq for event in batch.events] == [1]
    with pytest.raises(EventUnreadable, match=r"event 2 of p1 \(step\.dreamt\)"):
        await world.outbox.after(batch.cursor, 10)


async def test_a_batch_says_the_epoch_and_the_time_of_the_database(world: World, sql: Plain) -> None:
    """A database that is restored under way is noticed with the next batch, not with the next look."""
    await world.start(ONE)
    before = await world.now()
    batch = await world.outbox.after(None, 1)
    assert batch
    assert batch.cursor.epoch == await world.outbox.epoch()
    assert batch.read_at
    assert before <= batch.read_at <= await world.now()
    await sql.execute("UPDATE epoch SET id = gen_random_uuid()")
    later = await world.outbox.after(batch.cursor, 1)
    assert later
    assert later.cursor.epoch != batch.cursor.epoch
