"""What operators say of an action, over all workers: how much of it runs at once, and that it rests (R10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.ports.pauses import Pause


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One action over all workers.

    Attributes:
        most: how many attempts run at once at the most; None for any number.
        pause: while there is one, nobody is given work of it; attempts under way go on.
        waiting: due work that nobody holds; counted to 10,000, as is `running`.
        running: work that some worker holds.
        oldest_due: when the longest waiting work became due.
    """

    action: str
    most: int | None
    pause: Pause | None
    waiting: int
    running: int
    oldest_due: datetime | None


class Actions(Protocol):
    """Pauses and limits of actions, kept whether or not there is work of them. Each change leaves an audit event."""

    async def pause(self, action: str, by: str, reason: str) -> ActionRecord:
        """From now on nobody is given work of it. One that rests already keeps its first pause."""
        ...

    async def resume(self, action: str, by: str, reason: str) -> ActionRecord:
        """Work of it is given out again."""
        ...

    async def limit(self, action: str, most: int | None, by: str, reason: str) -> ActionRecord:
        """At most so many attempts run at once from the next claim on; None takes the limit away."""
        ...

    async def record(self, action: str) -> ActionRecord:
        """How one stands, whether or not anything was ever said of it."""
        ...

    async def records(self, after: str | None, limit: int) -> Sequence[ActionRecord]:
        """At most `limit` by name, those after `after`: all that have work, a pause or a limit."""
        ...

    async def paused(self, actions: Sequence[str]) -> Sequence[str]:
        """Those of `actions` that rest, by name."""
        ...
