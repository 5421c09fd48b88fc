"""Events and keys lie in partitions by time; keys past their age are dropped (R17), events never."""

from datetime import timedelta

from engine.ports import Key, Remembered
from tests.conformance.worlds import World
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

ONE = journey_of("[{id: only, performed_by: clerk}]")
KEY = Key("olga", "k1", "f1")
OLD = """
    INSERT INTO idempotency_keys (caller, key, fingerprint, status, body, created_at)
    VALUES ('olga', 'k1', 'f1', 200, 'old', wayline_now() - %s::interval)"""


async def partitions(sql: Plain, parent: str) -> list[str]:
    rows = await sql.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [parent]
    )
    return [row[0] async for row in rows]


async def test_there_are_partitions_for_the_coming_time(world: World, sql: Plain) -> None:
    before = await partitions(sql, "process_events"), await partitions(sql, "idempotency_keys")
    await world.outbox.prune()
    assert before == (await partitions(sql, "process_events"), await partitions(sql, "idempotency_keys"))
    now = await world.now()
    assert f"process_events_{now:%Y_%m}" in before[0]
    tomorrow = now + timedelta(days=1)
    assert {f"idempotency_keys_{now:%Y_%m_%d}", f"idempotency_keys_{tomorrow:%Y_%m_%d}"} < set(before[1])


async def test_a_key_past_its_age_is_forgotten_at_once_and_its_partition_dropped_later(
    world: World, sql: Plain
) -> None:
    """R17: remembered for 7 days."""
    old = await world.now() - timedelta(days=30)
    day = old.replace(hour=0, minute=0, second=0, microsecond=0)
    await sql.execute(
        "SELECT wayline_make_partition('idempotency_keys', %s, %s, %s)",
        [day, day + timedelta(days=1), f"{day:%Y_%m_%d}"],
    )
    for age in ("30 days", "8 days"):
        await sql.execute(OLD, [age])
    async with world.store.transaction() as transaction:
        assert (await transaction.lock((), [KEY])).remembered == {}
        await transaction.write([], [Remembered(KEY, 200, b"new")])
    await world.outbox.prune()
    assert f"idempotency_keys_{day:%Y_%m_%d}" not in await partitions(sql, "idempotency_keys")
    assert await (await sql.execute("SELECT body FROM idempotency_keys")).fetchall() == [("new",)]


async def test_a_key_within_its_age_is_kept(world: World, sql: Plain) -> None:
    await sql.execute(OLD, ["6 days 23 hours"])
    await world.outbox.prune()
    async with world.store.transaction() as transaction:
        assert (await transaction.lock((), [KEY])).remembered["olga", "k1"].body == b"old"


async def test_rows_that_came_before_their_partition_stay_in_the_default_one(world: World, sql: Plain) -> None:
    await world.start(ONE)
    await sql.execute("""
        INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, payload)
        SELECT process_id, 99, at + interval '3 months', type, v, actor, severity, payload FROM process_events
        WHERE seq = 1""")
    await sql.execute(
        "SELECT wayline_make_partition('process_events', date_trunc('month', at), "
        "date_trunc('month', at) + interval '1 month', 'ahead') FROM process_events WHERE seq = 99"
    )
    assert "process_events_ahead" not in await partitions(sql, "process_events")
    batch = await world.outbox.after(None, 10)
    assert batch
    assert [event.seq for event in batch.events] == [1, 2, 99]


async def test_events_of_a_new_partition_keep_their_order_and_their_protection(world: World, sql: Plain) -> None:
    await sql.execute(
        "SELECT wayline_make_partition('process_events', date_trunc('month', wayline_now()) + interval '4 months', "
        "date_trunc('month', wayline_now()) + interval '5 months', 'later')"
    )
    triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'process_events_later'::regclass ORDER BY 1"
    assert await (await sql.execute(triggers)).fetchall() == [("append_only",), ("append_only_whole",)]
    row = await (
        await sql.execute("""
        INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, payload)
        VALUES ('p9', 1, wayline_now() + interval '4 months', 'process.started', 1, 'olga', 'info', '{}')
        RETURNING id, xid::text::bigint""")
    ).fetchone()
    assert row
    assert row[0] > 0
    assert row[1] > 0
