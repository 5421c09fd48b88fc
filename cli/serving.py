"""Runs the API in this process until it is told to stop, or until something it needs dies.

The address is taken before anything else is started, so that a taken port costs nobody a start of the servers.
"""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import uvicorn

from api.app import create_app
from cli.signals import Signals
from cli.terminal import Failed, say
from engine.bootstrap import Engine, open_engine
from engine.settings import Settings
from local.servers import Servers

Beside = Callable[[threading.Event], bool]
"""Runs in a thread of its own while the API answers, until the event is set; says whether to stop then."""

_GRACE: Final = 8
"""Seconds that requests under way get."""
_PULSE: Final = 0.25
"""Seconds between two looks at the private servers."""
_BACKLOG: Final = 2048


def listen(host: str, port: int, *, otherwise_free: bool = False) -> socket.socket:
    """Takes the address; from now on whoever calls waits for the answer.

    Args:
        host: an address or a name of this machine.
        port: 0 takes a free one.
        otherwise_free: where the port is taken, take a free one.

    Raises:
        Failed: where it is taken, or is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise Failed(f"{host} is no address of this machine.", "Give another with --host, such as 127.0.0.1.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if otherwise_free and error.errno == errno.EADDRINUSE:
            return listen(host, 0)
        raise _refused(host, port, error) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """Where the API is called; a server that listens everywhere is called on this machine."""
    name: tuple[str, int] = listening.getsockname()[:2]
    host, port = name
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked for, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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


async def work(settings: Settings, signals: Signals) -> None:
    """Runs the workers until a signal comes.

    Raises:
        Failed: when one of them died.
    """
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


def _refused(host: str, port: int, error: OSError) -> Failed:
    match error.errno:
        case errno.EADDRINUSE:
            return Failed(f"Port {port} of {host} is taken.", "Stop what listens there, or choose another with --port.")
        case errno.EACCES:
            return Failed(f"Port {port} is not for ordinary users.", "Choose one above 1023 with --port.")
        case _:
            return Failed(
                f"{host}:{port} cannot be listened on: {error.strerror}.", "Give another address with --host."
            )
