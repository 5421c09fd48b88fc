"""The worker of system atoms: what it calls, what it hands in, and what happens when either goes wrong (R10)."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import stamina
from structlog.testing import capture_logs

from engine import clock
from engine.actions import ActionCall, ActionFailed
from engine.core.callers import SYSTEM
from engine.core.commands import (
    CompleteWork,
    FailWork,
)
from engine.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from engine.core.task_facts import Link
from engine.workers.actions import ActionsWorker
from engine.workers.rescuer import Rescuer
from tests.engine.in_memory import InMemory
from tests.engine.workers.doing import Desk, Queue, given, work, worker
from tests.fakes.memory import Memory


async def handed_in(action: Callable[[ActionCall], Any], *refusals: Exception, seconds: float = 60) -> list[Any]:
    """All that is handed in for one piece of work."""
    desk = Desk(*refusals)
    one = worker(Queue(work(seconds=seconds, who="x")), desk, action)
    assert await one.run_once()
    await one.drain(30)
    return desk.handed_in


async def failure(action: Callable[[ActionCall], Any], seconds: float = 60) -> FailWork:
    (command,) = await handed_in(action, seconds=seconds)
    assert isinstance(command, FailWork)
    return command


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


async def test_an_action_gets_its_input_the_steps_id_and_the_attempt_and_its_output_is_handed_in_under_the_lease():
    (command,) = await handed_in(given)
    assert isinstance(command, CompleteWork)
    assert (command.task, command.token) == (1, 7)
    assert command.output == {"input": {"who": "x"}, "key": "p1/a/1", "attempt": 2}


def promised(call: ActionCall) -> Any:
    return given(call)


class GivenByAnObject:
    async def __call__(self, call: ActionCall) -> dict[str, Any]:
        return await given(call)


@pytest.mark.parametrize("action", [lambda call: {"x": 1}, promised, partial(given), GivenByAnObject()], ids=range(4))
async def test_actions_are_plain_functions_coroutines_or_whatever_gives_something_to_wait_for(action: Any):
    (command,) = await handed_in(action)
    assert isinstance(command, CompleteWork)


def bringing(*links: Link) -> Callable[[ActionCall], Any]:
    """An action that hands in a document with these links."""

    def action(call: ActionCall) -> dict[str, Any]:
        call.documents["report"] = list(links)
        return {}

    return action


async def test_documents_that_an_action_brings_come_with_its_answer():
    link = Link("report.pdf", "https://files.example/1")
    (command,) = await handed_in(bringing(link))
    assert command.documents == {"report": (link,)}


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ((), "report needs links"),
        ((Link("report.pdf", "file:///report.pdf"),), "report needs links"),
        ((Link("report\0.pdf", "https://files.example/1"),), "NUL"),
    ],
)
async def test_a_document_without_a_link_that_leads_somewhere_is_a_failed_attempt(links: tuple[Link, ...], said: str):
    (command,) = await handed_in(bringing(*links))
    assert isinstance(command, FailWork)
    assert said in command.error


@pytest.mark.parametrize(
    "refused", [NotFound("document_not_found", "No such document."), Forbidden("not_your_document", "Not yours.")]
)
async def test_a_document_that_is_not_the_steps_is_a_failed_attempt(refused: Exception):
    answer, failed = await handed_in(bringing(Link("a", "https://files.example/1")), refused)
    assert isinstance(answer, CompleteWork)
    assert isinstance(failed, FailWork)
    assert failed.error.startswith("The documents of do.it are not accepted: No")


async def test_numbers_of_an_output_are_exact():
    (command,) = await handed_in(lambda call: {"a": 0.1, "b": Decimal("1.10"), "c": 10**30, "d": (1, 2)})
    assert command.output == {"a": Decimal("0.1"), "b": Decimal("1.10"), "c": 10**30, "d": [1, 2]}
    assert str(command.output["b"]) == "1.10"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (None, "no JSON object, but a NoneType"),
        ([1], "no JSON object, but a list"),
        ("x", "no JSON object, but a str"),
        ({"x": float("nan")}, "is no finite number, at /x"),
        ({"x": int("7" * 40)}, "more than 34 significant digits, at /x"),
        ({"x": ["a\0"]}, "holds a NUL character, at /x/0"),
        ({"x": object()}, "is no JSON value, but a object, at /x"),
        ({1: 2}, "has a name that is no text, at /1"),
    ],
)
async def test_an_output_that_is_no_json_object_or_may_not_enter_is_a_failed_attempt(output: Any, said: str):
    failed = await failure(lambda call: output)
    assert said in failed.error
    assert failed.retryable


async def test_an_action_may_say_that_retrying_is_useless():
    def refuse(call: ActionCall) -> dict[str, Any]:
        raise ActionFailed("no such borrower", retryable=False)

    assert await failure(refuse) == FailWork(SYSTEM, 1, 7, "no such borrower", retryable=False)


async def test_whatever_else_an_action_raises_is_a_failure_that_may_be_retried_told_in_at_most_500_characters():
    def break_down(call: ActionCall) -> dict[str, Any]:
        raise ZeroDivisionError("x" * 1000)

    failed = await failure(break_down)
    assert failed.error.startswith("ZeroDivisionError: xxx")
    assert (len(failed.error), failed.retryable) == (500, True)


async def test_an_action_that_does_not_end_before_its_deadline_is_stopped():
    ended: list[str] = []

    async def hang(call: ActionCall) -> dict[str, Any]:
        try:
            return await asyncio.Future()
        finally:
            ended.append("stopped")

    async with asyncio.timeout(5):
        failed = await failure(hang, seconds=0)
    assert failed.error == "The action did not end before its deadline."
    assert failed.retryable
    assert ended == ["stopped"]


async def test_a_timeout_of_the_actions_own_is_not_taken_for_the_deadline():
    async def time_out(call: ActionCall) -> dict[str, Any]:
        raise TimeoutError("the bureau is slow")

    assert (await failure(time_out)).error == "TimeoutError: the bureau is slow"


async def test_an_output_that_is_refused_is_a_failed_attempt_that_names_the_place():
    refusal = Invalid("output_invalid", errors=[{"pointer": "/score", "message": "is no integer"}])
    first, second = await handed_in(given, refusal)
    assert isinstance(first, CompleteWork)
    assert isinstance(second, FailWork)
    assert second.error == "The output of do.it is not accepted at /score: is no integer"
    assert (second.token, second.retryable) == (7, True)


async def test_an_answer_that_came_too_late_is_dropped():
    assert len(await handed_in(given, Conflict("lease_lost"))) == 1


async def test_an_answer_is_handed_in_again_when_the_database_was_away():
    away = Unavailable("unavailable", retry_after=1)
    assert len(await handed_in(given, away, away)) == 3
    assert len(await handed_in(given, away, away, away)) == 3, "then the lease runs out and another attempt follows"


async def test_an_unexpected_error_at_handing_in_does_not_stop_the_worker():
    desk = Desk(AssertionError("a row is not as it was"))
    one = worker(Queue(work(1), work(2)), desk, given)
    with capture_logs() as logs:
        assert await one.run_once()
        await one.drain(30)
    assert [command.task for command in desk.handed_in] == [1, 2]
    assert [entry["event"] for entry in logs] == ["action.answer_lost"]


async def test_no_more_is_taken_than_there_is_room_for():
    gate, began = asyncio.Event(), asyncio.Event()

    async def wait(call: ActionCall) -> dict[str, Any]:
        began.set()
        await gate.wait()
        return {}

    queue, desk = Queue(work(1), work(2)), Desk()
    one = worker(queue, desk, wait, room=1)
    assert await one.run_once()
    await began.wait()
    assert not await one.run_once()
    assert [waiting.task for waiting in queue.waiting] == [2]
    gate.set()
    await one.drain(30)
    assert await one.run_once()
    await one.drain(30)
    assert not await one.run_once()
    assert [command.task for command in desk.handed_in] == [1, 2]


@pytest.mark.parametrize("kind", ["thread", "coroutine"])
async def test_an_action_that_asks_the_process_to_end_has_failed_and_nothing_else(kind: str):
    def leave(call: ActionCall) -> dict[str, Any]:
        sys.exit(3)

    async def leave_too(call: ActionCall) -> dict[str, Any]:
        sys.exit(3)

    assert (await failure(leave if kind == "thread" else leave_too)).error == "SystemExit: 3"


async def test_a_worker_without_actions_takes_nothing():
    queue = Queue(work())
    actions: Mapping[str, Any] = {}
    assert not await ActionsWorker(queue, Desk(), actions, "w1", 4).run_once()  # type: ignore[arg-type]
    assert queue.waiting


PULL = """
  - {id: a, kind: system, action: pull, input: {who: x}, retry: {max_attempts: 2, backoff: PT1S, timeout: PT5S}}
