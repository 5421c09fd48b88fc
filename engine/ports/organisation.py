"""Who there is: the value that everything asks, and the tables that it is read from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from engine.core.organisation import Absence, Changes, Organisation, Role, Team, User

_Value = TypeVar("_Value", User, Role, Team)

Kind = Literal["user", "role", "team", "absence"]
Removable = Literal["user", "role", "team"]
Happening = Literal["added", "changed", "same", "removed"]


class Staff(Protocol):
    """Who there is, as one value in memory."""

    async def current(self) -> Organisation:
        """The organisation, at most a second old; empty (`version` 0) where nobody was ever entered.

        Raises:
            Unavailable: where it was never read and the database is away.
        """
        ...

    async def renew(self) -> Organisation:
        """The organisation with every change that was acknowledged before this was called, as far as can be known.

        Raises:
            Unavailable: as `current`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Edition:
    """Which organisation a value is of: `epoch` is the database's, and becomes another with a restore."""

    epoch: str
    version: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the organisation: all of it (`whole`), or what changed since the edition that was known."""

    edition: Edition
    whole: bool
    changes: Changes


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Value]):
    """A user, role or team with the organisation's version that last changed it."""

    value: _Value
    version: int
    holders: int = 0
    """Of a role the active users who hold it, of a team its members."""


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users a list shows. `skill` holds now; `absent`: takes no work at all at the moment."""

    role: str | None = None
    team: str | None = None
    manager: str | None = None
    skill: str | None = None
    active: bool | None = None
    absent: bool | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Open work that hangs on somebody, or on a role that somebody is to hold."""

    process: str
    n: int
    name: str
    process_title: str
    journey: str | None
    journey_version: str | None
    atom: str | None
    role: str | None
    assignee: str | None
    status: str
    priority: str
    due_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Entered:
    """What is to hold from now on: whole values of users (but for their absences), of roles and teams; absences.

    `members` are all members of a team, where that is said; `known` restricts a change of one value to the version
    that its author has seen.
    """

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    teams: tuple[Team, ...] = ()
    members: tuple[tuple[str, frozenset[str]], ...] = ()
    absences: tuple[tuple[str, Absence], ...] = ()
    known: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one of the values; `fields` are those that are other than they were."""

    kind: Kind
    id: str
    happened: Happening
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says of a user of whom nobody else said anything; `at` is when it was issued."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change did, in the order of what was entered; `version` is the organisation's after it."""

    version: int
    differences: tuple[Difference, ...] = field(default=())


class OrganisationStore(Protocol):
    """Users, roles, teams and absences in the database.

    Each change is one transaction: it counts the organisation's version up, leaves an audit event for each value that
    became another, and makes tasks of the roles concerned that seek somebody be looked at again at once.
    """

    async def edition(self) -> Edition:
        """The present one."""
        ...

    async def read(self, known: Edition | None) -> Read:
        """What changed since `known`; everything without, and where the database is another than it was."""
        ...

    async def apply(self, entered: Entered, by: str, *, dry_run: bool = False) -> Applied:
        """Enters or changes; nothing else is touched. With `dry_run` nothing is, but all is checked.

        Raises:
            Invalid: `request_invalid`, with `errors` for each name that is not known; `manager_circle`.
            Stale: `stale_version`, where the one value has another version than is `known`.
        """
        ...

    async def enter_from_token(self, token: Token) -> bool:
        """Enters a user nobody has entered, or what a later token says of one who was entered so; whether it did."""
        ...

    async def user(self, id: str) -> Listed[User] | None:
        """One user, with the absences that are not over."""
        ...

    async def role(self, id: str) -> Listed[Role] | None:
        """One role."""
        ...

    async def team(self, id: str) -> Listed[Team] | None:
        """One team."""
        ...

    async def users(self, wanted: UserFilter, after: str | None, limit: int) -> Sequence[Listed[User]]:
        """At most `limit` by id, those after `after`."""
        ...

    async def roles(self, after: str | None, limit: int) -> Sequence[Listed[Role]]:
        """At most `limit` by id, those after `after`."""
        ...

    async def teams(self, after: str | None, limit: int) -> Sequence[Listed[Team]]:
        """At most `limit` by id, those after `after`."""
        ...

    async def absence(self, user: str, absence: int) -> Absence | None:
        """One absence of a user."""
        ...

    async def absences(self, user: str, before: int | None, limit: int) -> Sequence[Absence]:
        """Of one user, also those that are over: what starts last comes first, after the one with the id `before`."""
        ...

    async def remove(self, kind: Removable, id: str, by: str, known: int | None = None) -> Applied:
        """Removes it. Who reported to a user reports to that user's manager then, who manages their teams, too.

        Raises:
            NotFound: `user_not_found`, `role_not_found`, `team_not_found`.
            Conflict: `work_depends`, where open work hangs on it.
            Stale: `stale_version`.
        """
        ...

    async def remove_absence(self, user: str, absence: int, by: str) -> Applied:
        """Takes an absence back.

        Raises:
            NotFound: `absence_not_found`.
        """
        ...

    async def open_work(
        self,
        user: str | None,
        role: str | None,
        after: tuple[str, int] | None,
        limit: int,
        *,
        delegated: bool = False,
    ) -> Sequence[OpenTask]:
        """Tasks of people that `user` has, or that nobody has and `role` is to do; by process and number.

        With `delegated` also those that `user` asked others to do.
        """
        ...
