"""One private server that can be killed and started again in its place, as often as the campaign wants."""

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import psutil  # type: ignore[import-untyped]

from local.errors import LocalError
from local.servers import Addresses, Servers, ServerSettings

Which = Literal["postgres", "neo4j"]

_TRIES: Final = 5
_GONE_SECONDS: Final = 20.0
"""How long children of a killed server may take to notice."""
_PAUSE: Final = 0.02


class Server:
    """PostgreSQL or Neo4j, durable as in production, in a data folder of its own."""

    def __init__(self, which: Which, folder: Path) -> None:
        self.which: Which = which
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=which)  # `Servers` belongs to one thread
        self._servers: Servers | None = None

    @property
    def addresses(self) -> Addresses:
        """Where it is, or was when it ran last."""
        assert self._servers, "it has been started"
        return self._servers.addresses

    @property
    def pid(self) -> int:
        """Its process: the postmaster, or the JVM."""
        rows = json.loads((self._folder / "servers.json").read_text("utf-8"))
        pid: int = next(row["pid"] for row in rows if row["name"] == self.which)
        return pid

    def runs(self) -> bool:
        """Whether it has not been killed since it was started."""
        return self._servers is not None and self._servers.poll() is None

    def children(self) -> list[psutil.Process]:
        """The processes of the server beside its first."""
        with suppress(psutil.NoSuchProcess):
            found: list[psutil.Process] = psutil.Process(self.pid).children(recursive=True)
            return found
        return []

    def backends(self) -> list[int]:
        """The processes of PostgreSQL that serve the engine's connections."""
        found: list[int] = []
        for child in self.children():
            with suppress(psutil.Error):
                if " wayline " in f"{' '.join(child.cmdline())} ":
                    found.append(child.pid)
        return found

    async def start(self) -> None:
        """Starts it, and waits until it answers.

        Raises:
            LocalError: when it does not, several times.
        """
        loop = asyncio.get_running_loop()
        for left in reversed(range(_TRIES)):
            try:
                self._servers = await loop.run_in_executor(self._thread, self._begin)
            except LocalError:
                if not left:
                    raise
            else:
                return

    async def kill(self) -> None:
        """kill -9 of its first process; returns when all of its processes are gone."""
        pid, children = self.pid, self.children()
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(_GONE_SECONDS):
            # The postmaster's children end by themselves; a new one does not start before.
            while any(_runs(child) for child in children):  # noqa: ASYNC110 - another process's end
                await asyncio.sleep(_PAUSE)

    async def start_again(self) -> None:
        """After a kill: what is left is cleared away, and the same data is served again."""
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """Ends it in good order, if it runs."""
        if self._servers:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._servers.stop)

    def _begin(self) -> Servers:
        settings = replace(
            ServerSettings.from_environment(),
            postgres_durable=True,
            postgres_may_create_databases=True,
            neo4j_short_lived=True,
        )
        wanted = self.which == "postgres"
        return Servers.start(self._folder, postgres=wanted, neo4j=not wanted, settings=settings)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
