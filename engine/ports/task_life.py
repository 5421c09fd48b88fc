"""What belongs to a task's life beside its state: drafts, comments, and what could be moved from hand to hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from engine.core.callers import Caller


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished output; `version` counts its changes from 1."""

    output: Mapping[str, Any]
    version: int
    updated_at: datetime


class Drafts(Protocol):
    """What somebody has not finished: at most one of each task for each person, and none once the task is over."""

    async def read(self, process: str, n: int, user: str) -> Draft | None:
        """The user's draft of an open task."""
        ...

    async def keep(self, process: str, n: int, user: str, output: Mapping[str, Any], known: int | None) -> Draft | None:
        """Keeps it in the place of the one before.

        With `known` only where that one has this version. None: it has another, or the task is over.
        """
        ...

    async def drop(self, process: str, n: int, user: str) -> bool:
        """Removes it; whether there was one."""
        ...

    async def forget(self, limit: int) -> int:
        """Removes at most `limit` drafts of tasks that are over; gives how many."""
        ...


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a task; `seq` is its event's number in the process."""

    seq: int
    at: datetime
    by: str
    text: str
    mentions: Sequence[str]
    links: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Movable:
    """An open task of people that may have to be moved."""

    process: str
    n: int
    name: str
    process_title: str
    role: str | None
    journey: str | None
    atom: str | None
    assignee: str | None
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class MovableFilter:
    """Open tasks of people that `visible_to` sees (None: all); `held`: only those that somebody has.

    What `assignee` delegated is theirs, too: they get it back.
    """

    assignee: str | None = None
    role: str | None = None
    journey: str | None = None
    atom: str | None = None
    process: str | None = None
    held: bool = False
    visible_to: Caller | None = None


@dataclass(frozen=True, slots=True)
class MovableCounts:
    """How many there are, and of which roles and journeys; those without one are under the empty text."""

    total: int
    role: Mapping[str, int] = field(default_factory=dict[str, int])
    journey: Mapping[str, int] = field(default_factory=dict[str, int])


class TaskLists(Protocol):
    """Reads for those who hand tasks over, or talk about them."""

    async def comments(self, process: str, n: int, after: int, limit: int) -> Sequence[Comment]:
        """At most `limit` comments on the task, oldest first, those whose event's number is greater than `after`."""
        ...

    async def movable(self, wanted: MovableFilter, after: tuple[str, int] | None, limit: int) -> Sequence[Movable]:
        """At most `limit` by process and number, those behind `after`."""
        ...

    async def count_movable(self, wanted: MovableFilter) -> MovableCounts:
        """All of them, counted."""
        ...
