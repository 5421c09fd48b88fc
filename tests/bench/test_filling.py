"""Processes that were written after a pattern are processes to the engine."""

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from bench.filling import Pattern
from engine.core.callers import Caller
from engine.core.commands import (
    ClaimTask,
)
from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.engine.workers.conftest import Crew, drain

ATOMS = """
  - {id: enter, performed_by: clerk, timeout: {after: PT1H}, enables: [over, {to: late, on: timeout}]}
  - {id: over, kind: milestone, outcome: paid}
  - {id: late, kind: milestone, outcome: late}
"""


@pytest.fixture
async def crew(postgres_url: str) -> AsyncIterator[Crew]:
    await migrate(postgres_url, Settings())
    async with Postgres.open(postgres_url, Settings()) as postgres:
        yield Crew(postgres)


async def test_what_was_written_after_a_pattern_goes_on_by_itself(crew: Crew, postgres_url: str):
    (pattern,) = await crew.start(await crew.publish(ATOMS))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        each = Pattern(connection, pattern, "a key that it has not").multiply(50, lambda text: None)
        rows = connection.execute("SELECT id FROM process_instances WHERE id <> %s", (pattern,)).fetchall()
        (foreign,) = connection.execute(
            "SELECT count(*) FROM process_events WHERE process_id <> %s AND payload::text LIKE '%%' || %s || '%%'",
            (pattern, pattern),
        ).fetchone() or (None,)
    written = [id for (id,) in rows]
    assert len(written) == 50 and foreign == 0
    assert each > 500
    assert await crew.types(written[0]) == await crew.types(pattern)

    await crew.give(written[0], ClaimTask(Caller("olga", roles=frozenset({"clerk"})), 1))
    assert (await crew.process(written[0])).tasks[1].assignee == "olga"
    assert (await crew.process(written[1])).tasks[1].assignee is None
    await crew.advance(timedelta(hours=1))
    assert await drain(crew.timers())
    assert {(await crew.process(id)).outcome for id in written} == {"late"}


async def test_every_row_that_a_pattern_has_is_written_again(crew: Crew, postgres_url: str):
    (pattern,) = await crew.start(await crew.publish(ATOMS))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        Pattern(connection, pattern, "none").multiply(20, lambda text: None)
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)"
            " WHERE column_name = 'process_id' AND table_type = 'BASE TABLE'"
        ).fetchall()
        counts = {
            table: connection.execute(
                f"SELECT count(*) FILTER (WHERE process_id = %s), count(*) FROM {table}", (pattern,)
            ).fetchone()
            for (table,) in tables
        }
    assert all(total == 21 * mine for mine, total in counts.values()), counts
