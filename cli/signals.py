"""Ctrl-C and SIGTERM: the first stops what runs in good order, within a bound; the second ends the process at once."""

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final, Self

from engine import clock

LIMIT: Final = 9.5
"""Seconds from the first signal to the end of the process, whatever hangs; whoever stops us may kill after ten."""

_ASKING_TO_STOP: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ECHO: Final = 0.5
"""Seconds in which a signal that comes again is the same one: `timeout` and shells send it to us and to our group."""


class Signals:
    """While it is entered, the first signal raises KeyboardInterrupt, or calls a listener; the next ends the process.

    So does the time: what is not over by then is left. `late` is the status and the sentence it ends with then. A
    SIGHUP that was ignored (`nohup`) stays so. Python runs handlers in the main thread, which must enter it.
    """

    def __init__(self, limit: float = LIMIT) -> None:
        self.came = False
        self.late: tuple[int, str] = (1, "Stopped by force: something did not end in time.")
        self._limit = limit
        self._listener: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}
        self._first: float | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        """Takes the signals over."""
        for number in _ASKING_TO_STOP:
            before = signal.getsignal(number)
            if number is not signal.SIGHUP or before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, self._tell)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives them back; all is over in time."""
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._timer:
            self._timer.cancel()

    @contextmanager
    def told_to(self, listener: Callable[[], object]) -> Generator[None]:
        """Within, a signal calls `listener` and raises nothing; one that came before is told at once."""
        self._listener = listener
        if self.came:
            listener()
        try:
            yield
        finally:
            self._listener = None

    def close(self) -> None:
        """What is to be stopped is being stopped: from now on a signal ends the process at once."""
        self.came = True

    def _tell(self, number: int, _frame: FrameType | None) -> None:
        now = clock.monotonic()
        if self._first is not None and now - self._first < _ECHO:
            return
        if self.came:
            _end(128 + number, "Stopped at once.")
        self.came, self._first = True, now
        self._timer = threading.Timer(self._limit, lambda: _end(*self.late))
        self._timer.daemon = True
        self._timer.start()
        if self._listener is None:
            raise KeyboardInterrupt
        self._listener()


def _end(status: int, sentence: str) -> None:
    """Ends the process here and now: no other thread, and nothing that was to be tidied up, is waited for."""
    os.write(2, f"{sentence}\n".encode())
    os._exit(status)
