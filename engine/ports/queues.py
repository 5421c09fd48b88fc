"""What waits for workers: rows with a due time, found by what they are now and never by a cursor or a sleep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Claimed:
    """A system task a worker holds: call `action` with `input` before `deadline`; answer with `token`.

    `lease` is the time from the claim to the deadline. `item_index` is the place of its element in a list (R14).
    """

    process: str
    task: int
    atom: str
    visit: int
    item_index: int | None
    action: str
    input: Mapping[str, Any]
    attempt: int
    token: int
    deadline: datetime
    lease: timedelta

    @property
    def idempotency_key(self) -> str:
        """The step's id, and the element's place: the same for every attempt."""
        step = f"{self.process}/{self.atom}/{self.visit}"
        return step if self.item_index is None else f"{step}/{self.item_index}"


class WorkQueue(Protocol):
    """The system tasks that workers may take. What a suspended process has is not to be taken (R12)."""

    async def claim(
        self,
        worker: str,
        actions: Sequence[str] | Mapping[str, int],
        limit: int,
        lease: timedelta | None = None,
    ) -> Sequence[Claimed]:
        """Takes due work that nobody holds, oldest first, for `lease` from now, else for the atom's `retry.timeout`.

        Where `actions` says so, at most so many pieces of each. Nothing is taken of an action that rests, nor beyond
        what may run at once of it over all workers; what has no room stands in no other's way.
        """
        ...

    async def extend(self, process: str, task: int, worker: str, token: int | None, lease: timedelta) -> datetime:
        """Holds the work until `lease` from now, and gives that time; never shortens a lease.

        With a `token` that of the lease must be it; without, the lease must be `worker`'s.

        Raises:
            Conflict: `lease_lost`, where it ran out or is another's; `process_suspended`.
        """
        ...

    async def give_back(self, worker: str, leases: Sequence[tuple[str, int, int]]) -> int:
        """Gives up those of the leases (process, task, token) that `worker` holds yet; gives how many it did.

        Another worker may take the work at once, under a token of its own; no attempt is counted as failed.
        """
        ...

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        """(process, task, token) of leases that ran out, oldest first."""
        ...

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        """Seconds until the next work becomes due; 0 when there is some now; None when there is none.

        What rests is not counted.
        """
        ...


class TimerQueue(Protocol):
    """The timers of all processes (R11, R16). Those of suspended processes stand still (R12)."""

    async def claim(self, limit: int) -> Sequence[str]:
        """The processes of at most `limit` timers due by now, the longest due first; each once.

        Another worker is given others for some seconds, in which they should be fired.
        """
        ...


class ClockQueue(Protocol):
    """The clocks of service levels, by the next mark that each comes to."""

    async def due(self, limit: int, without: Sequence[str] = ()) -> Sequence[str]:
        """At most `limit` processes whose clocks have come to a mark, the longest passed first; `without` these."""
        ...


class CommandQueue(Protocol):
    """What processes were posted and have not taken up."""

    async def waiting(self, limit: int) -> Sequence[str]:
        """The processes of the oldest `limit` of those commands that may be taken up now; each once."""
        ...


class Clock(Protocol):
    """The time by `wayline_now()`, which a sandbox may move on."""

    async def now(self) -> datetime:
        """The time."""
        ...

    async def advance_to(self, goal: datetime) -> datetime:
        """Moves the time on to `goal` for everyone, and gives the time then. It never goes back."""
        ...

    async def next_due(self, until: datetime) -> datetime | None:
        """When next something comes due after now and by `until`: a timer, an attempt, the end of a lease."""
        ...

    async def settled(self) -> bool:
        """Whether nothing is due, posted or to be given out: what the engine does by itself is done."""
        ...
