"""The door of a server that is being stopped: who is inside is served to the end, who comes is sent elsewhere."""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import refusal
from engine.core.errors import Unavailable

RETRY_AFTER: Final = 2
"""Seconds after which somebody else, or this server again, should answer."""

_STILL_ANSWERED: Final = frozenset({"/health", "/metrics"})
"""The process is alive yet; it is not ready any more."""


class Draining:
    """ASGI around a whole app: from `refuse` on, new requests get 503, `Retry-After` and `Connection: close`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way = 0
        self._refusing = False
        self._done = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._refusing and scope["path"] not in _STILL_ANSWERED:
            await _refusal()(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._done.set()

    async def refuse(self, seconds: float) -> int:
        """Lets nobody in any more, and waits for those inside, at most so long; gives how many are left."""
        self._refusing = True
        self._done.clear()
        if self._under_way:
            try:
                async with asyncio.timeout(seconds):
                    await self._done.wait()
            except TimeoutError:
                pass
        return self._under_way


def _refusal() -> Response:
    response = refusal(Unavailable("unavailable", "This server is being stopped; ask again.", retry_after=RETRY_AFTER))
    response.headers["Connection"] = "close"
    response.headers["Cache-Control"] = "no-store"
    return response
