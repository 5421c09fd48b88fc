"""Claims of PostgreSQL's queue that overlap: no limit is passed, and nobody waits for anybody (R10)."""

import asyncio

from engine.settings import Settings
from engine.store import Postgres
from tests.conformance.worlds import World, until
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

WORK = journey_of("[{id: work, kind: system, action: do.it}]")
BRIEF = journey_of("[{id: work, kind: system, action: do.it, retry: {timeout: PT0.01S}}]")
HEAR = journey_of("[{id: hear, kind: wait, message: paid}]")
NAP = journey_of("[{id: nap, kind: wait, for: PT0.001S}]")

LINGERING = """
CREATE OR REPLACE FUNCTION wayline_now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
    IF current_setting('application_name') = 'lingers' THEN
        PERFORM pg_advisory_xact_lock_shared(42);
    END IF;
    RETURN date_trunc('milliseconds', clock_timestamp());
END $$
"""
"""Who lingers waits in the middle of its statement, after that has taken its snapshot."""


async def start(world: World, count: int) -> None:
    for number in range(count):
        await world.start(WORK, f"p{number}")


async def waits(sql: Plain) -> bool:
    row = await (
        await sql.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    ).fetchone()
    return bool(row and row[0])


async def test_a_claim_that_began_before_another_had_ended_does_not_pass_the_limit_with_it(
    postgres_url: str, world: World, sql: Plain
) -> None:
    await start(world, 8)
    await world.actions.limit("do.it", 3, "ann", "three lines")
    await sql.execute(LINGERING)
    await sql.execute("SELECT pg_advisory_lock(42)")
    mark = "&" if "?" in postgres_url else "?"
    async with Postgres.open(f"{postgres_url}{mark}application_name=lingers", Settings()) as other:
        late = asyncio.create_task(other.queue.claim("w2", ["do.it"], 3))
        await until(lambda: waits(sql))
        assert len(await world.queue.claim("w1", ["do.it"], 2)) == 2
        await sql.execute("SELECT pg_advisory_unlock(42)")
        assert list(await late) == [], "what it saw is too old to be counted by; it comes again"
        assert len(await other.queue.claim("w2", ["do.it"], 3)) == 1
    assert (await world.actions.record("do.it")).running == 3


async def test_while_one_worker_claims_others_take_what_is_left_without_waiting(world: World, sql: Plain) -> None:
    await start(world, 4)
    for number in range(4):
        await world.start(NAP, f"n{number}")
    await world.next_moment()
    async with sql.transaction():
        await sql.execute("SELECT FROM work WHERE process_id IN ('p0', 'p1') FOR UPDATE")
        await sql.execute("SELECT FROM timers WHERE process_id IN ('n0', 'n1') FOR UPDATE")
        async with asyncio.timeout(4):  # a lock would be waited for longer
            assert {work.process for work in await world.queue.claim("w1", ["do.it"], 10)} == {"p2", "p3"}
            assert set(await world.timers.claim(10)) == {"n2", "n3"}


async def test_what_somebody_is_at_is_left_to_them_and_the_next_is_taken_up(
    world: World, sql: Plain, postgres: Postgres
) -> None:
    for number in range(3):
        await world.start(HEAR, f"h{number}")
        await world.start(BRIEF, f"b{number}")
    assert len(await world.queue.claim("w1", ["do.it"], 3)) == 3

    async def over() -> bool:
        return len(await world.queue.expired(3)) == 3

    await until(over)
    assert list(await world.commands.waiting(2)) == ["h0", "h1"]
    async with sql.transaction():
        for process in ("h0", "b0"):
            await sql.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [process])
        async with asyncio.timeout(4):
            assert list(await world.commands.waiting(2)) == ["h1", "h2"]
            assert {process for process, _, _ in await world.queue.expired(2)} == {"b1", "b2"}
    assert list(await world.commands.waiting(2)) == ["h0", "h1"]


async def test_looking_for_what_is_limited_writes_nothing_where_none_is_due_or_has_room(
    world: World, sql: Plain
) -> None:
    await start(world, 2)
    await world.actions.limit("do.it", 1, "ann", "one line")
    await world.queue.claim("w1", ["do.it"], 1)

    async def written() -> object:
        return await (await sql.execute("SELECT xmin, xmax, turn FROM actions")).fetchone()

    before = await written()
    assert list(await world.queue.claim("w2", ["do.it"], 1)) == []
    assert await written() == before, "a worker that looks ten times a second must not"
