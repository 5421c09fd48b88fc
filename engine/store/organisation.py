"""Who there is, in PostgreSQL: the port `OrganisationStore`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from engine.core.errors import Conflict, NotFound, Stale
from engine.core.organisation import Absence, Changes, Role, Team, User
from engine.core.times import format_if_any
from engine.ports import Applied, Edition, Entered, Listed, OpenTask, Read, Removable, Token, UserFilter
from engine.statements import SQL_QUERIES, Statements
from engine.store import filters, people_rows
from engine.store.connections import Connection, Pool, borrowed
from engine.store.reorganising import Reorganising, changing

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_PORTION: Final = 2000
"""Users that are read at once; others go on between two portions."""

_FIRST_TASKS: Final = 20
_T = TypeVar("_T")


class PostgresOrganisation:
    """Rows of users, roles, teams, skills and absences."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def edition(self) -> Edition:
        """The present one."""
        async with borrowed(self._pool) as connection:
            return await _edition(connection)

    async def read(self, known: Edition | None) -> Read:
        """What changed since `known`, in one moment; everything without, or of another database."""
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            edition = await _edition(connection)
            whole = known is None or known.epoch != edition.epoch or known.version > edition.version
            since = 0 if whole or known is None else known.version
            changes = Changes(
                edition.version,
                await _changed_users(connection, since),
                tuple([people_rows.role(row) async for row in await _since(connection, "changed_roles", since)]),
                tuple([people_rows.team(row) async for row in await _since(connection, "changed_teams", since)]),
                **({} if whole else await _departed(connection, since)),
            )
        return Read(edition, whole, changes)

    async def apply(self, entered: Entered, by: str, *, dry_run: bool = False) -> Applied:
        """Enters or changes, in one transaction, which `dry_run` does not commit."""
        async with borrowed(self._pool) as connection:
            return await changing(connection, by, lambda change: change.enter(entered), dry_run=dry_run)

    async def enter_from_token(self, token: Token) -> bool:
        """Enters whom nobody entered, or changes who was entered so by a token that was issued earlier."""
        async with borrowed(self._pool) as connection:
            row = await _row(connection, "people_by_id", {"ids": [token.user.id]})
            if row and (row["token_at"] is None or row["token_at"] >= token.at):
                return False
            applied = await changing(connection, token.user.id, lambda change: change.enter_from_token(token))
            return bool(applied.differences)

    async def user(self, id: str) -> Listed[User] | None:
        """One user."""
        return next(iter(await self._listed("people_by_id", {"ids": [id]}, people_rows.listed_user)), None)

    async def role(self, id: str) -> Listed[Role] | None:
        """One role."""
        return next(iter(await self._listed("roles_by_id", {"ids": [id]}, _role)), None)

    async def team(self, id: str) -> Listed[Team] | None:
        """One team."""
        return next(iter(await self._listed("teams_by_id", {"ids": [id]}, _team)), None)

    async def users(self, wanted: UserFilter, after: str | None, limit: int) -> Sequence[Listed[User]]:
        """By id."""
        parameters = {
            "role": wanted.role,
            "team": wanted.team,
            "manager": wanted.manager,
            "skill": wanted.skill,
            "active": wanted.active,
            "absent": wanted.absent,
            "q": wanted.q.lower() if wanted.q else None,
        }
        page = {"after": after or "", "limit": limit}
        return await self._listed("list_people", {**parameters, **page}, people_rows.listed_user)

    async def roles(self, after: str | None, limit: int) -> Sequence[Listed[Role]]:
        """By id."""
        return await self._listed("list_roles", {"after": after or "", "limit": limit}, _role)

    async def teams(self, after: str | None, limit: int) -> Sequence[Listed[Team]]:
        """By id."""
        return await self._listed("list_teams", {"after": after or "", "limit": limit}, _team)

    async def absence(self, user: str, absence: int) -> Absence | None:
        """One absence."""
        found = await self._listed("absence", {"user": user, "absence": absence}, people_rows.absence)
        return next(iter(found), None)

    async def absences(self, user: str, before: int | None, limit: int) -> Sequence[Absence]:
        """Of one user, also those that are over: what starts last comes first, after the one with the id `before`."""
        return await self._listed(
            "list_absences", {"user": user, "before": before, "limit": limit}, people_rows.absence
        )

    async def remove(self, kind: Removable, id: str, by: str, known: int | None = None) -> Applied:
        """Removes what no open work hangs on."""

        async def act(change: Reorganising) -> None:
            row = await _row(connection, _BY_ID[kind], {"ids": [id]})
            if row is None:
                raise NotFound(f"{kind}_not_found", f"There is no {kind} {id}.")
            if known is not None and row["changed"] != known:
                raise Stale("stale_version", version=row["changed"])
            if kind != "team":
                await _refuse_with_work(connection, kind, id)
            await (change.remove_user(people_rows.user(row)) if kind == "user" else change.remove_named(kind, id))

        async with borrowed(self._pool) as connection:
            return await changing(connection, by, act)

    async def remove_absence(self, user: str, absence: int, by: str) -> Applied:
        """Takes an absence back."""
        async with borrowed(self._pool) as connection:
            return await changing(connection, by, lambda change: change.remove_absence(user, absence))

    async def open_work(
        self,
        user: str | None,
        role: str | None,
        after: tuple[str, int] | None,
        limit: int,
        *,
        delegated: bool = False,
    ) -> Sequence[OpenTask]:
        """By process and number."""
        process, n = after or (None, None)
        whose = {"user": user, "role": role, "delegator": user if delegated else None}
        return await self._listed(
            "open_work", {**whose, "process": process, "n": n, "limit": limit}, people_rows.open_task
        )

    async def _listed(self, statement: str, wanted: Mapping[str, Any], read: Callable[[Any], _T]) -> list[_T]:
        if not filters.storable(wanted):
            return []
        async with borrowed(self._pool) as connection:
            return [read(row) async for row in await connection.execute(_SQL[statement], wanted)]


