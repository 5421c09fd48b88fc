"""What the worker of system atoms works with, to be looked at: a queue, a desk for its answers, an action."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine import clock
from engine.actions import ActionCall
from engine.commit import Answer, Ask
from engine.ports import Claimed
from engine.workers.actions import ActionsWorker


class Queue:
    """Gives the work it holds, once; what is given back is `returned`."""

    def __init__(self, *work: Claimed) -> None:
        self.waiting = list(work)
        self.returned: list[tuple[str, int, int]] = []

    async def claim(self, worker: str, actions: Mapping[str, int], limit: int) -> Sequence[Claimed]:
        given: list[Claimed] = []
        for work in list(self.waiting):
            if len(given) < limit and actions.get(work.action, 0) > sum(one.action == work.action for one in given):
                self.waiting.remove(work)
                given.append(work)
        return given

    async def give_back(self, worker: str, leases: Sequence[tuple[str, int, int]]) -> int:
        self.returned += leases
        return len(leases)

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        return []

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        return 0 if self.waiting else None


class Desk:
    """Takes what workers hand in; raises first what it was told to."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.handed_in: list[Any] = []

    async def __call__(self, ask: Ask) -> Answer:
        self.handed_in.append(ask.command)
        if self.refusals:
            raise self.refusals.pop(0)
        return Answer(200, None)


def work(task: int = 1, seconds: float = 60, action: str = "do.it", **input: Any) -> Claimed:
    lease = timedelta(seconds=seconds)
    return Claimed("p1", task, "a", 1, None, action, input, 2, 7, clock.now() + lease, lease)


def worker(queue: Any, desk: Any, action: Callable[[ActionCall], Any], room: int = 4) -> ActionsWorker:
    return ActionsWorker(queue, desk, {"do.it": action}, "w1", room)


async def given(call: ActionCall) -> dict[str, Any]:
    return {"input": call.input, "key": call.idempotency_key, "attempt": call.attempt}
