"""Ctrl-C and SIGTERM, told once: what runs is stopped in good order, however often they come again."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final, Self

_ASKING_TO_STOP: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While it is entered, the first signal raises KeyboardInterrupt, or calls a listener; later ones do nothing.

    A SIGHUP that was ignored (`nohup`) stays so. Python runs handlers in the main thread, which must enter it.
    """

    def __init__(self) -> None:
        self.came = False
        self._listener: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}

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
        """Gives them back."""
        for number, before in self._before.items():
            signal.signal(number, before)

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
        """From now on signals change nothing: what is to be stopped is being stopped."""
        self.came = True

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        if self.came:
            return
        self.came = True
        if self._listener is None:
            raise KeyboardInterrupt
        self._listener()
