"""Figures about who does how much: over a stretch of time, and now; they only ever read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.core.journey import Priority


@dataclass(frozen=True, slots=True)
class AssignmentFigure:
    """How one role's tasks came to people by one method. Medians are in seconds; None where none got so far."""

    role: str | None
    method: str
    assignments: int
    accepted: int
    completed: int
    accept_p50_seconds: float | None
    complete_p50_seconds: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """What one user has to do: open tasks, those among them, and their weight by priority."""

    user: str
    open: int = 0
    in_progress: int = 0
    blocked: int = 0
    overdue: int = 0
    weight: int = 0


class Figures(Protocol):
    """Counts and medians from PostgreSQL."""

    async def assignments(
        self, since: datetime, until: datetime, users: Sequence[str] | None, most: int
    ) -> tuple[Sequence[AssignmentFigure], bool]:
        """The assignments to `users` (None: to all) in this time, by role and method, and whether these are all: of
        more than `most` only the newest are looked at."""
        ...

    async def loads(
        self, users: Sequence[str] | None, after: str | None, limit: int, weights: Mapping[Priority, int]
    ) -> Sequence[Load]:
        """Of those among `users` (None: all) who have open tasks, the first by id behind `after`; `weights` by
        priority."""
        ...
