"""What a change of the organisation makes other than it was; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

from engine.core.organisation import Absence, Role, Team, User
from engine.core.values import escape

_UNTOLD: Final = frozenset({"absences"})
"""What is no part of a user where users are entered: absences are entered by themselves."""


def other_fields(before: object, after: User | Role | Team | Absence) -> tuple[str, ...]:
    """The names of the fields in which `after` is other than `before`, which is of the same class or None."""
    if before is None:
        return ()
    names = (field.name for field in fields(after) if field.name not in _UNTOLD)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def ordered(user: User) -> User:
    """The user with its skills in the order in which they are kept."""
    return replace(user, skills=tuple(sorted(user.skills, key=lambda skill: skill.name)))


def as_members(users: Mapping[str, User], members: Iterable[tuple[str, frozenset[str]]]) -> dict[str, User]:
    """Those of `users` whose teams change where each team has these members and no others."""
    found = dict(users)
    for team, wanted in members:
        for user in tuple(found.values()):
            if (team in user.teams) != (user.id in wanted):
                found[user.id] = replace(user, teams=user.teams ^ {team})
    return {id: user for id, user in found.items() if user.teams != users[id].teams}


def concerned(before: User | None, after: User | None) -> frozenset[str]:
    """The roles whose waiting work may find somebody, or somebody else, by this change of a user."""
    if before is None or after is None:
        return (before or after or _NOBODY).roles
    told = ("active", "skills", "absences", "capacity", "teams", "reports_to")
    if any(getattr(before, name) != getattr(after, name) for name in told):
        return before.roles | after.roles
    return before.roles ^ after.roles


_NOBODY: Final = User("", "")


@dataclass(frozen=True, slots=True)
class Named:
    """A user, role, team or calendar that something refers to; `pointer` says where, as in a file of people."""

    kind: Literal["user", "role", "team", "calendar"]
    name: str
    pointer: str


def named_in(
    users: Iterable[User],
    teams: Iterable[Team],
    members: Iterable[tuple[str, frozenset[str]]],
    absences: Iterable[tuple[str, Absence]],
) -> Iterator[Named]:
    """Everything that these refer to, whether or not it is there."""
    for user in users:
        at = f"/users/{escape(user.id)}"
        if user.reports_to is not None:
            yield Named("user", user.reports_to, f"{at}/reports_to")
        yield from (Named("role", name, f"{at}/roles") for name in sorted(user.roles))
        yield from (Named("team", name, f"{at}/teams") for name in sorted(user.teams))
        if user.calendar is not None:
            yield Named("calendar", user.calendar, f"{at}/calendar")
    for team in teams:
        if team.manager is not None:
            yield Named("user", team.manager, f"/teams/{escape(team.id)}/manager")
    for group, ids in members:
        yield Named("team", group, f"/teams/{escape(group)}")
        yield from (Named("user", name, f"/teams/{escape(group)}/members") for name in sorted(ids))
    for id, absence in absences:
        at = f"/users/{escape(id)}"
        yield Named("user", id, at)
        if absence.substitute is not None:
            yield Named("user", absence.substitute, f"{at}/absences/substitute")
        yield from (Named("role", name, f"{at}/absences/roles") for name in sorted(absence.roles or ()))
