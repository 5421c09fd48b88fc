"""Drafts, comments, and what could be moved from hand to hand, in PostgreSQL: the ports `Drafts` and `TaskLists`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.core.values import encode
from engine.ports import Comment, Draft, Movable, MovableCounts, MovableFilter
from engine.statements import SQL_QUERIES, Statements
from engine.store import filters
from engine.store.connections import Pool, borrowed
from engine.store.sealing import Keys, show_to_reader, value_sealed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresDrafts:
    """Rows of `task_drafts`; those of tasks that are over are not seen, and removed by and by."""

    def __init__(self, pool: Pool, keys: Keys | None = None) -> None:
        """Seals drafts with `keys`, whatever the journey, and opens them for their performers."""
        self._pool = pool
        self._keys = keys

    async def read(self, process: str, n: int, user: str) -> Draft | None:
        """The user's draft of an open task."""
        return _draft(await self._row("read_draft", {"process": process, "n": n, "user": user}))

    async def keep(self, process: str, n: int, user: str, output: Mapping[str, Any], known: int | None) -> Draft | None:
        """Keeps it in the place of the one before; None: that is not the `known` version, or the task is over."""
        text = encode(value_sealed(output, self._keys)).decode()
        facts = {"process": process, "n": n, "user": user, "output": text, "known": known}
        return _draft(await self._row("keep_draft", facts))

    async def drop(self, process: str, n: int, user: str) -> bool:
        """Removes it; whether there was one."""
        return await self._row("drop_draft", {"process": process, "n": n, "user": user}) is not None

    async def forget(self, limit: int) -> int:
        """Removes at most `limit` drafts of tasks that are over; gives how many."""
        async with borrowed(self._pool) as connection:
            return (await connection.execute(_SQL["forget_drafts"], {"limit": limit})).rowcount

    async def _row(self, statement: str, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
        async with borrowed(self._pool) as connection, connection.cursor() as cursor:
            show_to_reader(cursor, self._keys)
            return await (await cursor.execute(_SQL[statement], facts)).fetchone()


class PostgresTaskLists:
    """Each answer is one statement, and so one moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def comments(self, process: str, n: int, after: int, limit: int) -> Sequence[Comment]:
        """At most `limit` comments on the task, oldest first, those whose event's number is greater than `after`."""
        wanted = {"process": process, "n": n, "after": after, "limit": limit}
        return [_comment(row) for row in await self._rows("task_comments", wanted)]

    async def movable(self, wanted: MovableFilter, after: tuple[str, int] | None, limit: int) -> Sequence[Movable]:
        """At most `limit` by process and number, those behind `after`."""
        process, n = after or (None, None)
        facts = {**_parameters(wanted), "after_process": process, "after_n": n, "limit": limit}
        return [Movable(**row) for row in await self._rows("movable_tasks", facts)]

    async def count_movable(self, wanted: MovableFilter) -> MovableCounts:
        """All of them, counted."""
        rows = await self._rows("count_movable_tasks", _parameters(wanted))
        return MovableCounts(
            total=sum(row["count"] for row in rows if row["not_of_role"] and row["not_of_journey"]),
            role={row["role"]: row["count"] for row in rows if not row["not_of_role"]},
            journey={row["journey"]: row["count"] for row in rows if not row["not_of_journey"]},
        )

    async def _rows(self, statement: str, facts: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if not filters.storable(facts):
            return []
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], facts)).fetchall()


def _parameters(wanted: MovableFilter) -> dict[str, Any]:
    return {
        "assignee": wanted.assignee,
        "role": wanted.role,
        "journey": wanted.journey,
        "atom": wanted.atom,
        "process": wanted.process,
        "held": wanted.held,
        **filters.seer(wanted.visible_to, "task:read_all"),
    }


def _draft(row: Mapping[str, Any] | None) -> Draft | None:
    return Draft(row["output"], row["version"], row["updated_at"]) if row else None


def _comment(row: Mapping[str, Any]) -> Comment:
    said = row["payload"]
    return Comment(row["seq"], row["at"], row["actor"], said["text"], said["mentions"], said["links"])
