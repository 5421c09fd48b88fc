"""The events in commit order, for the projection: the port `Outbox`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from msgspec import ValidationError

from engine.core.events import Event
from engine.ports import Batch, Cursor, EventUnreadable, HeldBack
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.markings import read_event

MOST_COUNTED: Final = 100_000

_log = structlog.get_logger(__name__)
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
        """At most `limit` of the next events; None when there are none that every reader sees.

        Raises:
            EventUnreadable: when the next one is of no type that this engine knows. Those before it are given first.
        """
        async with borrowed(self._pool) as connection:
            wanted = {**_place(cursor), "limit": limit}
            rows = await (await connection.execute(_SQL["events_after"], wanted)).fetchall()
        if not rows:
            return None
        events = tuple(_readable(rows))
        last = rows[len(events) - 1]
        return Batch(events, Cursor(last["epoch"], int(last["xid"]), last["id"]), last["now"])

    async def of_types(self, cursor: Cursor | None, limit: int, types: Sequence[str]) -> Batch | None:
        """Those of `types` among the next `limit` events; None when there are no next ones that every reader sees.

        The cursor and `last_at` are those of the last event that was looked at. One that cannot be read is left out.
        """
        async with borrowed(self._pool) as connection:
            wanted = {**_place(cursor), "limit": limit, "types": list(types)}
            rows = await (await connection.execute(_SQL["events_of_types_after"], wanted)).fetchall()
        if not rows:
            return None
        last = rows[-1]
        found = tuple(event for row in rows if row["payload"] is not None for event in _lenient(row))
        return Batch(found, Cursor(last["epoch"], int(last["xid"]), last["id"]), last["now"], last["at"])

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        """How many events (counted to 100,000) come after, and the age in seconds of the oldest; (0, 0.0) if none."""
        async with borrowed(self._pool) as connection:
            wanted = {**_place(cursor), "most": MOST_COUNTED}
            row = await (await connection.execute(_SQL["lag"], wanted)).fetchone()
        assert row is not None, "a count gives a row"
        return row["events"], row["seconds"]

    async def held_back(self) -> HeldBack | None:
        """What is committed after the oldest open transaction began, and that transaction where it may be seen."""
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["held_back"], {"most": MOST_COUNTED})).fetchone()
        assert row is not None, "a count gives a row"
        return HeldBack(row["events"], row["seconds"], row["pid"]) if row["events"] else None

    async def newest(self) -> int:
        """The id of the newest event that is committed; 0 without one."""
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["newest_event"])).fetchone()
        return row["id"] if row else 0

    async def prune(self) -> None:
        """Makes the partitions of the coming days, drops keys past their age. Events are kept: no age is set for them.

        One process of several does it; the others go on at once.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            row = await (await connection.execute(_SQL["try_prune"])).fetchone()
            if row and row["taken"]:
                await connection.execute(_SQL["prune"], {"age": self._remembered_for})


def _readable(rows: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    """The events up to the first that cannot be read, of which it tells where it is the very first."""
    for number, row in enumerate(rows):
        try:
            yield read_event(row)
        except (KeyError, ValidationError) as error:
            if number == 0:
                name = f"event {row['seq']} of {row['process_id']} ({row['type']})"
                raise EventUnreadable(f"{name} cannot be read: {type(error).__name__} {error}") from error
            return


def _lenient(row: Mapping[str, Any]) -> Iterator[Event]:
    try:
        yield from _readable([row])
    except EventUnreadable as error:
        _log.error("outbox.unreadable", why=str(error))


def _place(cursor: Cursor | None) -> dict[str, Any]:
    return {"xid": str(cursor.xid), "id": cursor.id} if cursor else dict(_START)
