"""A PostgreSQL that may lose what it acknowledged is refused at every start, unless somebody accepted it by name."""

from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from engine.settings import Settings
from engine.store import Postgres, UnsafeDatabase, migrate


@pytest.fixture
def with_fsync_off(postgres_url: str) -> str:
    """The server of the tests runs so; one that was named from outside need not."""
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT current_setting('fsync')").fetchone()
    if row != ("off",):
        pytest.skip("the server that was named is a safe one")
    return postgres_url


def set_for_the_database(url: str, name: str, value: str) -> None:
    database = urlsplit(url).path.removeprefix("/")
    statement = sql.SQL("ALTER DATABASE {} SET {} = {}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(name), sql.Literal(value)))


async def opened(url: str, *accepted: str) -> None:
    settings = Settings(unsafe_postgres=accepted)  # type: ignore[arg-type]
    async with Postgres.open(url, settings):
        pass
    await migrate(url, settings)


async def test_without_fsync_neither_the_engine_nor_a_migration_starts(with_fsync_off: str) -> None:
    settings = Settings(unsafe_postgres=())
    with pytest.raises(UnsafeDatabase) as refused:
        await migrate(with_fsync_off, settings)
    assert "fsync is off" in str(refused.value)
    assert "WAYLINE_UNSAFE_POSTGRES=fsync" in str(refused.value)
    with pytest.raises(UnsafeDatabase, match="fsync is off"):
        async with Postgres.open(with_fsync_off, settings):
            pass


async def test_what_was_accepted_by_name_is_let_through_and_nothing_else(with_fsync_off: str) -> None:
    await opened(with_fsync_off, "fsync")
    with pytest.raises(UnsafeDatabase, match="fsync is off"):
        await opened(with_fsync_off, "full_page_writes", "synchronous_commit")


async def test_synchronous_commit_is_looked_at_as_the_sessions_have_it(postgres_url: str) -> None:
    set_for_the_database(postgres_url, "synchronous_commit", "off")
    with pytest.raises(UnsafeDatabase) as refused:
        await opened(postgres_url, "fsync")
    assert "synchronous_commit is off" in str(refused.value)
    assert "fsync is off" not in str(refused.value), "that was accepted"
    assert str(refused.value).endswith("synchronous_commit"), "what it says to set holds what was accepted before"
    await opened(postgres_url, "fsync", "synchronous_commit")


async def test_an_option_of_the_address_is_no_way_around_it(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    option = "options=-c%20synchronous_commit%3Doff"
    url = parts._replace(query=f"{parts.query}&{option}" if parts.query else option).geturl()
    with pytest.raises(UnsafeDatabase, match="synchronous_commit is off"):
        await opened(url, "fsync")


@pytest.mark.parametrize("value", ["local", "remote_write", "on", "remote_apply"])
async def test_how_much_a_standby_must_have_is_for_whoever_runs_one_to_say(postgres_url: str, value: str) -> None:
    set_for_the_database(postgres_url, "synchronous_commit", value)
    await opened(postgres_url, "fsync")
