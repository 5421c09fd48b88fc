"""Requests by which tasks go from hand to hand, are changed and talked about; drafts."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from api.schemas.requests import Name, Reason, RequestBody, Time, Values
from engine.core.journey import Priority
from engine.core.task_facts import Link
from engine.ports import MovableFilter
from engine.services.moving import Move, read_cursor
from engine.services.sharing import Change, Escalation, Handing

RELEASE: Final = "release"
_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)


def _address(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be the address of a page: http:// or https://, a host without a name and password")
    return value


def _visible(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_address)]
Text = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_visible)]


class Release(RequestBody):
    """Why, if that is said."""

    reason: Reason | None = None
    seek: Annotated[bool, Field(description="Where the engine gives out the work: it chooses somebody anew.")] = False


class HandOver(RequestBody):
    """Who is to do it now. `force` passes who is absent, not active, not known or without the role."""

    assignee: Name
    reason: Reason | None = None
    force: Annotated[bool, Field(description="For who may `task:reassign`; passes neither four eyes nor skills.")] = (
        False
    )

    def handing(self) -> Handing:
        """As the service takes it."""
        return Handing(self.assignee, self.reason, self.force)


class Escalate(RequestBody):
    """Why it takes too long. Without `to_role` and `assignee` the atom or the organisation says to whom."""

    reason: Reason
    to_role: Annotated[Name | None, Field(description="Is told, sees the task, and may share it out.")] = None
    assignee: Annotated[Name | None, Field(description="Gets the task; for who may share it out.")] = None
    priority: Annotated[Priority | None, Field(description="From now on; for who may share it out.")] = None
    force: bool = False

    @model_validator(mode="after")
    def _one_goal(self) -> "Escalate":
        if self.to_role is not None and self.assignee is not None:
            raise ValueError("takes a role or an assignee, not both")
        return self

    def escalation(self) -> Escalation:
        """As the service takes it."""
        return Escalation(self.reason, self.to_role, self.assignee, self.priority, self.force)


class ChangeTask(RequestBody):
    """Another priority or due date; `due_at` null takes the due date away."""

    priority: Priority | None = None
    due_at: Time | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _something(self) -> "ChangeTask":
        if self.priority is None and "due_at" not in self.model_fields_set:
            raise ValueError("changes neither the priority nor the due date")
        return self

    def change(self) -> Change:
        """As the service takes it."""
        no_due = self.due_at is None and "due_at" in self.model_fields_set
        return Change(self.priority, self.due_at, no_due, self.reason)


class LinkGiven(RequestBody):
    """Something that is kept elsewhere."""

    name: Name
    url: Url


class AddComment(RequestBody):
    """What there is to say; whom to tell of it; links to what is kept elsewhere."""

    text: Text
    mentions: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list[Name])
    links: Annotated[list[LinkGiven], Field(max_length=20)] = Field(default_factory=list[LinkGiven])

    def attached(self) -> tuple[Link, ...]:
        """The links, as the service takes them."""
        return tuple(Link(link.name, link.url) for link in self.links)


class KeepDraft(RequestBody):
    """What the performer has by now; it need not fit the form. At most 256 KiB."""

    output: Values


class MovedFrom(RequestBody):
    """Which open tasks: what a person has or delegated, or of a role; each name that is given narrows it."""

    assignee: Name | None = None
    role: Name | None = None
    journey: Name | None = None
    atom: Name | None = None
    process: Name | None = None

    @model_validator(mode="after")
    def _somebodys(self) -> "MovedFrom":
        if self.assignee is None and self.role is None:
            raise ValueError("names neither an assignee nor a role")
        return self


class MoveTasks(RequestBody):
    """Tasks to move: `from` is a person, or what an object names; `to` a person, or `release` for their roles."""

    origin: Annotated[Name | MovedFrom, Field(alias="from")]
    to: Annotated[Name, Field(description="A user's id, or `release`.")]
    reason: Reason
    preview: Annotated[bool, Field(description="Changes nothing: says what would be moved, and what not and why.")]
    force: bool = False
    limit: Annotated[int, Field(ge=1, le=10_000, description="Most tasks that are looked at.")] = 1000
    cursor: Annotated[str | None, Field(max_length=100, description="The `next_cursor` of an answer.")] = None

    @model_validator(mode="after")
    def _elsewhere(self) -> "MoveTasks":
        if self.wanted().assignee == self.to:
            raise ValueError("moves tasks to who has them")
        return self

    def wanted(self) -> MovableFilter:
        """The tasks."""
        if isinstance(self.origin, str):
            return MovableFilter(assignee=self.origin)
        names = self.origin
        return MovableFilter(names.assignee, names.role, names.journey, names.atom, names.process)

    def move(self) -> Move:
        """As the service takes it.

        Raises:
            Invalid: `cursor_invalid`.
        """
        to = None if self.to == RELEASE else self.to
        return Move(self.wanted(), to, self.reason, self.force, self.limit, read_cursor(self.cursor))
