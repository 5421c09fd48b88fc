"""Configurations of service levels in PostgreSQL: the port `Configurations`. Each change leaves an audit event."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.core.errors import NotFound
from engine.core.values import decode, encode
from engine.ports import ConfigurationRecord
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresConfigurations:
    """Rows of `sla_configs`, with their documents as they were given, and which calendars they count in."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(self, id: str, document: Mapping[str, Any], calendars: Sequence[str], by: str) -> ConfigurationRecord:
        """Keeps a configuration, in place of the one it was; the same once more changes nothing.

        Raises:
            NotFound: `calendar_not_found`, where one of its `calendars` is not there.
        """
        facts = {"id": id, "document": encode(document).decode(), "calendars": list(calendars), "by": by}
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["put_configuration"], facts)
            row = await (await connection.execute(_SQL["count_in_calendars"], facts)).fetchone()
            if row is None or row["found"] < len(calendars):
                sentence = f"Not all of these calendars are there: {', '.join(calendars)}."
                raise NotFound("calendar_not_found", sentence)
            wanted = {"ids": [id], "after": "", "limit": 1}
            rows = await connection.execute(_SQL["configuration_records"], wanted)
            (found,) = [_record(row) async for row in rows]
            return found

    async def delete(self, id: str, by: str) -> None:
        """Removes it; one that is not there is no error."""
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["delete_configuration"], {"id": id, "by": by})

    async def get(self, id: str) -> ConfigurationRecord | None:
        """One configuration."""
        return next(iter(await self.named([id])), None)

    async def records(self, after: str | None, limit: int) -> Sequence[ConfigurationRecord]:
        """At most `limit` by id, those after `after`."""
        return await self._records(None, after or "", limit)

    async def named(self, ids: Sequence[str]) -> Sequence[ConfigurationRecord]:
        """Those of `ids` that there are."""
        return await self._records(list(ids), "", None)

    async def versions(self) -> Mapping[str, int]:
        """The version of every configuration, by id: whoever has read it knows it by that."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["configuration_versions"])
            return {row["id"]: row["version"] async for row in rows}

    async def _records(self, ids: list[str] | None, after: str, limit: int | None) -> Sequence[ConfigurationRecord]:
        wanted = {"ids": ids, "after": after, "limit": limit}
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["configuration_records"], wanted)
            return [_record(row) async for row in rows]


def _record(row: Mapping[str, Any]) -> ConfigurationRecord:
    return ConfigurationRecord(
        id=row["id"],
        version=row["version"],
        document=decode(row["document"].encode()),
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
    )
