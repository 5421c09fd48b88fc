"""The ports `TimerQueue` and `Clock`: what is due is found by its time, by one worker at once, never early (R11)."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from engine.core.calendars import Calendar, Hours
from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    FireTimers,
    Resume,
    Suspend,
)
from tests.conformance.worlds import World, as_stored
from tests.core.play import ADMIN, journey_of

HOUR = timedelta(hours=1)
NAP = journey_of("[{id: nap, kind: wait, for: PT1H}]")
DATE = journey_of('[{id: day, kind: wait, until: "2100-01-01"}]')
MORNINGS = Calendar("mornings", "Mornings", ZoneInfo("UTC"), ((Hours(0, 12 * 3_600),),) * 7)
WORKED = journey_of("[{id: nap, kind: wait, for: {working: PT18H, calendar: mornings}}]").keeping(
    {"mornings": MORNINGS}
)
LATE = journey_of("""
  - {id: work, performed_by: clerk, timeout: {after: PT1H}, enables: [{to: done}, {to: late, on: timeout}]}
  - {id: done, kind: milestone}
  - {id: late, performed_by: chief, join: any}
""")


async def advance(world: World, by: timedelta) -> None:
    await world.clock.advance_to(await world.now() + by)


async def test_a_timer_is_read_as_it_was_set(world: World) -> None:
    decision = await world.start(LATE)
    assert decision.after.timers
    assert await world.marking() == as_stored(decision.after)


async def test_a_timer_is_not_claimed_before_its_time(world: World) -> None:
    await world.start(NAP)
    await advance(world, timedelta(minutes=59, seconds=50))
    assert list(await world.timers.claim(10)) == []
    await advance(world, timedelta(seconds=11))
    assert list(await world.timers.claim(10)) == ["p1"]


async def test_a_claimed_timer_is_another_workers_only_after_the_claim_has_lapsed(world: World) -> None:
    await world.start(NAP)
    await advance(world, HOUR)
    assert list(await world.timers.claim(10)) == ["p1"]
    assert list(await world.timers.claim(10)) == []
    await advance(world, timedelta(seconds=11))
    assert list(await world.timers.claim(10)) == ["p1"]


async def test_two_workers_never_claim_the_same_timer(world: World) -> None:
    for number in range(20):
        await world.start(NAP, f"p{number}")
    await advance(world, 2 * HOUR)
    both = await asyncio.gather(*(world.timers.claim(7) for _ in range(4)))
    claimed = [process for processes in both for process in processes]
    assert len(claimed) == len(set(claimed))
    while more := await world.timers.claim(7):
        claimed += more
    assert sorted(claimed) == sorted(f"p{number}" for number in range(20))


async def test_the_longest_due_is_claimed_first_and_a_process_only_once(world: World) -> None:
    two = journey_of("[{id: a, kind: wait, for: PT1H, entry: true}, {id: b, kind: wait, for: PT1H, entry: true}]")
    await world.start(NAP, "p1")
    await world.next_moment()
    await world.start(two, "p2")
    await world.next_moment()
    await world.start(NAP, "p3")
    await advance(world, 2 * HOUR)
    assert list(await world.timers.claim(3)) == ["p1", "p2"]
    assert list(await world.timers.claim(3)) == ["p3"]


async def test_a_timer_that_fired_or_was_cancelled_is_gone(world: World) -> None:
    await world.start(NAP, "p1")
    await world.start(NAP, "p2")
    await advance(world, HOUR)
    assert (await world.give(NAP, "p1", FireTimers(SYSTEM))).after.status == "completed"
    await world.give(NAP, "p2", Cancel(ADMIN, "no"))
    assert list(await world.timers.claim(10)) == []


async def test_a_timer_of_a_suspended_process_is_not_claimed_and_has_its_time_left_on_resume(world: World) -> None:
    """R12."""
    await world.start(NAP)
    await advance(world, timedelta(minutes=20))
    stood = await world.give(NAP, "p1", Suspend(ADMIN, "wait"))
    assert stood.after.timers[1].left is not None
    assert await world.marking() == as_stored(stood.after)
    await advance(world, 5 * HOUR)
    assert list(await world.timers.claim(10)) == []
    assert await world.clock.next_due(await world.now() + 9 * HOUR) is None
    moved = await world.give(NAP, "p1", Resume(ADMIN))
    assert await world.marking() == as_stored(moved.after)
    due = await world.clock.next_due(await world.now() + HOUR)
    assert due == moved.after.timers[1].due_at
    assert timedelta(minutes=39) < due - await world.now() <= timedelta(minutes=40)
    await advance(world, timedelta(minutes=40))
    assert list(await world.timers.claim(10)) == ["p1"]


async def test_a_timer_that_was_overdue_when_its_process_was_suspended_is_due_on_resume(world: World) -> None:
    await world.start(NAP)
    await advance(world, 2 * HOUR)
    stood = await world.give(NAP, "p1", Suspend(ADMIN, "wait"))
    assert await world.marking() == as_stored(stood.after)
    assert list(await world.timers.claim(10)) == []
    await world.give(NAP, "p1", Resume(ADMIN))
    assert list(await world.timers.claim(10)) == ["p1"]


async def test_what_is_left_of_working_time_is_kept_while_its_process_stands(world: World) -> None:
    """R12: with the calendar that it is counted in."""
    started = await world.start(WORKED)
    assert started.after.timers[1].calendar == "mornings"
    stood = await world.give(WORKED, "p1", Suspend(ADMIN, "wait"))
    left = stood.after.timers[1].left
    assert left is not None and timedelta(hours=18) - timedelta(minutes=1) < left <= timedelta(hours=18)
    assert await world.marking() == as_stored(stood.after)
    moved = await world.give(WORKED, "p1", Resume(ADMIN), timedelta(days=2))
    assert moved.after.timers[1].due_at > started.after.timers[1].due_at
    assert await world.marking() == as_stored(moved.after)


async def test_a_date_stays_a_date_though_its_process_is_suspended(world: World) -> None:
    """R12."""
    started = await world.start(DATE)
    stood = await world.give(DATE, "p1", Suspend(ADMIN, "wait"))
    assert await world.marking() == as_stored(stood.after)
    moved = await world.give(DATE, "p1", Resume(ADMIN), HOUR)
    assert (await world.marking()).timers[1].due_at == started.after.timers[1].due_at == moved.after.timers[1].due_at


async def test_the_clock_moves_on_for_all_and_never_back(world: World) -> None:
    before = await world.clock.now()
    goal = before + timedelta(days=400, seconds=0.5)
    now = await world.clock.advance_to(goal)
    assert goal <= now < goal + timedelta(minutes=1)
    again = await world.clock.advance_to(before)
    assert now <= again < now + timedelta(minutes=1)
    assert now <= (await world.start(NAP)).after.started_at
    assert now <= await world.clock.now() < now + timedelta(minutes=1)


async def test_the_clock_names_the_next_moment_at_which_something_comes_due(world: World) -> None:
    now = await world.now()
    assert await world.clock.next_due(now + timedelta(days=9)) is None
    slow = journey_of("[{id: work, kind: system, action: do.it, retry: {timeout: PT30M}}]")
    started = await world.start(NAP, "p1")
    await world.start(slow, "p2")
    (work,) = await world.queue.claim("w1", ["do.it"], 1)
    assert await world.clock.next_due(now + timedelta(days=9)) == work.deadline
    assert await world.clock.next_due(now + timedelta(minutes=5)) is None
    await world.clock.advance_to(work.deadline)
    assert not await world.clock.settled()
    assert await world.clock.next_due(now + timedelta(days=9)) == started.after.timers[1].due_at


async def test_all_is_settled_when_nothing_is_due_and_nothing_posted_waits(world: World) -> None:
    await world.start(NAP)
    assert await world.clock.settled()
    await advance(world, HOUR)
    assert not await world.clock.settled()
    await world.give(NAP, "p1", FireTimers(SYSTEM))
    assert await world.clock.settled()
    await world.start(journey_of("[{id: hear, kind: wait, message: m}]"), "p2")
    assert not await world.clock.settled()
