"""The events in commit order, for the projection: the port `Outbox`."""

from datetime import timedelta
from typing import Any, Final

from engine.ports import Batch, Cursor
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.markings import read_event

MOST_COUNTED: Final = 100_000

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_START: Final = {"xid": "0", "id": 0}


class PostgresOutbox:
    """Reads up to the oldest transaction under way: an id is given at insert, but seen only at commit."""

    def __init__(self, pool: Pool, remembered_for: timedelta) -> None:
        self._pool = pool
        self._remembered_for = remembered_for

    async def epoch(self) -> str:
        """The id of this database; a restored one has another."""
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["epoch"])).fetchone()
        assert row is not None, "the first migration makes the epoch"
        return str(row["epoch"])

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        """At most `limit` of the next events; None when there are none that every reader sees."""
        async with borrowed(self._pool) as connection:
            wanted = {**_place(cursor), "limit": limit}
            rows = await (await connection.execute(_SQL["events_after"], wanted)).fetchall()
        if not rows:
            return None
        last = rows[-1]
        epoch = cursor.epoch if cursor else await self.epoch()
        return Batch(tuple(map(read_event, rows)), Cursor(epoch, int(last["xid"]), last["id"]))

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        """How many events (counted to 100,000) come after, and the age in seconds of the oldest; (0, 0.0) if none."""
        async with borrowed(self._pool) as connection:
            wanted = {**_place(cursor), "most": MOST_COUNTED}
            row = await (await connection.execute(_SQL["lag"], wanted)).fetchone()
        assert row is not None, "a count gives a row"
        return row["events"], row["seconds"]

    async def prune(self) -> None:
        """Makes the partitions of the coming days, drops keys past their age. Events are kept: no age is set for them.

        One process of several does it; the others go on at once.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            row = await (await connection.execute(_SQL["try_prune"])).fetchone()
            if row and row["taken"]:
                await connection.execute(_SQL["prune"], {"age": self._remembered_for})


def _place(cursor: Cursor | None) -> dict[str, Any]:
    return {"xid": str(cursor.xid), "id": cursor.id} if cursor else dict(_START)
