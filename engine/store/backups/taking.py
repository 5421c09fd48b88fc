"""Takes a backup while everything runs: one snapshot, so that it is the database as it was at one moment."""

from collections.abc import Mapping
from contextlib import aclosing
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from engine.settings import Settings
from engine.statements import SQL_QUERIES, Statements
from engine.store.backups.archive import (
    FORMAT,
    AppliedMigration,
    BackupError,
    LastEvent,
    Manifest,
    Progress,
    write_archive,
)
from engine.store.backups.programs import SCHEMA, dump_of, find_program
from engine.store.connections import Connection, unavailable_when_away
from engine.store.migrations import connect

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


async def take_backup(url: str, settings: Settings, place: Path, bundled: Path | None, progress: Progress) -> Manifest:
    """Writes the database at `url` to an archive at `place`; gives what it holds.

    Every command that was acknowledged before this is called is in it. What runs goes on; only migrations, the making
    of partitions and their removal wait. `bundled` is a folder with pg_dump, for where the PATH has none that fits.

    Raises:
        BackupError: when the place is taken or cannot be written, the database is not one of the engine's, or pg_dump
            is missing or fails.
        MigrationError: when the server is too old.
        Unavailable: when PostgreSQL is away.
    """
    async with unavailable_when_away(), await connect(url, settings) as connection:
        await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        await connection.execute("SET idle_in_transaction_session_timeout = 0")
        if not (await one(connection, "has_engine"))["engine"]:
            raise BackupError("The database holds nothing of Wayline.", "Name another with WAYLINE_POSTGRES_URL.")
        program = find_program("pg_dump", connection.info.server_version // 10_000, bundled)
        await connection.execute(_SQL["hold_still"])
        async with connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            facts = await one(connection, "backup_facts")
            snapshot = facts.pop("snapshot")
            manifest = Manifest(
                format=FORMAT,
                engine=version("wayline"),
                migrations=await applied(connection),
                last_event=await last_event(connection),
                rows=await _count_rows(connection, progress),
                **facts,
            )
            async with aclosing(dump_of(program, url, snapshot)) as dump:
                return await write_archive(place, manifest, dump, progress)


async def applied(connection: Connection) -> tuple[AppliedMigration, ...]:
    """The migrations that the database has."""
    rows = await connection.execute(_SQL["applied_migrations"])
    return tuple([AppliedMigration(**row) async for row in rows])


async def last_event(connection: Connection) -> LastEvent | None:
    """The newest event by the order of commits."""
    row = await (await connection.execute(_SQL["last_event"])).fetchone()
    return LastEvent(**row) if row else None


async def one(connection: Connection, statement: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row of a statement that always gives one."""
    row = await (await connection.execute(_SQL[statement], parameters)).fetchone()
    assert row is not None, f"{statement} gives a row"
    return row


async def _count_rows(connection: Connection, progress: Progress) -> dict[str, int]:
    """The rows of every table, partitions by themselves; a restore compares with them what it has loaded."""
    found = await (await connection.execute(_SQL["own_tables"], {"schema": SCHEMA})).fetchall()
    rows: dict[str, int] = {}
    for number, table in enumerate(found, 1):
        name = table["name"]
        counting = sql.SQL("SELECT count(*) AS rows FROM {}").format(sql.Identifier(SCHEMA, name))
        row = await (await connection.execute(counting)).fetchone()
        rows[name] = row["rows"] if row else 0
        progress("tables counted", number, len(found))
    return rows
