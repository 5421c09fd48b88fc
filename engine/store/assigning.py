"""The tasks that the engine gives out, in PostgreSQL: the ports `AssignmentQueue` and `Burdens`."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, get_args

import msgspec

from engine.answers import Page
from engine.core.journey import Priority
from engine.ports import LONGEST, AssignmentRow, Burden, Seeker, Waiters
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed
from engine.store.cursors import ASSIGNMENTS

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_seekers: Final = msgspec.json.Decoder(tuple[Seeker, ...])


class PostgresAssignmentQueue:
    """Rows that are there as long as their task seeks somebody; a role is held by an advisory lock.

    The pool is the assigner's own, so that a round, which holds a connection to its end, takes none from the commits
    that it waits for.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def round(self, freed: Collection[str]) -> AsyncGenerator["PostgresRound | None", None]:
        """Takes a role that has something due, or one of `freed`; the lock goes with the transaction."""
        async with borrowed(self._pool) as connection, connection.transaction():
            row = await (await connection.execute(_SQL["take_role"], {"freed": list(freed)})).fetchone()
            yield PostgresRound(connection, row["role"]) if row else None

    async def with_room(self, capacities: Mapping[str, int]) -> frozenset[str]:
        """Those of these users who have fewer open tasks than they take."""
        wanted = {"users": list(capacities), "capacities": list(capacities.values())}
        async with borrowed(self._pool) as connection:
            return frozenset([row["id"] async for row in await connection.execute(_SQL["with_room"], wanted)])


class PostgresRound:
    """One role, in the transaction that holds its lock."""

    def __init__(self, connection: Connection, role: str) -> None:
        self._connection = connection
        self.role = role

    async def waiters(self, holders: Collection[str], limit: int, *, waiting: bool) -> Waiters:
        """What is due, and with `waiting` the oldest besides; with the holders' turns of the same moment."""
        wanted = {"role": self.role, "holders": list(holders), "limit": limit, "waiting": waiting}
        row = await (await self._connection.execute(_SQL["seekers"], wanted)).fetchone()
        assert row is not None, "a row of values"
        seekers = _seekers.decode(row["seekers"]) if row["seekers"] else ()
        return Waiters(seekers, row["turns"] or {}, row["organisation"], row["now"])

    async def performers(self, steps: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Who performed these (process, atom) in their last visit."""
        if not steps:
            return {}
        wanted = {"processes": [process for process, _ in steps], "atoms": [atom for _, atom in steps]}
        rows = await self._connection.execute(_SQL["performers"], wanted)
        return {(row["process_id"], row["atom"]): tuple(row["performers"]) async for row in rows}

    async def burdens(self, users: Collection[str]) -> Mapping[str, Burden]:
        """What each of these has to do."""
        return await _burdens(self._connection, users)

    async def put_off(self, tasks: Sequence[tuple[Seeker, datetime | None]], organisation: int) -> None:
        """Lets these be looked at later, unless something has changed that they hang on."""
        if not tasks:
            return
        wanted = {
            "processes": [seeker.process for seeker, _ in tasks],
            "tasks": [seeker.n for seeker, _ in tasks],
            "seen": [seeker.next_at for seeker, _ in tasks],
            "again": [again_at for _, again_at in tasks],
            "longest": LONGEST,
            "organisation": organisation,
        }
        await self._connection.execute(_SQL["put_off"], wanted)


class PostgresBurdens:
    """What users have to do, and who had a task."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def burdens(self, users: Collection[str]) -> Mapping[str, Burden]:
        """What each of these has to do."""
        async with borrowed(self._pool) as connection:
            return await _burdens(connection, users)

    async def turns(self, role: str, holders: Collection[str]) -> Mapping[str, int]:
        """The greatest turn of each of these in the role; 0 for who never had one."""
        wanted = {"role": role, "holders": list(holders)}
        async with borrowed(self._pool) as connection:
            return {row["id"]: row["turn"] or 0 async for row in await connection.execute(_SQL["turns"], wanted)}

    async def had(self, process: str, tasks: Collection[int]) -> Mapping[int, tuple[str, ...]]:
        """Who had these tasks, the last of them last."""
        if not tasks:
            return {}
        found: dict[int, tuple[str, ...]] = {}
        async with borrowed(self._pool) as connection:
            async for row in await connection.execute(_SQL["had"], {"process": process, "tasks": list(tasks)}):
                found[row["n"]] = (*found.get(row["n"], ()), row["to_user"])
        return found

    async def assignments(self, process: str, task: int, cursor: str | None, limit: int) -> Page[AssignmentRow]:
        """Who had a task, oldest first."""
        wanted = {"process": process, "n": task, **ASSIGNMENTS.after(cursor), "limit": limit + 1}
        async with borrowed(self._pool) as connection:
            rows = await (await connection.execute(_SQL["assignments"], wanted)).fetchall()
        return ASSIGNMENTS.page(rows, limit, lambda row: AssignmentRow(**row))


async def _burdens(connection: Connection, users: Collection[str]) -> Mapping[str, Burden]:
    if not users:
        return {}
    rows = await connection.execute(_SQL["loads"], {"users": list(users)})
    return {row["id"]: _burden(row) async for row in rows}


def _burden(row: Mapping[str, Any]) -> Burden:
    return Burden({priority: row[priority] for priority in get_args(Priority) if row[priority]}, row["last_at"])
