"""Markings that are kept in memory are those that are stored, whoever changed them meanwhile."""

from datetime import timedelta

import pytest

from engine.core.commands import CompleteTask, Start
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.journey import Journey
from engine.ports import Commit
from engine.store import Postgres
from engine.store.recent import Recent, Seen
from tests.conformance.worlds import OLGA
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

PAIR = journey_of("[{id: a, performed_by: clerk, entry: true}, {id: b, performed_by: clerk, entry: true}]")
WORK = journey_of("[{id: pull, kind: system, action: do.it}]")


async def complete(postgres: Postgres, n: int) -> Decision:
    async with postgres.store.transaction() as transaction:
        locked = await transaction.lock(["p1"])
        decision = decide(PAIR, locked.markings["p1"], CompleteTask(OLGA, n, {}), locked.now)
        await transaction.write([Commit(decision, None)], [])
    return decision


async def start(postgres: Postgres, journey: Journey = PAIR) -> None:
    async with postgres.store.transaction() as transaction:
        now = (await transaction.lock(["p1"])).now
        await transaction.write([Commit(decide(journey, None, Start(OLGA, "p1", {}), now), None)], [])


async def test_what_another_program_changed_is_read_again(postgres: Postgres, another: Postgres):
    await start(postgres)
    await complete(another, 1)
    assert (await complete(postgres, 2)).after.status == "completed"


async def test_what_was_rolled_back_is_not_kept(postgres: Postgres):
    async def give_up() -> None:
        async with postgres.store.transaction() as transaction:
            locked = await transaction.lock(["p1"])
            decision = decide(PAIR, locked.markings["p1"], CompleteTask(OLGA, 1, {}), locked.now)
            await transaction.write([Commit(decision, None)], [])
            raise ZeroDivisionError

    await start(postgres)
    with pytest.raises(ZeroDivisionError):
        await give_up()
    assert (await complete(postgres, 1)).after.tasks[1].status == "completed"


async def test_a_restored_database_that_counts_the_same_events_is_read_again(postgres: Postgres, sql: Plain):
    """A dump that was loaded has the same `seq` and other rows: what it counts by does not tell them apart."""
    await start(postgres)
    await sql.execute("UPDATE process_instances SET context = '{\"restored\": true}'")
    async with postgres.store.transaction() as transaction:
        assert (await transaction.lock(["p1"])).markings["p1"].context == {"restored": True}


async def test_a_lease_that_was_taken_or_given_back_since_is_seen(postgres: Postgres):
    """R10: workers take work without changing its process."""
    await start(postgres, WORK)
    (claimed,) = await postgres.queue.claim("w1", ["do.it"], 1)
    async with postgres.store.transaction() as transaction:
        lease = (await transaction.lock(["p1"])).markings["p1"].tasks[1].lease
    assert lease is not None
    assert (lease.token, lease.worker) == (claimed.token, "w1")


async def test_what_is_kept_is_bounded_and_the_oldest_go(postgres: Postgres):
    await start(postgres)
    async with postgres.store.transaction() as transaction:
        marking = (await transaction.lock(["p1"])).markings["p1"]
    recent = Recent(100)
    recent.keep([Seen(marking, "7", 60)])
    assert recent.find("p1", "7") is marking
    recent.keep([Seen(marking, "8", 70)])
    assert (recent.find("p1", "7"), recent.find("p1", "8")) == (None, marking)
    recent.keep([Seen(marking, "9", 101)])
    assert recent.find("p1", "9") is None


async def test_an_ended_process_is_not_kept(postgres: Postgres):
    await start(postgres)
    await complete(postgres, 1)
    ended = (await complete(postgres, 2)).after
    recent = Recent(100)
    recent.keep([Seen(ended, "7", 1)])
    assert recent.find("p1", "7") is None
    assert ended.last_at is not None
    assert ended.last_at - ended.started_at >= timedelta()
