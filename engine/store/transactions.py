"""Transactions on what runs: the port `Store`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from psycopg.errors import UniqueViolation

from engine.core.process import Process
from engine.ports import Commit, Key, Remembered
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed
from engine.store.markings import read_marking
from engine.store.writes import parameters

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresStore:
    """Hands out transactions. Answers are remembered for `remembered_for` (R17)."""

    def __init__(self, pool: Pool, remembered_for: timedelta) -> None:
        self._pool = pool
        self._remembered_for = remembered_for

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["PostgresTransaction", None]:
        """Commits on leaving, rolls back on an exception.

        Raises:
            Unavailable: when PostgreSQL is away, or others hold what is needed for too long. Raised by the commit
                itself it leaves open whether anything was written.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            yield PostgresTransaction(connection, self._remembered_for)


class PostgresTransaction:
    """One transaction, READ COMMITTED: what a lock was waited for is seen by the next statement."""

    def __init__(self, connection: Connection, remembered_for: timedelta) -> None:
        self._connection = connection
        self._remembered_for = remembered_for

    async def recall(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Remembered]:
        """The answers remembered under (caller, key); who recalls one of them later waits for this commit."""
        if not keys:
            return {}
        wanted = {"callers": [key.caller for key in keys], "keys": [key.key for key in keys]}
        await self._connection.execute(_SQL["lock_keys"], wanted)
        rows = await self._connection.execute(_SQL["recall"], {**wanted, "age": self._remembered_for})
        return {
            (row["caller"], row["key"]): Remembered(
                Key(row["caller"], row["key"], row["fingerprint"]), row["status"], row["body"].encode()
            )
            async for row in rows
        }

    async def lock(self, processes: Sequence[str]) -> tuple[Mapping[str, Process], datetime]:
        """The markings of those processes that there are, locked in the order of their ids, and the time then."""
        ids = list(processes)
        if ids:
            await self._connection.execute(_SQL["lock_processes"], {"ids": ids})
        rows = await (await self._connection.execute(_SQL["load_markings"], {"ids": ids})).fetchall()
        found = [read_marking(row["marking"]) for row in rows if row["marking"] is not None]
        return {process.id: process for process in found}, rows[0]["now"]

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        """Reserves (journey, business key) for a process; gives those that another process holds, and its id."""
        wanted: dict[tuple[str, str], str] = {}
        for journey, key, process in keys:
            wanted.setdefault((journey, key), process)
        holders = await self._hold(wanted)
        asked = {(journey, key) for journey, key, process in keys if holders[journey, key] != process}
        return {key: holders[key] for key in asked}

    async def _hold(self, wanted: Mapping[tuple[str, str], str]) -> Mapping[tuple[str, str], str]:
        holders: dict[tuple[str, str], str] = {}
        # A key that was given back between the two statements has no holder: it is free, and asked for again.
        while missing := [key for key in wanted if key not in holders]:
            names = {"journeys": [journey for journey, _ in missing], "keys": [key for _, key in missing]}
            processes = [wanted[key] for key in missing]
            await self._connection.execute(_SQL["take_business_keys"], {**names, "processes": processes})
            async for row in await self._connection.execute(_SQL["business_key_holders"], names):
                holders[row["journey"], row["business_key"]] = row["process_id"]
        return holders

    async def write(self, commits: Sequence[Commit], answers: Sequence[Remembered]) -> None:
        """Writes everything by one statement.

        Raises:
            AssertionError: when a process is not at the `seq` it was decided on, or was started before.
        """
        if not commits and not answers:
            return
        try:
            cursor = await self._connection.execute(_SQL["write_commits"], parameters(commits, answers))
        except UniqueViolation as error:
            raise AssertionError("a decision makes a row that is there already") from error
        row = await cursor.fetchone()
        expected = len({commit.decision.after.id for commit in commits})
        assert row is not None, "the statement gives its count"
        assert row["written"] == expected, f"{row['written']} of {expected} processes were as they were decided on"
