"""Requests to the API, and what became of each: answered, never sent, or unknown because the connection was lost."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bench.wire import Reader

_JSON: Final = "application/json"


class NeverSent(Exception):
    """Nobody listens there: the server cannot have seen the request."""


class LostAnswer(Exception):
    """The request went out and no answer came back: what became of it is unknown."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where an API process listens."""

    host: str
    port: int


class Line(Reader):
    """A connection to one place, made anew when it was lost; one request under way."""

    def __init__(self, place: Place, token: str) -> None:
        super().__init__(place.host, token, LostAnswer)
        self._place = place

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: str = "",
        id: str = "",
        media: str = _JSON,
        seconds: float = 15,
    ) -> Reply:
        """The answer to a request with this idempotency key and correlation id, whatever its status.

        Raises:
            NeverSent: when nobody listens.
            LostAnswer: when the connection is lost, or `seconds` pass.
        """
        await self.reach()
        assert self._transport, "it is connected"
        head = f"{method} {path} {self._fixed}"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        if id:
            head += f"X-Request-ID: {id}\r\n"
        if method != "GET":
            head += f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(f"{head}\r\n".encode() + body)
        try:
            async with asyncio.timeout(seconds):
                return Reply(*await self._answer)
        except TimeoutError:
            self.close()
            raise LostAnswer(f"no answer in {seconds:g} s") from None

    async def reach(self) -> None:
        """Connects, if it is not; raises `NeverSent` when nobody listens."""
        if self._transport is None or self._transport.is_closing():
            await self._connect()

    async def until_answered(
        self, method: str, path: str, body: bytes = b"", *, media: str = _JSON, seconds: float = 60
    ) -> Reply:
        """The first answer that does not say to try again (503); what is asked may be done twice.

        Raises:
            TimeoutError: when there is none in time.
        """
        async with asyncio.timeout(seconds):
            while True:
                with suppress(NeverSent, LostAnswer):
                    reply = await self.ask(method, path, body, media=media)
                    if reply.status != 503:
                        return reply
                await asyncio.sleep(0.05)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport:
            self._transport.abort()

    async def _connect(self) -> None:
        self._buffer = b""
        try:
            async with asyncio.timeout(5):
                await asyncio.get_running_loop().create_connection(lambda: self, self._place.host, self._place.port)
        except (OSError, TimeoutError) as error:
            raise NeverSent(str(error)) from error
