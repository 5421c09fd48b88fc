"""What processes post each other on PostgreSQL: done in order, each once, whoever is killed (R12, R13, R15, R16)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.core.commands import CompleteTask, Resume, Suspend
from engine.ports import Message
from engine.store.transactions import PostgresTransaction
from tests.core.play import ADMIN, HEAD
from tests.engine.workers.conftest import Crew, drain

CHILD_HEAD = HEAD.replace("journey: example", "journey: child")
CHILD = "  - {id: work, performed_by: clerk}\n"
PARENT = "  - {id: call, kind: subjourney, calls: child@1.0.0, for_each: {var: items}, saves: items}\n"
HEAR = "  - {id: hear, kind: wait, message: paid, correlate: {var: text}}\n"


async def families(crew: Crew, count: int) -> dict[str, list[str]]:
    """Parents, each with two children that are not started yet."""
    await crew.publish(CHILD, CHILD_HEAD)
    parents = await crew.start(await crew.publish(PARENT), count, items=[1, 2])
    return {parent: list((await crew.process(parent)).children) for parent in parents}


async def test_children_are_started_and_their_ends_heard(crew: Crew) -> None:
    ((parent, children),) = (await families(crew, 1)).items()
    assert await drain(crew.commands()) == 1
    for child in children:
        await crew.give(child, CompleteTask(ADMIN, 1, {}))
    await drain(crew.commands())
    assert (await crew.process(parent)).status == "completed"
    assert await crew.postgres.commands.waiting(10) == []


async def test_two_workers_take_up_everything_once_and_in_order(crew: Crew) -> None:
    found = await families(crew, 6)
    for parent in found:
        for command in (Suspend(ADMIN, "stop"), Resume(ADMIN), Suspend(ADMIN, "again")):
            await crew.give(parent, command)
    await asyncio.gather(*(drain(crew.commands(crew.other_commits(), limit=5)) for _ in range(2)))
    expected = ["process.started", "task.created", "process.suspended", "process.resumed", "process.suspended"]
    for child in (child for children in found.values() for child in children):
        assert await crew.types(child) == expected


class Killed(BaseException):
    """The worker is gone."""


async def test_what_a_worker_had_not_committed_when_it_was_killed_is_done_by_the_next(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_, children),) = (await families(crew, 1)).items()
    write = PostgresTransaction.write

    async def killed_after_writing(self: PostgresTransaction, *what: Any) -> None:
        await write(self, *what)
        raise Killed

    monkeypatch.setattr(PostgresTransaction, "write", killed_after_writing)
    with pytest.raises(Killed):
        await crew.commands().run_once()
    monkeypatch.setattr(PostgresTransaction, "write", write)
    assert sorted(await crew.postgres.commands.waiting(10)) == sorted(children)
    await drain(crew.commands(crew.other_commits()))
    for child in children:
        assert await crew.types(child) == ["process.started", "task.created"]


@pytest.mark.parametrize("message_first", [True, False])
async def test_a_message_and_a_step_that_begins_to_wait_meet_whoever_comes_first(
    crew: Crew, message_first: bool
) -> None:
    """R16: in either order the message is delivered once and not kept."""
    journey = await crew.publish(HEAR)

    async def send() -> None:
        until = await crew.postgres.clock.now() + timedelta(hours=1)
        async with crew.postgres.store.transaction() as transaction:
            waiting = await transaction.keep(Message("m1", "paid", "k", {"n": 1}, until))
        assert waiting is None or waiting.process == "p1"

    if message_first:
        await send()
        await crew.start(journey, text="k")
    else:
        async with crew.postgres.store.transaction() as keeping:
            until = await crew.postgres.clock.now() + timedelta(hours=1)
            assert await keeping.keep(Message("m1", "paid", "k", {"n": 1}, until)) is None
            await crew.start(journey, text="k")
            taking = asyncio.create_task(drain(crew.commands()))
            done, _ = await asyncio.wait([taking], timeout=0.1)
            assert not done, "it waits for the message that is being kept"
        await taking
    await drain(crew.commands())
    process = await crew.process("p1")
    assert (process.status, process.context["n"]) == ("completed", 1)
    assert (await crew.types("p1")).count("message.delivered") == 1
    async with crew.postgres.store.transaction() as transaction:
        assert await transaction.kept([("paid", b'"k"')]) == {}
