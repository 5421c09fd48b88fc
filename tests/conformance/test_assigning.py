"""The port `AssignmentQueue`: what seeks somebody is there as long as it does, one role for one at a time."""

from datetime import timedelta
from typing import Any

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AssignTask,
    BlockTask,
    ChangeTask,
    ClaimTask,
    CompleteTask,
    End,
    FindNobody,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    RetryIncident,
    StartTask,
    UnblockTask,
)
from engine.core.journey import Journey
from engine.ports import Seeker, Waiters
from tests.conformance.worlds import World, as_stored
from tests.core.play import ADMIN, HEAD, journey_of

ROUND = journey_of("""
  - {id: a, performed_by: {role: clerk, strategy: round_robin}, enables: [b]}
  - {id: b, performed_by: {role: chief, strategy: load_balanced, same_as: a}}
""")
LIST = journey_of(
    "[{id: a, performed_by: {role: clerk, strategy: round_robin}, for_each: {var: items}, saves: go}]",
    HEAD.replace("journey: example", "journey: list"),
)
CARL = Caller("carl", frozenset({"clerk", "chief"}))
MINUTE = timedelta(minutes=1)


async def seen(world: World, *, waiting: bool = False, holders: tuple[str, ...] = (), limit: int = 10) -> Waiters:
    """What waits in the role that is longest due."""
    async with world.assignments.round(()) as taken:
        if taken is None:
            return Waiters((), {}, 0, await world.now())
        return await taken.waiters(holders, limit, waiting=waiting)


async def due(world: World) -> list[tuple[str, int]]:
    return [(one.process, one.n) for one in (await seen(world)).seekers]


async def go(world: World, command: Any, journey: Journey = ROUND) -> None:
    """Decides and writes it; what is stored is what was decided."""
    decision = await world.give(journey, "p1", command)
    assert await world.marking() == as_stored(decision.after)


async def put_off(world: World, again_in: timedelta | None = None, organisation: int = 0) -> None:
    async with world.assignments.round(()) as taken:
        assert taken is not None
        found = await taken.waiters((), 10, waiting=False)
        again = None if again_in is None else found.now + again_in
        await taken.put_off([(one, again) for one in found.seekers], organisation)


async def test_a_task_that_seeks_somebody_waits_with_all_that_is_to_be_known_of_it(world: World) -> None:
    await world.start(ROUND)
    (one,) = (await seen(world)).seekers
    created = (await world.marking()).tasks[1].created_at
    assert one == Seeker("p1", 1, created, created, "example", "1.0.0", "a", "medium")


async def test_it_is_known_who_had_it_before_and_who_had_it_last(world: World) -> None:
    await world.start(ROUND)
    await go(world, AssignTask(SYSTEM, 1, "carl", "round_robin", 1))
    await go(world, ReassignTask(ADMIN, 1, "cora"))
    await go(world, ReassignTask(ADMIN, 1, "carl"))
    await go(world, ReleaseTask(ADMIN, 1, seek=True))
    (one,) = (await seen(world)).seekers
    assert one.had == ("cora", "carl")


async def test_it_waits_no_more_once_somebody_has_it_or_it_is_blocked_or_over(world: World) -> None:
    await world.start(ROUND)
    await go(world, BlockTask(ADMIN, 1, "not yet"))
    assert await due(world) == []
    await go(world, UnblockTask(ADMIN, 1))
    assert await due(world) == [("p1", 1)]
    await go(world, AssignTask(SYSTEM, 1, "carl", "round_robin", 1))
    assert await due(world) == []
    await go(world, ReleaseTask(ADMIN, 1, seek=True))
    assert await due(world) == [("p1", 1)]
    await go(world, ClaimTask(CARL, 1))
    await go(world, ReleaseTask(CARL, 1))
    assert await due(world) == [], "it was given back to its role"
    await go(world, RepeatAtom(ADMIN, "a", "again"))
    assert await due(world) == [("p1", 2)]
    await go(world, End(ADMIN, "completed", "settled"))
    assert await due(world) == []


async def test_who_performed_what_is_kept_for_the_tasks_that_follow(world: World) -> None:
    await world.start(ROUND)
    await go(world, CompleteTask(CARL, 1, {}))
    async with world.assignments.round(()) as taken:
        assert taken is not None
        assert taken.role == "chief"
        assert await taken.performers([("p1", "a"), ("p1", "b")]) == {("p1", "a"): ("carl",)}
        assert await taken.performers([]) == {}
    await go(world, RepeatAtom(ADMIN, "a", "again"))
    async with world.assignments.round(()) as taken:
        assert taken is not None
        assert await taken.performers([("p1", "a")]) == {("p1", "a"): ("carl",)}, "until somebody has done it again"


