"""What is told of events, in PostgreSQL: the port `NoticeBook`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from engine.core.notices import Case, Work
from engine.core.telling import Hook, Listeners, Notification, Preferences, Sending
from engine.core.values import encode
from engine.ports import About, Cursor
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed

OVERLAP: Final = timedelta(minutes=5)
"""So much longer than any transaction takes: events that old were told of when a later one was."""

_log = structlog.get_logger(__name__)
_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresNoticeBook:
    """One row says how far the events have been told of; it moves on in the statement that writes what came of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def told(self) -> Cursor:
        """How far. In a database that was restored it begins anew, a little before the last event that was told of."""
        async with borrowed(self._pool) as connection:
            row = await _row(connection, "told", {})
            if row["epoch"] != row["present"]:
                _log.warning("notifier.other_epoch", action="goes back a little")
                known = {"epoch": row["epoch"], "present": row["present"], "overlap": OVERLAP}
                await connection.execute(_SQL["begin_telling_anew"], known)
                row = await _row(connection, "told", {})
        return Cursor(row["epoch"], int(row["xid"]), row["id"])

    async def about(self, processes: Sequence[str], tasks: Sequence[tuple[str, int]]) -> About:
        """The processes and tasks, those that are there."""
        wanted = {"processes": [process for process, _ in tasks], "tasks": [n for _, n in tasks]}
        async with borrowed(self._pool) as connection:
            cases = await (await connection.execute(_SQL["cases_of"], {"processes": list(processes)})).fetchall()
            work = await (await connection.execute(_SQL["work_of"], wanted)).fetchall() if tasks else []
        return About(
            {row["process"]: Case(**row) for row in cases}, {(row["process"], row["n"]): Work(**row) for row in work}
        )

    async def listeners(self, users: Sequence[str]) -> Listeners:
        """The preferences of those of `users` who have any, and the active webhooks."""
        async with borrowed(self._pool) as connection:
            said = await (await connection.execute(_SQL["preferences_of"], {"users": list(users)})).fetchall()
            hooks = await (await connection.execute(_SQL["hooks"])).fetchall()
        return Listeners(
            {row["user_id"]: preferences(row) for row in said},
            tuple(Hook(row["id"], frozenset(row["kinds"])) for row in hooks),
        )

    async def tell(
        self,
        was: Cursor,
        now: Cursor,
        at: datetime,
        notifications: Sequence[Notification],
        sendings: Sequence[Sending],
    ) -> bool:
        """Writes them and moves on in one statement; False, and nothing is written, where another one has moved on."""
        facts = {
            "epoch": was.epoch,
            "was_xid": str(was.xid),
            "was_id": was.id,
            "xid": str(now.xid),
            "id": now.id,
            "at": at,
            "notifications": encode(notifications).decode(),
            "sendings": encode(sendings).decode(),
        }
        async with borrowed(self._pool) as connection:
            return bool((await _row(connection, "tell", facts))["moved"])


def preferences(row: Mapping[str, Any]) -> Preferences:
    """The preferences of a row."""
    channels = {kind: tuple(named) for kind, named in row["channels"].items()}
    return Preferences(channels, row["digest_at"], row["time_zone"])


async def _row(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    row = await (await connection.execute(_SQL[statement], parameters)).fetchone()
    assert row is not None, "the migration makes the row; an EXISTS gives one"
    return row
