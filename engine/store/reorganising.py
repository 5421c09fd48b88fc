"""One change of who there is, in one transaction: what it makes other, who is to know, and what it may not name."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import msgspec
from psycopg import Rollback
from psycopg.errors import CheckViolation, UniqueViolation

from engine.core.errors import Conflict, Invalid, NotFound, Stale
from engine.core.organisation import Absence, Role, Team, User
from engine.core.reorganising import Named, as_members, concerned, named_in, ordered, other_fields
from engine.core.values import encode
from engine.ports import Applied, Difference, Entered, Happening, Token
from engine.statements import SQL_QUERIES, Statements
from engine.store import people_rows
from engine.store.connections import Connection

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_PRIVATE: Final = frozenset({"name", "email", "reason"})
"""Fields whose values are kept out of the history, which forgets nothing."""


async def changing(
    connection: Connection, by: str, act: Callable[["Reorganising"], Awaitable[None]], *, dry_run: bool = False
) -> Applied:
    """Does `act` under the organisation's lock; nothing is written where nothing differs, or for a `dry_run`.

    Raises:
        Invalid: `manager_circle`, naming it; what `act` refuses.
        Conflict: `absence_taken`, where two absences of one user would be the same.
    """
    try:
        async with connection.transaction() as transaction:
            row = await (await connection.execute(_SQL["lock_organisation"])).fetchone()
            assert row is not None
            change = Reorganising(connection, by, row["version"] + 1)
            await act(change)
            if not change.differs:
                return Applied(row["version"], tuple(change.differences))
            await change.finish()
            if dry_run:
                raise Rollback(transaction)
    except CheckViolation as violation:
        raise _named(violation) from None
    except UniqueViolation:
        raise Conflict("absence_taken") from None
    return Applied(change.version, tuple(change.differences))


class Reorganising:
    """A change under way. `version` is the one it makes."""

    def __init__(self, connection: Connection, by: str, version: int) -> None:
        self.version = version
        self.differences: list[Difference] = []
        self._connection = connection
        self._by = by
        self._audited: list[dict[str, Any]] = []
        self._concerned: set[str] = set()

    @property
    def differs(self) -> bool:
        """Whether anything is other than it was."""
        return bool(self._audited)

    async def enter(self, entered: Entered) -> None:
        """Enters or changes what is said, and nothing else.

        Raises:
            Invalid: `request_invalid`, where somebody or something is named that is not known; `manager_circle`.
            Stale: `stale_version`.
        """
        for user in entered.users:
            if user.reports_to == user.id:
                raise _circle([user.id, user.id])
        await self._refuse_stale(entered)
        users = await self._with_members(entered)
        await self._refuse_unknown(entered, users)
        await self._put_roles(entered.roles)
        other = await self._put_users(users, told=frozenset(user.id for user in entered.users))
        await self._put_teams(entered.teams)
        await self._belong(other)
        for whose, absence in entered.absences:
            await self._put_absence(whose, absence)

    async def enter_from_token(self, token: Token) -> None:
        """Enters who is not known, or was entered by an earlier token and by nobody else."""
        row = next(iter(await self._rows("people_by_id", ids=[token.user.id])), None)
        if row is not None and (row["token_at"] is None or row["token_at"] >= token.at):
            return
        known = {row["id"] for row in await self._rows("known_roles", ids=sorted(token.user.roles))}
        await self._put_roles([Role(role, role) for role in sorted(token.user.roles - known)])
        said = token.user
        before = User(said.id, said.name) if row is None else people_rows.user(row)
        wanted = replace(before, name=said.name, email=said.email, roles=said.roles)
        await self._belong(await self._put_users([wanted], told=frozenset({wanted.id}), token_at=token.at))

    async def remove_user(self, user: User) -> None:
        """Who reports to them, and whose team they manage, is their manager's from now on."""
        inherited = {"id": user.id, "boss": user.reports_to, "version": self.version}
        reports = [row["id"] for row in await self._rows("inherit_reports", **inherited)]
        teams = [row["id"] for row in await self._rows("inherit_teams", **inherited)]
        replaced = [row["user_id"] for row in await self._rows("substituted_by", id=user.id)]
        await self._touch(replaced)
        await self._run("remove_user", id=user.id)
        facts = {"roles": sorted(user.roles), "reports": sorted(reports), "teams": sorted(teams), "to": user.reports_to}
        await self._gone("user", user.id, facts)
        self._concerned |= user.roles

    async def remove_named(self, kind: str, id: str) -> None:
        """A role, which nobody holds from now on; or a team, which nobody belongs to."""
        members = await (self._rows("holders_of", id=id) if kind == "role" else self._rows("members_of", teams=[id]))
        await self._touch([row["user_id"] for row in members])
        await (self._run("remove_role", id=id) if kind == "role" else self._run("remove_team", id=id))
        await self._gone(kind, id, {"users": len(members)})
        if kind == "role":
            self._concerned.add(id)

    async def remove_absence(self, user: str, absence: int) -> None:
        """Takes it back."""
        if not await self._run("remove_absence", user=user, absence=absence):
            raise NotFound("absence_not_found", f"{user} has no absence {absence}.")
        await self._touch([user])
        await self._concern(user)
        self._tell(Difference("absence", f"{user}.{absence}", "removed"), "absence.removed", user, {"absence": absence})

    async def finish(self) -> None:
        """Counts the organisation up, tells the history, and lets waiting work be looked at again."""
        await self._run("audit_changes", by=self._by, changes=encode(self._audited).decode())
        await self._run("count_organisation_up", version=self.version)
        if self._concerned:
            await self._run("look_again", roles=sorted(self._concerned))

    async def _put_roles(self, roles: Sequence[Role]) -> None:
        rows = {row["id"]: people_rows.role(row) for row in await self._rows("roles_by_id", ids=_ids(roles))}
        if other := [role for role in roles if self._compare("role", rows.get(role.id), role)]:
            await self._run("put_roles", roles=people_rows.roles_json(other), version=self.version)
            await self._run("come_back", kind="role", ids=_ids(other))

    async def _put_teams(self, teams: Sequence[Team]) -> None:
        rows = {row["id"]: people_rows.team(row) for row in await self._rows("teams_by_id", ids=_ids(teams))}
        if other := [team for team in teams if self._compare("team", rows.get(team.id), team)]:
            await self._run("put_teams", teams=people_rows.teams_json(other), version=self.version)
            await self._run("come_back", kind="team", ids=_ids(other))

    async def _put_users(self, users: Sequence[User], told: frozenset[str], token_at: Any = None) -> list[User]:
        """Writes those that differ, without what they belong to, and gives them.

        `told` are those that are spoken of even where nothing is other than it was.
        """
        rows = {row["id"]: row for row in await self._rows("people_by_id", ids=_ids(users))}
        other: list[User] = []
        for user in map(ordered, users):
            row = rows.get(user.id)
            before = people_rows.user(row) if row else None
            if self._compare("user", before, user, silent=user.id not in told):
                other.append(user)
                self._concerned |= concerned(before, replace(user, absences=before.absences if before else ()))
        if other:
            written = people_rows.users_json(other)
            await self._run("put_users", users=written, version=self.version, token_at=token_at)
            await self._run("come_back", kind="user", ids=_ids(other))
        return other

    async def _belong(self, users: Sequence[User]) -> None:
        """Roles, teams and skills of users; teams must be there by now."""
        for start in range(0, len(users), _PORTION):
            some = users[start : start + _PORTION]
            written = {"users": people_rows.users_json(some), "ids": _ids(some)}
            for statement in ("put_user_roles", "put_team_members", "put_user_skills"):
                await self._run(statement, **written)

    async def _put_absence(self, user: str, absence: Absence) -> None:
        known = [people_rows.absence(row) for row in await self._rows("absences_of", users=[user])]
        before = next((one for one in known if _same(one, absence)), None)
        if absence.id and before is None:
            raise NotFound("absence_not_found", f"{user} has no absence {absence.id}.")
        after = replace(absence, id=before.id if before else 0)
        if before == after:
            self.differences.append(Difference("absence", f"{user}.{after.id}", "same"))
            return
        parameters = people_rows.absence_parameters(user, after)
        if before is None:
            parameters.pop("absence")
            (row,) = await self._rows("add_absence", **parameters)
            after = replace(after, id=row["id"])
        else:
            await self._run("change_absence", **parameters)
        await self._touch([user])
        await self._concern(user)
        happened: Happening = "changed" if before else "added"
        fields = other_fields(before, after)
        facts = {
            "absence": after.id,
            "starts_at": after.starts_at.isoformat(),
            "ends_at": after.ends_at.isoformat(),
            "substitute": after.substitute,
            "roles": None if after.roles is None else sorted(after.roles),
        }
        self._tell(Difference("absence", f"{user}.{after.id}", happened, fields), "absence.set", user, facts)

    async def _with_members(self, entered: Entered) -> list[User]:
        """The users that are entered, and those that the members of teams make other."""
        wanted = {user.id: user for user in entered.users}
        if not entered.members:
            return list(wanted.values())
        rows = await self._rows("members_of", teams=[team for team, _ in entered.members])
        ids = {row["user_id"] for row in rows}.union(*(members for _, members in entered.members))
        there = await self._rows("people_by_id", ids=sorted(ids - wanted.keys()))
        everybody = {row["id"]: people_rows.user(row) for row in there} | wanted
        return list((wanted | as_members(everybody, entered.members)).values())

    async def _refuse_stale(self, entered: Entered) -> None:
        if entered.known is None:
            return
        for statement, values in (
            ("people_by_id", entered.users),
            ("roles_by_id", entered.roles),
            ("teams_by_id", entered.teams),
        ):
            for value in values:
                row = next(iter(await self._rows(statement, ids=[value.id])), None)
                if row is None or row["changed"] != entered.known:
                    raise Stale("stale_version", version=row["changed"] if row else None)

    async def _refuse_unknown(self, entered: Entered, users: Sequence[User]) -> None:
        coming = {"user": set(_ids(users)), "role": set(_ids(entered.roles)), "team": set(_ids(entered.teams))}
        wanted: dict[str, dict[str, Named]] = {"user": {}, "role": {}, "team": {}, "calendar": {}}
        for one in named_in(entered.users, entered.teams, entered.members, entered.absences):
            if one.name not in coming.get(one.kind, ()):
                wanted[one.kind].setdefault(one.name, one)
        missing: list[Named] = []
        for kind, named in wanted.items():
            known = await self._rows(f"known_{kind}s", ids=sorted(named)) if named else []
            missing += [one for name, one in named.items() if name not in {row["id"] for row in known}]
        if missing:
            errors = [{"pointer": one.pointer, "message": f"there is no {one.kind} {one.name}"} for one in missing]
            raise Invalid("request_invalid", "It names what is not known.", errors=errors)

    def _compare(self, kind: Any, before: Any, after: Any, *, silent: bool = False) -> bool:
        """Whether it is added or other than it was; tells of it in either case, but not where `silent` of the same."""
        fields = other_fields(before, after)
        if before is not None and not fields:
            if not silent:
                self.differences.append(Difference(kind, after.id, "same"))
            return False
        happened: Happening = "added" if before is None else "changed"
        told = {name: _shown(getattr(after, name)) for name in fields if name not in _PRIVATE}
        was = {name: _shown(getattr(before, name)) for name in told}
        facts = {"fields": list(fields), "before": was, "after": told} if before is not None else {}
        if before is None and kind == "user":
            facts = {
                "after": {name: _shown(getattr(after, name)) for name in ("roles", "teams", "reports_to", "active")}
            }
        self._tell(Difference(kind, after.id, happened, fields), f"{kind}.{happened}", after.id, facts)
        return True

    def _tell(self, difference: Difference, type: str, subject: str, facts: Mapping[str, Any]) -> None:
        self.differences.append(difference)
        self._audited.append({"type": type, "subject": subject, "payload": facts})

    async def _gone(self, kind: Any, id: str, facts: Mapping[str, Any]) -> None:
        await self._run("depart", kind=kind, id=id, version=self.version)
        self._tell(Difference(kind, id, "removed"), f"{kind}.removed", id, facts)

    async def _concern(self, user: str) -> None:
        for row in await self._rows("people_by_id", ids=[user]):
            self._concerned.update(row["roles"])

    async def _touch(self, users: Sequence[str]) -> None:
        if users:
            await self._run("touch_users", ids=sorted(users), version=self.version)

    async def _rows(self, statement: str, **wanted: Any) -> list[Any]:
        return await (await self._connection.execute(_SQL[statement], wanted)).fetchall()

    async def _run(self, statement: str, **wanted: Any) -> int:
        return (await self._connection.execute(_SQL[statement], wanted)).rowcount


_PORTION: Final = 5000


def _ids(values: Iterable[User | Role | Team]) -> list[str]:
    return [value.id for value in values]


def _same(known: Absence, told: Absence) -> bool:
    """Whether they are one absence: by its id, or by its time and roles where it comes without one."""
    if told.id:
        return known.id == told.id
    return (known.starts_at, known.ends_at, known.roles) == (told.starts_at, told.ends_at, told.roles)


def _shown(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    return msgspec.to_builtins(value)


def _named(violation: CheckViolation) -> Exception:
    """What a violation means, where it is one that nothing but the database can find."""
    if violation.diag.constraint_name != "managers_in_no_circle":
        return violation
    return _circle(msgspec.json.decode(violation.diag.message_detail or "[]", type=list[str]))


def _circle(people: list[str]) -> Invalid:
    if people[0] != people[-1]:
        return Invalid("manager_circle", f"More than 100 managers are above {people[0]}.", circle=people)
    return Invalid("manager_circle", f"{' → '.join(people)}: nobody is above themselves.", circle=people)
