"""Bears victims: a process that has imported the whole engine once and forks at each order, in milliseconds.

Importing the engine takes two seconds of the processor, more than everything else that a victim does in its life. A
fork has the program in memory and nothing else: no loop, no thread, no connection has been made in the nursery.

`python -m chaos.nursery` reads one JSON line for each birth, `{doom, program, environment, log}`, and answers `{pid}`.
When one of its children is over it says `{pid, status}`, the status as of `waitpid`. It ends with its input and leaves
no child behind.
"""

import gc
import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress
from typing import Any, Final

from chaos.victim import Doom, run

_PULSE: Final = 0.05
"""Seconds between two looks at the children."""


def bear(order: dict[str, Any]) -> int:
    """Forks a victim, which runs in a session of its own with exactly the environment of the order; gives its pid."""
    if pid := os.fork():
        return pid
    try:
        _become(order)
        status = run(Doom.read(order["doom"]), order["program"])
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType]
        status = 1
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _become(order: dict[str, Any]) -> None:
    os.setsid()
    for given in (signal.SIGINT, signal.SIGTERM):
        signal.signal(given, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for place, file in ((0, nothing), (1, log), (2, log)):
        os.dup2(file, place)
    os.environ.clear()
    os.environ.update(order["environment"])


def main() -> None:
    """Bears until its input ends."""
    for module in ("cli.main", "cli.serving"):  # the latter is what `serve` and `work` import when they begin
        importlib.import_module(module)

    gc.freeze()  # else each child's first collection copies the memory it shares
    alive: set[int] = set()
    pending = b""
    try:
        while True:
            ready, _, _ = select.select([0], [], [], _PULSE)
            if ready:
                read = os.read(0, 65_536)
                if not read:
                    return
                *lines, pending = (pending + read).split(b"\n")
                for line in lines:
                    pid = bear(json.loads(line))
                    alive.add(pid)
                    _say({"pid": pid})
            for pid in list(alive):
                over, status = os.waitpid(pid, os.WNOHANG)
                if over:
                    alive.discard(pid)
                    _say({"pid": pid, "status": status})
    finally:
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _say(fact: dict[str, int]) -> None:
    os.write(1, f"{json.dumps(fact)}\n".encode())


if __name__ == "__main__":
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.SIG_IGN)  # it ends with its input, after whoever gave it orders
    main()
