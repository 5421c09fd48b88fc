"""Users, roles, teams and absences as rows, and back."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from engine.core.organisation import Absence, Role, Skill, Team, User
from engine.core.values import encode
from engine.ports import Listed, OpenTask

Row = Mapping[str, Any]

_USER_FIELDS: Final = ("id", "name", "email", "active", "reports_to", "capacity", "time_zone", "calendar")


class Sharing:
    """Gives equal sets as one object, so that a hundred thousand users with the same few roles take little memory."""

    def __init__(self) -> None:
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._names: dict[str, str] = {}

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """The one set of these names."""
        found = frozenset(self._names.setdefault(name, name) for name in names)
        return self._sets.setdefault(found, found)


def user(row: Row, shared: Sharing | None = None) -> User:
    """A row of `people`."""
    sets = shared.of if shared else frozenset[str]
    return User(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        active=row["active"],
        roles=sets(row["roles"]),
        teams=sets(row["teams"]),
        reports_to=row["reports_to"],
        skills=tuple(Skill(name, level, _day(expires_on)) for name, level, expires_on in row["skills"] or ()),
        absences=tuple(map(absence, row["absences"] or ())),
        capacity=row["capacity"],
        time_zone=row["time_zone"],
        calendar=row["calendar"],
    )


def absence(row: Row) -> Absence:
    """A row of `absences`, also as JSON."""
    return Absence(
        id=row["id"],
        starts_at=_time(row["starts_at"]),
        ends_at=_time(row["ends_at"]),
        substitute=row["substitute"],
        roles=None if row["roles"] is None else frozenset(row["roles"]),
        reason=row["reason"],
    )


def listed_user(row: Row) -> Listed[User]:
    """A user with the version that last changed it."""
    return Listed(user(row), row["changed"])


def role(row: Row) -> Role:
    """A row of `roles`."""
    return Role(row["id"], row["name"], row["description"])


def team(row: Row) -> Team:
    """A row of `teams`."""
    return Team(row["id"], row["name"], row["manager"])


def open_task(row: Row) -> OpenTask:
    """A row of `open_work`."""
    return OpenTask(
        process=row["process_id"],
        n=row["n"],
        name=row["name"],
        process_title=row["process_title"],
        journey=row["journey"],
        journey_version=row["journey_version"],
        atom=row["atom"],
        role=row["role"],
        assignee=row["assignee"],
        status=row["status"],
        priority=row["priority"],
        due_at=row["due_at"],
        version=row["version"],
    )


def users_json(users: Iterable[User]) -> str:
    """What `put_users`, `put_user_roles`, `put_team_members` and `put_user_skills` are given."""
    return _json(
        {
            **{name: getattr(one, name) for name in _USER_FIELDS},
            "roles": sorted(one.roles),
            "teams": sorted(one.teams),
            "skills": [
                {"skill": skill.name, "level": skill.level, "expires_on": skill.expires_on and str(skill.expires_on)}
                for skill in one.skills
            ],
        }
        for one in users
    )


def roles_json(roles: Iterable[Role]) -> str:
    """What `put_roles` is given."""
    return _json({"id": one.id, "name": one.name, "description": one.description} for one in roles)


def teams_json(teams: Iterable[Team]) -> str:
    """What `put_teams` is given."""
    return _json({"id": one.id, "name": one.name, "manager": one.manager} for one in teams)


def absence_parameters(user: str, absence: Absence) -> dict[str, Any]:
    """What `add_absence` and `change_absence` are given."""
    return {
        "user": user,
        "absence": absence.id,
        "starts_at": absence.starts_at,
        "ends_at": absence.ends_at,
        "substitute": absence.substitute,
        "roles": None if absence.roles is None else sorted(absence.roles),
        "reason": absence.reason,
    }


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return encode(list(rows)).decode()


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).astimezone(UTC)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
