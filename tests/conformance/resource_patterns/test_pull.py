"""Pull patterns (21 to 26): what people take by themselves, in which order they see it, and when they begin."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engine.core.callers import Caller
from engine.core.commands import ChangeTask, ClaimTask, CompleteTask, StartTask
from engine.ports import ANY_WORK, Inbox, Order, Whose, WorkFilter
from engine.settings import Settings
from engine.store import Postgres
from tests.conformance.worlds import World, world_of
from tests.core.play import ADMIN, Play, journey_of

CLERKS = frozenset({"clerk"})
ANN = Caller("ann", CLERKS)
WORK = "[{id: work, performed_by: clerk}]"
JOURNEY = journey_of(WORK)
MINE = Whose(frozenset({"ann"}), CLERKS, barred="ann")


def play() -> Play:
    return Play(WORK).start()


def status(play: Play) -> tuple[str, str | None]:
    return play.task("work").status, play.task("work").assignee


def test_pattern_21_resource_initiated_allocation_is_a_claim_that_begins_nothing() -> None:
    mine = play()
    mine.give(ClaimTask(ANN, 1))
    assert (status(mine), mine.task("work").started_at) == (("assigned", "ann"), None)


def test_pattern_22_resource_initiated_execution_of_an_allocated_task_is_starting_it() -> None:
    mine = play()
    mine.give(ClaimTask(ANN, 1))
    mine.give(StartTask(ANN, 1))
    assert status(mine) == ("in_progress", "ann")


def test_pattern_23_resource_initiated_execution_of_an_offered_task_implies_claiming_and_starting_it() -> None:
    offered = play()
    offered.give(CompleteTask(ANN, 1, {}))
    task = offered.process.tasks[1]
    assert (task.status, task.assignee, task.started_at) == ("completed", "ann", task.ended_at)


@pytest.fixture
async def inbox(postgres_url: str) -> AsyncIterator[tuple[World, Inbox]]:
    """Three open tasks: `p1` came first, `p2` is urgent, `p3` is due soon."""
    async with Postgres.open(postgres_url, Settings()) as postgres:
        world = world_of(postgres, postgres.versions)
        for process in ("p1", "p2", "p3"):
            await world.start(JOURNEY, process)
            await world.next_moment()
        await world.give(JOURNEY, "p2", ChangeTask(ADMIN, 1, priority="high"))
        await world.give(JOURNEY, "p3", ChangeTask(ADMIN, 1, due_at=await world.now() + timedelta(hours=1)))
        yield world, postgres.inbox


async def listed(inbox: Inbox, order: Order = "urgency", wanted: WorkFilter = ANY_WORK) -> list[str]:
    """The processes whose tasks Ann finds, in the order in which she does."""
    return [item.process for item in (await inbox.page(MINE, wanted, order, None, 10)).items]


async def test_pattern_24_the_system_orders_the_queue_by_urgency(inbox: tuple[World, Inbox]) -> None:
    assert await listed(inbox[1]) == ["p2", "p3", "p1"]


async def test_pattern_25_people_order_and_filter_the_queue_themselves(inbox: tuple[World, Inbox]) -> None:
    assert await listed(inbox[1], "age") == ["p1", "p2", "p3"]
    assert await listed(inbox[1], "due") == ["p3", "p2", "p1"]
    assert await listed(inbox[1], wanted=WorkFilter(priority="medium")) == ["p3", "p1"]


async def test_pattern_26_selection_autonomy_is_to_take_any_of_the_queue(inbox: tuple[World, Inbox]) -> None:
    world, work = inbox
    await world.give(JOURNEY, "p1", ClaimTask(ANN, 1))
    assert (await work.page(Whose(frozenset({"ann"})), ANY_WORK, "urgency", None, 10)).items[0].process == "p1"
    assert await listed(work) == ["p2", "p3", "p1"], "though two were before it"
