"""How requests come off the wire: by httptools, with a bound on what is no body, in the fastest loop there is."""

import asyncio
import sys
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from api.server import MOST_HEAD, BoundedProtocol, run, uvicorn_config
from tests.waiting import until

PIECE = b"x" * 4096


class Wire(asyncio.Transport):
    """The server's side of a connection: keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5000), "sockname": ("127.0.0.1", 8000)})
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def count(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers with how many bytes the body has."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    text = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture
async def wire() -> Wire:
    return Wire()


@pytest.fixture
async def protocol(wire: Wire) -> BoundedProtocol:
    """The protocol of a connection that was just made."""
    config = uvicorn_config(count)
    config.load()
    made = BoundedProtocol(config, ServerState(), {})
    made.connection_made(wire)
    return made


def flood(protocol: BoundedProtocol, wire: Wire, pieces: int) -> int:
    """Sends so many pieces, or as many as the server takes; gives how many."""
    for sent in range(pieces):
        if wire.closed:
            return sent
        protocol.data_received(PIECE)
    return pieces


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nX-Long: ",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX-Long: ",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
)
async def test_a_head_or_trailer_without_end_is_cut_off(protocol: BoundedProtocol, wire: Wire, start: bytes):
    protocol.data_received(start)
    sent = flood(protocol, wire, 1000)
    assert sent <= MOST_HEAD // len(PIECE) + 2
    assert b"HTTP/1.1 400 " in wire.written


async def test_a_head_of_many_small_headers_is_cut_off(protocol: BoundedProtocol, wire: Wire):
    protocol.data_received(b"GET / HTTP/1.1\r\n")
    for n in range(100_000):
        if wire.closed:
            break
        protocol.data_received(b"X-%d: y\r\n" % n)
    assert b"HTTP/1.1 400 " in wire.written


async def test_a_body_may_be_longer_than_a_head(protocol: BoundedProtocol, wire: Wire):
    pieces = 4 * MOST_HEAD // len(PIECE)
    protocol.data_received(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (pieces * len(PIECE)))
    assert flood(protocol, wire, pieces) == pieces
    await until(lambda: _ends_with(wire, str(pieces * len(PIECE)).encode()))


async def test_many_requests_on_one_connection_are_each_measured_alone(protocol: BoundedProtocol, wire: Wire):
    head = b"GET / HTTP/1.1\r\nX-Long: " + b"y" * (MOST_HEAD // 4) + b"\r\n\r\n"
    for n in range(1, 9):
        protocol.data_received(head)
        await until(lambda n=n: _answered(wire, n))
    assert not wire.closed


def test_the_loop_is_uvloops_where_there_is_one():
    async def loop() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run(loop()) == ("uvloop" if sys.platform != "win32" else "asyncio.windows_events")


async def _ends_with(wire: Wire, text: bytes) -> bool:
    return wire.written.endswith(text)


async def _answered(wire: Wire, times: int) -> bool:
    return wire.written.count(b"HTTP/1.1 200 OK") == times
