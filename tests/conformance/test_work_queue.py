"""The port `WorkQueue`: due work goes to one worker at a time, and a token fences off those who come late (R10)."""

import asyncio
from datetime import timedelta

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    ChangeContext,
    Command,
    CompleteWork,
    ExpireLease,
    FailWork,
    Resume,
    RetryIncident,
    Start,
    Suspend,
)
from engine.core.errors import Conflict
from engine.ports import Claimed
from tests.conformance.worlds import OLGA, World, until
from tests.core.play import ADMIN, journey_of

WORK = journey_of("[{id: work, kind: system, action: do.it, input: {who: {var: text}, n: {var: n}}}]")
PULL = journey_of("[{id: pull, kind: system, action: pull, input: {who: me}}]")
ONCE = journey_of("[{id: work, kind: system, action: do.it, retry: {max_attempts: 1}}]")
QUICK = journey_of("[{id: work, kind: system, action: do.it, retry: {backoff: PT0.01S}}]")
SLOW = journey_of("[{id: work, kind: system, action: do.it, retry: {backoff: PT1H, max_backoff: PT1H}}]")
BRIEF = journey_of("[{id: work, kind: system, action: do.it, retry: {timeout: PT0.05S, backoff: PT0.01S}}]")
ACTIONS = ["do.it", "pull"]
LATER, EARLIER = timedelta(hours=1), timedelta(hours=-1)


async def claim(world: World, limit: int = 10, worker: str = "w1") -> list[Claimed]:
    return list(await world.queue.claim(worker, ACTIONS, limit))


async def claim_one(world: World) -> Claimed:
    (work,) = await until(lambda: claim(world))
    return work


def start(id: str) -> Command:
    return Start(OLGA, id, {})


async def test_due_work_is_claimed_with_all_it_takes_to_do_it(world: World) -> None:
    await world.start(WORK, text="ä", n=1)
    work = await claim_one(world)
    assert (work.process, work.task, work.atom, work.visit, work.action) == ("p1", 1, "work", 1, "do.it")
    assert (work.input, work.attempt, work.token) == ({"who": "ä", "n": 1}, 1, 1)
    assert work.idempotency_key == "p1/work/1"


async def test_work_is_held_by_one_worker(world: World) -> None:
    await world.start(WORK, text="", n=1)
    assert len(await claim(world)) == 1
    assert await claim(world, worker="w2") == []


async def test_the_lease_is_as_long_as_the_timeout_and_stands_in_the_marking(world: World) -> None:
    await world.start(WORK, text="", n=1)
    before = (await world.marking()).tasks[1]
    work = await claim_one(world)
    lease = (await world.marking()).tasks[1].lease
    assert before.lease is None
    assert lease
    assert (lease.token, lease.worker, lease.until) == (work.token, "w1", work.deadline)
    assert timedelta(seconds=59) < work.deadline - before.created_at < timedelta(seconds=90)


async def test_only_the_asked_actions_are_claimed(world: World) -> None:
    await world.start(WORK, "p1", text="", n=1)
    await world.start(PULL, "p2")
    assert [work.process for work in await world.queue.claim("w1", ["pull", "other"], 10)] == ["p2"]
    assert list(await world.queue.claim("w1", [], 10)) == []


async def test_the_longest_due_is_claimed_first_and_no_more_than_asked_for(world: World) -> None:
    for id, age in (("p1", -1), ("p2", -3), ("p3", -2)):
        await world.give(ONCE if id == "p1" else PULL, id, start(id), timedelta(minutes=age))
    assert [work.process for work in await claim(world, limit=2)] == ["p2", "p3"]
    assert [work.process for work in await claim(world, limit=2)] == ["p1"]


async def test_work_is_not_claimed_before_its_time(world: World) -> None:
    await world.give(ONCE, "p1", start("p1"), LATER)
    assert await claim(world) == []
    seconds = await world.queue.next_due_in(ACTIONS)
    assert seconds
    assert 3500 < seconds <= 3600


async def test_the_time_until_the_next_work_is_none_without_any_and_never_negative(world: World) -> None:
    assert await world.queue.next_due_in(ACTIONS) is None
    await world.give(ONCE, "p1", start("p1"), LATER)
    await world.give(ONCE, "p2", start("p2"), EARLIER)
    assert await world.queue.next_due_in(ACTIONS) == 0
    assert await world.queue.next_due_in(["pull"]) is None
    await claim(world)
    assert (await world.queue.next_due_in(ACTIONS) or 0) > 3000


async def test_two_workers_never_get_the_same(world: World) -> None:
    for number in range(20):
        await world.start(ONCE, f"p{number}")
    both = await asyncio.gather(*(claim(world, 7, f"w{number}") for number in range(4)))
    claimed = [work.process for works in both for work in works]
    assert len(claimed) == len(set(claimed))
    rest = await until_none_is_left(world)
    assert sorted([*claimed, *rest]) == sorted(f"p{number}" for number in range(20))


