"""Working calendars in PostgreSQL: the port `Calendars`. Each change leaves an audit event."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from engine.core.errors import Conflict
from engine.core.values import decode, encode
from engine.ports import CalendarRecord
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresCalendars:
    """Rows of `calendars`, with their documents as they were given."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(
        self, id: str, document: Mapping[str, Any], holidays: Mapping[date, str], source: str, by: str
    ) -> CalendarRecord:
        """Keeps a calendar, in place of the one it was; the same once more changes nothing."""
        facts = {
            "id": id,
            "document": encode(document).decode(),
            "holidays": encode([(day.isoformat(), name) for day, name in holidays.items()]).decode(),
            "source": source,
            "by": by,
        }
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["put_calendar"], facts)
            rows = await connection.execute(_SQL["calendar_records"], {"ids": [id], "after": "", "limit": 1})
            (found,) = [_record(row) async for row in rows]
            return found

    async def delete(self, id: str, by: str) -> None:
        """Removes it; one that is not there is no error.

        Raises:
            Conflict: `calendar_in_use`, naming the versions, configurations and first users that count in it.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["lock_calendar"], {"id": id})
            row = await (await connection.execute(_SQL["calendar_in_use"], {"id": id})).fetchone()
            if row is None:
                return
            uses = {name: row[name] for name in ("used_by", "configurations", "users")}
            if any(uses.values()):
                raise Conflict("calendar_in_use", **uses)
            await connection.execute(_SQL["delete_calendar"], {"id": id, "by": by})

    async def get(self, id: str) -> CalendarRecord | None:
        """One calendar."""
        return next(iter(await self.named([id])), None)

    async def records(self, after: str | None, limit: int) -> Sequence[CalendarRecord]:
        """At most `limit` by id, those after `after`."""
        return await self._records(None, after or "", limit)

    async def named(self, ids: Sequence[str]) -> Sequence[CalendarRecord]:
        """Those of `ids` that there are."""
        return await self._records(list(ids), "", None)

    async def versions(self) -> Mapping[str, int]:
        """The version of every calendar, by id: whoever has read it knows it by that."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["calendar_versions"])
            return {row["id"]: row["version"] async for row in rows}

    async def _records(self, ids: list[str] | None, after: str, limit: int | None) -> Sequence[CalendarRecord]:
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["calendar_records"], {"ids": ids, "after": after, "limit": limit})
            return [_record(row) async for row in rows]


def _record(row: Mapping[str, Any]) -> CalendarRecord:
    holidays: list[tuple[str, str]] = decode(row["holidays"].encode())
    return CalendarRecord(
        id=row["id"],
        version=row["version"],
        document=decode(row["document"].encode()),
        holidays={date.fromisoformat(day): name for day, name in holidays},
        source=row["source"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        used_by=tuple(row["used_by"]),
        configurations=tuple(row["configurations"]),
    )
