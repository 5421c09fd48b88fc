"""Requests about users, roles, teams and absences."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.requests import Name, RequestBody, Time
from engine.core.organisation import Absence, Role, Skill, Team, User


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date, such as 2027-06-30") from None


Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Names = Annotated[list[Name], Field(max_length=100)]
Capacity = Annotated[int, Field(ge=0, le=1_000_000, description="Most open tasks they take; null for any number.")]
Email = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]


class SkillHeld(RequestBody):
    """What somebody can do, until the end of the day `expires_on` in UTC."""

    skill: Name
    level: Annotated[int, Field(ge=1, le=100)] = 1
    expires_on: Date | None = None

    def held(self) -> Skill:
        """As the organisation has it."""
        return Skill(self.skill, self.level, self.expires_on)


Skills = Annotated[list[SkillHeld], Field(max_length=100)]


class PutUser(RequestBody):
    """All that is said of a user; what is left out is not true of them."""

    name: Name
    email: Email | None = None
    active: bool = True
    roles: Names = Field(default_factory=list[str])
    teams: Names = Field(default_factory=list[str])
    reports_to: Name | None = None
    skills: Skills = Field(default_factory=list[SkillHeld])
    capacity: Capacity | None = None
    time_zone: Name | None = None
    calendar: Name | None = None

    def user(self, id: str) -> User:
        """The user of this id."""
        return User(id=id, **_values(self.model_dump(exclude={"skills"}), self.skills))


class PatchUser(RequestBody):
    """What is to be other than it is; null takes away what there may be none of."""

    name: Name | None = None
    email: Email | None = None
    active: bool | None = None
    roles: Names | None = None
    teams: Names | None = None
    reports_to: Name | None = None
    skills: Skills | None = None
    capacity: Capacity | None = None
    time_zone: Name | None = None
    calendar: Name | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that are named, as a user has them."""
        named = {name: value for name, value in self.model_dump(exclude_unset=True).items() if name != "skills"}
        kept = {name: value for name, value in named.items() if value is not None or name in _MAY_BE_NONE}
        return _values(kept, self.skills)


_MAY_BE_NONE = frozenset({"email", "reports_to", "capacity", "time_zone", "calendar"})


class PutRole(RequestBody):
    """What a role is called; journeys name it by its id."""

    name: Name
    description: Annotated[str, Field(max_length=2000)] = ""

    def role(self, id: str) -> Role:
        """The role of this id."""
        return Role(id, self.name, self.description)


class PutTeam(RequestBody):
    """What a team is called and who manages it; with `members`, these belong to it and nobody else."""

    name: Name
    manager: Name | None = None
    members: Annotated[list[Name], Field(max_length=10_000)] | None = None

    def team(self, id: str) -> Team:
        """The team of this id."""
        return Team(id, self.name, self.manager)


class SetAbsence(RequestBody):
    """When somebody takes no work: of `roles`, or of any. Who gets it meanwhile is the `substitute`."""

    starts_at: Time
    ends_at: Time
    substitute: Name | None = None
    roles: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    reason: Annotated[str, Field(max_length=2000, description="They and their managers are told, nobody else.")] = ""

    def absence(self, id: int = 0) -> Absence:
        """The absence of this id; 0 for one that is new."""
        roles = None if self.roles is None else frozenset(self.roles)
        return Absence(id, self.starts_at, self.ends_at, self.substitute, roles, self.reason)


def _values(told: dict[str, Any], skills: list[SkillHeld] | None) -> dict[str, Any]:
    sets: dict[str, Any] = {name: frozenset(told[name]) for name in ("roles", "teams") if name in told}
    if skills is None:
        return {**told, **sets}
    return {**told, **sets, "skills": tuple({one.skill: one.held() for one in skills}.values())}
