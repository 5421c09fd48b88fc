"""What is measured, put up: private servers, durable as in production, with one revision's API and workers on them.

The revision's own programs are started (`wayline migrate`, `serve`, `work`), so that an earlier one is measured by the
same bench. Everything ends with the rig.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from api.auth import make_token
from bench import floor
from bench.filling import Pattern
from bench.paths import CROWD, ROLE, WAYS, Way
from bench.revision import ROOT, Revision
from bench.storm import Storm
from local.ports import free_port
from local.servers import Servers, ServerSettings

_PATIENCE: Final = 30.0
_FOLLOWS: Final = 900.0
_TTL: Final = timedelta(hours=12)


class RigBroken(Exception):
    """A part of the rig does not start or does not answer; with the end of what it said."""


class Rig:
    """One revision at work. `api_url` and `floor_url` answer; `token` may start cases and do their tasks."""

    def __init__(self, revision: Revision, folder: Path, stack: ExitStack, say: Callable[[str], None]) -> None:
        """Puts everything up but the workers."""
        self.revision = revision
        self._folder = folder
        self._stack = stack
        self._secret = secrets.token_hex(32)
        self._workers: subprocess.Popen[str] | None = None
        self._wished = replace(ServerSettings.from_environment(), neo4j_bolt_port=free_port())
        self._servers = Servers.start(folder / "data", on_progress=say, settings=self._wished)
        stack.callback(self._stop)
        self._environment = self._settings(self._servers)
        self.database_url = self._servers.addresses.postgres_url
        self._run("migrate")
        asyncio.run(floor.prepare(self.database_url))
        self._open()
        self.token = make_token(self._secret, "bench", [ROLE, "officer", "designer"], _TTL)
        self._published: set[str] = set()
        self._crowd = 0
        self._active = 0
        self._say = say
        self._pattern: tuple[str, str] | None = None
        self.bytes_each: dict[str, float] | None = None

    @property
    def server_pids(self) -> dict[str, int]:
        """The processes of PostgreSQL and Neo4j, by name."""
        rows = json.loads((self._folder / "data" / "servers.json").read_text("utf-8"))
        return {row["name"]: row["pid"] for row in rows}

    @property
    def worker_pids(self) -> list[int]:
        """The process of the workers, where they run."""
        return [self._workers.pid] if self._workers else []

    def project(self, *, on: bool) -> None:
        """Starts or stops the workers, the projector among them: a process of their own, as in production."""
        if on and self._workers is None:
            self._workers = self._start([*_WAYLINE, "work"], self.revision.tree, "workers")
        elif not on and self._workers is not None:
            _end(self._workers)
            self._workers = None

    def publish(self, way: Way) -> None:
        """Publishes its journey, at the first call."""
        if way.journey not in self._published:
            self._post("/api/journeys?publish=true", way.document(), "application/yaml")
            self._published.add(way.journey)

    def crowd(self, tasks: int) -> None:
        """Sees to it that so many open tasks stand there, which nobody does."""
        way = WAYS["crowd"]
        self.publish(way)
        while self._crowd < tasks:
            self._post("/api/processes", way.start_body(f"crowd-{self._crowd}"))
            self._crowd += CROWD

    def fill(self, active: int, way: Way, *, project: bool) -> None:
        """Sees to it that so many processes are active, written after the pattern of one that was started.

        `bytes_each` then tells what one of those written last takes; with `project` the projector follows, and Neo4j's
        store is in it.
        """
        missing = active - self._active
        if missing <= 0:
            return
        if self._pattern is None:
            key = "the-pattern-of-all"
            self._pattern = json.loads(self._post("/api/processes", way.start_body(key)))["id"], key
        before = self._graph_bytes() if project else 0
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found: dict[str, float] = {"postgres": Pattern(connection, *self._pattern).multiply(missing, self._say)}
        if project:
            found["neo4j"] = round((self._graph_bytes() - before) / missing)
        self._active, self.bytes_each = active, found

    def late(self, tasks: int, storm: Storm) -> None:
        """Sees to it that so many open tasks have their target ahead; the workers rest while they are written."""
        way = WAYS["late"]
        self.publish(way)
        self.project(on=False)
        storm.gather(tasks, lambda key: json.loads(self._post("/api/processes", way.start_body(key)))["id"], self._say)

    def rebuild(self) -> tuple[int, float]:
        """Makes the live graph again from the events; gives how many there were, and the seconds of the command."""
        self.project(on=False)
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM process_events").fetchone()
        assert row, "an aggregate has a row"
        began = time.perf_counter()
        self._run("rebuild-graph")
        return int(row[0]), time.perf_counter() - began

    def parts(self) -> dict[str, list[int]]:
        """The processes that run for the engine, by kind."""
        servers = self.server_pids
        found = {"api": [self.api.pid], "postgres": [servers["postgres"]], "neo4j": [servers["neo4j"]]}
        return found | ({"workers": self.worker_pids} if self._workers else {})

    def _follow(self) -> None:
        """Returns when the projection has caught up; the workers stay."""
        self.project(on=True)
        deadline = time.monotonic() + _FOLLOWS
        while (self._health().get("projection") or {"events": 1})["events"]:
            if time.monotonic() > deadline:
                raise RigBroken(f"the projection did not catch up within {_FOLLOWS:g} s")
            time.sleep(0.2)

    def _health(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.api_url}/health/ready", timeout=_PATIENCE).json()
        return answer

    def _graph_bytes(self) -> int:
        """What Neo4j's store takes on the disk, its log left out, when the projection has caught up.

        Neo4j Community writes all of its store when it stops, and not when it is asked to.
        """
        self._follow()
        self.project(on=False)
        for process in (self.api, self.floor):
            _end(process)
        self._servers.stop()
        store = self._folder / "data" / "neo4j" / "data" / "databases" / "neo4j"
        taken = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
        self._servers = Servers.start(self._folder / "data", on_progress=self._say, settings=self._wished)
        self._environment = self._settings(self._servers)
        self._open()
        return taken

    def _stop(self) -> None:
        self._servers.stop()  # those that run by then

    def _open(self) -> None:
        """Starts what answers over HTTP."""
        self.api, self.api_url = self._serve([*_WAYLINE, "serve", "--port", "0", "--json"], self.revision.tree)
        self.floor, self.floor_url = self._serve([sys.executable, "-m", "bench.floor_api"], ROOT, self.database_url)

    def _settings(self, servers: Servers) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYLINE_")}
        addresses = servers.addresses
        return kept | {
            "WAYLINE_POSTGRES_URL": addresses.postgres_url,
            "WAYLINE_NEO4J_URI": addresses.neo4j_uri,
            "WAYLINE_NEO4J_USER": addresses.neo4j_user,
            "WAYLINE_NEO4J_PASSWORD_FILE": str(addresses.neo4j_password_file),
            "WAYLINE_DATA_DIR": str(self._folder / "data"),
            "WAYLINE_JWT_SECRET": self._secret,
        }

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [*_WAYLINE, command],
            cwd=self.revision.tree,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RigBroken(f"{self.revision.commit} refuses {command}: {done.stderr[-2000:]}")

    def _post(self, path: str, body: bytes, media: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": media}
        answer = httpx.post(f"{self.api_url}{path}", content=body, headers=headers, timeout=_PATIENCE)
        if answer.is_error:
            raise RigBroken(f"{self.revision.commit} refuses {path}: {answer.text[:2000]}")
        return answer.content

    def _serve(self, command: list[str], tree: Path, line: str = "") -> tuple[subprocess.Popen[str], str]:
        """Starts a server that prints `{"url": …}`; gives its address once it answers."""
        name = command[2].rpartition(".")[2]
        process = self._start(command, tree, name, line)
        assert process.stdout
        told = process.stdout.readline()
        if not told:
            raise RigBroken(f"{name} of {self.revision.commit} does not start: {self._log(name)[-2000:]}")
        return process, json.loads(told)["url"]

    def _start(self, command: list[str], tree: Path, name: str, line: str = "") -> subprocess.Popen[str]:
        log = self._stack.enter_context((self._folder / f"{name}.log").open("w"))
        process = subprocess.Popen(
            command,
            cwd=tree,
            env=self._environment,
            stdin=subprocess.PIPE if line else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self._stack.callback(_end, process)
        if process.stdin:
            process.stdin.write(f"{line}\n")
            process.stdin.close()
        return process

    def _log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text("utf-8")


_WAYLINE: Final = [sys.executable, "-m", "cli.main"]


@contextmanager
def rigged(revision: Revision, folder: Path, say: Callable[[str], None]) -> Generator[Rig]:
    """A rig in `folder`, which is there and empty; nothing of it runs afterwards.

    Raises:
        RigBroken: when a part does not start.
        LocalError: when the private servers do not.
    """
    with ExitStack() as stack:
        yield Rig(revision, folder, stack, say)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
