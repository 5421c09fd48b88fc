"""The ports `Messages` and `Transaction` about messages: kept until somebody waits, to one of them, once (R16)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    DeliverMessage,
    Kept,
    Resume,
    Suspend,
    TakeKept,
)
from engine.core.values import canonical
from engine.ports import Message, Transaction, Waiting
from tests.conformance.worlds import World, as_stored, while_open
from tests.core.play import ADMIN, journey_of

HEAR = journey_of("[{id: hear, kind: wait, message: paid, correlate: {var: [n, null]}}]")
HOUR = timedelta(hours=1)


async def keep(
    world: World, id: str = "m1", key: Any = None, body: Mapping[str, Any] | None = None, ttl: timedelta = HOUR
) -> Waiting | None:
    until = await world.now() + ttl
    async with world.store.transaction() as transaction:
        return await transaction.keep(Message(id, "paid", key, body or {}, until))


async def kept(world: World, *keys: Any) -> list[tuple[str, ...]]:
    """The ids of what is kept for each key, oldest first."""
    async with world.store.transaction() as transaction:
        addresses = [("paid", canonical(key)) for key in keys]
        found = await transaction.kept(addresses)
        return [tuple(each.message for each in found.get(address, ())) for address in addresses]


async def test_a_wait_is_read_as_it_began(world: World) -> None:
    decision = await world.start(HEAR, n=Decimal("1.50"))
    assert decision.after.waits
    assert await world.marking() == as_stored(decision.after)


@pytest.mark.parametrize("same", [Decimal("1.5"), Decimal("1.50"), Decimal("15E-1")])
async def test_equal_keys_meet_however_they_are_written(world: World, same: Any) -> None:
    await world.start(HEAR, n=Decimal("1.500"))
    assert await world.messages.waiting("paid", same) == Waiting("p1", 1)
    assert await world.messages.waiting("paid", "1.5") is None
    assert await world.messages.waiting("other", same) is None


async def test_a_wait_without_a_key_has_the_key_null(world: World) -> None:
    await world.start(HEAR)
    assert await world.messages.waiting("paid", None) == Waiting("p1", 1)


async def test_the_step_that_has_waited_longest_is_found_first_until_it_is_over(world: World) -> None:
    for id in ("p2", "p1", "p3"):
        await world.start(HEAR, id, n=7)
        await world.next_moment()
    assert await world.messages.waiting("paid", 7) == Waiting("p2", 1)
    await world.give(HEAR, "p2", DeliverMessage(SYSTEM, 1, "m1", {}))
    assert await world.messages.waiting("paid", 7) == Waiting("p1", 1)
    assert (await world.marking("p2")).waits == {}


async def test_a_wait_that_has_a_message_bound_to_it_is_passed_over(world: World) -> None:
    """R12: a second message for it is kept."""
    await world.start(HEAR, n=7)
    await world.give(HEAR, "p1", Suspend(ADMIN, "stop"))
    assert await world.messages.waiting("paid", 7) == Waiting("p1", 1)
    decision = await world.give(HEAR, "p1", DeliverMessage(SYSTEM, 1, "m1", {"text": "ä", "n": Decimal("1.10")}))
    assert await world.marking() == as_stored(decision.after)
    assert await world.messages.waiting("paid", 7) is None
    assert (await world.give(HEAR, "p1", Resume(ADMIN))).after.context["n"] == Decimal("1.10")


async def test_a_message_that_nobody_waits_for_is_kept(world: World) -> None:
    assert await keep(world, key=7, body={"n": Decimal("1.10"), "text": "ä"}) is None
    async with world.store.transaction() as transaction:
        (found,) = (await transaction.kept([("paid", b"7")])).values()
    assert [(each.message, each.body) for each in found] == [("m1", {"n": Decimal("1.10"), "text": "ä"})]


async def test_a_message_that_a_step_waits_for_is_not_kept(world: World) -> None:
    await world.start(HEAR, n=7)
    assert await keep(world, key=7) == Waiting("p1", 1)
    assert await kept(world, 7) == [()]


async def test_kept_messages_are_given_by_key_and_oldest_first(world: World) -> None:
    for id, key in (("m1", 7), ("m2", 8), ("m3", 7), ("m4", "7")):
        await keep(world, id, key)
    assert await kept(world, 7, 8, 9) == [("m1", "m3"), ("m2",), ()]


async def test_no_more_than_twenty_are_given_at_once(world: World) -> None:
    for number in range(22):
        await keep(world, f"m{number}")
    assert await kept(world, None) == [tuple(f"m{number}" for number in range(20))]


async def test_past_its_time_a_message_is_given_no_more_and_forgotten(world: World) -> None:
    await keep(world, "m1", ttl=HOUR)
    await keep(world, "m2", ttl=3 * HOUR)
    assert await world.messages.forget(10) == 0
    await world.clock.advance_to(await world.now() + 2 * HOUR)
    assert await kept(world, None) == [("m2",)]
    assert await world.messages.forget(10) == 1
    assert await world.messages.forget(10) == 0
    assert await kept(world, None) == [("m2",)]


async def test_a_kept_message_that_was_delivered_is_used_up(world: World) -> None:
    await keep(world, "m1", 7)
    await keep(world, "m2", 7)
    await world.start(HEAR, n=7)
    async with world.store.transaction() as transaction:
        (found,) = (await transaction.kept([("paid", b"7")])).values()
    decision = await world.give(HEAR, "p1", TakeKept(SYSTEM, 1, found))
    assert decision.after.status == "completed"
    assert await kept(world, 7) == [("m2",)]


async def test_who_looks_for_kept_messages_waits_for_who_is_keeping_one(world: World) -> None:
    """The message comes first: the step that begins to wait meanwhile finds it."""
    until = await world.now() + HOUR

    async def keep_one(transaction: Transaction) -> None:
        assert await transaction.keep(Message("m1", "paid", 7, {}, until)) is None

    async def begin_to_wait() -> list[tuple[str, ...]]:
        await world.start(HEAR, n=7)
        return await kept(world, 7)

    waited, found = await while_open(world.store, keep_one, begin_to_wait)
    assert waited
    assert found == [("m1",)]


async def test_who_keeps_a_message_waits_for_who_looks_and_sees_who_waits_since(world: World) -> None:
    """The wait comes first: the message is for it, and not kept."""
    await world.start(HEAR, n=7)

    async def look(transaction: Transaction) -> None:
        assert await transaction.kept([("paid", b"7")]) == {}

    waited, found = await while_open(world.store, look, lambda: keep(world, key=7))
    assert waited
    assert found == Waiting("p1", 1)


async def test_of_other_places_nobody_waits_for_anybody(world: World) -> None:
    async def look(transaction: Transaction) -> None:
        await transaction.kept([("paid", b"7")])

    if type(world.store).__name__ == "MemoryStore":
        pytest.skip("one transaction at a time")
    waited, found = await while_open(world.store, look, lambda: keep(world, key=8))
    assert (waited, found) == (False, None)


async def test_two_who_look_at_the_same_places_do_not_wait_for_each_other_for_ever(world: World) -> None:
    places = [("paid", str(number).encode()) for number in range(20)]

    async def look(order: list[tuple[str, bytes]]) -> Mapping[Any, tuple[Kept, ...]]:
        async with world.store.transaction() as transaction:
            return await transaction.kept(order)

    assert await asyncio.gather(*(look(places[:: 1 if n % 2 else -1]) for n in range(6))) == [{}] * 6