"""


async def scores(call: ActionCall) -> dict[str, Any]:
    return {"score": call.attempt} if call.attempt > 1 else {"no": "score"}


async def test_an_output_against_the_actions_schema_costs_an_attempt_and_the_next_is_due_after_the_backoff():
    engine = InMemory()
    process = await engine.start(await engine.publish(PULL))
    one = ActionsWorker(engine.memory.queue, engine.commits, {"pull": scores}, "w1", 4)
    engine.memory.now = clock.now
    assert await one.run_once()
    await one.drain(30)
    assert engine.types(process)[-1] == "action.attempted"
    assert not await one.run_once(), "the second attempt is not due yet"
    engine.memory.now = lambda: clock.now() + timedelta(seconds=1)
    assert await one.run_once()
    await one.drain(30)
    assert engine.process(process).context == {"score": 2}
    assert engine.process(process).status == "completed"


async def test_a_lease_that_ran_out_is_a_failed_attempt_and_the_late_answer_of_the_first_worker_is_refused():
    engine = InMemory(Memory(clock.now))
    process = await engine.start(await engine.publish(PULL))
    (first,) = await engine.memory.queue.claim("w1", ["pull"], 1)
    rescuer = Rescuer(engine.memory.queue, engine.commits, 10)
    assert not await rescuer.run_once()
    engine.memory.now = lambda: clock.now() + timedelta(seconds=6)
    assert await rescuer.run_once()
    assert not await rescuer.run_once()
    engine.memory.now = lambda: clock.now() + timedelta(seconds=8)
    (second,) = await engine.memory.queue.claim("w2", ["pull"], 1)
    assert (second.attempt, second.idempotency_key) == (2, first.idempotency_key)
    late = CompleteWork(SYSTEM, first.task, first.token, {"score": 1})
    with pytest.raises(Conflict, match="lease_lost"):
        await engine.give(process, late)
    await engine.give(process, CompleteWork(SYSTEM, second.task, second.token, {"score": 2}))
    assert engine.process(process).context == {"score": 2}


async def test_answers_of_actions_that_end_together_are_written_together():
    engine = InMemory(Memory(clock.now))
    journey = await engine.publish(PULL)
    processes = [await engine.start(journey) for _ in range(12)]
    together = asyncio.Barrier(12)

    async def score(call: ActionCall) -> dict[str, Any]:
        await together.wait()
        return {"score": 1}

    one = ActionsWorker(engine.memory.queue, engine.commits, {"pull": score}, "w1", 12)
    before = engine.memory.transactions
    assert await one.run_once()
    await one.drain(30)
    assert {engine.process(process).status for process in processes} == {"completed"}
    assert engine.memory.transactions - before <= 2
