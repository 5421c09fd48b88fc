"""What is on its way to people and webhooks, in PostgreSQL: the ports `DeliveryQueue` and `Digests`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.core.telling import Notification
from engine.core.values import encode
from engine.ports import Delivery, DigestDue, DigestPlanned, Settled
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.notifications import MOST_COUNTED, listed

ROOM: Final = 4
"""Most deliveries to one webhook in one claim."""

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class _Queue:
    """Rows with a time from which on they may be tried, taken with FOR UPDATE SKIP LOCKED."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def settle(self, delivery: Delivery, settled: Settled) -> bool:
        """Notes how the attempt ended; False, and nothing is changed, where another attempt has begun since."""
        facts = {
            "id": delivery.id,
            "attempt": delivery.attempt,
            "state": settled.state,
            "why": settled.why,
            "wait": settled.wait,
            "gone": settled.gone,
        }
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["settle_delivery"], facts)).fetchone()
        return bool(row and row["settled"])

    async def _claim(self, statement: str, wanted: Mapping[str, Any]) -> Sequence[Delivery]:
        async with borrowed(self._pool) as connection:
            return [Delivery(**row) async for row in await connection.execute(_SQL[statement], wanted)]


class PostgresLetters(_Queue):
    """Letters to users, digests among them."""

    async def claim(self, limit: int, lease: timedelta) -> Sequence[Delivery]:
        """At most `limit` that are due and nobody's, the longest due first."""
        return await self._claim("claim_letters", {"limit": limit, "lease": lease})


class PostgresHookMessages(_Queue):
    """Messages to webhooks; of one that does not answer a single one at a time."""

    async def claim(self, limit: int, lease: timedelta) -> Sequence[Delivery]:
        """At most `limit` that are due and nobody's, the longest due first, and at most 4 of each webhook."""
        return await self._claim("claim_messages", {"limit": limit, "room": ROOM, "lease": lease})


class PostgresDigests:
    """The daily letters: what is due by the preferences, and what is unread by then."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, limit: int) -> tuple[datetime, Sequence[DigestDue]]:
        """The time by `wayline_now()`, and at most `limit` users whose digest is due by then."""
        rows = await self._rows("digests_due", {"limit": limit})
        found = [
            DigestDue(row["user"], row["at"], row["time_zone"], row["due"]) for row in rows if row["user"] is not None
        ]
        return rows[0]["now"], found

    async def plan(self, planned: Sequence[DigestPlanned]) -> int:
        """Makes deliveries of them in one transaction; gives how many. One that another has planned is left out."""
        rows = await self._rows("plan_digests", {"planned": encode(planned).decode()})
        return int(rows[0]["made"])

    async def unread(self, user: str, limit: int) -> tuple[int, Sequence[Notification]]:
        """How many notifications a user has not read, counted to 1,000, and the newest of them."""
        newest = await self._rows("list_unread", {"user": user, "after": None, "id": None, "limit": limit})
        count = await self._rows("count_unread", {"user": user, "most": MOST_COUNTED})
        return int(count[0]["count"]), [listed(row).notification for row in newest]

    async def _rows(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], parameters)).fetchall()
