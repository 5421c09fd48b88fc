"""What service levels come to: breaches, and figures of what was met and what was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.answers import Page
from engine.clock_answers import BreachAnswer
from engine.core.callers import Caller
from engine.core.objectives import Verdicts


@dataclass(frozen=True, slots=True)
class BreachId:
    """Which breach: of the task, or else of the watch, number `n` of a process."""

    process: str
    n: int
    of_task: bool


@dataclass(frozen=True, slots=True)
class BreachFilter:
    """Which breaches a list shows; `open`: whether what is late is still to be done."""

    level: str | None = None
    journey: str | None = None
    process: str | None = None
    role: str | None = None
    assignee: str | None = None
    open: bool | None = None
    acknowledged: bool | None = None


class Breaches(Protocol):
    """What was not done by its target, as `caller` may see it: of tasks they see, of processes they see the rest, and
    everything for who may `monitoring:read`."""

    async def page(self, wanted: BreachFilter, caller: Caller, cursor: str | None, limit: int) -> Page[BreachAnswer]:
        """By the moment of the target, newest first. A wrong cursor raises `Invalid('cursor_invalid')`."""
        ...

    async def get(self, id: BreachId, caller: Caller) -> BreachAnswer | None:
        """One breach."""
        ...

    async def acknowledge(self, id: BreachId, note: str, by: str) -> bool:
        """Notes who has seen it; False, and nothing is written, where somebody did before. Audited."""
        ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, from `since` until just before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class LevelFilter:
    """Which service levels are looked at: of a name, and of the processes of a journey."""

    level: str | None = None
    journey: str | None = None


LevelKey = tuple[str, str]
"""The name of a service level, and what it is of: task, step, module, phase or process."""


@dataclass(frozen=True, slots=True)
class LevelVerdicts:
    """What became of those of one service level; the lengths are in seconds, None where nothing is over."""

    key: LevelKey
    verdicts: Verdicts
    p50_seconds: float | None = None
    p90_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class LevelAlerts:
    """How many of one service level are open and at risk, or breached."""

    key: LevelKey
    at_risk: int = 0
    breached: int = 0


@dataclass(frozen=True, slots=True)
class ClocksStanding:
    """How many clocks of open work are at risk and breached, and for how many seconds the oldest mark is not noted."""

    at_risk: int
    breached: int
    lag_seconds: float


class Compliance(Protocol):
    """Figures from PostgreSQL. Those that are met count at their end, those breached at their target; what was given up
    in time does not count. Of more than `most` of either only the newest are looked at: then it is not complete."""

    async def verdicts(
        self, stretch: Stretch, wanted: LevelFilter, after: LevelKey | None, limit: int, most: int
    ) -> tuple[Sequence[LevelVerdicts], bool]:
        """By level, those behind `after`; and whether it is complete."""
        ...

    async def alerts(self, wanted: LevelFilter, after: LevelKey | None, limit: int) -> Sequence[LevelAlerts]:
        """By level, those behind `after`."""
        ...

    async def since(
        self, asked: Sequence[tuple[str, datetime]], until: datetime, most: int
    ) -> tuple[Sequence[Verdicts], bool]:
        """For each level and moment that is asked for, the verdicts since then; and whether it is complete."""
        ...

    async def standing(self) -> ClocksStanding:
        """How all clocks stand now."""
        ...
