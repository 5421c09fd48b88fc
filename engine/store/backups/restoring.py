"""Restores a backup in one transaction: the database is the restored one, wholly, or the one that it was.

::

    checked archive ─▶ BEGIN ─▶ what is there is set aside ─▶ tables, rows, keys of the dump ─▶ rows counted
                        ─▶ missing migrations ─▶ new epoch, leases given back, workers paused ─▶ COMMIT

Killed anywhere before the COMMIT, nothing has changed.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psycopg import DatabaseError
from psycopg.errors import InsufficientPrivilege

from engine import clock
from engine.core.times import format_time
from engine.settings import Settings
from engine.statements import SQL_MIGRATIONS, SQL_QUERIES, Migration, Statements, migrations
from engine.store.backups.archive import BackupError, LastEvent, Manifest, Progress, extract_dump, read_manifest
from engine.store.backups.loading import load_rows
from engine.store.backups.programs import SCHEMA, find_program, script_of
from engine.store.backups.taking import last_event, one
from engine.store.connections import Connection, unavailable_when_away
from engine.store.migrations import apply_missing, connect

_GOING_AWAY: Final = {"08", "57"}
"""Classes of errors: the connection broke, an operator intervened."""

_LEAVING: Final = 2.0
"""Seconds that sessions get which are on their way out."""
_LOOK: Final = 0.1
"""Seconds between two looks who is there."""

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was in the database before: its last event, and how many it had after the backup's last one."""

    last_event: LastEvent | None
    events_lost: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the backup's manifest, the migrations applied after it, and what it replaced if anything."""

    manifest: Manifest
    database: str
    migrated: tuple[str, ...]
    replaced: Replaced | None


@dataclass(frozen=True, slots=True)
class Restoring:
    """What is asked of a restore: `replace` allows it to take the place of cases that are there; `actor` asks."""

    place: Path
    replace: bool
    actor: str
    bundled: Path | None


async def restore_backup(url: str, settings: Settings, asked: Restoring, progress: Progress) -> Restored:
    """Makes the database at `url` the one of the backup, migrated to this engine, with all workers paused.

    Raises:
        BackupError: when the archive is damaged or of a newer engine, cases are there and not to be replaced, somebody
            else is connected, or pg_restore is missing or fails; nothing has changed then.
        MigrationError: when the server is too old.
        Unavailable: when PostgreSQL is away, or goes away; nothing has changed then.
    """
    manifest = read_manifest(asked.place)
    known = migrations(SQL_MIGRATIONS)
    _refuse_strange(manifest, known)
    with tempfile.TemporaryDirectory(prefix="wayline-restore-") as folder:
        dump = Path(folder, "postgres.dump")
        extract_dump(asked.place, dump, progress)
        async with unavailable_when_away(), await connect(url, settings) as connection:
            program = await _fitting_program(connection, manifest, asked)
            async with _refusals(), connection.transaction():
                return await _restore(connection, (program, dump), manifest, asked, progress)


async def adopt(url: str, settings: Settings, actor: str) -> None:
    """What a restore does at its end, for a database that was brought back by other means: new epoch, workers paused.

    Raises:
        BackupError: when somebody else is connected.
        Unavailable: when PostgreSQL is away.
    """
    async with unavailable_when_away(), await connect(url, settings) as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        await connection.execute(_SQL["lock_migrations"])
        await _refuse_company(connection)
        why = "The database was brought back from elsewhere, or from an earlier time."
        await connection.execute(_SQL["begin_anew"], {"actor": actor, "why": why})


async def _restore(
    connection: Connection, source: tuple[Path, Path], manifest: Manifest, asked: Restoring, progress: Progress
) -> Restored:
    await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    await connection.execute(_SQL["lock_migrations"])
    await _refuse_company(connection)
    replaced = await _look_at_what_is_there(connection, manifest, asked)
    set_aside = await _make_room(connection)
    loaded = await _load(connection, source, manifest, progress)
    _refuse_difference(manifest, loaded)
    migrated = await apply_missing(connection, migrations(SQL_MIGRATIONS))
    taken = format_time(manifest.taken_at)
    why = f"Restored from the backup of {taken}. What was done after that is not known here: look before you resume."
    await connection.execute(_SQL["begin_anew"], {"actor": asked.actor, "why": why})
    if set_aside:
        await connection.execute(_SQL["drop_set_aside"])
    progress("statistics", 0, None)
    await connection.execute("ANALYZE")
    # Once more: an engine that came up meanwhile would go on with what it knows of the database before.
    await _refuse_company(connection)
    return Restored(manifest, connection.info.dbname, migrated, replaced)


