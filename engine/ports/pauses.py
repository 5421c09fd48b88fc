"""The pause of all workers: a row in PostgreSQL that every worker of every process obeys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pause:
    """All workers rest, or one action does: since when, who said so, and why. `since` is by `wayline_now()`."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What workers would take up now if none were paused, counted: due work, due timers, and what processes posted.

    `held` is the work that workers have leases of; they may be at it yet while all are paused.
    """

    work: int
    timers: int
    commands: int
    held: int


class Pauses(Protocol):
    """The one pause of all workers. Each change leaves an audit event."""

    async def current(self) -> Pause | None:
        """The pause that stands; None while workers run."""
        ...

    async def backlog(self) -> Backlog:
        """What waits for the workers."""
        ...

    async def begin(self, by: str, reason: str) -> Pause:
        """Pauses all workers; gives the pause that stands then, which is the earlier one if there was one."""
        ...

    async def end(self, by: str) -> Pause | None:
        """Lets them run again; gives the pause that ended, None where there was none."""
        ...
