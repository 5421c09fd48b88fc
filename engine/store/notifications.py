"""The lists of users and their preferences in PostgreSQL: the port `Notifications`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.core.telling import Notification, Preferences
from engine.core.values import encode
from engine.ports import NotificationRow
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.cursors import NEWEST_NOTIFICATIONS
from engine.store.notices import preferences

MOST_COUNTED: Final = 1_000
"""So far unread notifications are counted."""

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresNotifications:
    """Rows of `notifications`, each user's by their times; kept for `age`."""

    def __init__(self, pool: Pool, age: timedelta) -> None:
        self._pool = pool
        self._age = age

    async def page(
        self, user: str, cursor: str | None, limit: int, *, unread: bool
    ) -> tuple[Sequence[NotificationRow], str | None]:
        """One page, newest first, and the cursor of the next; only those that are `unread` where that is asked for."""
        wanted = {"user": user, **NEWEST_NOTIFICATIONS.after(cursor), "limit": limit + 1}
        rows = await self._rows("list_unread" if unread else "list_notifications", wanted)
        found = NEWEST_NOTIFICATIONS.page(rows, limit, listed)
        return found.items, found.next_cursor

    async def count_unread(self, user: str) -> int:
        """How many the user has not read, counted to 1,000."""
        rows = await self._rows("count_unread", {"user": user, "most": MOST_COUNTED})
        return int(rows[0]["count"])

    async def read(self, user: str, id: str) -> NotificationRow | None:
        """Marks one as read, and gives it; None where it is not the user's. Read already is no error."""
        rows = await self._rows("read_notification", {"user": user, "id": id})
        return listed(rows[0]) if rows else None

    async def read_all(self, user: str, until: datetime | None) -> int:
        """Marks all as read that are from `until` or before; gives how many were not."""
        async with borrowed(self._pool) as connection:
            return (await connection.execute(_SQL["read_all"], {"user": user, "until": until})).rowcount

    async def preferences(self, user: str) -> Preferences:
        """What a user prefers; empty where they never said."""
        rows = await self._rows("preferences_of", {"users": [user]})
        return preferences(rows[0]) if rows else Preferences()

    async def prefer(self, user: str, preferences: Preferences, digest_due: datetime | None) -> None:
        """Puts preferences in the place of all that were there."""
        facts = {
            "user": user,
            "channels": encode(preferences.channels).decode(),
            "digest_at": preferences.digest_at,
            "time_zone": preferences.time_zone,
            "digest_due": digest_due,
        }
        async with borrowed(self._pool) as connection:
            await connection.execute(_SQL["prefer"], facts)

    async def forget(self, limit: int) -> int:
        """Drops at most `limit` each of notifications and deliveries past their age; gives how many of the more."""
        wanted = {"age": self._age, "limit": limit}
        async with borrowed(self._pool) as connection:
            dropped = [
                (await connection.execute(_SQL[statement], wanted)).rowcount
                for statement in ("forget_notifications", "forget_deliveries")
            ]
        return max(dropped)

    async def _rows(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], parameters)).fetchall()


def listed(row: Mapping[str, Any]) -> NotificationRow:
    """A row of `notifications`."""
    notification = Notification(
        row["id"],
        row["user_id"],
        row["kind"],
        row["process_id"],
        row["task"],
        row["incident"],
        row["atom"],
        row["text"],
        row["at"],
    )
    return NotificationRow(notification, row["read_at"])