async def _load(
    connection: Connection, source: tuple[Path, Path], manifest: Manifest, progress: Progress
) -> Mapping[str, int]:
    """Runs the scripts of the dump; gives how many rows each table got."""
    program, dump = source
    await _run(connection, program, dump, "pre-data")
    async with aclosing(script_of(program, dump, "data")) as script:
        total = sum(manifest.rows.values())
        loaded = await load_rows(connection, script, lambda rows: progress("rows", rows, total))
    progress("keys and indexes", 0, None)
    await _run(connection, program, dump, "post-data")
    # The scripts set what suits them, the path of names to nothing.
    await connection.execute("RESET ALL; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    return loaded


async def _run(connection: Connection, program: Path, dump: Path, section: str) -> None:
    async with aclosing(script_of(program, dump, section)) as script:
        text = b"".join([piece async for piece in script])
    await connection.execute(b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"\\")))


async def _make_room(connection: Connection) -> bool:
    """An empty schema; says whether what was in it was set aside."""
    if (await one(connection, "is_empty", {"schema": SCHEMA}))["empty"]:
        return False
    await connection.execute(_SQL["set_aside"])
    await connection.execute(_SQL["make_schema"])
    return True


async def _look_at_what_is_there(connection: Connection, manifest: Manifest, asked: Restoring) -> Replaced | None:
    """What is going to be replaced; None where there is not a single journey or process."""
    name = connection.info.dbname
    if not (await one(connection, "has_engine"))["engine"]:
        if (await one(connection, "is_empty", {"schema": SCHEMA}))["empty"]:
            return None
        raise BackupError(f"The database {name} holds what is not Wayline's.", "Name another; that is never replaced.")
    if not (await one(connection, "has_cases"))["cases"]:
        return None
    newest = await last_event(connection)
    if not asked.replace:
        until = f"the last event at {format_time(newest.at)}" if newest else "journeys and no event"
        raise BackupError(
            f"The database {name} holds cases already, {until}.",
            "With --replace the backup takes their place; they are gone then.",
        )
    since = manifest.last_event.at if manifest.last_event else None
    lost = await one(connection, "events_after_time", {"at": since})
    return Replaced(newest, lost["events"])


@asynccontextmanager
async def _refusals() -> AsyncGenerator[None]:
    """Tells of what PostgreSQL refuses; that it is away, or goes away, is told as ever."""
    try:
        yield
    except InsufficientPrivilege as error:
        raise BackupError(
            f"The role may not do it: {error.diag.message_primary}.",
            "Restore as the owner of the database, or into an empty one.",
        ) from error
    except DatabaseError as error:
        if error.sqlstate is None or error.sqlstate[:2] in _GOING_AWAY:
            raise
        raise BackupError(f"PostgreSQL refused: {error.diag.message_primary}. Nothing has changed.") from error


async def _refuse_company(connection: Connection) -> None:
    until = clock.monotonic() + _LEAVING
    while True:
        # Else it would be shown as it was when this transaction looked first.
        await connection.execute(_SQL["forget_who_was_there"])
        others = await one(connection, "other_sessions")
        if not others["sessions"]:
            return
        if clock.monotonic() > until:
            raise BackupError(
                f"Others are connected to the database {connection.info.dbname}: {others['names']}.",
                "Stop `wayline up`, `serve` and `work`, and whoever reads from it, then restore again.",
            )
        await asyncio.sleep(_LOOK)


async def _fitting_program(connection: Connection, manifest: Manifest, asked: Restoring) -> Path:
    server = connection.info.server_version // 10_000
    if server < manifest.major:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.major}, and this server is {server}.",
            "Restore into a server of the same version, or a newer one.",
        )
    return find_program("pg_restore", manifest.major, asked.bundled)


def _refuse_strange(manifest: Manifest, known: Sequence[Migration]) -> None:
    """Only what this engine can migrate on may come in: its own migrations, or fewer of them."""
    by_number = {migration.version: migration for migration in known}
    for applied in manifest.migrations:
        label = f"V{applied.version:04d}__{applied.name}"
        ours = by_number.get(applied.version)
        if ours is None:
            raise BackupError(
                f"The backup has the migration {label}, and this engine knows up to V{len(known):04d}.",
                f"Restore it with Wayline {manifest.engine}, which took it, or with a newer one.",
            )
        if (ours.name, ours.checksum) != (applied.name, applied.checksum):
            raise BackupError(
                f"The backup's migration {label} has another text than this engine's.",
                f"Restore it with Wayline {manifest.engine}, which took it.",
            )


def _refuse_difference(manifest: Manifest, loaded: Mapping[str, int]) -> None:
    wrong = [
        f"{table} ({loaded.get(table, 0)} instead of {rows})"
        for table, rows in manifest.rows.items()
        if loaded.get(table, 0) != rows
    ]
    if wrong or loaded.keys() - manifest.rows.keys():
        raise BackupError(f"The dump has other rows than the manifest says: {', '.join(wrong) or 'more tables'}.")
