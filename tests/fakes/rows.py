"""What a database in memory holds."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.core.events import Event
from engine.core.process import Lease, Process, Task
from engine.ports import Message, Pause, Pending, Remembered


@dataclass(slots=True)
class Work:
    """A row of the workers' queue."""

    task: Task
    token: int = 0
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What operators said of an action."""

    most: int | None = None
    pause: Pause | None = None


@dataclass(slots=True)
class Posted:
    """A row of the posted commands."""

    pending: Pending
    failures: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A row of the tasks that seek somebody."""

    role: str
    since: datetime
    next_at: datetime
    looks: int = 0


@dataclass(slots=True)
class Rows:
    """What is stored. `events` are in commit order, `commands` and `messages` in the order of their ids."""

    processes: dict[str, Process] = field(default_factory=dict[str, Process])
    titles: dict[str, str] = field(default_factory=dict[str, str])
    work: dict[tuple[str, int], Work] = field(default_factory=dict[tuple[str, int], Work])
    claims: dict[tuple[str, int], datetime] = field(default_factory=dict[tuple[str, int], datetime])
    commands: list[Posted] = field(default_factory=list[Posted])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    events: list[tuple[Event, str | None]] = field(default_factory=list[tuple[Event, str | None]])
    answers: dict[tuple[str, str], tuple[Remembered, datetime]] = field(
        default_factory=dict[tuple[str, str], tuple[Remembered, datetime]]
    )
    business_keys: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    actions: dict[str, Said] = field(default_factory=dict[str, Said])
    queue: dict[tuple[str, int], Queued] = field(default_factory=dict[tuple[str, int], Queued])
    organisation: int = 0
    numbers: int = 0

    def number(self) -> int:
        """An id larger than every one before."""
        self.numbers += 1
        return self.numbers

    def copy(self) -> "Rows":
        """The same rows, to be changed without touching these."""
        return Rows(
            dict(self.processes),
            dict(self.titles),
            {key: replace(work) for key, work in self.work.items()},
            dict(self.claims),
            [replace(posted) for posted in self.commands],
            dict(self.messages),
            list(self.events),
            dict(self.answers),
            dict(self.business_keys),
            dict(self.actions),
            dict(self.queue),
            self.organisation,
            self.numbers,
        )
