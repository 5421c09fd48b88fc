"""The tasks that the engine gives out, and what has to be known of people to choose one of them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.answers import Page
from engine.core.journey import Priority

LONGEST: Final = timedelta(minutes=1)
"""The longest time after which a task that nobody could be found for is looked at again."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """A task for which the engine chooses somebody, in the queue since `since` and looked at from `next_at`.

    `known` is why nobody could be found the last time, as its open incident says; `had` who had it before, the last of
    them last.
    """

    process: str
    n: int
    since: datetime
    next_at: datetime
    journey: str | None
    version: str | None
    atom: str
    priority: Priority
    known: str | None = None
    had: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiters:
    """What waits in a role, oldest first, as of one moment, `now`.

    `turns` are the greatest turns of its holders, 0 for who never had one. `organisation` is the version of the
    organisation then.
    """

    seekers: tuple[Seeker, ...]
    turns: Mapping[str, int]
    organisation: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Burden:
    """What a user has to do: how many open tasks of each priority, and when the last task came to them."""

    tasks: Mapping[Priority, int]
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """Somebody who had a task, from `at` to `released_at`; `seq` is the event that gave it to them.

    `accepted_at` is when they started it, `completed_at` when they completed it. `instead_of` was away.
    """

    seq: int
    method: str
    assigned_by: str
    from_user: str | None
    to_user: str
    instead_of: str | None
    role: str | None
    at: datetime
    accepted_at: datetime | None
    completed_at: datetime | None
    released_at: datetime | None


class Burdens(Protocol):
    """What users have to do and had to do."""

    async def burdens(self, users: Collection[str]) -> Mapping[str, Burden]:
        """Of each of these users."""
        ...

    async def turns(self, role: str, holders: Collection[str]) -> Mapping[str, int]:
        """When each of these had their turn in the role the last time, as a number that counts turns; 0 for never."""
        ...

    async def had(self, process: str, tasks: Collection[int]) -> Mapping[int, tuple[str, ...]]:
        """Who had these tasks, the last of them last; absent where nobody had."""
        ...

    async def assignments(self, process: str, task: int, cursor: str | None, limit: int) -> Page[AssignmentRow]:
        """Who had a task, oldest first."""
        ...


class Round(Protocol):
    """One role, which nobody else gives out meanwhile."""

    @property
    def role(self) -> str:
        """Its name."""
        ...

    async def waiters(self, holders: Collection[str], limit: int, *, waiting: bool) -> Waiters:
        """At most `limit` tasks that are due; with `waiting` as many of the oldest besides, due or not."""
        ...

    async def performers(self, steps: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Who performed these (process, atom); absent where nobody did."""
        ...

    async def burdens(self, users: Collection[str]) -> Mapping[str, Burden]:
        """As `Burdens.burdens`."""
        ...

    async def put_off(self, tasks: Sequence[tuple[Seeker, datetime | None]], organisation: int) -> None:
        """Lets these be looked at later, each time they are by a longer while, but not after the given time.

        One that was made due since stays so, and all do where the organisation has another version by now.
        """
        ...


class AssignmentQueue(Protocol):
    """Tasks that seek somebody, by their roles."""

    def round(self, freed: Collection[str]) -> AbstractAsyncContextManager[Round | None]:
        """Takes the role with the task that is longest due, or one of `freed`; None where there is none to take.

        Nobody else can take it until this is left. One that somebody has is passed over.
        """
        ...

    async def with_room(self, capacities: Mapping[str, int]) -> frozenset[str]:
        """Those of these users who have fewer open tasks than they take."""
        ...
