"""Absences: when somebody takes no work, and who does meanwhile.

Everybody says when they are away themselves; so do their managers, and who may `user:write`. Work that the absent
person has stays with them unless the request says where it goes: they may have begun it in their head.
"""

from dataclasses import dataclass
from typing import Final

from engine import clock
from engine.answers import Page
from engine.commit import Answer
from engine.core.errors import Forbidden, Invalid, NotFound
from engine.core.organisation import Absence
from engine.ports import Applied, Entered, OpenTask
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.people_shapes import AbsenceAnswer, absence_answer
from engine.services.rerouting import Hanging
from engine.services.users import Tables, at_the_body

SUBSTITUTE: Final = "substitute"
"""What is said instead of a user where waiting work goes to the substitute of the absence."""

_LOOKED_AT: Final = 1000


@dataclass(frozen=True, slots=True)
class RemovedAbsence:
    """What was taken back."""

    id: int
    user: str
    removed: bool = True


class Absences:
    """Everything that is asked and said of absences."""

    def __init__(self, tables: Tables) -> None:
        self._store = tables.store
        self._staff = tables.staff
        self._rerouting = tables.rerouting
        self._memory = tables.memory

    async def find(self, call: Call, user: str, cursor: str | None, limit: int) -> Page[AbsenceAnswer]:
        """Of one user, also those that are over; what starts last comes first.

        Raises:
            NotFound: `user_not_found`.
        """
        require(call.caller, "user:read")
        await self._known(user)
        before = name_in(cursor)
        if before is not None and not (before.isdecimal() and int(before) < 2**63):
            raise Invalid("cursor_invalid")
        found = await self._store.absences(user, None if before is None else int(before), limit + 1)
        return page_of(found, limit, lambda one: str(one.id), lambda one: absence_answer(call.caller, user, one))

    async def get(self, call: Call, user: str, id: int) -> AbsenceAnswer:
        """One absence.

        Raises:
            NotFound: `absence_not_found`.
        """
        require(call.caller, "user:read")
        return absence_answer(call.caller, user, await self._absence(user, id))

    async def set(self, call: Call, user: str, absence: Absence, reroute: str | None) -> Answer:
        """Enters an absence (its id is 0: 201), or changes one. The same time and roles again is the same absence.

        With `reroute` (a user, `release` or `substitute`) work that they have of these roles and have not started is
        moved now; without, `waiting` says how much there is.

        Raises:
            NotFound: `user_not_found`, `absence_not_found`.
            Invalid: `request_invalid`, where it ends before it starts, is their own substitute, or names nobody.
            Conflict: `absence_taken`, where it becomes the same as another.
        """
        self._require(call, user)
        _check(user, absence)
        if reroute == SUBSTITUTE and absence.substitute is None:
            wrong = [{"parameter": "reroute", "message": "this absence has no substitute; name a user, or release"}]
            raise Invalid("request_invalid", "There is no substitute to give the work to.", errors=wrong)

        async def act() -> Answer:
            await self._known(user)
            if absence.id:
                await self._absence(user, absence.id)
            to_whom = absence.substitute if reroute == SUBSTITUTE else reroute
            to = await self._rerouting.target(to_whom, user) if to_whom is not None else None
            id, new = await self._entered(call, user, absence)
            work = Hanging(user=user, which=lambda task: _waits(task, absence))
            moved = None
            if to_whom is not None:
                moved = await self._rerouting.move(call, work, to, absence.reason or "absent")
            waiting = await self._count(work)
            kept = await self._absence(user, id)
            return Answer(201 if new else 200, absence_answer(call.caller, user, kept, waiting, moved))

        return await self._memory.once(call.key, act)

    async def remove(self, call: Call, user: str, id: int) -> Answer:
        """Takes an absence back. The answer is a `RemovedAbsence`."""
        self._require(call, user)

        async def act() -> Answer:
            await self._store.remove_absence(user, id, call.caller.id)
            await self._staff.renew()
            return Answer(200, RemovedAbsence(id, user))

        return await self._memory.once(call.key, act)

    async def _entered(self, call: Call, user: str, absence: Absence) -> tuple[int, bool]:
        """The id it has, and whether it is new."""
        try:
            applied: Applied = await self._store.apply(Entered(absences=((user, absence),)), call.caller.id)
        except Invalid as refusal:
            raise at_the_body(refusal) from None
        await self._staff.renew()
        (difference,) = (one for one in applied.differences if one.kind == "absence")
        return int(difference.id.rpartition(".")[2]), difference.happened == "added"

    async def _count(self, work: Hanging) -> int:
        """How many of the tasks are still theirs; of a thousand and more, so many as were looked at."""
        tasks = await self._store.open_work(work.user, work.role, None, _LOOKED_AT)
        return sum(map(work.which, tasks))

    async def _known(self, user: str) -> None:
        if await self._store.user(user) is None:
            raise NotFound("user_not_found", f"There is no user {user}.")

    async def _absence(self, user: str, id: int) -> Absence:
        absence = await self._store.absence(user, id)
        if absence is None:
            raise NotFound("absence_not_found", f"{user} has no absence {id}.")
        return absence

    def _require(self, call: Call, user: str) -> None:
        caller = call.caller
        if caller.id != user and user not in caller.manages and not caller.may("user:write"):
            detail = f"This needs the permission user:write; {user} and their managers could do it, too."
            raise Forbidden("permission_denied", detail, permission="user:write")


def _check(user: str, absence: Absence) -> None:
    wrong: list[dict[str, str]] = []
    if absence.ends_at <= absence.starts_at:
        wrong.append({"pointer": "/ends_at", "message": "must be after it starts"})
    if absence.substitute == user:
        wrong.append({"pointer": "/substitute", "message": "must be somebody else"})
    if absence.roles is not None and not absence.roles:
        wrong.append({"pointer": "/roles", "message": "must name a role, or be null for all of them"})
    if wrong:
        raise Invalid("request_invalid", "This is no absence.", errors=wrong)


def _waits(task: OpenTask, absence: Absence) -> bool:
    """Whether it is work that the absent person has not started, and takes none of meanwhile."""
    return task.status == "assigned" and absence.covers(task.role, max(absence.starts_at, clock.now()))
