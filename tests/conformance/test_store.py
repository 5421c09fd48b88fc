"""The port `Store`: what is decided is read back exactly, once, and by one at a time."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    ChangeContext,
    ClaimTask,
    Command,
    CompleteTask,
    CompleteWork,
    FailWork,
    RetryIncident,
    Start,
    StartTask,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.fold import fold
from engine.ports import Commit, Key, Remembered, Transaction
from tests.conformance.worlds import OLGA, World, as_stored, while_open
from tests.core.play import ADMIN, journey_of

ONE = journey_of("[{id: only, performed_by: clerk}]")
PAIR = journey_of("[{id: left, performed_by: clerk, entry: true}, {id: right, performed_by: chief, entry: true}]")
LONG = journey_of("""
  - {id: apply, performed_by: clerk, enables: [pull, read, side]}
  - {id: pull, kind: system, action: do.it, retry: {max_attempts: 1}, enables: [judge]}
  - {id: read, performed_by: chief, sets: {text: read it}, enables: [judge]}
  - id: side
    kind: decision
    enables: [{to: extra, rule: {var: go}}, {to: judge, otherwise: true}]
  - {id: extra, performed_by: clerk, enables: [judge]}
  - id: judge
    kind: decision
    enables: [{to: good, rule: {">": [{var: n}, 1]}}, {to: bad, otherwise: true}]
  - {id: good, kind: milestone, outcome: good}
  - {id: bad, kind: milestone, outcome: bad}
