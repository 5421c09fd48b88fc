"""The private servers of one data folder: start them, know where they are, notice when one dies, stop them.

    with Servers.start(Path(".wayline"), on_progress=print) as servers:
        connect(servers.addresses.postgres_url)

What happens when this process is killed here? At any moment each server is on record (`local.processes`), a guard ends
those on record as soon as the owner is gone (`local.guard`), and if the guard was killed too the next start does.
"""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from local.errors import LocalError
from local.guard import Guard
from local.home import Home, cannot_write
from local.neo4j import USER, RunningNeo4j, start_neo4j
from local.postgres import RunningPostgres, start_postgres
from local.processes import Child, Processes, end_recorded
from local.settings import ServerSettings
from local.waiting import StartAbandoned, ended_early

__all__ = ["Addresses", "LocalError", "ServerSettings", "Servers"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the started servers are. The fields of a server that was not asked for are empty.

    `postgres_url` is a libpq URL with its password, `neo4j_uri` a `bolt://` one without. A PostgreSQL that is not
    `postgres_durable` runs with `fsync` off, as its settings asked for.
    """

    postgres_url: str
    neo4j_uri: str
    neo4j_user: str
    neo4j_password: str
    neo4j_password_file: Path
    postgres_durable: bool = True


class Servers:
    """Started servers. Belongs to one thread; `stop` may be called more than once."""

    def __init__(self, home: Home, guard: Guard, processes: Processes, settings: ServerSettings) -> None:
        self._home = home
        self._guard = guard
        self._processes = processes
        self._settings = settings
        self._postgres: RunningPostgres | None = None
        self._neo4j: RunningNeo4j | None = None
        self._stopped = False

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        postgres: bool = True,
        neo4j: bool = True,
        on_progress: Callable[[str], None] = lambda text: None,
        settings: ServerSettings | None = None,
    ) -> Self:
        """Own `data_dir`, end what a killed run left in it, and start the servers side by side until both are ready.

        `on_progress` is told one line at a time, from several threads. Raises `LocalError` with a sentence for the
        person at the terminal; then, as after Ctrl-C, nothing is left running.
        """
        settings = settings or ServerSettings.from_environment()
        home = Home.open(data_dir, on_progress, patience=settings.stop_timeout + 15)
        try:
            end_recorded(home.state_path, settings.stop_timeout, on_progress)
            guard = Guard.post(home, settings.stop_timeout)
        except OSError as error:
            home.close()
            raise cannot_write(home.path, error) from error
        except BaseException:
            home.close()
            raise
        servers = cls(home, guard, Processes(home.state_path), settings)
        try:
            servers._start(postgres=postgres, neo4j=neo4j, on_progress=on_progress)
        except OSError as error:
            servers.stop()
            raise cannot_write(home.path, error) from error
        except BaseException:
            servers.stop()
            raise
        return servers

    @property
    def addresses(self) -> Addresses:
        """Where to connect."""
        return Addresses(
            postgres_url=self._postgres.url if self._postgres else "",
            neo4j_uri=self._neo4j.uri if self._neo4j else "",
            neo4j_user=USER if self._neo4j else "",
            neo4j_password=self._neo4j.password if self._neo4j else "",
            neo4j_password_file=self._neo4j.password_file if self._neo4j else Path(),
            postgres_durable=self._postgres is None or self._settings.postgres_durable,
        )

    def poll(self) -> LocalError | None:
        """None while all is well; else which server ended by itself, with the end of its log. Costs microseconds."""
        dead = next((child for child in self._children() if child.ended()), None)
        return None if dead is None or self._stopped else ended_early(dead)

    def stop(self) -> None:
        """End the servers in good order, side by side, by force after `stop_timeout` seconds. The data stays."""
        if self._stopped:
            return
        self._stopped = True
        try:
            self._processes.end_all(self._settings.stop_timeout)
        finally:
            self._guard.dismiss()
            self._home.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _children(self) -> list[Child]:
        return [running.child for running in (self._postgres, self._neo4j) if running is not None]

    def _start(self, *, postgres: bool, neo4j: bool, on_progress: Callable[[str], None]) -> None:
        abandoned = threading.Event()
        shared = (self._home, self._processes, self._settings, on_progress, abandoned)

        def begin_postgres() -> None:
            self._postgres = start_postgres(*shared)

        def begin_neo4j() -> None:
            self._neo4j = start_neo4j(*shared)

        wanted = [begin for begin, asked in ((begin_postgres, postgres), (begin_neo4j, neo4j)) if asked]
        with ThreadPoolExecutor(2, thread_name_prefix="start") as pool:
            starts = [pool.submit(begin) for begin in wanted]
            try:
                wait(starts, return_when=FIRST_EXCEPTION)
            finally:  # the pool waits for what is still going on: after a failure or Ctrl-C, not for long
                if any(not start.done() or start.exception() for start in starts):
                    abandoned.set()
        errors = [error for start in starts if (error := start.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, StartAbandoned)):
            raise error
