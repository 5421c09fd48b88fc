"""Requests to the API, and what became of each: answered, never sent, or unknown because the connection was lost."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
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


class Line(asyncio.Protocol):
    """A connection to one place, made anew when it was lost; one request under way."""

    def __init__(self, place: Place, token: str) -> None:
        self._place = place
        self._fixed = f"HTTP/1.1\r\nHost: {place.host}\r\nAuthorization: Bearer {token}\r\n"
        self._buffer = b""
        self._answer: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

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
                return await self._answer
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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the loop; the answer is whole when its content-length is there."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) >= whole and self._answer and not self._answer.done():
            reply = Reply(int(self._buffer[9:12]), self._buffer[end + 4 : whole])
            self._buffer = self._buffer[whole:]
            self._answer.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        if self._answer and not self._answer.done():
            self._answer.set_exception(LostAnswer(str(exc or "the connection was closed")))
