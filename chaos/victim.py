"""One of the engine's own programs, which ends or stops itself at a named point.

`python -m chaos.victim DOOM PROGRAM…` runs `wayline PROGRAM…`. DOOM is `-`, or `POINT:HITS:DEED:FILE`: when POINT is
reached for the HITS-th time, its name goes to the end of FILE and the process does DEED to itself: `kill` is SIGKILL,
`stop` is SIGSTOP, and somebody else continues it; then it is killed when it has come there as often again.
"""

import itertools
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from engine.points import Point, tell

Deed = Literal["kill", "stop"]
_SIGNALS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(frozen=True, slots=True)
class Doom:
    """What a process does to itself, when it reaches `point` for the `hits`-th time; it is noted in `file` before."""

    point: Point
    hits: int
    deed: Deed
    file: Path

    def __str__(self) -> str:
        """As an argument of a command."""
        return f"{self.point}:{self.hits}:{self.deed}:{self.file}"

    @classmethod
    def read(cls, text: str) -> "Doom | None":
        """What an argument says; None for `-`. Raises ValueError where it says nothing."""
        if text == "-":
            return None
        point, hits, deed, file = text.split(":", 3)
        if deed not in _SIGNALS:
            raise ValueError(f"{deed} is neither of {', '.join(_SIGNALS)}")
        return cls(Point(point), int(hits), "kill" if deed == "kill" else "stop", Path(file))


def listen(doom: Doom) -> None:
    """Makes this process meet its doom; one that stopped and was continued is killed as many hits later."""
    note = os.open(doom.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    times = itertools.count(1)
    deeds: dict[int, Deed] = {2 * doom.hits: "kill", doom.hits: doom.deed}

    def hear(point: Point) -> None:
        # Points are reached in the event loop's thread alone, so the count misses none.
        if point is doom.point and (deed := deeds.get(next(times))):
            os.write(note, f"{os.getpid()} {deed} {doom.point}\n".encode())
            os.kill(os.getpid(), _SIGNALS[deed])

    tell(hear)


def run(doom: Doom | None, program: Sequence[str]) -> int:
    """Runs `wayline PROGRAM…` until it ends; gives its exit status."""
    from cli.main import main  # noqa: PLC0415 - takes seconds, which the nursery has spent already

    if doom:
        listen(doom)
    return main([*program])


if __name__ == "__main__":
    sys.exit(run(Doom.read(sys.argv[1]), sys.argv[2:]))
