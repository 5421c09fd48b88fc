"""Brings a database to this engine's schema: numbered, checksummed migrations, applied under a lock, all or none."""

from collections.abc import Mapping, Sequence
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from engine.settings import Settings
from engine.statements import SQL_MIGRATIONS, SQL_QUERIES, Migration, Statements, migrations
from engine.store.connections import Connection, session, unavailable_when_away
from engine.store.durability import check_durability

OLDEST_SERVER: Final = 17
"""The first PostgreSQL whose partitioned tables have identity columns."""

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class MigrationError(Exception):
    """The database is not one this engine can migrate or run on; the message says why and what to do."""


async def migrate(url: str, settings: Settings, known: Sequence[Migration] | None = None) -> tuple[str, ...]:
    """Applies what is missing; gives the names of what was applied, `V0001__name`.

    Several may call it at once: the others wait, and then find nothing to do. A database that was loaded from a dump
    of another server is taken over as well.

    Raises:
        MigrationError: when an applied migration has another text now, or is not known here; nothing is applied then.
        UnsafeDatabase: when it does not keep what it acknowledges, and nobody accepted that.
        Unavailable: when PostgreSQL is away.
    """
    known = migrations(SQL_MIGRATIONS) if known is None else known
    async with unavailable_when_away(), await connect(url, settings) as connection, connection.transaction():
        await check_durability(connection, settings.unsafe_postgres)
        # The bounds of a session are for requests; a migration, or its turn, may take longer.
        await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        await connection.execute(_SQL["lock_migrations"])
        done = await apply_missing(connection, known)
        await connection.execute(_SQL["adopt"])
    return done


async def apply_missing(connection: Connection, known: Sequence[Migration]) -> tuple[str, ...]:
    """Applies what is missing within the caller's transaction, which holds `lock_migrations`; gives their names.

    Raises:
        MigrationError: as `migrate` does.
    """
    await connection.execute(_SQL["make_migrations_table"])
    missing = _missing(known, await _applied(connection))
    for migration in missing:
        await connection.execute(migration.text)
        facts = {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
        await connection.execute(_SQL["note_migration"], facts)
    return tuple(_label(migration) for migration in missing)


async def check_schema(connection: Connection) -> None:
    """Lets an engine start only on the schema it was written for.

    Raises:
        MigrationError: when a migration is missing, changed, or not known here, or the database is another server's.
    """
    found = await (await connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL AS there")).fetchone()
    applied = await _applied(connection) if found and found["there"] else None
    if missing := _missing(migrations(SQL_MIGRATIONS), applied or {}):
        raise MigrationError(
            f"The database lacks {len(missing)} migration(s), the first is {_label(missing[0])}. Run `wayline migrate`."
        )
    row = await (await connection.execute(_SQL["is_of_this_server"])).fetchone()
    if row is None or not row["ours"]:
        raise MigrationError("The database was loaded from a dump of another server. Run `wayline migrate`.")


async def connect(url: str, settings: Settings) -> Connection:
    """A connection in autocommit, with the engine's bounds of a session, for what is done once and not by a pool.

    Raises:
        MigrationError: when the server is too old.
    """
    connection = await AsyncConnection[DictRow].connect(session(url, settings), autocommit=True, row_factory=dict_row)
    server = connection.info.server_version // 10_000
    if server < OLDEST_SERVER:
        await connection.close()
        raise MigrationError(f"The server is PostgreSQL {server}; {OLDEST_SERVER} or newer is needed.")
    return connection


async def _applied(connection: Connection) -> Mapping[int, tuple[str, str]]:
    rows = await (await connection.execute(_SQL["applied_migrations"])).fetchall()
    return {row["version"]: (row["name"], row["checksum"]) for row in rows}


def _missing(known: Sequence[Migration], applied: Mapping[int, tuple[str, str]]) -> list[Migration]:
    newest = known[-1].version if known else 0
    if unknown := [version for version in applied if version > newest]:
        raise MigrationError(
            f"The database has migration V{max(unknown):04d}, this engine knows up to V{newest:04d}. "
            "It was migrated by a newer engine: run that one."
        )
    for migration in known:
        name, checksum = applied.get(migration.version, (migration.name, migration.checksum))
        if (name, checksum) != (migration.name, migration.checksum):
            raise MigrationError(
                f"{_label(migration)} was applied with another text (as V{migration.version:04d}__{name}). "
                "An applied migration never changes: restore its file and write a new one."
            )
    return [migration for migration in known if migration.version not in applied]


def _label(migration: Migration) -> str:
    return f"V{migration.version:04d}__{migration.name}"
