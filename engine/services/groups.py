"""Roles, which users hold and atoms are performed by; and teams, which have a manager."""

from dataclasses import replace
from typing import Any

from engine.answers import Page
from engine.commit import Answer
from engine.core.errors import Invalid, NotFound
from engine.core.organisation import Role, Team
from engine.ports import Entered, Removable
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.people_shapes import RemovedAnswer, RoleAnswer, TeamAnswer, role_answer, team_answer
from engine.services.powers import Powers, check_roles
from engine.services.rerouting import RELEASE, Hanging
from engine.services.users import Tables, at_the_body, check_id, done


class Groups:
    """Everything that is asked and said of roles and teams."""

    def __init__(self, tables: Tables) -> None:
        self._store = tables.store
        self._staff = tables.staff
        self._rerouting = tables.rerouting
        self._memory = tables.memory

    async def roles(self, call: Call, cursor: str | None, limit: int) -> Page[RoleAnswer]:
        """Roles by id."""
        require(call.caller, "user:read")
        found = await self._store.roles(name_in(cursor), limit + 1)
        return page_of(found, limit, lambda one: one.value.id, role_answer)

    async def role(self, call: Call, id: str) -> RoleAnswer:
        """One role.

        Raises:
            NotFound: `role_not_found`.
        """
        require(call.caller, "user:read")
        listed = await self._store.role(id)
        if listed is None:
            raise NotFound("role_not_found", f"There is no role {id}.")
        return role_answer(listed)

    async def put_role(self, call: Call, role: Role) -> Answer:
        """Enters a role, or changes what it is called. 201 where it is new.

        Raises:
            Stale: `stale_version`.
        """
        require(call.caller, "role:write")
        check_id(role.id)

        async def act() -> Answer:
            new = await self._store.role(role.id) is None
            await self._enter(call, Entered(roles=(role,), known=call.if_match))
            return Answer(201 if new else 200, await self.role(call, role.id))

        return await self._memory.once(call.key, act)

    async def remove_role(self, call: Call, powers: Powers, id: str, reroute: str | None, reason: str) -> Answer:
        """Removes a role, which nobody holds then, once nobody waits for it: with `reroute` its work goes to that user.

        What users have already stays theirs. The answer is a `RemovedAnswer`.

        Raises:
            Conflict: `work_depends`, where work waits for who holds it and no `reroute` is said.
            Invalid: `request_invalid`, as work of a role that is removed cannot go back to it.
        """
        require(call.caller, "role:write")
        check_roles(call.caller, powers, frozenset({id}))
        if reroute == RELEASE:
            wrong = [{"parameter": "reroute", "message": "name a user: the role that work would go back to is removed"}]
            raise Invalid("request_invalid", "Work cannot go back to a role that is removed.", errors=wrong)

        async def act() -> Answer:
            answer = RemovedAnswer("role", id, removed=False)
            if reroute is not None:
                to = await self._rerouting.target(reroute, None)
                moved = await self._rerouting.move(call, Hanging(role=id), to, reason)
                answer = replace(answer, moved=moved.moved, left=moved.left, refused=moved.refused)
                if moved.left:
                    return Answer(200, answer)
            return await self._removed(call, "role", answer)

        return await self._memory.once(call.key, act, done)

    async def teams(self, call: Call, cursor: str | None, limit: int) -> Page[TeamAnswer]:
        """Teams by id."""
        require(call.caller, "user:read")
        found = await self._store.teams(name_in(cursor), limit + 1)
        return page_of(found, limit, lambda one: one.value.id, team_answer)

    async def team(self, call: Call, id: str) -> TeamAnswer:
        """One team.

        Raises:
            NotFound: `team_not_found`.
        """
        require(call.caller, "user:read")
        listed = await self._store.team(id)
        if listed is None:
            raise NotFound("team_not_found", f"There is no team {id}.")
        return team_answer(listed)

    async def put_team(self, call: Call, team: Team, members: frozenset[str] | None) -> Answer:
        """Enters a team, or changes it; with `members` these belong to it and nobody else. 201 where it is new.

        Raises:
            Invalid: `request_invalid`, where its manager or a member is not known.
            Stale: `stale_version`.
        """
        require(call.caller, "team:write")
        check_id(team.id)

        async def act() -> Answer:
            new = await self._store.team(team.id) is None
            told = () if members is None else ((team.id, members),)
            await self._enter(call, Entered(teams=(team,), members=told, known=call.if_match))
            return Answer(201 if new else 200, await self.team(call, team.id))

        return await self._memory.once(call.key, act)

    async def remove_team(self, call: Call, id: str) -> Answer:
        """Removes a team; its members stay. The answer is a `RemovedAnswer`."""
        require(call.caller, "team:write")

        async def act() -> Answer:
            return await self._removed(call, "team", RemovedAnswer("team", id, removed=False))

        return await self._memory.once(call.key, act)

    async def _enter(self, call: Call, entered: Entered) -> None:
        try:
            await self._store.apply(entered, call.caller.id)
        except Invalid as refusal:
            raise at_the_body(refusal) from None
        await self._staff.renew()

    async def _removed(self, call: Call, kind: Removable, answer: Any) -> Answer:
        await self._store.remove(kind, answer.id, call.caller.id, call.if_match)
        await self._staff.renew()
        return Answer(200, replace(answer, removed=True))
