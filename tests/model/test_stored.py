"""The model against the engine on PostgreSQL, which forgets everything after each command and reads it again."""

import copy
from contextlib import AsyncExitStack

import pytest
from psycopg import AsyncConnection

from engine.settings import Settings
from engine.store import migrate
from tests.model.bridge_store import CLOCK, StoredEngine, opened
from tests.model.differential import apart, case_of
from tests.model.snapshot import snapshot
from tests.model.world import World

SEEDS, BATCH = 60, 20


@pytest.fixture(scope="module")
def features():
    return None


async def difference(case, url, run):
    """What differs after which command, or None."""
    async with AsyncExitStack() as stack:
        sql = await stack.enter_async_context(await AsyncConnection.connect(url, autocommit=True))
        world = World(copy.deepcopy(case.documents))
        async with opened(url) as postgres:
            engine = StoredEngine(postgres, sql, run)
            await engine.publish(case.documents)
            for place, command in enumerate(case.commands):
                answers = world.do(copy.deepcopy(command)), await engine.do(copy.deepcopy(command))
                parts = {"answer": answers} if answers[0] != answers[1] else {}
                parts |= apart(snapshot(world), await engine.picture())
                if parts:
                    return place, command, parts
                engine.forget()
    return None


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_what_is_stored_is_what_the_model_has_after_every_command(first, postgres_url):
    await migrate(postgres_url, Settings())
    async with await AsyncConnection.connect(postgres_url, autocommit=True) as sql:
        await sql.execute(CLOCK)
    for seed in range(first, first + BATCH):
        assert not await difference(case_of(seed), postgres_url, seed), seed
