"""The wires between the engine and its databases, on a server that answers with what it was told."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chaos.wires import POSTGRES_COMMIT, Loss, Wire
from tests.waiting import until

COMMIT = b"Q\x00\x00\x00\x0b" + POSTGRES_COMMIT


class Far:
    """A server that says back what it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            self.heard += data
            writer.write(data)
        writer.close()


@pytest.fixture
async def far() -> Far:
    return Far()


@pytest.fixture
async def wire(far: Far) -> AsyncIterator[tuple[Wire, int]]:
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(far.serve, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    made = Wire(lambda end: loop.create_connection(lambda: end, "127.0.0.1", port), POSTGRES_COMMIT)
    near = await loop.create_server(made.accept, "127.0.0.1", 0)
    yield made, near.sockets[0].getsockname()[1]
    near.close()
    server.close()
    made.cut_all()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def said(port: int, *texts: bytes) -> bytes:
    """What comes back until the connection ends or everything has."""
    reader, writer = await connected(port)
    back = b""
    try:
        for text in texts:
            writer.write(text)
            back += await reader.readexactly(len(text))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()
    return back


async def test_what_is_said_gets_through_both_ways(wire: tuple[Wire, int], far: Far):
    assert await said(wire[1], b"one", b"two") == b"onetwo" == far.heard


@pytest.mark.parametrize(("loss", "heard"), [(Loss.BEFORE, b"one"), (Loss.SENT, b"one" + COMMIT)])
async def test_a_commit_is_lost_before_the_server_has_it_or_after(
    wire: tuple[Wire, int], far: Far, loss: Loss, heard: bytes
):
    made, port = wire
    made.lose(loss)
    assert await said(port, b"one", COMMIT) == b"one"

    async def there() -> bool:
        return far.heard == heard

    await until(there)
    assert made.lost == 1


async def test_of_a_commit_that_is_done_the_answer_is_lost_and_of_the_next_one_nothing(
    wire: tuple[Wire, int], far: Far
):
    made, port = wire
    made.lose(Loss.ANSWERED)
    assert await said(port, COMMIT) == b""
    assert far.heard == COMMIT, "the server has answered"
    assert await said(port, COMMIT) == COMMIT
    assert made.lost == 1


async def test_a_loss_that_is_forgiven_loses_nothing(wire: tuple[Wire, int]):
    made, port = wire
    made.lose(Loss.BEFORE)
    made.forgive()
    assert await said(port, COMMIT) == COMMIT


async def test_a_cut_drops_every_connection_and_each_new_one_until_it_is_mended(wire: tuple[Wire, int]):
    made, port = wire
    reader, writer = await connected(port)
    writer.write(b"one")
    assert await reader.readexactly(3) == b"one"
    assert made.cut_all() == 1
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert await said(port, b"two") == b""
    made.mend()
    assert await said(port, b"three") == b"three"


async def test_while_it_stalls_nothing_gets_through_and_then_all_does(wire: tuple[Wire, int], far: Far):
    made, port = wire
    reader, writer = await connected(port)
    writer.write(b"one")
    assert await reader.readexactly(3) == b"one"
    made.stall()
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readexactly(3), 0.1)
    assert far.heard == b"one"
    made.mend()
    assert await reader.readexactly(3) == b"two"
    writer.close()
