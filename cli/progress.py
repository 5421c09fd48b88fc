"""How far something long has come, on standard error: a line that changes on a terminal, elsewhere one now and then."""

from types import TracebackType
from typing import Final, Self

from rich.status import Status
from rich.text import Text

from cli.terminal import err, say
from engine import clock

_SOON: Final = 0.1
"""Seconds between two changes of the line on a terminal."""
_NOW_AND_THEN: Final = 5.0
"""Seconds between two lines where the output is none."""


class Telling:
    """Called with what is counted, how many there are so far, and of how many in all where that is known."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._status: Status | None = None
        self._last = clock.monotonic()

    def __enter__(self) -> Self:
        """Begins."""
        if err.is_terminal:
            self._status = err.status(Text(f"{self._doing} …", style="dim"))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the changing line away."""
        if self._status:
            self._status.stop()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Shows it, unless it was shown a moment ago."""
        now = clock.monotonic()
        if now - self._last < (_SOON if self._status else _NOW_AND_THEN):
            return
        self._last = now
        line = f"{self._doing}: {counted(what, done, total)}"
        if self._status:
            self._status.update(Text(line, style="dim"))
        else:
            say(line)


def counted(what: str, done: int, total: int | None) -> str:
    """A count as people read it: `1,200 of 45,000 rows (3 %)`, `12.3 MB`."""
    if what == "bytes":
        return size(done) if total is None else f"{size(done)} of {size(total)}"
    if not done and total is None:
        return what
    if total is None:
        return f"{done:,} {what}"
    return f"{done:,} of {total:,} {what} ({100 * done // max(total, 1)} %)"


def size(bytes: int) -> str:
    """A number of bytes as people read it."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes >= least:
            return f"{bytes / least:.1f} {unit}"
    return f"{bytes} bytes"
