"""Users: who does tasks. Lists and single ones come from the tables, so they show every acknowledged change."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine import clock
from engine.answers import Page
from engine.commit import Answer
from engine.core.callers import SYSTEM
from engine.core.errors import Conflict, Invalid, NotFound, Stale
from engine.core.organisation import User
from engine.organisation import CurrentStaff
from engine.ports import Entered, Listed, OrganisationStore, UserFilter
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.people_shapes import OpenTaskAnswer, RemovedAnswer, UserAnswer, open_task_answer, user_answer
from engine.services.powers import Powers, require_powers
from engine.services.remembered import Memory
from engine.services.rerouting import Hanging, Rerouting

ID: Final = re.compile(r"(?=.{1,200}$)[^\s/](?:[^/\r\n\t]*[^\s/])?")
"""How ids of users, roles and teams look: printable, without `/`, and without spaces at their ends."""

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Tables:
    """What the services about people share."""

    store: OrganisationStore
    staff: CurrentStaff
    rerouting: Rerouting
    memory: Memory


class Users:
    """Everything that is asked and said of users, but for their absences."""

    def __init__(self, tables: Tables) -> None:
        self._store = tables.store
        self._staff = tables.staff
        self._rerouting = tables.rerouting
        self._memory = tables.memory

    async def find(self, call: Call, wanted: UserFilter, cursor: str | None, limit: int) -> Page[UserAnswer]:
        """Users by id."""
        require(call.caller, "user:read")
        now = clock.now()
        found = await self._store.users(wanted, name_in(cursor), limit + 1)
        return page_of(found, limit, lambda one: one.value.id, lambda one: user_answer(call.caller, one, now))

    async def get(self, call: Call, id: str) -> UserAnswer:
        """One user.

        Raises:
            NotFound: `user_not_found`.
        """
        require(call.caller, "user:read")
        return user_answer(call.caller, await self._listed(id), clock.now())

    async def put(self, call: Call, powers: Powers, user: User) -> Answer:
        """Enters a user, or changes all that is said of them; absences stay. 201 where nobody of this id was known.

        Raises:
            Invalid: `request_invalid`, `manager_circle`.
            Forbidden: `permission_denied`, where a role is given or taken that holds more than the caller.
            Stale: `stale_version`.
        """
        require(call.caller, "user:write")
        check_id(user.id)
        _check_zone(user.time_zone)

        async def act() -> Answer:
            known = await self._store.user(user.id)
            require_powers(call.caller, powers, known.value if known else None, user)
            await self._enter(call, user, call.if_match)
            return Answer(200 if known else 201, await self.get(call, user.id))

        return await self._memory.once(call.key, act)

    async def patch(self, call: Call, powers: Powers, id: str, changes: Mapping[str, Any]) -> Answer:
        """Changes some fields of a user, whatever another changes meanwhile.

        Raises:
            NotFound: `user_not_found`; and as `put` does.
        """
        require(call.caller, "user:write")
        _check_zone(changes.get("time_zone"))

        async def change() -> Answer:
            known = await self._listed(id)
            user = replace(known.value, **changes)
            require_powers(call.caller, powers, known.value, user)
            await self._enter(call, user, known.version if call.if_match is None else call.if_match)
            return Answer(200, await self.get(call, id))

        return await self._memory.once(call.key, lambda: _again(call, change))

    async def remove(self, call: Call, powers: Powers, id: str, reroute: str | None, reason: str) -> Answer:
        """Removes a user, once their open work is with others: with `reroute` it is moved first.

        The answer is a `RemovedAnswer`. Who reported to them reports to their manager then.

        Raises:
            Conflict: `work_depends`, with the count and the first tasks, where there is open work and no `reroute`.
        """
        require(call.caller, "user:write")

        async def act() -> Answer:
            known = await self._listed(id)
            require_powers(call.caller, powers, known.value, None)
            _check_tag(call, known)
            answer = RemovedAnswer("user", id, removed=False)
            if reroute is not None:
                to = await self._rerouting.target(reroute, id)
                moved = await self._rerouting.move(call, Hanging(user=id, delegated=True), to, reason)
                answer = replace(answer, moved=moved.moved, left=moved.left, refused=moved.refused)
                if moved.left:
                    return Answer(200, answer)
            await self._store.remove("user", id, call.caller.id)
            await self._staff.renew()
            return Answer(200, replace(answer, removed=True))

        return await self._memory.once(call.key, act, done)

    async def work(self, call: Call, id: str, cursor: str | None, limit: int) -> Page[OpenTaskAnswer]:
        """The open work that a user has, for themselves, who manages them, and who may see all tasks.

        Raises:
            NotFound: `user_not_found`, also where it is not for the caller.
        """
        caller = call.caller
        if caller.id != id and id not in caller.manages and not caller.may("task:read_all"):
            raise NotFound("user_not_found", f"There is no user {id}, or their work is not yours to see.")
        after = _task_in(name_in(cursor))
        found = await self._store.open_work(id, None, after, limit + 1)
        return page_of(found, limit, lambda task: f"{task.process}.{task.n}", open_task_answer)

    async def _enter(self, call: Call, user: User, known: int | None) -> None:
        try:
            await self._store.apply(Entered(users=(user,), known=known), call.caller.id)
        except Invalid as refusal:
            raise at_the_body(refusal) from None
        await self._staff.renew()

    async def _listed(self, id: str) -> Listed[User]:
        listed = await self._store.user(id)
        if listed is None:
            raise NotFound("user_not_found", f"There is no user {id}.")
        return listed


def check_id(id: str) -> None:
    """Whether a user, role or team can be called so.

    Raises:
        Invalid: `request_invalid`.
    """
    if not ID.fullmatch(id) or not id.isprintable() or id == SYSTEM.id:
        sentence = "An id has 1 to 200 printable characters, no `/`, and no spaces around it; `system` is the engine's."
        raise Invalid("request_invalid", sentence, errors=[{"parameter": "id", "message": "is no id"}])


def at_the_body(refusal: Invalid) -> Invalid:
    """A refusal of one value, with its places told as of the body: `/users/ann/roles` is its `/roles`."""
    errors: list[dict[str, str]] = [
        {**error, "pointer": _PLACE.sub("", error["pointer"])} for error in refusal.details.get("errors", ())
    ]
    return Invalid(refusal.code, refusal.detail, **{**refusal.details, "errors": errors}) if errors else refusal


_PLACE: Final = re.compile(r"^/[^/]+/[^/]+(/absences(?=/))?")
"""Where a value begins in a file of people."""


def done(answer: Answer) -> bool:
    """Whether a removal is done, so that its answer is kept: one that is not may be asked for again."""
    return isinstance(answer.body, RemovedAnswer) and answer.body.removed


async def _again(call: Call, change: Callable[[], Awaitable[Answer]]) -> Answer:
    """A change of what was read just now; again where another came between, unless the caller named a version."""
    for _ in range(_TRIES):
        try:
            return await change()
        except Stale:
            if call.if_match is not None:
                raise
    raise Conflict("invalid_transition", "Others are changing the same; try again.")


def _check_tag(call: Call, known: Listed[User]) -> None:
    if call.if_match is not None and call.if_match != known.version:
        raise Stale("stale_version", version=known.version)


def _check_zone(name: str | None) -> None:
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wrong = [{"pointer": "/time_zone", "message": "is no time zone of the IANA database, such as Europe/Paris"}]
        raise Invalid("request_invalid", f"There is no time zone {name}.", errors=wrong) from None


def _task_in(name: str | None) -> tuple[str, int] | None:
    if name is None:
        return None
    process, _, n = name.rpartition(".")
    if not n.isdecimal() or int(n) >= 2**31:
        raise Invalid("cursor_invalid")
    return process, int(n)
