"""A light HTTP/1.1 client: one kept-alive connection, one request under way, no more of the protocol than that takes.

A client library costs more of the processor than the server's own work, and the two share a machine here.
"""

import asyncio
import re
from typing import Final, Self

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Refused(Exception):
    """The server answered with another status than 2xx; a bench in which that happens measures nothing."""


class Reader(asyncio.Protocol):
    """A connection on which one answer at a time is read: `_answer` gets its status and body.

    `lost` is what an answer that will not come any more becomes.
    """

    def __init__(self, host: str, token: str, lost: type[Exception]) -> None:
        self._fixed = f"HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        self._lost = lost
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

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
            status, body = int(self._buffer[9:12]), self._buffer[end + 4 : whole]
            self._buffer = self._buffer[whole:]
            self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        if self._answer and not self._answer.done():
            self._answer.set_exception(self._lost(f"the connection was lost: {exc}"))


class Wire(Reader):
    """One connection, made anew where the server has closed it because nothing was asked for seconds.

    Nothing may be asked before the last answer is there.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        super().__init__(host, token, Refused)
        self._address = host, port

    @classmethod
    async def open(cls, host: str, port: int, token: str) -> Self:
        """Connects."""
        wire = cls(host, port, token)
        await wire._connect()
        return wire

    async def post(self, path: str, body: bytes, key: str) -> bytes:
        """The body of the answer to a command with this idempotency key.

        Raises:
            Refused: when its status is none of 2xx.
        """
        head = (
            f"POST {path} {self._fixed}Idempotency-Key: {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await self._ask(head.encode() + body)

    async def get(self, path: str) -> bytes:
        """The body of the answer to a read; raises `Refused` as `post` does."""
        return await self._ask(f"GET {path} {self._fixed}\r\n".encode())

    def close(self) -> None:
        """Ends the connection."""
        if self._transport:
            self._transport.close()

    async def _ask(self, request: bytes) -> bytes:
        if self._transport is None or self._transport.is_closing():
            await self._connect()
        assert self._transport, "it is connected"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status, body = await self._answer
        if not 200 <= status < 300:
            raise Refused(f"{status}: {body.decode(errors='replace')[:500]}")
        return body

    async def _connect(self) -> None:
        self._buffer = b""
        await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
