"""The ports `Actions` and `WorkQueue`: a paused action rests, a limit holds over all workers, none starves another."""

import asyncio
from datetime import timedelta

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    CompleteWork,
    ExpireLease,
    Start,
)
from engine.core.errors import Conflict
from engine.ports import Claimed
from tests.conformance.worlds import OLGA, World
from tests.core.play import journey_of

PULL = journey_of("[{id: pull, kind: system, action: pull, input: {who: me}, retry: {timeout: PT1M}}]")
WORK = journey_of("[{id: work, kind: system, action: do.it, retry: {timeout: PT1M}}]")
SCORE = {"score": 1}
BOTH = ["do.it", "pull"]


async def start(world: World, **count: int) -> None:
    """So many processes with work of each action: those of `pull` are due before those of `do.it`."""
    for name, journey, age in (("pull", PULL, 2), ("work", WORK, 1)):
        for number in range(count.get(name, 0)):
            id = f"{name}{number}"
            await world.give(journey, id, Start(OLGA, id, {}), timedelta(hours=-age))


async def claim(world: World, limit: int = 10, worker: str = "w1", **rooms: int) -> list[Claimed]:
    wanted = {name.replace("_", "."): room for name, room in rooms.items()} if rooms else BOTH
    return list(await world.queue.claim(worker, wanted, limit))


def actions(works: list[Claimed]) -> list[str]:
    return [work.action for work in works]


async def test_an_action_that_rests_is_given_to_nobody_until_it_resumes(world: World) -> None:
    await start(world, pull=2, work=1)
    paused = await world.actions.pause("pull", "ann", "the bureau is down")
    assert paused.pause
    assert (paused.pause.by, paused.pause.reason) == ("ann", "the bureau is down")
    assert actions(await claim(world)) == ["do.it"]
    assert list(await world.actions.paused([*BOTH, "other"])) == ["pull"]
    resumed = await world.actions.resume("pull", "bob", "it is back")
    assert (resumed.pause, resumed.waiting) == (None, 2)
    assert actions(await claim(world)) == ["pull", "pull"]


async def test_an_action_may_be_paused_before_there_is_any_work_of_it(world: World) -> None:
    await world.actions.pause("pull", "ann", "not yet")
    await start(world, pull=1)
    assert await claim(world) == []
    assert await world.queue.next_due_in(["pull"]) is None, "nobody waits for what rests"
    assert await world.queue.next_due_in(BOTH) is None


async def test_what_is_under_way_when_its_action_is_paused_may_be_extended_and_handed_in(world: World) -> None:
    await start(world, pull=1)
    (work,) = await claim(world)
    await world.actions.pause("pull", "ann", "the bureau is down")
    await world.queue.extend(work.process, work.task, "w1", work.token, timedelta(minutes=5))
    decision = await world.give(PULL, work.process, CompleteWork(SYSTEM, 1, work.token, SCORE))
    assert decision.after.status == "completed"


async def test_a_second_pause_keeps_who_said_the_first_and_why(world: World) -> None:
    first = await world.actions.pause("pull", "ann", "the bureau is down")
    assert await world.actions.pause("pull", "bob", "me too") == first
    assert (await world.actions.resume("other", "bob", "as it is")).pause is None


async def test_no_more_runs_at_once_than_the_limit_says_over_all_workers(world: World) -> None:
    await start(world, pull=5, work=2)
    assert (await world.actions.limit("pull", 3, "ann", "three lines")).most == 3
    first = await claim(world, 2)
    assert actions(first) == ["pull", "pull"]
    assert actions(await claim(world, worker="w2")) == ["pull", "do.it", "do.it"]
    assert await claim(world, worker="w3") == []
    await world.give(PULL, first[0].process, CompleteWork(SYSTEM, 1, first[0].token, SCORE))
    assert actions(await claim(world, worker="w3")) == ["pull"]
    await world.actions.limit("pull", None, "ann", "all lines are there")
    assert actions(await claim(world, worker="w3")) == ["pull"]


async def test_workers_that_ask_at_the_same_time_never_pass_the_limit_together(world: World) -> None:
    await start(world, pull=12)
    await world.actions.limit("pull", 5, "ann", "five lines")
    taken: list[Claimed] = []
    for _ in range(4):
        for works in await asyncio.gather(*(claim(world, 3, f"w{number}") for number in range(6))):
            taken += works
        assert (await world.actions.record("pull")).running <= 5
    assert len(taken) == 5, "those that stood back for another got their turn"


