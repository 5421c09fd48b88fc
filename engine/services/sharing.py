"""Tasks from hand to hand: released, given, delegated and returned, escalated, changed, and talked about.

Whether the caller may is decided by the task itself (`engine.core.access`). Who gets a task must be somebody that the
organisation knows, active and there, with the task's role; `force` passes that, never four eyes nor missing skills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.answers import Page, TaskAnswer
from engine.commit import Answer
from engine.core.commands import (
    ChangeTask,
    CommentOnTask,
    DelegateTask,
    EscalateTask,
    ReassignTask,
    ReleaseTask,
    ReturnTask,
)
from engine.core.decision import Decision
from engine.core.errors import Conflict, Invalid
from engine.core.journey import Journey, Priority
from engine.core.organisation import Organisation
from engine.core.receivers import able, check_receiver, superiors, unknown
from engine.core.task_facts import Link, TaskCommented
from engine.core.times import format_time
from engine.journeys import Journeys
from engine.ports import Comment, Reads, TaskLists
from engine.services.calls import Call, Shape, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.receivers import Receivers
from engine.services.task_calls import TaskCalls
from engine.services.unknown import no_task


@dataclass(frozen=True, slots=True)
class Handing:
    """To whom a task goes and why; `force` is for who may `task:reassign`."""

    assignee: str
    reason: str | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """Why, and to whom if that is said: to a role that is told, or to a person who gets the task."""

    reason: str
    to_role: str | None = None
    assignee: str | None = None
    priority: Priority | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Another priority or due date; None leaves the one it has, `no_due` takes the due date away."""

    priority: Priority | None = None
    due_at: datetime | None = None
    no_due: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CommentAnswer:
    """What somebody said about a task, or the links they attached; `seq` is its event's number in the history."""

    task: str
    seq: int
    at: str
    by: str
    text: str
    mentions: Sequence[str]
    links: Sequence[Mapping[str, str]]


