"""A `wayline` command that stays, as a process of its own, for the tests of what it starts and leaves behind."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil

from cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
_KEPT = ("WAYLINE_CACHE", "WAYLINE_BOLT_PORT")
_COMMAND = (sys.executable, "-m", "cli.main")


class Running:
    """The process; its answer is the line of JSON it prints when it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._told: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def told(self) -> str:
        """What it has printed to standard error so far."""
        return "".join(self._told)

    def answer(self) -> dict[str, Any]:
        """Waits for the line of JSON."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"it ended with {self.process.wait(PATIENCE)}:\n{self.told}"
        return json.loads(line)

    def children(self) -> list[psutil.Process]:
        """Every process it has started, and what those started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int) -> int:
        """Sends a signal, and gives the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._told.append(line)


@contextlib.contextmanager
def running(*arguments: str, **environment: str) -> Generator[Running]:
    """Runs `wayline arguments`; ends it by SIGTERM, and by force where that does not help."""
    with subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=ROOT,
        env=_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        run = Running(process)
        try:
            yield run
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


def wayline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [*_COMMAND, *arguments],
        cwd=ROOT,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )


def inside(*arguments: str) -> tuple[int, str, str]:
    """Runs a command in this process, a second faster; gives its exit status and what it told on both outputs."""
    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.redirect_stderr(io.StringIO()) as errors:
        status = main([*arguments])
    return status, told.getvalue(), errors.getvalue()


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Returns when `condition()` is true; asks it every 50 ms."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(f"{what} did not come about within {PATIENCE:g} s")


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def _environment(given: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or "WAYLINE" not in name}
    return kept | {"WAYLINE_NEO4J_SHORT_LIVED": "1"} | given
