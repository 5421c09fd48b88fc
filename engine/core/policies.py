"""What designers say of the work of an atom as a whole: tried how often, given up when, done for how many."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from engine.core.durations import Length
from engine.core.rules import Rule

DoneWhen = Literal["all", "any"] | int


@dataclass(frozen=True, slots=True)
class Retry:
    """The retry policy of a system atom (R10). `max_attempts` counts the first one."""

    max_attempts: int = 3
    backoff: timedelta = timedelta(seconds=1)
    factor: float = 2
    max_backoff: timedelta = timedelta(minutes=1)
    timeout: timedelta = timedelta(minutes=1)

    def wait(self, attempt: int) -> timedelta:
        """The time between the failed attempt number `attempt` (from 1) and the next."""
        seconds = self.backoff.total_seconds() * self.factor ** min(attempt - 1, 64)
        return timedelta(seconds=min(seconds, self.max_backoff.total_seconds()))


USUAL_RETRY: Final = Retry()
"""What holds where the atom says nothing."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """When a step's work is given up: `after` its start, or `at` the time a rule gives (R11). One of the two."""

    after: Length | None = None
    at: Rule | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """R14: one piece of work for each element of the list that `list` gives."""

    list: Rule
    in_order: bool = False
    done_when: DoneWhen = "all"
