"""PostgreSQL away or busy is `Unavailable`, in every port; when it is back everything goes on."""

import asyncio
import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import psycopg
import pytest

from engine.core.commands import ClaimTask
from engine.core.errors import Unavailable
from engine.ports import ProcessFilter
from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.conformance.worlds import OLGA, World, until, world_of
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

ONE = journey_of("[{id: only, performed_by: clerk}]")
HASTY = Settings(postgres_lock_timeout=0.05, postgres_statement_timeout=0.2, postgres_idle_timeout=0.2)
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

COUNT_OTHERS = OTHERS.replace("pg_terminate_backend(pid)", "count(*)")


@pytest.fixture
async def hasty(postgres_url: str) -> AsyncIterator[Postgres]:
    """The adapter with bounds that are soon reached."""
    await migrate(postgres_url, HASTY)
    async with Postgres.open(postgres_url, HASTY) as postgres:
        yield postgres


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: os.PathLike[str]) -> None:
    url = f"postgresql://wayline@/wayline?host={tmp_path}"
    with pytest.raises(Unavailable) as refused:
        await migrate(url, Settings())
    assert refused.value.details == {"retry_after": 1}
    with pytest.raises(Unavailable):
        await open_it(url, Settings(postgres_connect_timeout=0.2))


async def cut_all_others(sql: Plain) -> None:
    """Ends every other session of this database, and returns when they are gone."""
    await sql.execute(OTHERS)

    async def all_gone() -> bool:
        return await (await sql.execute(COUNT_OTHERS)).fetchone() == (0,)

    await until(all_gone)


async def open_it(url: str, settings: Settings) -> None:
    async with Postgres.open(url, settings):
        pass


async def test_a_connection_that_is_cut_in_a_transaction_leaves_nothing(world: World, sql: Plain) -> None:
    async def cut() -> None:
        async with world.store.transaction() as transaction:
            await transaction.take_business_keys([("example", "b1", "p1")])
            await cut_all_others(sql)
            await transaction.lock(["p1"])

    with pytest.raises(Unavailable):
        await cut()
    async with world.store.transaction() as transaction:
        assert await transaction.take_business_keys([("example", "b1", "p2")]) == {}


async def test_after_all_connections_were_cut_the_next_command_goes_on(
    postgres: Postgres, world: World, sql: Plain
) -> None:
    await world.start(ONE)
    # Both pools, with several connections each, as a restart of the server does.
    await asyncio.gather(*(postgres.reads.ping() for _ in range(4)), *(world.marking() for _ in range(4)))
    await cut_all_others(sql)
    page = await postgres.reads.processes(ProcessFilter(), None, 10)
    assert len(page.items) == 1
    assert (await world.give(ONE, "p1", ClaimTask(OLGA, 1))).after.tasks[1].assignee == "olga"


async def test_a_database_that_takes_no_connections_is_unavailable_until_it_does(
    postgres_server: str, postgres_url: str
) -> None:
    name = urlsplit(postgres_url).path.removeprefix("/")
    await migrate(postgres_url, Settings())
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        async with Postgres.open(postgres_url, Settings(postgres_connect_timeout=0.3)) as postgres:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'".encode())
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await postgres.reads.ping()
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())

            async def answers() -> bool:
                try:
                    await postgres.reads.ping()
                except Unavailable:
                    return False
                return True

            await until(answers)


async def test_who_waits_too_long_for_a_process_is_told_to_try_again(hasty: Postgres) -> None:
    world = world_of(hasty, hasty.versions)
    await world.start(ONE)
    async with world.store.transaction() as transaction:
        await transaction.lock(["p1"])
        with pytest.raises(Unavailable, match="try again"):
            await world.give(ONE, "p1", ClaimTask(OLGA, 1))
    await world.give(ONE, "p1", ClaimTask(OLGA, 1))


async def test_a_transaction_that_is_left_lying_is_ended(hasty: Postgres, postgres_url: str) -> None:
    def outlast() -> None:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("SELECT pg_sleep(0.5)")

    async def dawdle() -> None:
        async with hasty.store.transaction() as transaction:
            await transaction.lock([])
            await asyncio.to_thread(outlast)
            await transaction.lock([])

    with pytest.raises(Unavailable):
        await dawdle()
    await hasty.reads.ping()


async def test_those_who_wait_for_each_other_are_told_to_try_again(world: World) -> None:
    await world.start(ONE, "p1")
    await world.start(ONE, "p2")
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with world.store.transaction() as transaction:
            await transaction.lock([first])
            await both.wait()
            await transaction.lock([second])

    results = await asyncio.gather(lock("p1", "p2"), lock("p2", "p1"), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Unavailable"]
