"""Does system atoms: claims due work, calls the Python action, hands in what it gave (R10).

What happens when it is killed: its leases run out, the rescuer counts a failed attempt, another worker takes the next.
A late answer is refused by its lease's token and never applied.
"""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, cast

import stamina
import structlog

from engine import clock
from engine.actions import ActionCall, ActionFailed, ActionFunction
from engine.commit import Ask, Commits
from engine.core.commands import SYSTEM, CompleteWork, FailWork, WorkCommand
from engine.core.errors import Conflict, EngineError, Invalid, Unavailable
from engine.core.values import decode, encode, entering
from engine.ports import Claimed, WorkQueue

_log = structlog.get_logger(__name__)
_ERROR_LENGTH = 500


class ActionsWorker:
    """Runs at most `concurrency` actions side by side; each gets the time of its lease."""

    def __init__(
        self, queue: WorkQueue, commits: Commits, actions: Mapping[str, ActionFunction], name: str, concurrency: int
    ) -> None:
        self._queue = queue
        self._commits = commits
        self._actions = actions
        self._name = name
        self._concurrency = concurrency
        self._running: set[asyncio.Task[None]] = set()

    async def run_once(self) -> bool:
        """Takes as much due work as there is room for, without waiting for its end; says whether there was some."""
        room = self._concurrency - len(self._running)
        if room <= 0 or not self._actions:
            return False
        claimed = await self._queue.claim(self._name, sorted(self._actions), room)
        for work in claimed:
            # By this machine's clock, which need not agree with the database's: the deadline is for others to read.
            task = asyncio.create_task(self._do(work, clock.monotonic() + work.lease.total_seconds()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(claimed)

    async def idle(self) -> bool:
        """Whether it has done all work that is due."""
        if self._running:
            return False
        return not self._actions or await self._queue.next_due_in(sorted(self._actions)) != 0

    async def drain(self, seconds: float) -> None:
        """Waits for what is under way, at most so long; what is left over loses its lease in time."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _do(self, work: Claimed, until: float) -> None:
        log = _log.bind(process=work.process, atom=work.atom, action=work.action, attempt=work.attempt)
        try:
            output = await self._call(work, until)
            answer: WorkCommand = CompleteWork(SYSTEM, work.task, work.token, output)
        except ActionFailed as failed:
            answer = FailWork(SYSTEM, work.task, work.token, _short(failed), failed.retryable)
        except Exception as error:
            log.warning("action.raised", error=type(error).__name__)
            answer = FailWork(SYSTEM, work.task, work.token, _short(error, f"{type(error).__name__}: "))
        try:
            await self._hand_in(work, answer)
        except EngineError as refused:
            log.warning("action.answer_refused", code=refused.code)
        except Exception:
            log.exception("action.answer_lost")

    async def _call(self, work: Claimed, until: float) -> dict[str, Any]:
        function = self._actions[work.action]
        call = ActionCall(dict(work.input), work.idempotency_key, work.deadline, work.attempt)
        timeout = asyncio.timeout(max(until - clock.monotonic(), 0))
        try:
            async with timeout:
                if inspect.iscoroutinefunction(function):
                    result = await function(call)
                else:
                    result = await asyncio.to_thread(function, call)
                    if inspect.isawaitable(result):
                        result = await result
        except TimeoutError:
            if timeout.expired():
                raise ActionFailed("The action did not end before its deadline.") from None
            raise
        return _accepted(result)

    async def _hand_in(self, work: Claimed, answer: WorkCommand) -> None:
        try:
            await self._commit(work, answer)
        except Invalid as invalid:
            first = next(iter(invalid.details.get("errors", ())), {"pointer": "", "message": invalid.detail})
            error = f"The output of {work.action} is not accepted at {first['pointer'] or '/'}: {first['message']}"
            await self._commit(work, FailWork(SYSTEM, work.task, work.token, error[:_ERROR_LENGTH]))
        except Conflict as late:
            _log.info("action.too_late", process=work.process, atom=work.atom, code=late.code)

    @stamina.retry(on=Unavailable, attempts=5, timeout=30)
    async def _commit(self, work: Claimed, answer: WorkCommand) -> None:
        await self._commits(Ask(work.process, answer, shape=lambda journey, decision: None))


def _accepted(result: object) -> dict[str, Any]:
    """What an action gave, as JSON values of its own.

    Raises:
        ActionFailed: when it is no JSON object, or holds what may not enter.
    """
    if not isinstance(result, dict):
        raise ActionFailed(f"The action gave no JSON object, but a {type(result).__name__}.")
    given = cast("dict[str, Any]", result)
    if wrong := entering(given):
        first = wrong[0]
        raise ActionFailed(f"The action's output {first['message']}, at {first['pointer'] or '/'}.")
    output: dict[str, Any] = decode(encode(given))
    return output


def _short(error: Exception, before: str = "") -> str:
    return f"{before}{error}"[:_ERROR_LENGTH]