""")
K1 = Key("olga", "k1", "f1")
ANSWER = Remembered(K1, 201, b'{"n": 1.50, "text": "\xc3\xa4\\n"}')


async def test_what_no_process_has_is_absent_and_the_time_is_given(world: World) -> None:
    async with world.store.transaction() as transaction:
        unknown = await transaction.lock(["nobody"])
        nothing = await transaction.lock([])
    now = unknown.now
    assert (unknown.markings, nothing.markings) == ({}, {})
    assert now <= nothing.now
    assert now.utcoffset() == timedelta(), "UTC"
    assert now.microsecond % 1000 == 0, "milliseconds, as the API writes them"


async def test_a_started_process_is_read_as_it_was_decided(world: World) -> None:
    decision = await world.start(ONE, n=Decimal("1.50"), text="ä \u2028 \\", go=[None, True, {"deep": 10**30}])
    assert await world.marking() == as_stored(decision.after)


@pytest.mark.parametrize("number", ["1.50", "0.00", "-1E-300", "12345678901234567890.1234567890", "1E+308", "-0.0"])
async def test_numbers_keep_their_value_and_their_digits(world: World, number: str) -> None:
    await world.start(ONE, n=Decimal(number))
    stored = (await world.marking()).context["n"]
    assert stored == Decimal(number)
    assert not isinstance(stored, float)


async def test_digits_after_the_point_are_kept(world: World) -> None:
    await world.start(ONE, n=Decimal("1.500"))
    assert str((await world.marking()).context["n"]) == "1.500"


async def test_every_step_of_a_long_run_is_read_as_it_was_decided_and_folded(world: World) -> None:
    """The marking of a process is a fold over its events (Events)."""
    decision = await world.start(LONG, go=False)

    async def go(command: Command) -> Decision:
        after = await world.give(LONG, "p1", command)
        assert await world.marking() == as_stored(after.after)
        return after

    await go(ClaimTask(OLGA, 1))
    await go(StartTask(OLGA, 1))
    await go(CompleteTask(OLGA, 1, {"go": True}))
    (claimed,) = await world.queue.claim("w1", ["do.it"], 5)
    await go(FailWork(SYSTEM, claimed.task, claimed.token, "no line", retryable=False))
    await go(RetryIncident(ADMIN, 1, "it is back"))
    (claimed,) = await world.queue.claim("w1", ["do.it"], 5)
    await go(CompleteWork(SYSTEM, claimed.task, claimed.token, {"score": 7}))
    for task in [task for task in (await world.marking()).open_tasks() if task.kind == "human"]:
        decision = await go(CompleteTask(ADMIN, task.n, {}))
    assert decision.after.open_incidents, "`n` is unresolved"
    await go(ChangeContext(ADMIN, {"n": Decimal("1.01")}, "was missing"))
    decision = await go(RetryIncident(ADMIN, 2, "is there now"))
    assert (decision.after.status, decision.after.outcome) == ("completed", "good")
    batch = await world.outbox.after(None, 1000)
    assert batch is not None
    assert as_stored(fold(LONG, batch.events)) == await world.marking()


async def test_an_exception_leaves_nothing_behind(world: World) -> None:
    async def fail_late() -> None:
        async with world.store.transaction() as transaction:
            now = (await transaction.lock([])).now
            decision = decide(ONE, None, Start(OLGA, "p1", {}, business_key="b1"), now)
            await transaction.take_business_keys([("example", "b1", "p1")])
            await transaction.write([Commit(decision, None)], [ANSWER])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_late()
    async with world.store.transaction() as transaction:
        assert (await transaction.lock(["p1"])).markings == {}
        assert (await transaction.lock((), [K1])).remembered == {}
        assert await transaction.take_business_keys([("example", "b1", "p2")]) == {}
    assert await world.outbox.after(None, 10) is None


async def test_a_decision_on_an_old_marking_is_not_written(world: World) -> None:
    await world.start(PAIR)
    old = await world.marking()
    await world.give(PAIR, "p1", CompleteTask(ADMIN, 1, {}))
    late = decide(PAIR, old, CompleteTask(ADMIN, 2, {}), old.started_at)
    with pytest.raises(AssertionError):
        async with world.store.transaction() as transaction:
            await transaction.write([Commit(late, None)], [ANSWER])
    assert list((await world.marking()).tasks) == [2]
    async with world.store.transaction() as transaction:
        assert (await transaction.lock((), [K1])).remembered == {}


async def test_a_process_is_not_started_twice(world: World) -> None:
    first = await world.start(ONE)
    with pytest.raises(AssertionError):
        async with world.store.transaction() as transaction:
            await transaction.write([Commit(first, None)], [])


async def test_decisions_that_follow_each_other_are_written_together(world: World) -> None:
    await world.start(PAIR)
    async with world.store.transaction() as transaction:
        locked = await transaction.lock(["p1"])
        found, now = locked.markings, locked.now
        commits = [Commit(decide(PAIR, found["p1"], ClaimTask(OLGA, 1), now), None)]
        for command in (CompleteTask(OLGA, 1, {"n": 1}), CompleteTask(ADMIN, 2, {"n": 2})):
            commits.append(Commit(decide(PAIR, commits[-1].decision.after, command, now), None))
        await transaction.write(commits, [])
    stored = await world.marking()
    assert stored == as_stored(commits[-1].decision.after)
    assert (stored.status, stored.context, stored.tasks) == ("completed", {"n": 2}, {})
    batch = await world.outbox.after(None, 100)
    assert batch is not None
    assert [event.seq for event in batch.events] == list(range(1, stored.seq + 1))


async def test_many_processes_are_written_together(world: World) -> None:
    async with world.store.transaction() as transaction:
        now = (await transaction.lock([])).now
        ids = [f"p{number}" for number in range(50)]
        await transaction.write([Commit(decide(ONE, None, Start(OLGA, id, {}), now), None) for id in ids], [])
    async with world.store.transaction() as transaction:
        locked = await transaction.lock([*reversed(ids), "nobody"])
        found, now = locked.markings, locked.now
        commits = [Commit(decide(ONE, found[id], CompleteTask(OLGA, 1, {"n": 1}), now), None) for id in ids]
        await transaction.write(commits, [])
    assert {(await world.marking(id)).status for id in ids} == {"completed"}


async def test_the_version_of_a_task_counts_its_changes(world: World) -> None:
    await world.start(ONE)
    assert (await world.marking()).tasks[1].version == 1
    await world.give(ONE, "p1", ClaimTask(OLGA, 1))
    await world.give(ONE, "p1", StartTask(OLGA, 1))
    assert (await world.marking()).tasks[1].version == 3


async def test_who_locks_a_process_sees_what_the_last_holder_wrote(world: World) -> None:
    started = await world.start(PAIR)

    async def complete(transaction: Transaction) -> None:
        locked = await transaction.lock(["p1"])
        found, now = locked.markings, locked.now
        await transaction.write([Commit(decide(PAIR, found["p1"], CompleteTask(ADMIN, 1, {}), now), None)], [])

    waited, seen = await while_open(world.store, complete, world.marking)
    assert waited
    assert seen.seq > started.after.seq
    assert seen.steps["left"].state == "completed", "the rows of steps are as new as that of the process"
    assert list(seen.tasks) == [2]


async def test_who_locks_a_process_that_is_not_there_yet_waits_for_who_starts_it(world: World) -> None:
    """R15: of two workers that take up a child's start, one starts it."""

    async def begin(transaction: Transaction) -> None:
        locked = await transaction.lock(["p1"])
        assert locked.markings == {}
        await transaction.write([Commit(decide(ONE, None, Start(OLGA, "p1", {}), locked.now), None)], [])

    waited, seen = await while_open(world.store, begin, world.marking)
    assert waited
    assert seen.seq == 2


