"""Journey versions in PostgreSQL: the port `Versions`. Each change leaves an audit event."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.core import routes as routes_text
from engine.core.errors import Conflict, NotFound
from engine.core.journey import Definition, Routes
from engine.core.places import places_of
from engine.core.values import encode
from engine.ports import JourneyRecord, Version
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresVersions:
    """The document as loaded, and from the moment it is published the routes that Cypher gave."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(self, definition: Definition, document: str, media: str, by: str) -> Version:
        """Keeps a draft, in place of the draft it had; a published or retired version stays and is given as it is."""
        key = {"journey": definition.key, "version": definition.version}
        facts: dict[str, Any] = {
            "name": definition.name,
            "hash": definition.hash,
            "document": document,
            "media": media,
            "sensitive": list(places_of(definition.context).marked_names()),
        }
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["save_journey"], {**key, **facts})
            kept = await connection.execute(_SQL["save_draft"], {**key, **facts})
            if kept.rowcount:
                await _audit(connection, "version.saved", by, key, {"hash": definition.hash})
            return await _found(connection, key)

    async def mark_publishing(self, journey: str, version: str) -> Version:
        """Says that the draft is on its way; one that is published or retired is given as it is.

        Raises:
            NotFound: `version_not_found`.
        """
        key = {"journey": journey, "version": version}
        async with borrowed(self._pool) as connection, connection.transaction():
            await connection.execute(_SQL["mark_publishing"], key)
            return await _found(connection, key)

    async def publish(
        self,
        journey: str,
        version: str,
        hash: str,
        routes: Routes,
        routes_hash: str,
        by: str,
        calendars: Sequence[str] = (),
    ) -> Version:
        """Publishes the draft of this content; published already is no error.

        Raises:
            NotFound: `version_not_found`; `calendar_not_found`, where one of its `calendars` is not there.
            Conflict: `version_exists`, when it has another content by now.
        """
        key = {"journey": journey, "version": version}
        async with borrowed(self._pool) as connection, connection.transaction():
            kept = await _locked(connection, key)
            if kept["hash"] != hash:
                raise Conflict(
                    "version_exists",
                    f"{journey}@{version} is {kept['status']} with another content.",
                    published_hash=kept["hash"],
                    hash=hash,
                )
            if kept["status"] == "draft":
                facts = {"hash": hash, "routes": routes_text.dump(routes).decode(), "routes_hash": routes_hash}
                await connection.execute(_SQL["publish"], {**key, **facts})
                await _use(connection, key, calendars)
                await _audit(connection, "version.published", by, key, {"hash": hash, "routes_hash": routes_hash})
            return await _found(connection, key)

    async def retire(self, journey: str, version: str, by: str) -> Version:
        """published → retired; retired already is no error.

        Raises:
            NotFound: `version_not_found`.
            Conflict: `invalid_transition` for a draft.
        """
        key = {"journey": journey, "version": version}
        async with borrowed(self._pool) as connection, connection.transaction():
            kept = await _locked(connection, key)
            if kept["status"] == "draft":
                sentence = f"{journey}@{version} is a draft; only a published version can be retired."
                raise Conflict(
                    "invalid_transition", sentence, **{"from": "draft", "to": "retired", "allowed": ["published"]}
                )
            if kept["status"] == "published":
                await connection.execute(_SQL["retire"], key)
                await _audit(connection, "version.retired", by, key, {})
            return await _found(connection, key)

    async def pause(self, journey: str, paused: bool, by: str) -> JourneyRecord:
        """Stops or allows new starts of all versions.

        Raises:
            NotFound: `journey_not_found`.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            changed = await connection.execute(_SQL["pause"], {"journey": journey, "paused": paused})
            if changed.rowcount:
                await _audit(
                    connection, "journey.paused" if paused else "journey.unpaused", by, {"journey": journey}, {}
                )
            records = await _records(connection, journey=journey)
        if not records:
            raise NotFound("journey_not_found", f"There is no journey {journey}.")
        return records[0]

    async def get(self, journey: str, version: str) -> Version | None:
        """One version."""
        async with borrowed(self._pool) as connection:
            return await _version(connection, {"journey": journey, "version": version})

    async def journey(self, journey: str) -> JourneyRecord | None:
        """One journey."""
        async with borrowed(self._pool) as connection:
            return next(iter(await _records(connection, journey=journey)), None)

    async def journeys(self, after: str | None, limit: int) -> Sequence[JourneyRecord]:
        """At most `limit` journeys by key, those after `after`."""
        async with borrowed(self._pool) as connection:
            return await _records(connection, after=after, limit=limit)

    async def unfinished(self) -> Sequence[tuple[str, str]]:
        """(journey, version) of what was being published."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["unfinished"])
            return [(row["journey"], row["version"]) async for row in rows]

    async def published(self) -> Sequence[tuple[str, str, str]]:
        """(journey, version, status) of every published or retired version."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["published"])
            return [(row["journey"], row["version"], row["status"]) async for row in rows]

    async def sensitive_names(self) -> frozenset[str]:
        """The names at the top of the case data that hold something sensitive in any published or retired version."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["sensitive_names"])
            return frozenset([row["name"] async for row in rows])


async def _use(connection: Connection, key: Mapping[str, str], calendars: Sequence[str]) -> None:
    """Notes which calendars a version counts in."""
    if not calendars:
        return
    used = await connection.execute(_SQL["use_calendars"], {**key, "calendars": list(calendars)})
    if used.rowcount < len(calendars):
        raise NotFound("calendar_not_found", f"Not all of these calendars are there: {', '.join(calendars)}.")


async def _version(connection: Connection, key: Mapping[str, str]) -> Version | None:
    row = await (await connection.execute(_SQL["version"], key)).fetchone()
    if row is None:
        return None
    routes = row.pop("routes")
    return Version(**row, routes=None if routes is None else routes_text.load(routes))


async def _found(connection: Connection, key: Mapping[str, str]) -> Version:
    version = await _version(connection, key)
    if version is None:
        raise _unknown(key)
    return version


async def _locked(connection: Connection, key: Mapping[str, str]) -> Mapping[str, Any]:
    row = await (await connection.execute(_SQL["lock_version"], key)).fetchone()
    if row is None:
        raise _unknown(key)
    return row


def _unknown(key: Mapping[str, str]) -> NotFound:
    return NotFound("version_not_found", f"{key['journey']} has no version {key['version']}.")


async def _records(
    connection: Connection, journey: str | None = None, after: str | None = None, limit: int | None = None
) -> list[JourneyRecord]:
    wanted = {"journey": journey, "after": after, "limit": limit}
    rows = await connection.execute(_SQL["journey_records"], wanted)
    return [
        JourneyRecord(row["journey"], row["name"], row["paused"], tuple((each[0], each[1]) for each in row["versions"]))
        async for row in rows
    ]


async def _audit(
    connection: Connection, type: str, by: str, subject: Mapping[str, str], payload: Mapping[str, str]
) -> None:
    facts = {"type": type, "actor": by, "subject": "@".join(subject.values()), "payload": encode(payload).decode()}
    await connection.execute(_SQL["audit"], facts)