async def until_none_is_left(world: World) -> list[str]:
    found: list[str] = []
    while works := await claim(world):
        found += [work.process for work in works]
    return found


async def test_done_work_leaves_the_queue(world: World) -> None:
    await world.start(WORK, text="", n=1)
    work = await claim_one(world)
    await world.give(WORK, "p1", CompleteWork(SYSTEM, 1, work.token, {}))
    assert await claim(world) == []
    assert await world.queue.next_due_in(ACTIONS) is None


async def test_work_of_a_cancelled_process_leaves_the_queue(world: World) -> None:
    await world.start(WORK, "p1", text="", n=1)
    await world.start(PULL, "p2")
    await claim(world, limit=1)
    await world.give(WORK, "p1", Cancel(ADMIN, "not wanted"))
    await world.give(PULL, "p2", Cancel(ADMIN, "not wanted"))
    assert await claim(world) == []
    assert list(await world.queue.expired(10)) == []


async def test_a_failed_attempt_is_claimed_again_after_the_backoff_under_a_new_token(world: World) -> None:
    await world.start(QUICK)
    first = await claim_one(world)
    await world.give(QUICK, "p1", FailWork(SYSTEM, 1, first.token, "no line"))
    second = await claim_one(world)
    assert (second.attempt, second.idempotency_key) == (2, first.idempotency_key)
    assert second.token > first.token
    with pytest.raises(Conflict, match="lease_lost"):
        await world.give(QUICK, "p1", CompleteWork(SYSTEM, 1, first.token, {}))
    await world.give(QUICK, "p1", CompleteWork(SYSTEM, 1, second.token, {}))


async def test_work_waits_for_its_backoff(world: World) -> None:
    await world.start(SLOW)
    await world.give(SLOW, "p1", FailWork(SYSTEM, 1, (await claim_one(world)).token, "no line"))
    assert await claim(world) == []
    assert (await world.marking()).tasks[1].lease is None


async def test_held_work_is_not_claimed_until_its_incident_is_retried(world: World) -> None:
    await world.start(ONCE)
    first = await claim_one(world)
    await world.give(ONCE, "p1", FailWork(SYSTEM, 1, first.token, "no line"))
    assert await claim(world) == []
    assert await world.queue.next_due_in(ACTIONS) is None
    await world.give(ONCE, "p1", RetryIncident(ADMIN, 1, "the line is back"))
    second = await claim_one(world)
    assert second.attempt == 1, "attempts are counted from the retry"
    assert second.task > first.task, "it is a new task, and no answer for the old one counts"


async def test_work_that_is_retried_has_the_input_of_the_context_as_it_is_then(world: World) -> None:
    await world.start(WORK, text="typed wrong", n=1)
    first = await claim_one(world)
    await world.give(WORK, "p1", FailWork(SYSTEM, 1, first.token, "nobody of this name", retryable=False))
    await world.give(WORK, "p1", ChangeContext(ADMIN, {"text": "ä"}, "corrected"))
    decision = await world.give(WORK, "p1", RetryIncident(ADMIN, 1, "corrected"))
    assert (await world.marking()).tasks == decision.after.tasks
    assert (await claim_one(world)).input == {"who": "ä", "n": 1}


async def test_a_lease_that_ran_out_is_found_and_taken_over_once_it_was_counted(world: World) -> None:
    await world.start(BRIEF)
    first = await claim_one(world)
    assert await until(lambda: world.queue.expired(10)) == [("p1", 1, first.token)]
    assert await claim(world) == [], "a lease that ran out is a failed attempt first"
    await world.give(BRIEF, "p1", ExpireLease(SYSTEM, 1, first.token))
    assert list(await world.queue.expired(10)) == []
    second = await claim_one(world)
    assert (second.attempt, second.token > first.token) == (2, True)


async def test_leases_that_ran_out_are_listed_oldest_first_and_no_more_than_asked_for(world: World) -> None:
    for number in (2, 1, 3):
        await world.start(BRIEF, f"p{number}")
        await claim_one(world)
        await world.next_moment()

    async def all_three() -> bool:
        return len(await world.queue.expired(10)) == 3

    await until(all_three)
    assert [process for process, _, _ in await world.queue.expired(2)] == ["p2", "p1"]


async def test_a_lease_under_way_is_not_listed(world: World) -> None:
    await world.start(WORK, text="", n=1)
    await claim(world)
    assert list(await world.queue.expired(10)) == []


async def test_a_worker_may_ask_for_a_lease_of_its_own(world: World) -> None:
    await world.start(WORK, text="", n=1)
    before = await world.now()
    (work,) = await world.queue.claim("w1", ACTIONS, 1, timedelta(days=30))
    assert work.lease == timedelta(days=30)
    assert before + work.lease <= work.deadline <= await world.now() + work.lease
    lease = (await world.marking()).tasks[1].lease
    assert lease
    assert lease.until == work.deadline


