"""Does system atoms: claims due work, calls the Python action, hands in what it gave (R10).

What happens when it is killed: its leases run out, the rescuer counts a failed attempt, another worker takes the next.
When it is told to stop: what does not end in time is given back, and is another worker's at once. A late answer is
refused by its lease's token and never applied. Answers of actions that end together are written together.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import stamina
import structlog

from engine import clock
from engine.actions import ActionCall, ActionFailed, ActionFunction
from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM
from engine.core.commands import (
    CompleteWork,
    FailWork,
    WorkCommand,
)
from engine.core.errors import Conflict, EngineError, Forbidden, Invalid, NotFound, Unavailable
from engine.points import Point, reached
from engine.ports import Claimed, WorkQueue
from engine.workers.calling import Calling

_log = structlog.get_logger(__name__)
_ERROR_LENGTH = 500
_LAST_WORDS = 1.0
"""Seconds that answers which are being handed in get, and actions that are being cancelled."""


@dataclass(slots=True)
class _Attempt:
    """Work under way. It is `ended` once the action was done with it, well or not: its answer is being handed in."""

    work: Claimed
    calling: Calling
    ended: bool = False


class ActionsWorker:
    """Runs at most `concurrency` actions side by side, at most `share` of one; each gets the time of its lease.

    A place is free again when the function has returned, which may be long after its lease ran out: an action that
    hangs fills its share and no more, and others have the rest.
    """

    def __init__(
        self,
        queue: WorkQueue,
        commits: Commits,
        actions: Mapping[str, ActionFunction],
        name: str,
        concurrency: int,
        share: int | None = None,
    ) -> None:
        self._queue = queue
        self._commits = commits
        self._actions = actions
        self._name = name
        self._concurrency = concurrency
        self._share = concurrency if share is None or len(actions) < 2 else min(share, max(concurrency - 1, 1))
        self._under_way: dict[asyncio.Task[None], _Attempt] = {}
        self._left_behind: list[_Attempt] = []
        self._stopped = False

    async def run_once(self) -> bool:
        """Takes as much due work as there is room for, without waiting for its end; says whether there was some."""
        self._left_behind = [attempt for attempt in self._left_behind if attempt.calling.in_thread]
        taken = Counter(attempt.work.action for attempt in (*self._under_way.values(), *self._left_behind))
        room = self._concurrency - taken.total()
        rooms = {name: self._share - taken[name] for name in sorted(self._actions) if taken[name] < self._share}
        if room <= 0 or not rooms or self._stopped:
            return False
        claimed = await self._claim(rooms, room)
        for work in claimed:
            self._begin(work)
        return bool(claimed)

    async def idle(self) -> bool:
        """Whether it has done all work that is due, but for what rests."""
        if self._under_way:
            return False
        return not self._actions or await self._queue.next_due_in(sorted(self._actions)) != 0

    async def leave(self, seconds: float) -> None:
        """Takes no more work; otherwise as `drain`, the first time. Then only what is left is given back."""
        again, self._stopped = self._stopped, True
        await self.drain(0 if again else seconds)

    async def drain(self, seconds: float) -> None:
        """Waits for what is under way, at most so long, and gives back the leases of what is left then."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        late = {task: attempt.work for task, attempt in self._under_way.items() if not attempt.ended}
        for task in late:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_LAST_WORDS)
        await self._give_back(list(late.values()))

    async def _claim(self, rooms: Mapping[str, int], room: int) -> Sequence[Claimed]:
        claimed = await self._queue.claim(self._name, rooms, room)
        if claimed:
            reached(Point.AFTER_CLAIM)
        if self._stopped:
            await self._give_back(claimed)
            return ()
        return claimed

    def _begin(self, work: Claimed) -> None:
        call = ActionCall(dict(work.input), work.idempotency_key, work.deadline, work.attempt)
        attempt = _Attempt(work, Calling(self._actions[work.action], call, f"action {work.action}"))
        # By this machine's clock, which need not agree with the database's: the deadline is for others to read.
        task = asyncio.create_task(self._do(attempt, clock.monotonic() + work.lease.total_seconds()))
        self._under_way[task] = attempt
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        attempt = self._under_way.pop(task)
        if attempt.calling.in_thread:
            self._left_behind.append(attempt)

    async def _give_back(self, works: Sequence[Claimed]) -> None:
        if not works:
            return
        try:
            given = await self._queue.give_back(self._name, [(work.process, work.task, work.token) for work in works])
        except Unavailable:
            _log.warning("actions.not_given_back", count=len(works))
        else:
            _log.info("actions.given_back", count=given)

    async def _do(self, attempt: _Attempt, until: float) -> None:
        work = attempt.work
        log = _log.bind(process=work.process, atom=work.atom, action=work.action, attempt=work.attempt)
        try:
            output = await attempt.calling.within(until - clock.monotonic())
            brought = attempt.calling.brought()
            answer: WorkCommand = CompleteWork(SYSTEM, work.task, work.token, output, brought)
        except ActionFailed as failed:
            answer = FailWork(SYSTEM, work.task, work.token, _short(failed), failed.retryable)
        except Exception as error:
            log.warning("action.raised", error=type(error).__name__)
            answer = FailWork(SYSTEM, work.task, work.token, _short(error, f"{type(error).__name__}: "))
        attempt.ended = True
        reached(Point.AFTER_ACTION)
        try:
            await self._hand_in(work, answer)
        except EngineError as refused:
            log.warning("action.answer_refused", code=refused.code)
        except Exception:
            log.exception("action.answer_lost")

    async def _hand_in(self, work: Claimed, answer: WorkCommand) -> None:
        try:
            await self._commit(work, answer)
        except Invalid as invalid:
            first = next(iter(invalid.details.get("errors", ())), {"pointer": "", "message": invalid.detail})
            error = f"The output of {work.action} is not accepted at {first['pointer'] or '/'}: {first['message']}"
            await self._commit(work, FailWork(SYSTEM, work.task, work.token, error[:_ERROR_LENGTH]))
        except (Forbidden, NotFound) as refused:
            error = f"The documents of {work.action} are not accepted: {refused.detail}"
            await self._commit(work, FailWork(SYSTEM, work.task, work.token, error[:_ERROR_LENGTH]))
        except Conflict as late:
            _log.info("action.too_late", process=work.process, atom=work.atom, code=late.code)

    @stamina.retry(on=Unavailable, attempts=5, timeout=30)
    async def _commit(self, work: Claimed, answer: WorkCommand) -> None:
        await self._commits(Ask(work.process, answer, shape=lambda journey, decision: None))


def _short(error: Exception, before: str = "") -> str:
    return f"{before}{error}"[:_ERROR_LENGTH]
