"""Migrations are applied once, in order, all or none, and never another text than before."""

import asyncio
from dataclasses import replace

import psycopg
import pytest

from engine.settings import Settings
from engine.statements import SQL_MIGRATIONS, Migration, migrations
from engine.store import MigrationError, Postgres, migrate

SETTINGS = Settings()
KNOWN = migrations(SQL_MIGRATIONS)
NEXT = len(KNOWN) + 1


@pytest.fixture
def postgres_url(empty_postgres_url: str) -> str:
    """Nothing has been migrated here."""
    return empty_postgres_url


def more(text: str) -> Migration:
    return Migration(NEXT, "more", "c0ffee", text, (text,))  # type: ignore[arg-type]


async def test_what_is_missing_is_applied_once(postgres_url: str) -> None:
    names = [f"V{migration.version:04d}__{migration.name}" for migration in KNOWN]
    assert list(await migrate(postgres_url, SETTINGS)) == names
    assert await migrate(postgres_url, SETTINGS) == ()
    assert await migrate(postgres_url, SETTINGS, [*KNOWN, more("CREATE TABLE later ()")]) == (f"V{NEXT:04d}__more",)


async def test_those_who_migrate_side_by_side_apply_everything_once(postgres_url: str) -> None:
    applied = await asyncio.gather(*(migrate(postgres_url, SETTINGS) for _ in range(3)))
    assert sorted(map(len, applied)) == [0, 0, len(KNOWN)]


async def test_a_migration_that_fails_leaves_the_database_as_it_was(postgres_url: str) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await migrate(postgres_url, SETTINGS, [*KNOWN, more("CREATE TABLE later (); DROP TABLE nowhere")])
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT to_regclass('schema_migrations'), to_regclass('tasks')").fetchone()
    assert found == (None, None)


async def test_a_migration_whose_text_changed_is_refused(postgres_url: str) -> None:
    await migrate(postgres_url, SETTINGS)
    changed = [replace(KNOWN[0], checksum="0" * 64), *KNOWN[1:]]
    with pytest.raises(MigrationError, match=r"V0001__time_and_audit was applied with another text"):
        await migrate(postgres_url, SETTINGS, changed)


async def test_a_database_of_a_newer_engine_is_refused(postgres_url: str) -> None:
    await migrate(postgres_url, SETTINGS, [*KNOWN, more("SELECT 1")])
    for attempt in (migrate(postgres_url, SETTINGS), open_it(postgres_url)):
        with pytest.raises(MigrationError, match=f"has migration V{NEXT:04d}, this engine knows up to V{NEXT - 1:04d}"):
            await attempt


async def test_an_engine_does_not_open_a_database_that_lacks_migrations(postgres_url: str) -> None:
    with pytest.raises(MigrationError, match="Run `wayline migrate`"):
        await open_it(postgres_url)
    await migrate(postgres_url, SETTINGS)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE version = %s", [KNOWN[-1].version])
    with pytest.raises(MigrationError, match="lacks 1 migration"):
        await open_it(postgres_url)


async def open_it(url: str) -> None:
    async with Postgres.open(url, SETTINGS):
        pass