async def test_a_lease_that_ran_out_counts_until_it_is_found(world: World) -> None:
    """R10: nobody knows yet whether its worker is at it."""
    await start(world, pull=2)
    await world.actions.limit("pull", 1, "ann", "one line")
    (work,) = await claim(world)
    await world.clock.advance_to(work.deadline + timedelta(seconds=1))
    assert await claim(world) == []
    await world.give(PULL, work.process, ExpireLease(SYSTEM, 1, work.token))
    assert [one.process for one in await claim(world)] == ["pull1"]


async def test_what_may_not_be_taken_stands_in_no_other_actions_way(world: World) -> None:
    await start(world, pull=30, work=1)
    await world.actions.limit("pull", 2, "ann", "two lines")
    assert sorted(actions(await claim(world, 3))) == ["do.it", "pull", "pull"]


async def test_a_worker_may_keep_places_free_for_its_other_actions(world: World) -> None:
    await start(world, pull=30, work=2)
    assert actions(await claim(world, 5, pull=2, do_it=5)) == ["pull", "pull", "do.it", "do.it"]
    assert actions(await claim(world, 5, pull=0, do_it=5)) == []
    assert actions(await claim(world, 1, pull=3, do_it=5)) == ["pull"], "the longest due first, within its room"


async def test_a_lease_that_is_given_back_is_due_at_once_and_no_attempt_is_counted(world: World) -> None:
    await start(world, pull=1)
    (first,) = await claim(world)
    assert await world.queue.give_back("w1", [(first.process, first.task, first.token)]) == 1
    assert (await world.marking(first.process)).tasks[1].lease is None
    (second,) = await claim(world, worker="w2")
    assert (second.process, second.attempt) == (first.process, first.attempt)
    assert second.token > first.token


async def test_the_late_answer_of_who_gave_its_lease_back_is_refused(world: World) -> None:
    await start(world, pull=1)
    (first,) = await claim(world)
    await world.queue.give_back("w1", [(first.process, first.task, first.token)])
    late = CompleteWork(SYSTEM, 1, first.token, SCORE)
    with pytest.raises(Conflict, match="lease_lost"):
        await world.give(PULL, first.process, late)
    (second,) = await claim(world, worker="w2")
    with pytest.raises(Conflict, match="lease_lost"):
        await world.give(PULL, first.process, late)
    await world.give(PULL, first.process, CompleteWork(SYSTEM, 1, second.token, SCORE))


async def test_only_ones_own_leases_are_given_back_and_only_those_that_one_holds_yet(world: World) -> None:
    await start(world, pull=2)
    mine, theirs = await claim(world, 1), await claim(world, 1, "w2")
    leases = [(work.process, work.task, work.token) for work in (*mine, *theirs)]
    older = [(process, task, token - 1) for process, task, token in leases]
    assert await world.queue.give_back("w1", older) == 0
    assert await world.queue.give_back("w1", leases) == 1
    assert await world.queue.give_back("w1", leases) == 0
    assert (await world.marking(theirs[0].process)).tasks[1].lease


async def test_all_that_has_work_a_pause_or_a_limit_is_listed_by_name(world: World) -> None:
    assert list(await world.actions.records(None, 10)) == []
    await start(world, pull=3, work=1)
    await claim(world, 1)
    await world.actions.pause("away", "ann", "no contract")
    await world.actions.limit("few", 2, "ann", "two lines")
    await world.actions.limit("gone", 2, "ann", "two lines")
    await world.actions.limit("gone", None, "ann", "as many as come")
    found = await world.actions.records(None, 10)
    counted = [(one.action, one.waiting, one.running, one.most) for one in found]
    assert counted == [("away", 0, 0, None), ("do.it", 1, 0, None), ("few", 0, 0, 2), ("pull", 2, 1, None)]
    assert [one.action for one in await world.actions.records("do.it", 1)] == ["few"]
    oldest = found[3].oldest_due
    assert oldest
    assert timedelta(minutes=119) < await world.now() - oldest < timedelta(minutes=121)


async def test_an_action_of_which_all_work_is_held_is_listed(world: World) -> None:
    await start(world, pull=1)
    await claim(world)
    assert [(one.action, one.running) for one in await world.actions.records(None, 10)] == [("pull", 1)]
