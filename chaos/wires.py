"""The wires between the engine and its databases, which the campaign cuts, stalls and mends.

A `Wire` passes bytes on. What makes an outcome unknown is a connection that is lost around COMMIT, so it knows what a
COMMIT looks like to PostgreSQL and to Neo4j, and can be set to lose the next one: before the server has it, once it was
sent, or once the server has done it and its answer is on the way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final


class Loss(StrEnum):
    """When around a COMMIT a connection is lost; the engine cannot tell one from another."""

    BEFORE = "before"
    """The server never gets it: nothing is written."""
    SENT = "sent"
    """The server gets it, and finds nobody to answer."""
    ANSWERED = "answered"
    """The server has done it; its answer gets lost."""


POSTGRES_COMMIT: Final = b"COMMIT\0"
"""In the simple protocol's Query and the extended one's Parse; no parameter's text holds a NUL."""
BOLT_COMMIT: Final = b"\x00\x02\xb0\x12\x00\x00"
"""A chunk of two bytes, the message COMMIT without fields (Bolt 5)."""

_LARGEST_READ: Final = 262_144


class Wire:
    """Passes connections on to what `dial` reaches. Whole at first; `listen` opens it."""

    def __init__(self, dial: Callable[["End"], Awaitable[object]], commit: bytes) -> None:
        self.dial = dial
        self._commit = commit
        self.pairs: set[_Pair] = set()
        self._losses: list[Loss] = []
        self.stalled = False
        self.cut = False
        self.lost = 0
        """How many connections were lost around a COMMIT."""

    def lose(self, loss: Loss) -> None:
        """The next COMMIT that comes along is lost like this; several are lost one after another."""
        self._losses.append(loss)

    def forgive(self) -> None:
        """No COMMIT is lost any more."""
        self._losses.clear()

    def cut_all(self) -> int:
        """Drops every connection, and each new one until `mend`; gives how many there were."""
        self.cut = True
        dropped = len(self.pairs)
        for pair in list(self.pairs):
            pair.drop()
        return dropped

    def stall(self) -> None:
        """Nothing gets through until `mend`, and nobody is told."""
        self.stalled = True
        for pair in self.pairs:
            pair.pause()

    def mend(self) -> None:
        """Passes everything on again."""
        self.cut = self.stalled = False
        for pair in self.pairs:
            pair.resume()

    def accept(self) -> asyncio.Protocol:
        """The near end of a new connection."""
        return _Pair(self).near

    def losing(self, data: bytes) -> Loss | None:
        """How the connection that says this is lost now; None where it is not."""
        return self._losses.pop(0) if self._losses and self._commit in data else None


class End(asyncio.Protocol):
    """One end of a connection: what comes in goes out at `other`."""

    def __init__(self, pair: "_Pair", received: Callable[[bytes], None]) -> None:
        self._pair = pair
        self._received = received
        self.transport: asyncio.Transport | None = None
        self.other: End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._pair.connected(self)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._received(data)

    def pause_writing(self) -> None:
        """Called by the loop: the other side is faster than this one."""
        if self.other and self.other.transport:
            with suppress(RuntimeError):
                self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the loop."""
        if self.other and self.other.transport and not self._pair.stalled:
            with suppress(RuntimeError):
                self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the loop: what is left for the other side still gets there."""
        self._pair.ended(self)


class _Pair:
    """A connection: its near end is the engine's, its far end the server's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._early: list[bytes] = []
        self._answer_gets_lost = False
        self._reaching: asyncio.Task[None] | None = None
        self.stalled = False
        self.near = End(self, self._from_engine)
        self.far = End(self, self._from_server)
        self.near.other, self.far.other = self.far, self.near

    def connected(self, end: End) -> None:
        """Dials on once the engine has connected; passes on what it said meanwhile once the server has."""
        if end is self.far:
            if self.near.transport is None or self.near.transport.is_closing():
                self.drop()
            for data in self._early:
                self._write(self.far, data)
            self._early.clear()
            if self.stalled:
                self.pause()
        elif self._wire.cut:
            self.drop()
        else:
            self._wire.pairs.add(self)
            if self._wire.stalled:
                self.pause()
            self._reaching = asyncio.get_running_loop().create_task(self._reach())

    async def _reach(self) -> None:
        try:
            await self._wire.dial(self.far)
        except OSError:
            self.drop()

    def _from_engine(self, data: bytes) -> None:
        match self._wire.losing(data):
            case None:
                self._write(self.far, data)
            case Loss.BEFORE:
                self._lose()
            case Loss.SENT:
                self._write(self.far, data)
                self._lose()
            case Loss.ANSWERED:
                self._answer_gets_lost = True
                self._write(self.far, data)

    def _from_server(self, data: bytes) -> None:
        if self._answer_gets_lost:
            self._lose()
        else:
            self._write(self.near, data)

    def _write(self, end: End, data: bytes) -> None:
        if end.transport:
            end.transport.write(data)
        elif end is self.far:
            self._early.append(data)

    def _lose(self) -> None:
        self._wire.lost += 1
        if self.near.transport:
            self.near.transport.abort()
        if self.far.transport:
            self.far.transport.close()  # not abort: what was written must reach the server

    def drop(self) -> None:
        """Ends both sides at once."""
        for end in (self.near, self.far):
            if end.transport:
                end.transport.abort()

    def ended(self, end: End) -> None:
        """One side is gone: so is the other, after what was said."""
        self._wire.pairs.discard(self)
        if end.other and end.other.transport:
            end.other.transport.close()

    def pause(self) -> None:
        """Reads from neither side."""
        self.stalled = True
        for end in (self.near, self.far):
            if end.transport:
                with suppress(RuntimeError):
                    end.transport.pause_reading()

    def resume(self) -> None:
        """Reads from both sides again."""
        self.stalled = False
        for end in (self.near, self.far):
            if end.transport:
                with suppress(RuntimeError):
                    end.transport.resume_reading()
