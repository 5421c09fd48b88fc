"""Runs the engine in this process: the API or the workers until they are told to stop or something dies; migrations.

Importing this takes a second, as it brings the whole engine: the commands that only call a server do without.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import uvicorn

from api.app import create_app
from cli.signals import Signals
from cli.terminal import Failed, say
from engine import bootstrap
from engine.bootstrap import Engine, open_engine
from engine.settings import Settings
from engine.store import MigrationError
from graph.migrations import MigrationRefused
from local.servers import Servers

Beside = Callable[[threading.Event], bool]
"""Runs in a thread of its own while the API answers, until the event is set; says whether to stop then."""

_GRACE: Final = 8
"""Seconds that requests under way get."""
_PULSE: Final = 0.25
"""Seconds between two looks at the private servers."""


def serve(
    settings: Settings,
    listening: socket.socket,
    signals: Signals,
    beside: Beside,
    *,
    workers: bool,
    servers: Servers | None = None,
) -> None:
    """Answers on `listening` until a signal comes or `beside` wants to stop; then ends in good order.

    Raises:
        Failed: when a worker or one of the private servers died; what `beside` raised.
    """
    with _refusals():
        asyncio.run(_serve(settings, listening, signals, beside, workers, servers))


async def _serve(
    settings: Settings,
    listening: socket.socket,
    signals: Signals,
    beside: Beside,
    workers: bool,
    servers: Servers | None,
) -> None:
    asked, stopping = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    async with open_engine(settings, workers=workers) as engine:
        server = _Server(create_app(settings, engine=engine))
        with signals.told_to(lambda: loop.call_soon_threadsafe(asked.set)):
            answering = asyncio.create_task(server.serve(sockets=[listening]))
            await server.ready.wait()
            company = asyncio.create_task(asyncio.to_thread(beside, stopping))
            try:
                why = await _until_over(asked, engine, servers, company, answering)
            finally:
                signals.close()
                stopping.set()
                if not company.done():
                    await asyncio.wait([company], timeout=_GRACE)
                server.should_exit = True
                await answering
    if why:
        raise Failed(why)
    if company.done() and not asked.is_set():
        company.result()


def work(settings: Settings, signals: Signals) -> None:
    """Runs the workers until a signal comes.

    Raises:
        Failed: when one of them died.
    """
    with _refusals():
        asyncio.run(_work(settings, signals))


def migrate(settings: Settings) -> tuple[int, int]:
    """Brings both databases to this version of the engine; gives how many steps PostgreSQL and Neo4j took.

    Raises:
        Failed: when another version of the engine migrated one of them.
        Unavailable: when one of them is away.
    """
    with _refusals():
        return asyncio.run(bootstrap.migrate(settings))


def rebuild_graph(settings: Settings) -> str:
    """Makes the live execution in Neo4j anew from the events; gives its digest. Raises as `migrate` does."""
    with _refusals():
        return asyncio.run(bootstrap.rebuild_graph(settings))


@contextmanager
def _refusals() -> Generator[None]:
    """Tells of databases that are not of this version as of any other failure."""
    try:
        yield
    except (MigrationError, MigrationRefused) as error:
        raise Failed(str(error)) from error


async def _work(settings: Settings, signals: Signals) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with open_engine(settings, workers=True) as engine:
        with signals.told_to(lambda: loop.call_soon_threadsafe(asked.set)):
            say("The workers run.")
            why = await _until_over(asked, engine, None)
            signals.close()
    if why:
        raise Failed(why)


async def _until_over(
    asked: asyncio.Event,
    engine: Engine,
    servers: Servers | None,
    company: "asyncio.Task[bool] | None" = None,
    answering: "asyncio.Task[None] | None" = None,
) -> str:
    """Waits for the end; gives what died, or nothing where somebody asked for it."""
    dying = asyncio.create_task(_death(engine, servers))
    asking = asyncio.create_task(asked.wait())
    others: set[asyncio.Task[bool] | asyncio.Task[None]] = {one for one in (company, answering) if one}
    try:
        while True:
            await asyncio.wait({dying, asking, *others}, return_when=asyncio.FIRST_COMPLETED)
            if dying.done():
                return dying.result()
            if answering and answering.done():
                return "The API ended by itself."
            if asking.done():
                return ""
            if company and company.done():
                if company.exception() or company.result():
                    return ""
                others.discard(company)
    finally:
        dying.cancel()
        asking.cancel()


async def _death(engine: Engine, servers: Servers | None) -> str:
    """Waits until a worker or a server dies; says which."""
    while True:
        if servers and (dead := servers.poll()):
            return dead.sentence
        if engine.drum and engine.drum.broken.done():
            return engine.drum.broken.result()
        await asyncio.sleep(_PULSE)


class _Server(uvicorn.Server):
    """uvicorn, without its signal handlers: it raises the signal again at its end, before the servers are stopped."""

    def __init__(self, app: object) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type]
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, and tells that it is done."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the signals to `cli.signals`."""
        yield
