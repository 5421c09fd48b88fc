"""Timers on PostgreSQL: each fires once, never early, and many at once keep nobody waiting (R11, R12, R16)."""

import asyncio
from datetime import timedelta

import pytest

from engine.commit import Ask
from engine.core.callers import Caller
from engine.core.commands import (
    CompleteTask,
    Suspend,
)
from tests.core.play import ADMIN, HEAD
from tests.engine.workers.conftest import Crew, drain

HOUR = timedelta(hours=1)
NAP = "  - {id: nap, kind: wait, for: PT1H}\n"
WORK = "  - {id: work, performed_by: clerk}\n"
LATE = """
  - {id: work, performed_by: clerk, timeout: {after: PT1H}, enables: [{to: late, on: timeout}, {to: done}]}
  - {id: late, performed_by: chief}
  - {id: done, kind: milestone}
"""
MESSAGES = """
  - {id: first, kind: wait, for: PT1H, entry: true, enables: [hear]}
  - {id: hear, kind: wait, message: never, timeout: {after: PT1H}, enables: [{to: end, on: timeout}, end]}
  - {id: second, kind: wait, for: PT1H, entry: true, enables: [end]}
  - {id: end, kind: milestone, join: any}
"""


async def test_nothing_fires_before_its_time(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(NAP))
    await crew.advance(timedelta(minutes=59, seconds=30))
    assert await drain(crew.timers()) == 0
    assert (await crew.process(process)).status == "running"


async def test_a_timeout_ends_the_work_and_takes_its_edge(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(LATE))
    due = (await crew.process(process)).timers[1].due_at
    await crew.advance(HOUR)
    assert await drain(crew.timers()) == 1
    after = await crew.process(process)
    assert (after.steps["work"].exit, after.steps["late"].state) == ("timeout", "active")
    assert after.last_at is not None
    assert after.last_at >= due


async def test_what_came_due_while_nothing_ran_fires_once_after_the_start(crew: Crew) -> None:
    processes = await crew.start(await crew.publish(NAP), 30)
    await crew.advance(9 * HOUR)
    await drain(crew.timers(crew.other_commits(), limit=7))
    for process in processes:
        assert (await crew.types(process)).count("timer.fired") == 1
        assert (await crew.process(process)).status == "completed"


async def test_two_workers_at_once_fire_each_timer_once(crew: Crew) -> None:
    processes = await crew.start(await crew.publish(NAP), 60)
    await crew.advance(HOUR)
    workers = [crew.timers(crew.other_commits(), limit=5) for _ in range(3)]
    rounds = await asyncio.gather(*(drain(worker) for worker in workers))
    assert sum(rounds) == 6, "twice the limit is claimed at once"
    for process in processes:
        assert (await crew.types(process)).count("timer.fired") == 1


async def test_timers_that_a_killed_worker_had_claimed_are_fired_by_another(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(NAP))
    await crew.advance(HOUR)
    assert await crew.postgres.timers.claim(10) == [process]
    assert await drain(crew.timers()) == 0
    await crew.advance(timedelta(seconds=11))
    await drain(crew.timers())
    assert (await crew.types(process)).count("timer.fired") == 1


async def test_all_that_a_process_has_due_fires_in_one_round_though_something_follows_from_the_first(
    crew: Crew,
) -> None:
    (process,) = await crew.start(await crew.publish(MESSAGES))
    await crew.advance(HOUR)
    assert await crew.timers().run_once()
    assert (await crew.types(process)).count("timer.fired") == 2


async def test_a_process_that_was_suspended_meanwhile_is_left_alone(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(NAP))
    await crew.advance(HOUR)
    await crew.postgres.timers.claim(10)
    await crew.give(process, Suspend(ADMIN, "stop"))
    await crew.advance(timedelta(seconds=11))
    assert await drain(crew.timers()) == 0
    assert "timer.fired" not in await crew.types(process)


@pytest.mark.parametrize("count", [600])
async def test_many_timers_due_at_once_let_other_work_come_in_between(crew: Crew, count: int) -> None:
    napping = await crew.start(await crew.publish(NAP), count)
    (busy,) = await crew.start(await crew.publish(WORK, HEAD.replace("journey: example", "journey: other")))
    await crew.advance(HOUR)
    firing = asyncio.create_task(drain(crew.timers(crew.other_commits(), limit=50)))
    await crew.commits(Ask(busy, CompleteTask(Caller("ada", frozenset({"clerk"})), 1, {}), lambda _, __: None))
    assert not firing.done(), "it was answered while timers were waiting"
    assert await firing == count / 100
    assert {(await crew.process(process)).status for process in napping[:: count // 10]} == {"completed"}
