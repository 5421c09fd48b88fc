"""What a restored database begins with: paused workers, void leases, new tokens and epoch, its events in order."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    CompleteTask,
    CompleteWork,
)
from engine.core.errors import Conflict
from engine.ports import Cursor
from engine.statements import SQL_QUERIES, Statements
from engine.store import migrate
from engine.store.backups import BackupError, adopt, take_backup
from engine.store.outbox import PostgresOutbox
from local.postgres import binaries
from tests.core.play import ADMIN
from tests.engine.store.backups.conftest import SETTINGS, opened, restore, take
from tests.engine.workers.conftest import Crew
from tests.waiting import until

HEAD = "journey: j\nversion: 1.0.0\nroles: {clerk: {name: Clerk}}\nactions: {do.it: {}}\ncontext: {type: object}\n"
ATOMS = """
  - {id: done, kind: system, action: do.it, entry: true, enables: [after]}
  - {id: after, kind: system, action: do.it}
  - {id: late, kind: wait, for: PT0.01S, entry: true}
"""
PEOPLE = "  - {id: one, performed_by: clerk, enables: [two]}\n  - {id: two, performed_by: clerk}\n"
HOUR = timedelta(hours=1)


async def claim(crew: Crew) -> list[int]:
    """Claims all due work; gives the tokens."""
    return [claimed.token for claimed in await crew.postgres.queue.claim("worker", ["do.it"], 10, HOUR)]


async def test_r10_who_works_on_what_it_claimed_before_the_restore_is_refused_and_no_token_comes_twice(
    postgres_url: str, place: Path
) -> None:
    async with opened(postgres_url) as crew:
        (process,) = await crew.start(await crew.publish(ATOMS, HEAD))
        (held,) = await claim(crew)
    await take(postgres_url, place)
    async with opened(postgres_url) as crew:
        await crew.give(process, CompleteWork(SYSTEM, 1, held, {}))
        (lost,) = await claim(crew)
    given: set[int] = set()
    for _ in range(2):
        await restore(postgres_url, place, replace=True)
        async with opened(postgres_url) as crew:
            assert (await crew.process(process)).tasks[1].lease is None, "free for the next worker"
            for token in (held, lost):
                with pytest.raises(Conflict, match="lease"):
                    await crew.give(process, CompleteWork(SYSTEM, 1, token, {}))
            await crew.postgres.pauses.end("rita")
            (first,) = await claim(crew)
            await crew.give(process, CompleteWork(SYSTEM, 1, first, {}))
            (second,) = await claim(crew)
            with pytest.raises(Conflict, match="lease"):
                await crew.give(process, CompleteWork(SYSTEM, 2, lost, {}))
        assert {first, second}.isdisjoint(given | {held, lost})
        given |= {first, second}


async def test_workers_claim_nothing_and_timers_that_came_due_wait_until_they_are_resumed(
    postgres_url: str, empty_postgres_url: str, place: Path
) -> None:
    async with opened(postgres_url) as crew:
        (process,) = await crew.start(await crew.publish(ATOMS, HEAD))
    await take(postgres_url, place)
    await restore(empty_postgres_url, place)
    async with opened(empty_postgres_url) as crew:
        await crew.advance(HOUR)
        pause = await crew.postgres.pauses.current()
        assert pause
        assert pause.by == "rita"
        assert pause.reason.startswith("Restored from the backup of 20")
        assert await claim(crew) == []
        assert not await crew.timers().run_once()
        backlog = await crew.postgres.pauses.backlog()
        assert (backlog.work, backlog.timers, backlog.held) == (1, 1, 0)
        await crew.postgres.pauses.end("rita")
        assert len(await claim(crew)) == 1
        assert await crew.timers().run_once()
        assert "timer.fired" in await crew.types(process)


async def test_events_of_another_server_come_in_order_and_new_ones_after_them(
    postgres_url: str, empty_postgres_url: str, place: Path
) -> None:
    async with opened(postgres_url) as crew:
        (process,) = await crew.start(await crew.publish(PEOPLE))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE epoch SET cluster = 'another server'")
        connection.execute("ALTER TABLE process_events DISABLE TRIGGER append_only")
        connection.execute("UPDATE process_events SET xid = (4000000000000 - seq)::text::xid8")
        connection.execute("ALTER TABLE process_events ENABLE TRIGGER append_only")
    await take(postgres_url, place)
    await restore(empty_postgres_url, place)
    async with opened(empty_postgres_url) as crew:
        await crew.give(process, CompleteTask(ADMIN, 1, {}))
        batch = await crew.postgres.outbox.after(None, 100)
        assert batch
        assert [event.seq for event in batch.events] == [1, 2, 3, 4]
        assert await rest(crew.postgres.outbox, batch.cursor) is None
    with psycopg.connect(empty_postgres_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("DELETE FROM process_events")


async def rest(outbox: PostgresOutbox, cursor: Cursor) -> object:
    return await outbox.after(cursor, 100)


async def test_every_restore_and_every_adoption_has_an_epoch_of_its_own(postgres_url: str, place: Path) -> None:
    epochs = [await epoch(postgres_url)]
    await take(postgres_url, place)
    for _ in range(2):
        await restore(postgres_url, place, replace=True)
        epochs.append(await epoch(postgres_url))
    async with opened(postgres_url) as crew:
        await crew.postgres.pauses.end("rita")
        with pytest.raises(BackupError, match="Others are connected"):
            await adopt(postgres_url, SETTINGS, "rita")
    await adopt(postgres_url, SETTINGS, "rita")
    epochs.append(await epoch(postgres_url))
    assert len(set(epochs)) == 4
    async with opened(postgres_url) as crew:
        assert await crew.postgres.pauses.current()


async def test_a_dump_loaded_into_another_server_is_taken_over_with_all_workers_paused(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE epoch SET cluster = 'another server'")
    await migrate(postgres_url, SETTINGS)
    async with opened(postgres_url) as crew:
        pause = await crew.postgres.pauses.current()
        assert pause
        assert "from the dump of another server" in pause.reason


async def test_the_projection_goes_on_while_a_backup_is_taken(postgres_url: str) -> None:
    """Its snapshot has no transaction number that others would have to wait for."""
    async with opened(postgres_url) as crew:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SELECT pg_export_snapshot()")
            await crew.start(await crew.publish(PEOPLE))
            batch = await crew.postgres.outbox.after(None, 10)
            assert batch
            assert len(batch.events) == 2


async def epoch(url: str) -> str:
    async with opened(url) as crew:
        return await crew.postgres.outbox.epoch()


async def test_partitions_and_migrations_wait_while_a_backup_is_taken(postgres_url: str, place: Path) -> None:
    """They would wait for the dump's locks, and every writer for theirs."""
    free: list[Any] = []
    statements = Statements.load(SQL_QUERIES, ".sql")
    with psycopg.connect(postgres_url, autocommit=True) as connection:

        def look(what: str, done: int, total: int | None) -> None:
            free.append(connection.execute(statements["try_prune"]).fetchone())
            free.append(connection.execute("SELECT pg_try_advisory_xact_lock(7797, 1)").fetchone())

        await take_backup(postgres_url, SETTINGS, place, binaries(), look)
        assert set(free) == {(False,)}

        async def again() -> bool:
            free.clear()
            look("", 0, None)
            return set(free) == {(True,)}

        await until(again)