async def test_an_answer_is_remembered_for_its_caller_and_key(world: World) -> None:
    """R17."""
    others = [Key("otto", "k1", "f1"), Key("olga", "k2", "f1")]
    async with world.store.transaction() as transaction:
        assert (await transaction.lock((), [K1, *others])).remembered == {}
        await transaction.write([], [ANSWER])
    async with world.store.transaction() as transaction:
        found = (await transaction.lock((), [*others, Key("olga", "k1", "another request")])).remembered
    assert found == {("olga", "k1"): ANSWER}, "byte for byte, with the fingerprint of the first request"


async def test_who_recalls_a_key_waits_for_who_is_using_it(world: World) -> None:
    """R17: two requests with one key at the same time are one command."""

    async def use(transaction: Transaction) -> None:
        assert (await transaction.lock((), [K1])).remembered == {}
        await transaction.write([], [ANSWER])

    async def recall() -> Any:
        async with world.store.transaction() as transaction:
            return (await transaction.lock((), [K1])).remembered

    waited, found = await while_open(world.store, use, recall)
    assert waited
    assert found == {("olga", "k1"): ANSWER}


async def test_an_open_process_holds_its_business_key(world: World) -> None:
    """R17: unique among the open processes of a journey."""
    await world.start(ONE, "p1", business_key="b1")
    async with world.store.transaction() as transaction:
        wanted = [("example", "b1", "p2"), ("other", "b1", "p3"), ("example", "b2", "p4"), ("example", "b1", "p1")]
        assert await transaction.take_business_keys(wanted) == {("example", "b1"): "p1"}


@pytest.mark.parametrize("command", [CompleteTask(OLGA, 1, {}), Cancel(ADMIN, "not wanted")])
async def test_a_process_that_ends_gives_its_business_key_back(world: World, command: Command) -> None:
    await world.start(ONE, "p1", business_key="b1")
    await world.give(ONE, "p1", command)
    async with world.store.transaction() as transaction:
        assert await transaction.take_business_keys([("example", "b1", "p2")]) == {}


async def test_of_two_in_one_batch_the_first_gets_the_business_key(world: World) -> None:
    async with world.store.transaction() as transaction:
        wanted = [("example", "b1", "p2"), ("example", "b1", "p1")]
        assert await transaction.take_business_keys(wanted) == {("example", "b1"): "p2"}


async def test_who_wants_a_business_key_waits_for_who_is_taking_it(world: World) -> None:
    async def take(process: str, transaction: Transaction) -> Any:
        return await transaction.take_business_keys([("example", "b1", process)])

    async def take_too() -> Any:
        async with world.store.transaction() as transaction:
            return await take("p2", transaction)

    waited, taken = await while_open(world.store, lambda transaction: take("p1", transaction), take_too)
    assert waited
    assert taken == {("example", "b1"): "p1"}
