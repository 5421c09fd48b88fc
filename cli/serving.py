"""Runs the engine in this process: the API or the workers until they are told to stop or something dies; migrations.

Importing this takes a second, as it brings the whole engine: the commands that only call a server do without.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from api.app import create_app
from api.draining import Draining
from api.server import run, settle, uvicorn_config
from cli.signals import Signals
from cli.terminal import Failed, many, say
from engine import bootstrap
from engine.bootstrap import Engine, open_engine
from engine.settings import Settings
from engine.store import KeysMissing, MigrationError, UnsafeDatabase
from engine.workers.projector import Progress
from graph.migrations import MigrationRefused
from local.servers import Servers

Beside = Callable[[threading.Event], bool]
"""Runs in a thread of its own while the API answers, until the event is set; says whether to stop then."""

_LAST: Final = 1
"""Seconds that connections get to close when everything else has ended."""
_FINISHING: Final = "Finishing what is under way; another signal ends it at once …"
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
        run(_serve(settings, listening, signals, beside, workers, servers))


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
        await _tell_of_pause(engine)
        door = Draining(create_app(settings, engine=engine))
        server = _Server(door)
        with signals.told_to(lambda: loop.call_soon_threadsafe(asked.set)):
            answering = asyncio.create_task(server.serve(sockets=[listening]))
            await server.ready.wait()
            company = _in_thread(beside, stopping)
            try:
                why = await _until_over(asked, engine, servers, company, answering)
            finally:
                signals.close()
                say(_FINISHING)
                stopping.set()
                server.keep_no_connection()
                await _wind_down(settings.stop_grace, door, engine, company)
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
        run(_work(settings, signals))


def migrate(settings: Settings) -> tuple[int, int]:
    """Brings both databases to this version of the engine; gives how many steps PostgreSQL and Neo4j took.

    Raises:
        Failed: when another version of the engine migrated one of them.
        Unavailable: when one of them is away.
    """
    with _refusals():
        return asyncio.run(bootstrap.migrate(settings))


def rebuild_graph(
    settings: Settings, report: Callable[[Progress], None] = lambda _: None, *, resume: bool = False
) -> str:
    """Makes the live execution in Neo4j anew from the events, or goes on with that; gives its digest.

    Raises as `migrate` does.
    """
    with _refusals():
        return asyncio.run(bootstrap.rebuild_graph(settings, report, resume=resume))


@contextmanager
def _refusals() -> Generator[None]:
    """Tells of databases that are not of this version, or not safe, as of any other failure."""
    try:
        yield
    except (KeysMissing, MigrationError, MigrationRefused, UnsafeDatabase) as error:
        raise Failed(str(error)) from error


async def _work(settings: Settings, signals: Signals) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with open_engine(settings, workers=True) as engine:
        with signals.told_to(lambda: loop.call_soon_threadsafe(asked.set)):
            settle()
            say("The workers run.")
            await _tell_of_pause(engine)
            why = await _until_over(asked, engine, None)
            signals.close()
            say(_FINISHING)
            await engine.leave(settings.stop_grace)
    if why:
        raise Failed(why)


async def _wind_down(grace: float, door: Draining, engine: Engine, company: "asyncio.Future[bool]") -> None:
    """Finishes requests and work under way, side by side, within `grace` seconds; says what was left."""
    left, *_ = await asyncio.gather(door.refuse(grace), engine.leave(grace), asyncio.wait([company], timeout=grace))
    if left:
        say(f"{many(left, 'request')} did not end in time.")


def _in_thread(beside: Beside, stopping: threading.Event) -> "asyncio.Future[bool]":
    """Runs `beside` in a thread whose end nobody waits for; gives what it says."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bool] = loop.create_future()

    def tell(result: bool, error: Exception | None) -> None:
        if not future.done():
            future.set_exception(error) if error else future.set_result(result)

    def go() -> None:
        result, raised = True, None
        try:
            result = beside(stopping)
        except Exception as error:
            raised = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, result, raised)

    threading.Thread(target=go, name="beside", daemon=True).start()
    return future


async def _tell_of_pause(engine: Engine) -> None:
    """Tells who starts workers that they rest, as they do after a restore."""
    if engine.drum and await engine.workers.standing():
        say("All workers are paused: `wayline workers status` says why, `wayline workers resume` lets them go on.")


async def _until_over(
    asked: asyncio.Event,
    engine: Engine,
    servers: Servers | None,
    company: "asyncio.Future[bool] | None" = None,
    answering: "asyncio.Task[None] | None" = None,
) -> str:
    """Waits for the end; gives what died, or nothing where somebody asked for it."""
    dying = asyncio.create_task(_death(engine, servers))
    asking = asyncio.create_task(asked.wait())
    others: set[asyncio.Future[bool] | asyncio.Task[None]] = {one for one in (company, answering) if one}
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
        super().__init__(uvicorn_config(app, grace=_LAST))
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, and tells that it is done."""
        await super().startup(sockets)
        settle()
        self.ready.set()

    def keep_no_connection(self) -> None:
        """Lets the answers to requests under way say that their connection is closed after them."""
        for connection in list(self.server_state.connections):
            if cycle := getattr(connection, "cycle", None):
                cycle.keep_alive = False

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the signals to `cli.signals`."""
        yield
