"""Work for outside workers: claimed for a time, extended, and handed in (R10). A late answer is refused.

A worker is known by the user it calls as; `token` tells apart several that call as the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from engine import clock
from engine.answers import ClaimedAnswer, LeaseAnswer, WorkAnswer
from engine.commit import Answer, Commits
from engine.core.commands import CompleteWork, FailWork, WorkCommand
from engine.core.documents import NOTHING_BROUGHT, Brought
from engine.core.errors import NotFound
from engine.core.ids import numbered, split
from engine.core.times import format_time
from engine.ports import Actions, Claimed, Reads, WorkQueue
from engine.services.calls import Call, Shape, require
from engine.services.remembered import Memory
from engine.services.shapes import changed_task, completed_task
from engine.services.unknown import no_task

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25
"""Seconds between two looks for work while a worker waits for some."""

_NO_TOKEN: Final = 0
"""What no lease has: an answer under it is refused, unless it was given before and is remembered (R17)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a worker asks for: at most `limit` pieces of work for `actions`, each for `lease`; it waits so long."""

    actions: Sequence[str]
    limit: int
    lease: timedelta
    wait: timedelta


class OutsideWork:
    """Everything that outside workers ask. Who may claim work sees that of all processes.

    Once `leaving`, nobody is kept waiting for work: who waits is told that there is none.
    """

    def __init__(self, commits: Commits, queue: WorkQueue, actions: Actions, reads: Reads, memory: Memory) -> None:
        self._commits = commits
        self._queue = queue
        self._actions = actions
        self._reads = reads
        self._memory = memory
        self.leaving = False

    async def claim(self, call: Call, wanted: Wanted, gone: Callable[[], Awaitable[bool]]) -> Answer:
        """Takes due work, the oldest first; waits for some, holding no connection, until it has or is `gone`."""
        require(call.caller, "work:claim")

        async def act() -> Answer:
            claimed = await self._await(call, wanted, gone)
            paused = await self._actions.paused(wanted.actions) if len(claimed) < wanted.limit else ()
            return Answer(200, ClaimedAnswer(tuple(map(_work, claimed)), tuple(paused)))

        return await self._memory.once(call.key, act, _gave_some)

    async def extend(self, call: Call, id: str, lease: timedelta, token: int | None) -> Answer:
        """Holds the work for `lease` from now.

        Raises:
            Conflict: `lease_lost`, `process_suspended`.
        """
        require(call.caller, "work:extend")
        process, n = _address(id)

        async def act() -> Answer:
            deadline = await self._queue.extend(process, n, call.caller.id, token, lease)
            return Answer(200, LeaseAnswer(id, format_time(deadline)))

        return await self._memory.once(call.key, act)

    async def complete(
        self, call: Call, id: str, output: Mapping[str, Any], token: int | None, documents: Brought = NOTHING_BROUGHT
    ) -> Answer:
        """The action gave `output`, and `documents`; the answer says what that started and skipped.

        Raises:
            NotFound: `document_not_found`.
            Forbidden: `not_your_document`, for one that the atom neither uses nor produces.
            Conflict: `lease_lost`, where the lease ran out or is another's.
            Invalid: `output_invalid`; the work stays with the worker.
        """
        require(call.caller, "work:complete")
        return await self._hand_in(
            call, id, token, lambda n, held: CompleteWork(call.caller, n, held, output, documents), completed_task
        )

    async def fail(self, call: Call, id: str, error: str, retryable: bool, token: int | None) -> Answer:
        """The attempt failed; it is tried again by the atom's policy where that may help. The answer is the task.

        Raises:
            Conflict: `lease_lost`.
        """
        require(call.caller, "work:fail")
        return await self._hand_in(
            call, id, token, lambda n, held: FailWork(call.caller, n, held, error, retryable), changed_task
        )

    async def _await(self, call: Call, wanted: Wanted, gone: Callable[[], Awaitable[bool]]) -> Sequence[Claimed]:
        until, pause = clock.monotonic() + wanted.wait.total_seconds(), _FIRST_PAUSE
        while True:
            claimed = await self._queue.claim(call.caller.id, wanted.actions, wanted.limit, wanted.lease)
            left = until - clock.monotonic()
            if claimed or left <= 0:
                return claimed
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
            # Work that is claimed for somebody who is not there any more would be lost for as long as its lease.
            if self.leaving or await gone():
                return ()

    async def _hand_in(
        self,
        call: Call,
        id: str,
        token: int | None,
        command: Callable[[int, int], WorkCommand],
        shape: Callable[[int], Shape],
    ) -> Answer:
        process, n = _address(id)
        held = token if token is not None else await self._token(call, process, n)
        try:
            return await self._commits(call.ask(process, command(n, held), shape(n)))
        except NotFound as unknown:
            if unknown.code == "document_not_found":
                raise
            raise no_task(id) from unknown

    async def _token(self, call: Call, process: str, n: int) -> int:
        """The token of the lease that the caller holds."""
        row = await self._reads.process(process, call.caller)
        task = row.process.tasks.get(n) if row else None
        lease = task.lease if task else None
        return lease.token if lease and lease.worker == call.caller.id else _NO_TOKEN


def _gave_some(answer: Answer) -> bool:
    return isinstance(answer.body, ClaimedAnswer) and bool(answer.body.items)


def _address(id: str) -> tuple[str, int]:
    address = split(id)
    if address is None:
        raise no_task(id)
    return address


def _work(claimed: Claimed) -> WorkAnswer:
    return WorkAnswer(
        id=numbered(claimed.process, claimed.task),
        process=claimed.process,
        atom=claimed.atom,
        visit=claimed.visit,
        item_index=claimed.item_index,
        action=claimed.action,
        input=claimed.input,
        attempt=claimed.attempt,
        deadline=format_time(claimed.deadline),
        token=claimed.token,
        idempotency_key=claimed.idempotency_key,
    )
