"""The answers about users, roles, teams and absences."""

from dataclasses import dataclass
from datetime import datetime

from engine.core.callers import Caller
from engine.core.organisation import Absence, Role, Team, User
from engine.core.times import format_if_any, format_time
from engine.ports import Difference, Listed, OpenTask


@dataclass(frozen=True, slots=True)
class SkillAnswer:
    """What somebody can do; it holds to the end of the day `expires_on` in UTC, or for good."""

    skill: str
    level: int
    expires_on: str | None


@dataclass(frozen=True, slots=True)
class AwayAnswer:
    """Until when somebody takes no work at all, and who does meanwhile."""

    until: str
    substitute: str | None


@dataclass(frozen=True, slots=True)
class UserAnswer:
    """A user; `email` is null for those whom it does not concern. `version` is what GET sends as its ETag.

    `capacity` is how many open tasks they take, null for any number; `away` is null while they take work.
    """

    id: str
    name: str
    email: str | None
    active: bool
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    reports_to: str | None
    skills: tuple[SkillAnswer, ...]
    capacity: int | None
    time_zone: str | None
    calendar: str | None
    away: AwayAnswer | None
    version: int


@dataclass(frozen=True, slots=True)
class RoleAnswer:
    """A role; `holders` counts the active users who hold it."""

    id: str
    name: str
    description: str
    holders: int
    version: int


@dataclass(frozen=True, slots=True)
class TeamAnswer:
    """A team; `members` counts them, and `/api/users?team=` lists them."""

    id: str
    name: str
    manager: str | None
    members: int
    version: int


@dataclass(frozen=True, slots=True)
class RefusedMove:
    """A task that stays where it is, and why."""

    task: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class MovedAnswer:
    """How far moving open work came: `moved` tasks in this request, `left` ones to do, and the first that are refused.

    The same request again goes on where this one ended.
    """

    moved: int
    left: int
    refused: tuple[RefusedMove, ...] = ()


@dataclass(frozen=True, slots=True)
class RemovedAnswer:
    """What became of what is to be removed; it is still there where work is `left` on it."""

    kind: str
    id: str
    removed: bool
    moved: int = 0
    left: int = 0
    refused: tuple[RefusedMove, ...] = ()


@dataclass(frozen=True, slots=True)
class AbsenceAnswer:
    """When somebody takes no work, of some roles or of all (`roles` null); `reason` is null for whom it is not told.

    `waiting` is work they have of these roles and have not started, where it begins or is changed; `moved` says what
    became of it where the request asked for that.
    """

    id: int
    user: str
    starts_at: str
    ends_at: str
    substitute: str | None
    roles: tuple[str, ...] | None
    reason: str | None
    waiting: int | None = None
    moved: MovedAnswer | None = None


@dataclass(frozen=True, slots=True)
class OpenTaskAnswer:
    """Open work that somebody has."""

    task: str
    name: str
    process: str
    process_title: str
    role: str | None
    status: str
    priority: str
    due_at: str | None


@dataclass(frozen=True, slots=True)
class EnteredAnswer:
    """What a file of people made other than it was; `same` counts what it did not. `version` is the organisation's."""

    version: int
    dry_run: bool
    same: int
    differences: tuple[Difference, ...]


def concerns(caller: Caller, user: str) -> bool:
    """Whether the caller is told the email of a user and why they are away."""
    return caller.id == user or user in caller.manages or caller.may("user:write")


def user_answer(caller: Caller, listed: Listed[User], now: datetime) -> UserAnswer:
    """A user as the caller may see them."""
    user = listed.value
    away = user.absence(None, now)
    return UserAnswer(
        id=user.id,
        name=user.name,
        email=user.email if concerns(caller, user.id) else None,
        active=user.active,
        roles=tuple(sorted(user.roles)),
        teams=tuple(sorted(user.teams)),
        reports_to=user.reports_to,
        skills=tuple(
            SkillAnswer(skill.name, skill.level, str(skill.expires_on) if skill.expires_on else None)
            for skill in user.skills
        ),
        capacity=user.capacity,
        time_zone=user.time_zone,
        calendar=user.calendar,
        away=AwayAnswer(format_time(away.ends_at), away.substitute) if away else None,
        version=listed.version,
    )


def role_answer(listed: Listed[Role]) -> RoleAnswer:
    """A role."""
    role = listed.value
    return RoleAnswer(role.id, role.name, role.description, listed.holders, listed.version)


def team_answer(listed: Listed[Team]) -> TeamAnswer:
    """A team."""
    team = listed.value
    return TeamAnswer(team.id, team.name, team.manager, listed.holders, listed.version)


def absence_answer(
    caller: Caller, user: str, absence: Absence, waiting: int | None = None, moved: MovedAnswer | None = None
) -> AbsenceAnswer:
    """An absence as the caller may see it."""
    return AbsenceAnswer(
        id=absence.id,
        user=user,
        starts_at=format_time(absence.starts_at),
        ends_at=format_time(absence.ends_at),
        substitute=absence.substitute,
        roles=None if absence.roles is None else tuple(sorted(absence.roles)),
        reason=absence.reason if concerns(caller, user) else None,
        waiting=waiting,
        moved=moved,
    )


def open_task_answer(task: OpenTask) -> OpenTaskAnswer:
    """Open work of somebody."""
    return OpenTaskAnswer(
        task=f"{task.process}.{task.n}",
        name=task.name,
        process=task.process,
        process_title=task.process_title,
        role=task.role,
        status=task.status,
        priority=task.priority,
        due_at=format_if_any(task.due_at),
    )
