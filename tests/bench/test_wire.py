"""The light client of the loads reads answers as they come, in pieces too."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.wire import Refused, Wire

ANSWERS = {
    "/whole": [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    "/pieces": [b"HTTP/1.1 201 Cre", b"ated\r\ncontent-length: 4\r", b"\n\r\nda", b"ta"],
    "/empty": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "/wrong": [b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\nwhy"],
}


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A connection to a server that knows `ANSWERS`, and hangs up at any other address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            headers = await reader.readuntil(b"\r\n\r\n")
            if b"Content-Length: 4" in headers:
                await reader.readexactly(4)
            for piece in ANSWERS.get(line.split()[1].decode(), []):
                writer.write(piece)
                await writer.drain()
            if line.split()[1].decode() not in ANSWERS:
                break
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        opened = await Wire.open(*server.sockets[0].getsockname()[:2], token="t")
        yield opened
        opened.close()


async def test_answers_come_one_after_another_over_one_connection(wire: Wire):
    assert await wire.get("/whole") == b"ok"
    assert await wire.post("/pieces", b"body", key="k") == b"data"
    assert await wire.get("/empty") == b""
    assert await wire.get("/whole") == b"ok"


async def test_a_refusal_is_not_counted_as_an_answer(wire: Wire):
    with pytest.raises(Refused, match="409: why"):
        await wire.get("/wrong")


async def test_a_lost_answer_is_told_at_once_and_the_connection_is_made_anew(wire: Wire):
    with pytest.raises(Refused):
        await wire.get("/hang-up")
    assert await wire.get("/whole") == b"ok"