class Sharing:
    """Everything by which a task goes from hand to hand, one at a time."""

    def __init__(
        self, calls: TaskCalls, journeys: Journeys, reads: Reads, lists: TaskLists, receivers: Receivers
    ) -> None:
        self._calls = calls
        self._journeys = journeys
        self._reads = reads
        self._lists = lists
        self._receivers = receivers

    async def release(self, call: Call, id: str, reason: str | None, *, seek: bool = False) -> Answer:
        """Gives it back to its role; with `seek` the engine chooses anew, where it is what gives out the work."""
        return await self._calls.change(call, "task:release", id, lambda n: ReleaseTask(call.caller, n, reason, seek))

    async def reassign(self, call: Call, id: str, to: Handing) -> Answer:
        """To a person who is answerable for it from now on: what nobody has, or what another had.

        Raises:
            Forbidden: `permission_denied`, naming who could; `four_eyes`, `not_skilled`.
            Invalid: `assignee_unfit`.
        """
        skills = await self._receiver(call, id, to)
        return await self._calls.change(
            call, None, id, lambda n: ReassignTask(call.caller, n, to.assignee, to.reason, skills)
        )

    async def delegate(self, call: Call, id: str, to: Handing) -> Answer:
        """The assignee asks another person to do it, and gets it back when they return it.

        Raises:
            Forbidden: `not_your_task`, `four_eyes`, `not_skilled`.
            Invalid: `assignee_unfit`.
        """
        skills = await self._receiver(call, id, to)
        return await self._calls.change(
            call, "task:delegate", id, lambda n: DelegateTask(call.caller, n, to.assignee, to.reason, skills)
        )

    async def give_back(self, call: Call, id: str, reason: str | None) -> Answer:
        """Back to who delegated it, by who has it or by who wants it back.

        Raises:
            Conflict: `invalid_transition`, where nobody delegated it, or who did is not active any more.
        """
        organisation = await self._receivers.organisation()
        if organisation.users:
            owner = (await self._calls.seen(call, id)).delegated_by
            known = organisation.users.get(owner) if owner else None
            if known is not None and not known.active:
                detail = f"{known.id}, who delegated it, is not active any more. Release it, or have it reassigned."
                raise Conflict("invalid_transition", detail, delegated_by=known.id)
        return await self._calls.change(call, "task:return", id, lambda n: ReturnTask(call.caller, n, reason))

    async def escalate(self, call: Call, id: str, wanted: Escalation) -> Answer:
        """Says that it takes too long, to the role or person that is named.

        Without one that is the role in the atom's `escalates_to`, else the manager of who answers for it (the assignee,
        or who delegated it), else who manages those who hold its role.

        Raises:
            Conflict: `nobody_above`.
            Forbidden: `permission_denied`, where it is given to somebody or its priority raised.
        """
        require(call.caller, "task:escalate")
        task = await self._calls.seen(call, id)
        organisation, now = await self._receivers.present()
        role, users, skills = wanted.to_role, tuple[str, ...](), dict[str, int]()
        if role is not None and role not in organisation.roles and organisation.roles:
            raise _wrong("/to_role", f"there is no role {role}")
        if wanted.assignee is not None:
            skills = await self._able(call, Handing(wanted.assignee, force=wanted.force), None)
        elif role is None:
            role, users = await self._upwards(call, task, organisation, now)
        return await self._calls.change(
            call,
            "task:escalate",
            id,
            lambda n: EscalateTask(
                call.caller, n, wanted.reason, role, users, wanted.priority, wanted.assignee, skills
            ),
        )

    async def change(self, call: Call, id: str, to: Change) -> Answer:
        """Another priority or due date, by who may share it out."""
        return await self._calls.change(
            call, None, id, lambda n: ChangeTask(call.caller, n, to.priority, to.due_at, to.no_due, to.reason)
        )

    async def comment(self, call: Call, id: str, text: str, mentions: Sequence[str], links: Sequence[Link]) -> Answer:
        """Says something about it, or attaches links. 201 with the comment.

        Raises:
            Invalid: `request_invalid`, where a mention is of nobody the organisation knows.
        """
        require(call.caller, "task:comment")
        strangers = unknown(await self._receivers.organisation(), mentions)
        if strangers:
            raise _wrong(f"/mentions/{list(mentions).index(strangers[0])}", f"nobody is known as {strangers[0]}")
        said = tuple(dict.fromkeys(mentions))
        return await self._calls.change(
            call,
            "task:comment",
            id,
            lambda n: CommentOnTask(call.caller, n, text, said, tuple(links)),
            lambda _: _said(id),
            201,
        )

    async def comments(self, call: Call, id: str, cursor: str | None, limit: int) -> Page[CommentAnswer]:
        """What was said about it, oldest first, also once it is over.

        Raises:
            Invalid: `cursor_invalid`.
        """
        after = name_in(cursor) or "0"
        if not after.isdecimal() or len(after) > len(str(2**31)):
            raise Invalid("cursor_invalid")
        task = await self._calls.seen(call, id)
        n = int(id.rpartition(".")[2])
        found = await self._lists.comments(task.process, n, int(after), limit + 1)
        return page_of(found, limit, lambda one: str(one.seq), lambda one: _comment(id, one))

    async def _receiver(self, call: Call, id: str, to: Handing) -> dict[str, int]:
        """The skills of who is to get it, once the organisation has nothing against it."""
        if not (await self._receivers.organisation()).users and not to.force:
            return {}
        return await self._able(call, to, (await self._calls.seen(call, id)).role)

    async def _able(self, call: Call, to: Handing, role: str | None) -> dict[str, int]:
        if to.force:
            require(call.caller, "task:reassign")
        organisation, now = await self._receivers.present()
        if now is None:
            return {}
        if not to.force:
            check_receiver(organisation, to.assignee, role, now)
        return able(organisation, to.assignee, now)

    async def _upwards(
        self, call: Call, task: TaskAnswer, organisation: Organisation, now: datetime | None
    ) -> tuple[str | None, tuple[str, ...]]:
        """The role or the people above a task."""
        row = await self._reads.process(task.process, call.caller)
        if row is None:
            raise no_task(task.id)
        journey = await self._journeys.get(row.process.journey, row.process.version)
        role = journey.routes[task.atom].escalates_to if task.atom else None
        if role is not None:
            return role, ()
        answering = task.delegated_by or task.assignee
        if users := superiors(organisation, answering, task.role, now):
            return None, users
        whose = answering or f"those who are {task.role}"
        detail = f"Its atom names no role to escalate to, and no active manager of {whose} is known; say to whom."
        raise Conflict("nobody_above", detail, assignee=task.assignee, role=task.role)


def _said(id: str) -> Shape:
    """What makes the answer of commenting on the task `id`."""

    def shape(_: Journey, decision: Decision) -> CommentAnswer:
        event = decision.events[-1]
        fact = event.fact
        assert isinstance(fact, TaskCommented), "commenting is one event"
        links = [{"name": link.name, "url": link.url} for link in fact.links]
        return CommentAnswer(id, event.seq, format_time(event.at), event.actor, fact.text, fact.mentions, links)

    return shape


def _comment(id: str, one: Comment) -> CommentAnswer:
    links = [{"name": link["name"], "url": link["url"]} for link in one.links]
    return CommentAnswer(id, one.seq, format_time(one.at), one.by, one.text, one.mentions, links)


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid("request_invalid", errors=[{"pointer": pointer, "message": message}])
