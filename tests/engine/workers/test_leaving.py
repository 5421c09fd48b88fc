"""A worker of system atoms that is told to stop, and threads that outlast their leases (R10)."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.actions import ActionCall
from engine.commit import Answer, Ask
from engine.core.commands import CompleteWork, FailWork
from engine.core.errors import Unavailable
from engine.ports import Claimed
from engine.workers.actions import ActionsWorker
from tests.engine.workers.doing import Desk, Queue, given, work, worker
from tests.waiting import until


async def test_leaving_stops_what_is_late_gives_its_lease_back_and_hands_nothing_in_for_it():
    began = asyncio.Event()

    async def hang(call: ActionCall) -> dict[str, Any]:
        began.set()
        return await asyncio.Future()

    desk, queue = Desk(), Queue(work())
    one = worker(queue, desk, hang)
    await one.run_once()
    await began.wait()
    await one.leave(0)
    assert desk.handed_in == []
    assert queue.returned == [("p1", 1, 7)]
    queue.waiting = [work(2)]
    assert not await one.run_once(), "who has left takes no more"


async def test_leaving_lets_what_ends_in_time_hand_in_its_answer_and_keeps_no_lease_of_it():
    gate, began = asyncio.Event(), asyncio.Event()

    async def wait(call: ActionCall) -> dict[str, Any]:
        began.set()
        await gate.wait()
        return {}

    desk, queue = Desk(), Queue(work())
    one = worker(queue, desk, wait)
    await one.run_once()
    await began.wait()
    asyncio.get_running_loop().call_soon(gate.set)
    await one.leave(30)
    assert isinstance(desk.handed_in[0], CompleteWork)
    assert queue.returned == []


async def test_a_lease_is_not_given_back_while_the_answer_under_it_is_being_written():
    writing, written = asyncio.Event(), asyncio.Event()

    class Slow(Desk):
        async def __call__(self, ask: Ask) -> Answer:
            writing.set()
            await written.wait()
            return await super().__call__(ask)

    desk, queue = Slow(), Queue(work())
    one = worker(queue, desk, given)
    await one.run_once()
    await writing.wait()
    leaving = asyncio.create_task(one.leave(0))
    asyncio.get_running_loop().call_later(0.01, written.set)
    await leaving
    assert len(desk.handed_in) == 1
    assert queue.returned == []


async def test_what_was_claimed_while_the_worker_left_is_given_back():
    claiming, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Queue):
        async def claim(self, worker: str, actions: Mapping[str, int], limit: int) -> Sequence[Claimed]:
            claiming.set()
            await go_on.wait()
            return await super().claim(worker, actions, limit)

    desk, queue = Desk(), Slow(work())
    one = worker(queue, desk, given)
    round = asyncio.create_task(one.run_once())
    await claiming.wait()
    await one.leave(0)
    go_on.set()
    assert not await round
    assert (desk.handed_in, queue.returned) == ([], [("p1", 1, 7)])


async def test_a_database_that_is_away_does_not_keep_a_worker_from_leaving():
    class Away(Queue):
        async def give_back(self, worker: str, leases: Sequence[tuple[str, int, int]]) -> int:
            raise Unavailable("unavailable", retry_after=1)

    one = worker(Away(work()), Desk(), lambda call: asyncio.Future())
    await one.run_once()
    with capture_logs() as logs:
        await one.leave(0)
    assert [entry["event"] for entry in logs] == ["actions.not_given_back"]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the threads of a test wait for; open when it is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_an_action_that_hangs_in_its_threads_keeps_their_places_and_leaves_others_theirs(gate: threading.Event):
    def hang(call: ActionCall) -> dict[str, Any]:
        gate.wait(30)
        return {"too": "late"}

    desk = Desk()
    queue = Queue(*(work(task, 0.01 if task < 4 else 60) for task in range(1, 6)), work(9, action="other"))
    one = ActionsWorker(queue, desk, {"do.it": hang, "other": given}, "w1", 4, share=3)  # type: ignore[arg-type]
    for _ in range(3):
        await one.run_once()
        await one.drain(30)
    assert sorted(command.task for command in desk.handed_in) == [1, 2, 3, 9]
    assert [work.task for work in queue.waiting] == [4, 5], "three leases ran out, three threads run on"
    gate.set()
    await until(one.run_once)
    await one.drain(30)
    assert sorted(command.task for command in desk.handed_in if isinstance(command, FailWork)) == [1, 2, 3]


async def test_a_thread_left_behind_ends_unheard(gate: threading.Event):
    began = threading.Event()
    ended: list[object] = []

    def hang(call: ActionCall) -> dict[str, Any]:
        began.set()
        gate.wait(30)
        ended.append(threading.current_thread().daemon)
        return {}

    desk, queue = Desk(), Queue(work())
    one = worker(queue, desk, hang)
    await one.run_once()
    await asyncio.to_thread(began.wait, 30)
    await one.leave(0)
    gate.set()

    async def over() -> bool:
        return bool(ended)

    await until(over)
    assert ended == [True], "the end of the process waits for no such thread"
    assert (desk.handed_in, queue.returned) == ([], [("p1", 1, 7)])
