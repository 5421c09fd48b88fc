"""Calls the Python function of an action, for at most the time of its lease.

A coroutine is cancelled when its time is up. A plain function runs in a thread of its own, which nothing can stop: it
is left behind, what it gives then is dropped, and the end of the process does not wait for it.
"""

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from typing import Any, Final, cast

from engine.actions import ActionCall, ActionFailed, ActionFunction
from engine.core.task_facts import Link
from engine.core.values import decode, encode, entering

TOO_LATE: Final = "The action did not end before its deadline."


class Calling:
    """One attempt. `in_thread` says whether its function is still running in a thread, left behind or not."""

    def __init__(self, function: ActionFunction, call: ActionCall, name: str) -> None:
        self._function = function
        self._call = call
        self._name = name
        self.in_thread = False

    def brought(self) -> dict[str, tuple[Link, ...]]:
        """The documents that come with what the action gave.

        Raises:
            ActionFailed: where one has no links, or a link leads nowhere.
        """
        return _brought(self._call.documents)

    async def within(self, seconds: float) -> dict[str, Any]:
        """What the action gave, as JSON values of its own.

        Raises:
            ActionFailed: when its time was up, or what it gave is no JSON object or holds what may not enter.
        """
        timeout = asyncio.timeout(max(seconds, 0))
        try:
            async with timeout:
                result = await self._result()
        except TimeoutError:
            if timeout.expired():
                raise ActionFailed(TOO_LATE) from None
            raise
        except SystemExit as leaving:
            # In a task it would end the loop, and with it the whole engine.
            raise ActionFailed(f"SystemExit: {leaving}") from leaving
        return _accepted(result)

    async def _result(self) -> object:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(self._call)
        result = await self._from_thread(lambda: self._function(self._call))
        if inspect.isawaitable(result):
            result = await cast("Awaitable[object]", result)
        return result

    def _from_thread(self, function: Callable[[], object]) -> "asyncio.Future[object]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()
        context = contextvars.copy_context()

        def settle(result: object, error: BaseException | None) -> None:
            self.in_thread = False
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)

        def run() -> None:
            result, raised = None, None
            try:
                result = context.run(function)
            except BaseException as error:
                raised = error
            with suppress(RuntimeError):  # the loop is closed: this thread was left behind
                loop.call_soon_threadsafe(settle, result, raised)

        self.in_thread = True
        threading.Thread(target=run, name=self._name, daemon=True).start()
        return future


def _brought(documents: Mapping[str, Sequence[Link]]) -> dict[str, tuple[Link, ...]]:
    for document, links in documents.items():
        if not links or not all(link.url.startswith(("http://", "https://")) for link in links):
            raise ActionFailed(f"The document {document} needs links that begin with http:// or https://.")
        if wrong := entering([astuple(link) for link in links]):
            raise ActionFailed(f"A link of the document {document} {wrong[0]['message']}.")
    return {document: tuple(links) for document, links in documents.items()}


def _accepted(result: object) -> dict[str, Any]:
    if not isinstance(result, dict):
        raise ActionFailed(f"The action gave no JSON object, but a {type(result).__name__}.")
    given = cast("dict[str, Any]", result)
    if wrong := entering(given):
        first = wrong[0]
        raise ActionFailed(f"The action's output {first['message']}, at {first['pointer'] or '/'}.")
    output: dict[str, Any] = decode(encode(given))
    return output