async def test_turns_are_those_of_the_role_and_of_whom_somebody_stood_in_for(world: World) -> None:
    await world.start(LIST, items=[1, 2, 3, 4])
    for n, user, turn, absent in ((1, "ann", 1, None), (2, "ben", 2, None), (3, "ann", 3, "cem")):
        await go(world, AssignTask(SYSTEM, n, user, "round_robin", turn, absent), LIST)
    found = await seen(world, holders=("ann", "ben", "cem", "dan"))
    assert found.turns == {"ann": 1, "ben": 2, "cem": 3, "dan": 0}


async def test_a_burden_is_what_is_open_by_its_priority_and_when_something_came_last(world: World) -> None:
    await world.start(LIST, items=[1, 2, 3, 4, 5])
    for n in (1, 2, 3):
        await go(world, ReassignTask(ADMIN, n, "ann"), LIST)
    await go(world, ChangeTask(ADMIN, 2, priority="critical"), LIST)
    await go(world, StartTask(Caller("ann"), 2), LIST)
    await go(world, CompleteTask(Caller("ann"), 3, {}), LIST)
    async with world.assignments.round(()) as taken:
        assert taken is not None
        found = await taken.burdens(["ann", "nobody"])
    assert dict(found["ann"].tasks) == {"medium": 1, "critical": 1}
    assert found["ann"].last_at is not None
    assert (dict(found["nobody"].tasks), found["nobody"].last_at) == ({}, None)
    assert await world.assignments.with_room({"ann": 2, "nobody": 0, "somebody": 1}) == {"somebody"}
    assert await world.assignments.with_room({"ann": 3}) == {"ann"}


async def test_what_nobody_was_found_for_says_why_and_is_looked_at_later_each_time_by_a_longer_while(
    world: World,
) -> None:
    await world.start(ROUND)
    await go(world, FindNobody(SYSTEM, 1, "Nobody.", "Wait."))
    assert [one.known for one in (await seen(world)).seekers] == ["Nobody."]
    pauses: list[float] = []
    for _ in range(8):
        before = await world.clock.now()
        await put_off(world)
        (one,) = (await waiting(world)).seekers
        pauses.append((one.next_at - before).total_seconds())
        assert await due(world) == []
        await world.clock.advance_to(one.next_at)
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 60, 60]


async def waiting(world: World) -> Waiters:
    """What waits in the role, due or not."""
    async with world.assignments.round(("clerk",)) as taken:
        assert taken is not None
        return await taken.waiters((), 10, waiting=True)


async def test_it_is_not_looked_at_later_than_is_said(world: World) -> None:
    await world.start(ROUND)
    for _ in range(3):
        before = await world.clock.now()
        await put_off(world, timedelta(seconds=3))
        (one,) = (await waiting(world)).seekers
        await world.clock.advance_to(one.next_at)
    assert round((one.next_at - before).total_seconds()) == 3, "not 4"


async def test_what_was_made_due_since_or_seen_with_another_organisation_stays_due(world: World) -> None:
    await world.start(ROUND)
    await put_off(world, organisation=7)
    assert await due(world) == [("p1", 1)]
    await go(world, FindNobody(SYSTEM, 1, "Nobody.", "Wait."))
    await put_off(world)
    assert await due(world) == []
    await go(world, RetryIncident(ADMIN, 1, "somebody is there"))
    assert await due(world) == [("p1", 1)], "an incident that was retried is looked at again at once"
    async with world.assignments.round(()) as taken:
        assert taken is not None
        (one,) = (await taken.waiters((), 10, waiting=False)).seekers
        stale = Seeker(one.process, one.n, one.since, one.next_at - MINUTE, None, None, "a", "medium")
        await taken.put_off([(stale, None)], 0)
    assert await due(world) == [("p1", 1)]


async def test_the_role_that_is_longest_due_comes_first_and_is_free_once_a_round_is_over(world: World) -> None:
    await world.start(ROUND)
    await world.next_moment()
    await world.start(ROUND, "p2")
    await world.give(ROUND, "p2", CompleteTask(CARL, 1, {}))
    async with world.assignments.round(()) as taken:
        assert taken is not None
        assert taken.role == "clerk"
    async with world.assignments.round(()) as taken:
        assert taken is not None
        assert taken.role == "clerk", "it is free again"


async def test_no_more_than_are_asked_for_are_given_the_oldest_first(world: World) -> None:
    for number in range(5):
        await world.start(ROUND, f"p{number}")
        await world.next_moment()
    found = await seen(world, limit=3)
    assert [one.process for one in found.seekers] == ["p0", "p1", "p2"]


async def test_with_those_that_are_put_off_the_oldest_come_before_what_is_due(world: World) -> None:
    await world.start(ROUND, "p0")
    await put_off(world)
    await world.next_moment()
    await world.start(ROUND)
    assert await due(world) == [("p1", 1)]
    assert [one.process for one in (await seen(world, waiting=True)).seekers] == ["p0", "p1"]
