"""The schema of the graph: the numbered statements of `cypher/migrations`, each applied once, under a lock."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from neo4j import AsyncManagedTransaction

from engine.clock import monotonic, new_id
from engine.core.errors import Unavailable
from engine.statements import CYPHER_MIGRATIONS, CYPHER_QUERIES, Migration, Statements, migrations
from graph.session import Session

_STATEMENTS: Final = Statements.load(CYPHER_QUERIES, ".cypher")
_LEASE_SECONDS: Final = 60
_PATIENCE_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.1


class MigrationRefused(Exception):
    """What the graph says was applied is not what these files say; the message names the migration."""


async def migrate(session: Session, known: Sequence[Migration] | None = None) -> int:
    """Applies the migrations that the graph does not have yet; gives their number.

    Two that migrate at once come one after the other: the lock is a node that a constraint makes single. A holder that
    died is outlived after a minute.

    Raises:
        MigrationRefused: when an applied migration was changed since, or is newer than these files.
        Unavailable: when Neo4j is away, or another one holds the lock for too long.
    """
    wanted = migrations(CYPHER_MIGRATIONS) if known is None else known
    await session.run(_STATEMENTS["guard_migrations"])
    await session.run(_STATEMENTS["guard_versions"])
    holder = new_id()
    await _take_lock(session, holder)
    try:
        missing = _missing(wanted, await _applied(session))
        for migration in missing:
            for statement in migration.statements:
                await session.run(statement)
            await session.run(
                _STATEMENTS["record_migration"],
                {"version": migration.version, "name": migration.name, "checksum": migration.checksum},
            )
        return len(missing)
    finally:
        await session.run(_STATEMENTS["release_migration_lock"], {"holder": holder})


async def _take_lock(session: Session, holder: str) -> None:
    async def work(tx: AsyncManagedTransaction) -> bool:
        result = await tx.run(_STATEMENTS["take_migration_lock"], holder=holder, seconds=_LEASE_SECONDS)
        return await result.single() is not None

    until = monotonic() + _PATIENCE_SECONDS
    while not await session.write(work):
        if monotonic() > until:
            raise Unavailable(
                "unavailable", "Another process is migrating Neo4j.", retry_after=_LEASE_SECONDS, part="neo4j"
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def _applied(session: Session) -> list[Mapping[str, Any]]:
    async def work(tx: AsyncManagedTransaction) -> list[Mapping[str, Any]]:
        return [record.data() async for record in await tx.run(_STATEMENTS["applied_migrations"])]

    return await session.read(work)


def _missing(wanted: Sequence[Migration], applied: Sequence[Mapping[str, Any]]) -> Sequence[Migration]:
    by_version = {migration.version: migration for migration in wanted}
    for row in applied:
        migration = by_version.get(row["version"])
        name = f"V{row['version']:04d}__{row['name']}"
        if migration is None:
            raise MigrationRefused(f"Neo4j has the migration {name}, which this release does not know: it is newer.")
        if migration.checksum != row["checksum"]:
            raise MigrationRefused(f"{name} was changed after it was applied; put it back and add a new one.")
    done = {row["version"] for row in applied}
    return [migration for migration in wanted if migration.version not in done]