_BY_ID: Final[Mapping[Removable, str]] = {"user": "people_by_id", "role": "roles_by_id", "team": "teams_by_id"}


async def _edition(connection: Connection) -> Edition:
    row = await _row(connection, "organisation_edition", {})
    assert row is not None
    return Edition(row["epoch"], row["version"])


async def _changed_users(connection: Connection, since: int) -> tuple[User, ...]:
    found: list[User] = []
    shared = people_rows.Sharing()
    place: Mapping[str, Any] = {"changed": since, "after": "\U0010ffff"}
    while True:
        rows = await (await connection.execute(_SQL["changed_people"], {**place, "limit": _PORTION})).fetchall()
        found += [people_rows.user(row, shared) for row in rows]
        if len(rows) < _PORTION:
            return tuple(found)
        place = {"changed": rows[-1]["changed"], "after": rows[-1]["id"]}


async def _departed(connection: Connection, since: int) -> dict[str, frozenset[str]]:
    gone: dict[str, set[str]] = {"user": set(), "role": set(), "team": set()}
    async for row in await _since(connection, "changed_departed", since):
        gone[row["kind"]].add(row["id"])
    return {f"gone_{kind}s": frozenset(ids) for kind, ids in gone.items()}


async def _since(connection: Connection, statement: str, since: int) -> Any:
    return await connection.execute(_SQL[statement], {"changed": since})


async def _refuse_with_work(connection: Connection, kind: Removable, id: str) -> None:
    user = id if kind == "user" else None
    who = {"user": user, "role": None if user else id, "delegator": user}
    count = (await _row(connection, "count_open_work", who) or {})["count"]
    if not count:
        return
    wanted = {**who, "process": None, "n": None, "limit": _FIRST_TASKS}
    first = [people_rows.open_task(row) async for row in await connection.execute(_SQL["open_work"], wanted)]
    raise Conflict("work_depends", f"{count} open {_tasks(count)} on the {kind} {id}.", count=count, items=_told(first))


def _tasks(count: int) -> str:
    return "task hangs" if count == 1 else "tasks hang"


def _told(tasks: Sequence[OpenTask]) -> list[dict[str, Any]]:
    return [
        {
            "task": f"{one.process}.{one.n}",
            "name": one.name,
            "process_title": one.process_title,
            "status": one.status,
            "due_at": format_if_any(one.due_at),
        }
        for one in tasks
    ]


async def _row(connection: Connection, statement: str, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return await (await connection.execute(_SQL[statement], wanted)).fetchone()


def _role(row: Mapping[str, Any]) -> Listed[Role]:
    return Listed(people_rows.role(row), row["changed"], row["holders"])


def _team(row: Mapping[str, Any]) -> Listed[Team]:
    return Listed(people_rows.team(row), row["changed"], row["holders"])
