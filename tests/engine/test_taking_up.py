"""What processes post each other is taken up in order, each once, before anything else is asked of them (R12–R16)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import deciding
from engine.core.commands import Cancel, CompleteTask, Resume, Start, Suspend
from engine.core.decision import Decision
from engine.core.errors import EngineError
from engine.core.journey import Journey
from engine.core.process import Process
from engine.journeys import Journeys
from engine.ports import Message
from tests.core.play import HEAD
from tests.engine.in_memory import ADMIN, InMemory, asking

CHILD_HEAD = HEAD.replace("journey: example", "journey: child")
CHILD = "  - {id: work, performed_by: clerk}\n"
PARENT = """
  - id: call
    kind: subjourney
    calls: child@1.0.0
    input: {n: {var: n}}
    output: [text]
    saves: items
    enables: [after]
  - {id: after, performed_by: clerk}
"""
HEAR = "  - {id: hear, kind: wait, message: paid, correlate: {var: text}}\n"


@pytest.fixture
def engine() -> InMemory:
    return InMemory()


async def family(engine: InMemory) -> tuple[str, str]:
    """A parent and its child, started."""
    await engine.publish(CHILD, CHILD_HEAD)
    parent = await engine.start(await engine.publish(PARENT), n=1)
    (child,) = engine.process(parent).children
    await settle(engine)
    return parent, child


async def settle(engine: InMemory) -> None:
    while waiting := await engine.memory.commands.waiting(100):
        await engine.commits.take_up(waiting)


async def keep(engine: InMemory, id: str, **body: Any) -> None:
    async with engine.memory.store.transaction() as transaction:
        until = engine.clock.time + timedelta(hours=1)
        assert await transaction.keep(Message(id, "paid", "k", body, until)) is None


def failing(monkeypatch: pytest.MonkeyPatch, *processes: str) -> set[str]:
    """Lets every decision on these processes fail in a way nobody expects, until they leave the set."""
    broken = set(processes)
    decide = deciding.decide

    def failing_decide(journey: Journey, process: Process | None, *rest: Any) -> Decision:
        if process is not None and process.id in broken:
            raise ZeroDivisionError
        return decide(journey, process, *rest)

    monkeypatch.setattr(deciding, "decide", failing_decide)
    return broken


async def test_r15_a_child_is_started_on_its_version_and_its_end_moves_its_parent(engine: InMemory):
    parent, child = await family(engine)
    assert engine.process(child).journey == "child"
    assert engine.process(child).context == {"n": 1}
    await engine.give(child, CompleteTask(ADMIN, 1, {"text": "ä"}))
    assert engine.process(parent).steps["call"].state == "active"
    await settle(engine)
    assert engine.process(parent).context["items"] == {"text": "ä"}
    assert [task.atom for task in engine.process(parent).open_tasks()] == ["after"]
    assert engine.memory.rows.commands == []


async def test_a_commit_that_posts_wakes_who_waits_for_it_and_another_does_not(engine: InMemory):
    parent, child = await family(engine)
    engine.commits.posted.clear()
    await engine.give(parent, Suspend(ADMIN, "stop"))
    assert engine.commits.posted.is_set()
    engine.commits.posted.clear()
    await settle(engine)
    assert engine.process(child).status == "suspended"
    assert not engine.commits.posted.is_set()


async def test_what_a_process_was_posted_comes_before_what_is_asked_of_it(engine: InMemory):
    parent, child = await family(engine)
    await engine.give(parent, Suspend(ADMIN, "stop"))
    with pytest.raises(EngineError, match="process_suspended"):
        await engine.give(child, CompleteTask(ADMIN, 1, {}))
    await engine.give(parent, Resume(ADMIN))
    await engine.give(child, CompleteTask(ADMIN, 1, {}))
    assert engine.types(child)[2:] == ["process.suspended", "process.resumed", "task.completed", "process.completed"]
    await settle(engine)
    assert engine.process(parent).steps["call"].state == "completed"


async def test_a_start_and_the_end_that_overtakes_it_are_taken_up_in_their_order(engine: InMemory):
    await engine.publish(CHILD, CHILD_HEAD)
    parent = await engine.start(await engine.publish(PARENT), n=1)
    (child,) = engine.process(parent).children
    await engine.give(parent, Cancel(ADMIN, "no"))
    await settle(engine)
    assert (engine.process(child).status, engine.process(parent).status) == ("cancelled", "cancelled")


async def test_a_command_for_a_process_that_has_ended_is_dropped(engine: InMemory):
    parent, child = await family(engine)
    await engine.give(child, CompleteTask(ADMIN, 1, {}))
    await engine.give(parent, Suspend(ADMIN, "stop"))
    await settle(engine)
    assert engine.types(child)[-1] == "process.completed"
    assert engine.memory.rows.commands == []


async def test_r15_a_child_that_cannot_be_started_is_a_failure_of_its_step(engine: InMemory):
    await engine.publish(CHILD, CHILD_HEAD)
    parent = await engine.start(await engine.publish(PARENT), n=1)
    (posted,) = engine.memory.rows.commands
    assert isinstance(posted.pending.command, Start)
    lost = replace(posted.pending, calls="child@9.9.9")
    engine.memory.rows.commands[0].pending = lost
    await settle(engine)
    assert list(engine.memory.rows.processes) == [parent]
    (incident,) = engine.process(parent).open_incidents()
    assert (incident.atom, incident.code) == ("call", "child_failed")


async def test_a_command_that_fails_unexpectedly_is_put_off_and_takes_no_other_with_it(
    engine: InMemory, monkeypatch: pytest.MonkeyPatch
):
    (parent, child), (other, second) = await family(engine), await family(engine)
    for id in (parent, other):
        await engine.give(id, Suspend(ADMIN, "stop"))
    broken = failing(monkeypatch, child)
    await settle(engine)
    assert (engine.process(child).status, engine.process(second).status) == ("running", "suspended")
    assert list(await engine.memory.commands.waiting(10)) == [], "it is put off, and does not spin"
    broken.clear()
    engine.clock.advance(10)
    await settle(engine)
    assert engine.process(child).status == "suspended"
    assert engine.types(child).count("process.suspended") == 1


async def test_what_comes_after_a_command_that_failed_waits_for_it(engine: InMemory, monkeypatch: pytest.MonkeyPatch):
    parent, child = await family(engine)
    await engine.give(parent, Suspend(ADMIN, "stop"))
    await engine.give(parent, Resume(ADMIN))
    broken = failing(monkeypatch, child)
    await settle(engine)
    broken.clear()
    assert len(engine.memory.rows.commands) == 2
    engine.clock.advance(10)
    await settle(engine)
    assert engine.types(child)[2:] == ["process.suspended", "process.resumed"]


async def test_a_transaction_that_cannot_be_written_is_tried_for_each_process_by_itself(
    engine: InMemory, monkeypatch: pytest.MonkeyPatch
):
    (parent, child), (other, second) = await family(engine), await family(engine)
    for id in (parent, other):
        await engine.give(id, Suspend(ADMIN, "stop"))
    write = engine.memory.store.transaction

    class Refusing:
        def __init__(self, manager: Any) -> None:
            self.manager = manager

        async def __aenter__(self) -> Any:
            transaction = await self.manager.__aenter__()
            plain = transaction.write

            async def refusing(commits: Any, *rest: Any) -> None:
                assert child not in [commit.decision.after.id for commit in commits]
                await plain(commits, *rest)

            transaction.write = refusing
            return transaction

        async def __aexit__(self, *raised: Any) -> Any:
            return await self.manager.__aexit__(*raised)

    monkeypatch.setattr(engine.memory.store, "transaction", lambda: Refusing(write()))
    await settle(engine)
    assert (engine.process(child).status, engine.process(second).status) == ("running", "suspended")
    assert [posted.failures for posted in engine.memory.rows.commands] == [1]
    answers = await engine.commits.many([asking(second, Resume(ADMIN)), asking(child, Cancel(ADMIN, "no"))])
    assert [getattr(answer, "code", 200) for answer in answers] == [200, "internal_error"]


async def test_an_unexpected_exception_of_one_ask_takes_no_other_with_it(
    engine: InMemory, monkeypatch: pytest.MonkeyPatch
):
    journey = await engine.publish(CHILD)
    good, bad = await engine.start(journey), await engine.start(journey)
    failing(monkeypatch, bad)
    answers = await engine.commits.many([asking(id, CompleteTask(ADMIN, 1, {})) for id in (bad, good)])
    assert [getattr(answer, "code", 200) for answer in answers] == ["internal_error", 200]
    assert engine.process(good).status == "completed"


async def test_versions_are_read_before_the_locks_are_taken(engine: InMemory, monkeypatch: pytest.MonkeyPatch):
    parent, child = await family(engine)
    await engine.give(parent, Suspend(ADMIN, "stop"))
    get = engine.versions.get
    read: list[str] = []

    async def unlocked(journey: str, version: str) -> Any:
        assert not engine.memory.turn.locked()
        read.append(journey)
        return await get(journey, version)

    monkeypatch.setattr(engine.versions, "get", unlocked)
    cold = type(engine.commits)(engine.memory.store, Journeys(engine.versions))
    await cold.take_up([child])
    assert engine.process(child).status == "suspended"
    assert read == ["child"]


async def test_r16_a_step_that_begins_to_wait_takes_the_oldest_kept_message(engine: InMemory):
    await keep(engine, "m1", n=1)
    await keep(engine, "m2", n=2)
    process = await engine.start(await engine.publish(HEAR), text="k")
    await settle(engine)
    assert engine.process(process).context == {"text": "k", "n": 1}
    assert [message.id for message in engine.memory.rows.messages.values()] == ["m2"]


async def test_r16_of_two_that_begin_to_wait_together_each_takes_a_message_of_its_own(engine: InMemory):
    journey = await engine.publish(HEAR)
    await keep(engine, "m1", n=1)
    await keep(engine, "m2", n=2)
    asks = [engine.starting(journey, context={"text": "k"}) for _ in range(3)]
    await engine.commits.many(asks)
    await engine.commits.take_up([ask.process for ask in asks])
    assert [engine.process(ask.process).context.get("n") for ask in asks] == [1, 2, None]
    assert [engine.process(ask.process).status for ask in asks] == ["completed", "completed", "running"]
    assert engine.memory.rows.messages == {}


async def test_r16_kept_messages_that_the_step_cannot_take_are_dropped(engine: InMemory):
    for id in range(25):
        await keep(engine, f"m{id}", n="no number")
    await keep(engine, "good", n=7)
    process = await engine.start(await engine.publish(HEAR), text="k")
    await settle(engine)
    assert engine.types(process).count("message.refused") == 25
    assert engine.process(process).context["n"] == 7
    assert engine.memory.rows.messages == {}


async def test_what_a_command_posts_comes_before_the_next_command_of_the_same_batch(engine: InMemory):
    """R16: the step takes the kept message before its process is suspended."""
    journey = await engine.publish("  - {id: ask, performed_by: clerk, enables: [hear]}\n" + HEAR)
    await keep(engine, "m1", n=1)
    process = await engine.start(journey, text="k")
    asks = [asking(process, CompleteTask(ADMIN, 1, {})), asking(process, Suspend(ADMIN, "stop"))]
    answers = await engine.commits.many(asks)
    assert [getattr(answer, "code", 200) for answer in answers] == [200, "process_ended"]
    assert engine.process(process).context["n"] == 1
