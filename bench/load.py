"""The load, in a process of its own: clients that ask one thing after another, and how long each answer took.

`python -m bench.load` reads an `Order` from its input, warms up, puts in place what the load needs, and prints one line
when the clock starts, one when it stops, and at last a `Measured`.
"""

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Final
from urllib.parse import urlsplit

import msgspec

from bench import floor
from bench.drives import OVER_HTTP, Crew, Drive, NothingLeft
from bench.paths import WAYS
from bench.wire import Wire

STARTS: Final = "starts"
STOPS: Final = "stops"
_FIRST_ROUND: Final = 400
"""Operations that the first round of the warm-up is given."""
_STARTERS: Final = 16
"""Connections that put things in place."""
_SPARE: Final = 1.3
"""How much more is provided than the rate of the warm-up asks for."""
_LOOK: Final = 0.25
"""Seconds between two looks at the projection's lag."""
_PAUSE: Final = 0.02
"""Seconds between two looks at whether it has caught up."""
_CATCH_UP: Final = 120.0
"""Seconds after which a projection is given up on."""


class Order(msgspec.Struct, frozen=True):
    """What to do, along one of the `WAYS`.

    `rate` (operations a second) makes an open loop; without, clients ask as fast as they are answered.
    `address` is a server's URL, or the database's for the floor without a server. `projected`: the projection has
    caught up before the clock starts, its lag is looked at meanwhile, and how long it takes to catch up afterwards.
    """

    drive: str
    way: str
    address: str
    clients: int
    seconds: float
    warm: float
    token: str = ""
    rate: float | None = None
    projected: bool = False


class Lag(msgspec.Struct, frozen=True):
    """How far the projection was behind in 99 of 100 looks, at worst, and how long it took to catch up at the end."""

    p99_seconds: float
    worst_seconds: float
    worst_events: int
    catch_up_seconds: float


class Measured(msgspec.Struct, frozen=True):
    """What came out. Latencies are those of requests, in milliseconds; in an open loop from when they were due."""

    done: int
    seconds: float
    p50: float
    p95: float
    p99: float
    worst: float
    load_cpu: float
    lag: Lag | None = None


class _Projection(msgspec.Struct):
    events: int
    seconds: float


class _Ready(msgspec.Struct):
    projection: _Projection | None = None


class Round:
    """One stretch of load: what it did and how long each request took."""

    def __init__(self, drive: Drive, clients: int, seconds: float, rate: float | None) -> None:
        self._drive = drive
        self._clients = clients
        self._rate = rate
        self._numbers = itertools.count()
        self._began = time.perf_counter()
        self._until = self._began + seconds
        self.done = 0
        self.took: list[float] = []

    async def run(self) -> float:
        """Lets the clients work; gives the seconds until the last answer."""
        await asyncio.gather(*map(self._client, range(self._clients)))
        return time.perf_counter() - self._began

    async def _client(self, client: int) -> None:
        with suppress(NothingLeft):
            while (due := await self._next()) < self._until:
                operations = await self._drive.once(client)
                self.took.append(time.perf_counter() - due)
                self.done += operations

    async def _next(self) -> float:
        """When the next request is due: now, or in an open loop its place in the row, which is waited for."""
        now = time.perf_counter()
        if self._rate is None:
            return now
        due = self._began + next(self._numbers) / self._rate
        if now < due < self._until:
            await asyncio.sleep(due - now)
        return due


class Watcher:
    """Looks at the projection's lag over a connection of its own."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._seen: list[_Projection] = []

    async def look(self) -> _Projection | None:
        """How far it is behind now; None where that is not known."""
        return msgspec.json.decode(await self._wire.get("/health/ready"), type=_Ready).projection

    async def watch(self) -> None:
        """Looks again and again, until cancelled."""
        while True:
            if seen := await self.look():
                self._seen.append(seen)
            await asyncio.sleep(_LOOK)

    async def catch_up(self) -> float:
        """Waits until there is no lag; gives the seconds that took.

        Raises:
            TimeoutError: after two minutes.
        """
        began = time.perf_counter()
        async with asyncio.timeout(_CATCH_UP):
            while True:
                seen = await self.look()
                if seen is not None and seen.events == 0:
                    return time.perf_counter() - began
                await asyncio.sleep(_PAUSE)

    async def lag(self) -> Lag:
        """What was seen, once it has caught up."""
        took = await self.catch_up()
        behind = sorted(seen.seconds for seen in self._seen) or [0.0]
        p99 = behind[min(int(0.99 * len(behind)), len(behind) - 1)]
        events = max((seen.events for seen in self._seen), default=0)
        return Lag(round(p99, 3), round(behind[-1], 3), events, round(took, 3))


async def fulfil(order: Order) -> Measured:
    """Warms up, measures, and tells of both ends on standard output."""
    async with AsyncExitStack() as stack:
        drive = await _drive(stack, order)
        watcher = Watcher(await _wire(stack, order)) if order.projected else None
        rate = await _warm_up(drive, order)
        await drive.provide(int(max(rate, order.rate or 0) * order.seconds * _SPARE))
        if watcher:
            await watcher.catch_up()
        gc.collect()
        gc.disable()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watcher.watch()) if watcher else None
            tell(STARTS)
            cpu, measured = time.process_time(), Round(drive, order.clients, order.seconds, order.rate)
            seconds = await measured.run()
            cpu = time.process_time() - cpu
            tell(STOPS)
            if watching:
                watching.cancel()
        return _measured(measured, seconds, cpu, await watcher.lag() if watcher else None)


async def _warm_up(drive: Drive, order: Order) -> float:
    """Rounds of the same load, each with twice as much as the last, until the time is over; gives the last's rate."""
    began, amount, rate = time.perf_counter(), _FIRST_ROUND, 0.0
    while (left := order.warm - (time.perf_counter() - began)) > 0:
        await drive.provide(amount)
        warm = Round(drive, order.clients, left, order.rate)
        seconds = await warm.run()
        rate = warm.done / seconds if warm.done else rate
        amount *= 2
    return rate


async def _drive(stack: AsyncExitStack, order: Order) -> Drive:
    if order.drive in _DIRECT:
        return _DIRECT[order.drive](await floor.Floor.open(stack, order.address, order.clients))
    wires = [await _wire(stack, order) for _ in range(max(order.clients, _STARTERS))]
    return OVER_HTTP[order.drive](Crew(wires, order.clients, WAYS[order.way]))


async def _wire(stack: AsyncExitStack, order: Order) -> Wire:
    url = urlsplit(order.address)
    assert url.hostname and url.port, "a server's address has a port"
    wire = await Wire.open(url.hostname, url.port, order.token)
    stack.callback(wire.close)
    return wire


def _measured(measured: Round, seconds: float, cpu: float, lag: Lag | None) -> Measured:
    took = sorted(measured.took)
    assert took, "nothing was answered"
    p50, p95, p99, worst = (1000 * took[min(int(share * len(took)), len(took) - 1)] for share in (0.5, 0.95, 0.99, 1))
    return Measured(measured.done, seconds, p50, p95, p99, worst, cpu, lag)


_DIRECT: Final[dict[str, Callable[[floor.Floor], Drive]]] = {"singly": floor.Singly, "setwise": floor.Setwise}


def tell(line: str) -> None:
    """One line to whoever ordered this."""
    print(line, flush=True)


def main() -> None:
    """Fulfils the order on standard input."""
    order = msgspec.json.decode(sys.stdin.read(), type=Order)
    tell(msgspec.json.encode(asyncio.run(fulfil(order))).decode())


if __name__ == "__main__":
    main()
