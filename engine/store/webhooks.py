"""Webhooks in PostgreSQL: the port `Webhooks`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from engine.ports import DeliveryRecord, WebhookChange, WebhookRecord
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.cursors import NEWEST_DELIVERIES

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresWebhooks:
    """Rows of `webhooks`; each change writes its audit event in the same statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self) -> Sequence[WebhookRecord]:
        """Every one, by id."""
        return [_record(row) for row in await self._rows("all_webhooks", {})]

    async def get(self, id: str) -> WebhookRecord | None:
        """One."""
        return next((_record(row) for row in await self._rows("webhook", {"id": id})), None)

    async def create(self, record: WebhookRecord, most: int) -> WebhookRecord | None:
        """A new one; None, and nothing is made, where there are `most` already. `created_at` is the database's."""
        facts = {
            "id": record.id,
            "url": record.url,
            "description": record.description,
            "kinds": list(record.kinds),
            "secret": record.secret,
            "by": record.created_by,
            "most": most,
        }
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["lock_webhooks"])
            row = await (await connection.execute(_SQL["create_webhook"], facts)).fetchone()
        return _record(row) if row else None

    async def change(self, id: str, change: WebhookChange, by: str) -> WebhookRecord | None:
        """As it stands then; None where there is none. Made active again it is tried at once."""
        kinds = None if change.kinds is None else list(change.kinds)
        rows = await self._rows("change_webhook", {"id": id, "by": by, **asdict(change), "kinds": kinds})
        return next(map(_record, rows), None)

    async def delete(self, id: str, by: str) -> bool:
        """Whether there was one; what waits for it is never sent."""
        async with borrowed(self._pool) as connection:
            return (await connection.execute(_SQL["delete_webhook"], {"id": id, "by": by})).rowcount > 0

    async def deliveries(
        self, webhook: str, state: str | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[DeliveryRecord], str | None]:
        """One page of what was sent to it, newest first, and the cursor of the next."""
        wanted = {"webhook": webhook, "state": state, **NEWEST_DELIVERIES.after(cursor), "limit": limit + 1}
        page = NEWEST_DELIVERIES.page(
            await self._rows("list_deliveries", wanted), limit, lambda row: DeliveryRecord(**row)
        )
        return page.items, page.next_cursor

    async def send_again(self, webhook: str, limit: int, by: str) -> int:
        """Lets at most `limit` of its failed deliveries be tried again from the first attempt on; gives how many."""
        rows = await self._rows("send_again", {"webhook": webhook, "limit": limit, "by": by})
        return int(rows[0]["count"])

    async def _rows(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], parameters)).fetchall()


def _record(row: Mapping[str, Any]) -> WebhookRecord:
    facts: dict[str, Any] = {**row, "kinds": tuple(row["kinds"])}
    return WebhookRecord(**facts)
