"""Waiting for a server without waiting for ever."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from local.errors import LocalError
from local.processes import Child

LOG_LINES = 15


class StartAbandoned(Exception):
    """The other server failed, or the person pressed Ctrl-C: this start is not wanted any more."""


def wait_until(ready: Callable[[], bool], child: Child, timeout: float, abandoned: threading.Event) -> None:
    """Return when `ready()`; it is asked every 50 ms.

    Raises `LocalError` with the last lines of the log when the child ends or `timeout` seconds pass, `StartAbandoned`
    when `abandoned` is set.
    """
    deadline = time.monotonic() + timeout
    while not ready():
        if child.ended() and not ready():  # it may have become ready, or ended well, since it was asked
            raise ended_early(child)
        if time.monotonic() > deadline:
            raise LocalError(
                f"{child.name} was not ready within {timeout:g} s. The end of {child.log}:\n{last_lines(child.log)}",
                "Set WAYLINE_START_TIMEOUT to more seconds on a slow machine.",
            )
        if abandoned.wait(0.05):
            raise StartAbandoned


def wait_for_end(child: Child, timeout: float, abandoned: threading.Event) -> None:
    """Return when the child has ended with status 0; raises as `wait_until` does."""
    wait_until(lambda: child.process.poll() == 0, child, timeout, abandoned)


def ended_early(child: Child) -> LocalError:
    """The sentence for a server that stopped by itself, with what it said."""
    status = child.process.poll()
    how = f"was ended by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
    return LocalError(f"{child.name} {how}. The end of {child.log}:\n{last_lines(child.log)}")


def last_lines(log: Path) -> str:
    """The end of a log, indented; at most 64 KiB of it are read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 65_536))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"  {line}" for line in lines[-LOG_LINES:]) or "  (empty)"
