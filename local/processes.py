"""Server processes that cannot be lost: each is on record before it runs, and ends by that record.

The record, DIR/servers.json, is `[{name, pid, born, mark, signal}]`: `born` tells the process from a later one of the
same pid (`local.identity`), `mark` is an argument of its command that names DIR, `signal` asks it to end in good order.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local.errors import LocalError
from local.home import write_private
from local.identity import born, command_of, is_alive

LAUNCHER = Path(__file__).with_name("launch.py")
_CLEAN_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")  # no PG*, JAVA_* or CLASSPATH of the caller


@dataclass(frozen=True, slots=True)
class Record:
    """One server process, as written down."""

    name: str
    pid: int
    born: str
    mark: str
    signal: int

    def runs(self) -> bool:
        """Whether this very process is alive and still is that server."""
        return is_alive(self.pid, self.born) and any(self.mark in argument for argument in command_of(self.pid))


@dataclass(frozen=True, slots=True)
class Child:
    """A server process of ours."""

    record: Record
    process: subprocess.Popen[str]
    log: Path

    @property
    def name(self) -> str:
        """`postgres` or `neo4j`."""
        return self.record.name

    def ended(self) -> bool:
        """Whether it is gone."""
        return self.process.poll() is not None


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start. `account` is `launch.py`'s; `stdin` is handed over as a whole."""

    name: str
    command: Sequence[str]
    mark: str
    log: Path
    signal: int = signal.SIGTERM
    account: str = "-"
    environment: dict[str, str] | None = None
    stdin: str | None = None


class Processes:
    """The running servers of one data folder. Used from several threads while they start."""

    def __init__(self, state_path: Path) -> None:
        self._state_path = state_path
        self._children: list[Child] = []
        self._ending = False
        self._changing = threading.Lock()

    def start(self, launch: Launch) -> Child:
        """Start a process in a session of its own, so that a Ctrl-C at the terminal does not reach it first."""
        environment = {name: os.environ[name] for name in _CLEAN_ENVIRONMENT if name in os.environ}
        environment |= {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **(launch.environment or {})}
        go_read, go_write = os.pipe()
        try:
            with launch.log.open("a") as log:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(LAUNCHER), str(go_read), launch.account, *launch.command],
                    stdin=subprocess.DEVNULL if launch.stdin is None else subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=environment,
                    pass_fds=(go_read,),
                    start_new_session=True,
                    text=True,
                )
            record = Record(launch.name, process.pid, born(process.pid), launch.mark, int(launch.signal))
            child = Child(record, process, launch.log)
            with self._changing:
                if self._ending:  # dropping the pipe tells the launcher not to go
                    raise LocalError(f"{launch.name} is not started: the servers are being stopped.")
                self._write([*self._children, child])
            os.write(go_write, b"g")
        except OSError as error:
            reason = error.strerror or str(error)
            raise LocalError(f"{launch.name} could not be started: {reason}.") from error
        finally:
            os.close(go_read)
            os.close(go_write)
        if launch.stdin is not None and process.stdin is not None:
            _hand_over(process.stdin, launch.stdin)
        return child

    def end_all(self, patience: float) -> None:
        """End all children side by side: each is asked first, then each is waited for. None starts after."""
        with self._changing:
            self._ending = True
            children = list(self._children)
        for child in children:
            if not child.ended():
                child.process.send_signal(child.record.signal)
        for child in children:
            self.end(child, patience, asked=True)

    def end(self, child: Child, patience: float, *, asked: bool = False) -> None:
        """End a child and strike it off the record: in good order within `patience` seconds, else by force."""
        if not child.ended():
            if not asked:
                child.process.send_signal(child.record.signal)
            try:
                child.process.wait(patience)
            except subprocess.TimeoutExpired:
                _kill(child.record)
                child.process.wait(10)
        with self._changing:
            self._write([other for other in self._children if other is not child])

    def _write(self, children: list[Child]) -> None:
        self._children = children
        write_private(self._state_path, json.dumps([asdict(child.record) for child in children]) + "\n")


def end_recorded(state_path: Path, patience: float, on_progress: Callable[[str], None] = print) -> list[str]:
    """End what a killed run left behind: the recorded processes that still are what they were, and nothing else.

    Returns their names. Raises `LocalError` when the record cannot be read, as then nobody knows what may be ended.
    """
    running = [record for record in _read(state_path) if record.runs()]
    for record in running:
        on_progress(f"ending {record.name} (process {record.pid}), left by a run that was killed")
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, record.signal)
    deadline = time.monotonic() + patience
    while any(record.runs() for record in running) and time.monotonic() < deadline:
        time.sleep(0.05)
    for record in running:
        if record.runs():
            _kill(record)
    deadline = time.monotonic() + 10
    while any(record.runs() for record in running):
        if time.monotonic() > deadline:
            names = ", ".join(f"{record.name} (process {record.pid})" for record in running if record.runs())
            raise LocalError(f"{names}, left by a run that was killed, does not end.", "End it by hand.")
        time.sleep(0.05)
    state_path.unlink(missing_ok=True)
    return [record.name for record in running]


def _read(state_path: Path) -> list[Record]:
    try:
        rows = json.loads(state_path.read_text())
        return [Record(**row) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise LocalError(
            f"{state_path}, the record of running servers, cannot be read.",
            f"End any process whose command names {state_path.parent}, then delete the file.",
        ) from error


def _kill(record: Record) -> None:
    """Each was started as the head of a group, which holds what it started itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(record.pid, signal.SIGKILL)


def _hand_over(stdin: IO[str], text: str) -> None:
    with contextlib.suppress(BrokenPipeError), stdin:
        stdin.write(text)
