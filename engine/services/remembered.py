"""Idempotency keys of what is not decided in a process: loading and publishing journeys, and refusals before a start.

Such commands do not change a process, so they have no transaction to be remembered in. Doing one twice is harmless
by itself: a crash between the deed and its remembering loses only the first answer's text, never its meaning.
"""

from collections.abc import Awaitable, Callable

import msgspec

from engine.commit import Answer
from engine.core.errors import Conflict
from engine.core.values import encode
from engine.ports import Key, Remembered, Store


class Memory:
    """The answers kept under idempotency keys (R17)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def recall(self, key: Key | None) -> Answer | None:
        """The answer kept under `key`, if there is one.

        Raises:
            Conflict: `idempotency_mismatch`, where it was given to another request.
        """
        if key is None:
            return None
        async with self._store.transaction() as transaction:
            kept = (await transaction.lock((), [key])).remembered.get((key.caller, key.key))
        if kept is None:
            return None
        if kept.key.fingerprint != key.fingerprint:
            raise Conflict("idempotency_mismatch", key=key.key)
        return Answer(kept.status, msgspec.Raw(kept.body))

    async def once(
        self, key: Key | None, act: Callable[[], Awaitable[Answer]], changed: Callable[[Answer], bool] = lambda _: True
    ) -> Answer:
        """The kept answer, or that of `act`, which is then kept if it `changed` something.

        Refusals are not kept: they are judged afresh.
        """
        if key is None:
            return await act()
        if answer := await self.recall(key):
            return answer
        answer = await act()
        if not changed(answer):
            return answer
        async with self._store.transaction() as transaction:
            # A request that came beside this one may have been remembered first; its answer stays.
            if not (await transaction.lock((), [key])).remembered:
                await transaction.write([], [Remembered(key, answer.status, encode(answer.body), sealed=True)])
        return answer
