"""The model against the engine on PostgreSQL, which forgets all it knows after each command and reads it again."""

import copy
from functools import cache

import pytest

from tests.model.bridge_store import StoredEngine, opened, prepared
from tests.model.coverage import WANTED
from tests.model.differential import apart, case_of
from tests.model.generate import WITH_KEYS
from tests.model.snapshot import snapshot
from tests.model.world import World

TESTS = 4
LOOKED_AT = 400
RARE = {"R12 bound message dropped", "R12 suspended on its own", "R12 unheard", "R15 failed child", "R13 meanwhile"}
"""So rare that only `make model` counts on them."""


@cache
def covering():
    """The cases of a few seeds that together reach all that there is, idempotency keys included (R17)."""
    left = {seed: case_of(seed, WITH_KEYS) for seed in range(LOOKED_AT)}
    missing, chosen = WANTED | {"R17", "refused idempotency_mismatch"}, {}
    while missing:
        seed = max(left, key=lambda one: len(missing & left[one].constructs.keys()))
        if not missing & left[seed].constructs.keys():
            break
        chosen[seed] = left.pop(seed)
        missing -= chosen[seed].constructs.keys()
    assert missing <= RARE
    return chosen


async def differences(cases, url, restart=False):
    """case number → after which command what differs. With `restart` every command meets a new object tree."""
    found = {}
    async with prepared(url) as sql, opened(url) as first:
        for run, case in cases.items():
            world, engine = World(copy.deepcopy(case.documents)), StoredEngine(first, sql, run)
            await engine.publish(case.documents)
            for place, command in enumerate(case.commands):
                parts = await step(world, engine, command, url if restart else None)
                if parts:
                    found[run] = place, command, parts
                    break
    return found


async def step(world, engine, command, url):
    """What differs after a command; its answer and what is read afterwards come from memory that knows nothing yet."""
    if url is None:
        engine.forget()
        return await compared(world, engine, command)
    async with opened(url) as postgres:
        engine.forget(postgres)
        return await compared(world, engine, command)


async def compared(world, engine, command):
    answers = world.do(copy.deepcopy(command)), await engine.do(copy.deepcopy(command))
    parts = {"answer": answers} if answers[0] != answers[1] else {}
    return parts | apart(snapshot(world), await engine.picture())


def cases_of(seeds):
    return {seed: case_of(seed, WITH_KEYS) for seed in seeds}


@pytest.mark.parametrize("turn", range(TESTS))
async def test_what_is_stored_is_what_the_model_has_after_every_command(turn, postgres_url):
    assert not await differences(dict([*covering().items()][turn::TESTS]), postgres_url)


async def test_a_restart_after_every_command_changes_nothing(postgres_url):
    assert not await differences(cases_of(range(200, 203)), postgres_url, restart=True)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1200, 25))
async def test_many_scripts_leave_the_same_in_the_database(first, postgres_url):
    assert not await differences(cases_of(range(first, first + 25)), postgres_url)


@pytest.mark.long
@pytest.mark.parametrize("first", range(2000, 2100, 20))
async def test_a_hundred_scripts_survive_a_restart_after_every_command(first, postgres_url):
    assert not await differences(cases_of(range(first, first + 20)), postgres_url, restart=True)