async def test_a_lease_is_extended_by_its_token_or_by_who_holds_it_and_never_shortened(world: World) -> None:
    await world.start(WORK, text="", n=1)
    work = await claim_one(world)
    longer = await world.queue.extend("p1", 1, "another", work.token, timedelta(minutes=5))
    assert longer > work.deadline + timedelta(minutes=3)
    assert await world.queue.extend("p1", 1, "w1", None, timedelta(minutes=2)) == longer
    lease = (await world.marking()).tasks[1].lease
    assert lease
    assert (lease.until, lease.token, lease.worker) == (longer, work.token, "w1")


@pytest.mark.parametrize(("worker", "token"), [("w2", None), ("w1", 2), ("w1", 0)])
async def test_another_workers_lease_is_not_extended(world: World, worker: str, token: int | None) -> None:
    await world.start(WORK, text="", n=1)
    work = await claim_one(world)
    with pytest.raises(Conflict, match="lease_lost"):
        await world.queue.extend("p1", 1, worker, token, LATER)
    lease = (await world.marking()).tasks[1].lease
    assert lease
    assert lease.until == work.deadline


async def test_a_lease_that_ran_out_or_never_was_is_not_extended(world: World) -> None:
    await world.start(WORK, text="", n=1)
    with pytest.raises(Conflict, match="lease_lost"):
        await world.queue.extend("p1", 1, "w1", None, LATER)
    work = await claim_one(world)
    await world.clock.advance_to(work.deadline)
    with pytest.raises(Conflict, match="lease_lost"):
        await world.queue.extend("p1", 1, "w1", work.token, LATER)


async def test_work_of_a_suspended_process_is_not_claimed_until_it_resumes(world: World) -> None:
    """R12."""
    await world.start(ONCE)
    await world.give(ONCE, "p1", Suspend(ADMIN, "stop"))
    assert await claim(world) == []
    assert await world.queue.next_due_in(ACTIONS) is None
    await world.give(ONCE, "p1", Resume(ADMIN))
    assert [work.process for work in await claim(world)] == ["p1"]


async def test_the_time_to_the_next_attempt_runs_on_from_where_it_stood(world: World) -> None:
    """R12: durations run on with the time that was left."""
    await world.start(SLOW)
    await world.give(SLOW, "p1", FailWork(SYSTEM, 1, (await claim_one(world)).token, "no line"))
    await world.give(SLOW, "p1", Suspend(ADMIN, "stop"))
    await world.clock.advance_to(await world.now() + timedelta(hours=5))
    resumed = await world.give(SLOW, "p1", Resume(ADMIN))
    assert (await world.marking()).tasks[1].next_at == resumed.after.tasks[1].next_at
    assert 3500 < (await world.queue.next_due_in(ACTIONS) or 0) <= 3600


async def test_the_lease_of_a_suspended_process_stands_still_and_is_held_for_what_was_left(world: World) -> None:
    """R12: the worker that holds it may answer after the process resumed, and only then."""
    await world.start(WORK, text="", n=1)
    work = await claim_one(world)
    await world.give(WORK, "p1", Suspend(ADMIN, "stop"))
    await world.clock.advance_to(await world.now() + timedelta(hours=5))
    assert list(await world.queue.expired(10)) == []
    with pytest.raises(Conflict, match="process_suspended"):
        await world.queue.extend("p1", 1, "w1", work.token, LATER)
    with pytest.raises(Conflict, match="process_suspended"):
        await world.give(WORK, "p1", CompleteWork(SYSTEM, 1, work.token, {}))
    await world.give(WORK, "p1", Resume(ADMIN))
    assert await claim(world) == []
    lease = (await world.marking()).tasks[1].lease
    assert lease
    assert lease.token == work.token
    assert timedelta(seconds=30) < lease.until - await world.now() <= timedelta(seconds=60)
    assert (await world.give(WORK, "p1", CompleteWork(SYSTEM, 1, work.token, {}))).after.status == "completed"


async def test_work_of_one_process_moves_while_another_stands_still(world: World) -> None:
    await world.start(ONCE, "p1")
    await world.start(ONCE, "p2")
    await world.give(ONCE, "p1", Suspend(ADMIN, "stop"))
    assert [work.process for work in await claim(world)] == ["p2"]


async def test_each_element_of_a_list_is_work_of_its_own(world: World) -> None:
    """R14."""
    each = journey_of("""
      - {id: work, kind: system, action: do.it, for_each: {var: items}, input: {it: {var: item}}, saves: items}
    """)
    await world.start(each, items=["a", "b"])
    works = await claim(world)
    found = [(work.task, work.item_index, work.input, work.idempotency_key) for work in works]
    assert found == [(1, 0, {"it": "a"}, "p1/work/1/0"), (2, 1, {"it": "b"}, "p1/work/1/1")]
    for work in works:
        decision = await world.give(each, "p1", CompleteWork(SYSTEM, work.task, work.token, {"n": work.task}))
    assert decision.after.context["items"] == [{"n": 1}, {"n": 2}]
