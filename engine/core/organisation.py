"""Who there is: users, the roles they hold, their teams, skills and absences. One frozen value, read as a whole.

What may be asked of it is here, so that the API, the assigner and the graph's questions cannot differ in who may do
what. Nothing in it depends on a journey.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Skill:
    """What somebody can do. `level` counts from 1; it holds to the end of `expires_on` (UTC), or for good."""

    name: str
    level: int = 1
    expires_on: date | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_on is None or at.date() <= self.expires_on


@dataclass(frozen=True, slots=True)
class Absence:
    """From `starts_at` until just before `ends_at` somebody takes no work: of these roles, or of any (None).

    `substitute` is who gets it meanwhile.
    """

    id: int
    starts_at: datetime
    ends_at: datetime
    substitute: str | None = None
    roles: frozenset[str] | None = None
    reason: str = ""

    def covers(self, role: str | None, at: datetime) -> bool:
        """Whether no work of `role` is taken at that time; without a role, whether none at all is."""
        return self.starts_at <= at < self.ends_at and (self.roles is None or role in self.roles)


@dataclass(frozen=True, slots=True)
class User:
    """A person who does tasks. `capacity` is how many open tasks they may have; None for any number."""

    id: str
    name: str
    email: str | None = None
    active: bool = True
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    reports_to: str | None = None
    skills: tuple[Skill, ...] = ()
    absences: tuple[Absence, ...] = ()
    capacity: int | None = None
    time_zone: str | None = None
    calendar: str | None = None

    def able(self, at: datetime) -> dict[str, int]:
        """The skills that have not expired, with their levels."""
        return {skill.name: skill.level for skill in self.skills if skill.holds(at)}

    def absence(self, role: str | None, at: datetime) -> Absence | None:
        """The one that keeps this user from work of `role` at that time; of several the one that ends last."""
        absences = [absence for absence in self.absences if absence.covers(role, at)]
        return max(absences, key=lambda absence: absence.ends_at, default=None)


@dataclass(frozen=True, slots=True)
class Role:
    """What users hold and atoms are performed by; the id is the name that journeys use."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    """Users with a manager, who sees their work and may share it out."""

    id: str
    name: str
    manager: str | None = None


_Named = TypeVar("_Named", User, Role, Team)


@dataclass(frozen=True, slots=True)
class Changes:
    """What became another between two versions, the later of which is `version`: whole values, ids of who is gone."""

    version: int
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    teams: tuple[Team, ...] = ()
    gone_users: frozenset[str] = frozenset()
    gone_roles: frozenset[str] = frozenset()
    gone_teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everybody, as of `version`, which grows with each change. Of version 0 and empty: nobody is known."""

    version: int = 0
    users: Mapping[str, User] = field(default_factory=dict[str, User])
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    teams: Mapping[str, Team] = field(default_factory=dict[str, Team])
    _holders: Mapping[str, tuple[User, ...]] = field(default_factory=dict[str, tuple[User, ...]], repr=False)
    _reports: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], repr=False)

    @staticmethod
    def of(version: int, users: Iterable[User], roles: Iterable[Role], teams: Iterable[Team]) -> "Organisation":
        """Puts it together, with its indexes; order does not matter."""
        everybody = {user.id: user for user in sorted(users, key=lambda user: user.id)}
        known = {team.id: team for team in sorted(teams, key=lambda team: team.id)}
        holders: defaultdict[str, list[User]] = defaultdict(list)
        reports: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for user in everybody.values():
            for role in user.roles:
                holders[role].append(user)
            for boss in _bosses(user, known):
                reports[boss][user.id] = None
        return Organisation(
            version,
            everybody,
            {role.id: role for role in sorted(roles, key=lambda role: role.id)},
            known,
            {role: tuple(found) for role, found in holders.items()},
            {boss: tuple(found) for boss, found in reports.items()},
        )

    def after(self, changes: Changes) -> "Organisation":
        """The later version. Costs by what changed, but where teams did: then everything is put together anew."""
        users = _changed(self.users, changes.users, changes.gone_users)
        roles = _changed(self.roles, changes.roles, changes.gone_roles)
        if changes.teams or changes.gone_teams:
            teams = _changed(self.teams, changes.teams, changes.gone_teams)
            return Organisation.of(changes.version, users.values(), roles.values(), teams.values())
        touched = changes.gone_users.union(user.id for user in changes.users)
        before = [self.users[id] for id in touched if id in self.users]
        holders = self._holders_after(changes.users, before, touched)
        reports = self._reports_after(changes.users, before, touched)
        return Organisation(changes.version, users, roles, self.teams, holders, reports)

    def _holders_after(
        self, now: Iterable[User], before: Iterable[User], touched: frozenset[str]
    ) -> dict[str, tuple[User, ...]]:
        holders = dict(self._holders)
        coming: defaultdict[str, list[User]] = defaultdict(list)
        for user in now:
            for role in user.roles:
                coming[role].append(user)
        for role in coming.keys() | {role for user in before for role in user.roles}:
            staying = [user for user in holders.pop(role, ()) if user.id not in touched]
            if found := sorted((*staying, *coming.get(role, ())), key=lambda user: user.id):
                holders[role] = tuple(found)
        return holders

    def _reports_after(
        self, now: Iterable[User], before: Iterable[User], touched: frozenset[str]
    ) -> dict[str, tuple[str, ...]]:
        reports = dict(self._reports)
        coming: defaultdict[str, set[str]] = defaultdict(set)
        for user in now:
            for boss in _bosses(user, self.teams):
                coming[boss].add(user.id)
        for boss in coming.keys() | {boss for user in before for boss in _bosses(user, self.teams)}:
            staying = set(reports.pop(boss, ())) - touched
            if below := sorted(staying.union(coming.get(boss, ()))):
                reports[boss] = tuple(below)
        return reports

    def holders(self, role: str) -> tuple[User, ...]:
        """The active users who hold `role`, by id."""
        return tuple(user for user in self._holders.get(role, ()) if user.active)

    def managed_by(self, manager: str) -> frozenset[str]:
        """Whose work `manager` may share out: who reports to them or is in their teams, and whoever these manage."""
        found = {manager}
        waiting = [manager]
        while waiting:
            for user in self._reports.get(waiting.pop(), ()):
                if user not in found:
                    found.add(user)
                    if user in self._reports:
                        waiting.append(user)
        return frozenset(found - {manager})

    def managers_of(self, user: str) -> frozenset[str]:
        """Whom `user` reports to and who manages their teams; empty for who is not known."""
        known = self.users.get(user)
        return _bosses(known, self.teams) if known else frozenset()

    def led_by(self, manager: str) -> frozenset[str]:
        """The roles that those hold whose work `manager` may share out."""
        return self.held_by(self.managed_by(manager))

    def held_by(self, users: Iterable[str]) -> frozenset[str]:
        """The roles that these hold, of whom most hold the same."""
        held = {self.users[user].roles for user in users if user in self.users}
        return frozenset[str]().union(*held)


def _changed(known: Mapping[str, _Named], now: Iterable[_Named], gone: Iterable[str]) -> dict[str, _Named]:
    found = dict(known)
    for id in gone:
        found.pop(id, None)
    return found | {one.id: one for one in now}


def _bosses(user: User, teams: Mapping[str, Team]) -> frozenset[str]:
    """Whom somebody reports to and who manages their teams; nobody is their own manager."""
    bosses = {teams[team].manager for team in user.teams if team in teams} | {user.reports_to}
    return frozenset(boss for boss in bosses if boss is not None and boss != user.id)
