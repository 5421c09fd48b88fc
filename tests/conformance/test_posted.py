"""What processes post each other: read under the lock, in order, and gone with what it did (R15, house)."""

from datetime import timedelta
from decimal import Decimal

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    HearChild,
    Post,
    Resume,
    Start,
    Suspend,
)
from engine.core.events import Ended
from engine.ports import Pending, TakenUp
from tests.conformance.worlds import World, as_stored
from tests.core.play import ADMIN, HEAD, journey_of

CHILD = journey_of("[{id: work, performed_by: clerk}]", HEAD.replace("journey: example", "journey: child"))
PARENT = journey_of(
    "[{id: call, kind: subjourney, calls: child@1.0.0, input: {n: {var: n}}, output: [text], saves: items}]",
    called={"child@1.0.0": CHILD},
)
MANY = journey_of(
    "[{id: call, kind: subjourney, calls: child@1.0.0, for_each: {var: items}, input: {}, output: [], saves: text}]",
    HEAD.replace("text: {type: string}", "text: {type: array}"),
    called={"child@1.0.0": CHILD},
)


async def pending(world: World, process: str) -> list[Pending]:
    async with world.store.transaction() as transaction:
        return list((await transaction.lock([process])).pending)


async def take_up(world: World, *done: Pending, failed: tuple[Pending, ...] = ()) -> None:
    async with world.store.transaction() as transaction:
        await transaction.lock([each.process for each in done])
        await transaction.write([], [], TakenUp(done, failed))


async def child_of(world: World, process: str = "p1") -> str:
    (child,) = (await world.marking(process)).children
    return child


async def test_a_child_is_posted_its_start_with_the_version_and_the_digits_of_its_context(world: World) -> None:
    decision = await world.start(PARENT, n=Decimal("1.500"))
    assert await world.marking() == as_stored(decision.after)
    child = await child_of(world)
    (start,) = await pending(world, child)
    assert (start.process, start.sender, start.calls, start.correlation_id) == (child, "p1", "child@1.0.0", "c1")
    assert isinstance(start.command, Start)
    assert start.command == decision.posts[0].command
    assert str(start.command.context["n"]) == "1.500"


async def test_what_was_posted_is_read_in_order_as_it_was_posted(world: World) -> None:
    await world.start(PARENT, n=1)
    child = await child_of(world)
    posts = [
        *(await world.give(PARENT, "p1", Suspend(ADMIN, "stop"))).posts,
        *(await world.give(PARENT, "p1", Resume(ADMIN))).posts,
        *(await world.give(PARENT, "p1", Cancel(ADMIN, "no"))).posts,
    ]
    start, *others = await pending(world, child)
    assert [each.command for each in others] == [post.command for post in posts]
    assert [type(each.command) for each in others] == [Suspend, Resume, Cancel]
    assert start.id < others[0].id < others[1].id < others[2].id


async def test_what_was_taken_up_is_gone_and_what_came_after_it_is_not(world: World) -> None:
    await world.start(PARENT, n=1)
    await world.give(PARENT, "p1", Suspend(ADMIN, "stop"))
    child = await child_of(world)
    start, suspend = await pending(world, child)
    await take_up(world, start)
    assert await pending(world, child) == [suspend]


async def test_a_transaction_that_fails_takes_nothing_up(world: World) -> None:
    await world.start(PARENT, n=1)
    child = await child_of(world)
    (start,) = await pending(world, child)
    try:
        async with world.store.transaction() as transaction:
            await transaction.lock([child])
            await transaction.write([], [], TakenUp((start,)))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert await pending(world, child) == [start]


async def test_a_reply_is_posted_like_everything_else(world: World) -> None:
    await world.start(PARENT, n=1)
    (start,) = await pending(world, await child_of(world))
    ended = HearChild(SYSTEM, start.process, Ended("failed", None, {"n": Decimal("1.0")}))
    async with world.store.transaction() as transaction:
        await transaction.lock([start.process])
        await transaction.write([], [], TakenUp((start,), (), ((start.process, Post("p1", ended), "c7"),)))
    (heard,) = await pending(world, "p1")
    assert (heard.command, heard.sender, heard.correlation_id) == (ended, start.process, "c7")


async def test_processes_with_something_to_take_up_are_found_oldest_first_and_once(world: World) -> None:
    assert list(await world.commands.waiting(10)) == []
    await world.start(PARENT, "p2", n=1)
    await world.start(PARENT, "p1", n=1)
    first, second = await child_of(world, "p1"), await child_of(world, "p2")
    await world.give(PARENT, "p2", Suspend(ADMIN, "stop"))
    assert list(await world.commands.waiting(10)) == [second, first]
    assert list(await world.commands.waiting(1)) == [second]


async def test_what_is_put_off_holds_up_what_comes_after_it_for_its_process_alone(world: World) -> None:
    await world.start(PARENT, "p1", n=1)
    await world.start(PARENT, "p2", n=1)
    await world.give(PARENT, "p1", Suspend(ADMIN, "stop"))
    held, other = await child_of(world, "p1"), await child_of(world, "p2")
    start, suspend = await pending(world, held)
    await take_up(world, failed=(start,))
    assert list(await world.commands.waiting(10)) == [other]
    assert [each.put_off for each in await pending(world, held)] == [True, False]
    await world.clock.advance_to(await world.now() + timedelta(seconds=10))
    assert list(await world.commands.waiting(10)) == [held, other]
    assert await pending(world, held) == [start, suspend]


async def test_a_child_that_is_over_is_open_no_longer(world: World) -> None:
    await world.start(MANY, items=[1, 2])
    first, second = (await world.marking()).children
    decision = await world.give(MANY, "p1", HearChild(SYSTEM, first, Ended("completed", None, {})))
    assert await world.marking() == as_stored(decision.after)
    assert list((await world.marking()).children) == [second]


async def test_an_end_that_a_suspended_parent_heard_is_kept_until_it_resumes(world: World) -> None:
    """R12."""
    await world.start(PARENT, n=1)
    child = await child_of(world)
    await world.give(PARENT, "p1", Suspend(ADMIN, "stop"))
    ended = Ended("completed", "good", {"text": "ä"})
    decision = await world.give(PARENT, "p1", HearChild(SYSTEM, child, ended))
    assert await world.marking() == as_stored(decision.after)
    assert (await world.marking()).children[child].ended == decision.after.children[child].ended
    resumed = await world.give(PARENT, "p1", Resume(ADMIN))
    assert (resumed.after.status, resumed.after.context["items"]) == ("completed", {"text": "ä"})
    assert await world.marking() == as_stored(resumed.after)
