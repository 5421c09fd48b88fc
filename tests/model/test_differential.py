"""The engine against the model: the same journeys, the same commands, the same picture after each of them."""

from functools import cache

import pytest

from tests.model import seeds
from tests.model.coverage import WANTED
from tests.model.differential import Case, case_of, difference
from tests.model.world import World

RUNS, BATCH = 2000, 100
RARE = {"R12 suspended on its own", "R12 bound message dropped", "R15 failed child"}
"""So rare that only `make model` counts on them; cases of their own are in `seeds` and `test_machine_*`."""


@cache
def case(seed):
    return case_of(seed)


@pytest.mark.parametrize("first", range(0, RUNS, BATCH))
def test_engine_and_model_agree_after_every_command_of_random_scripts(first):
    found = {seed: str(apart) for seed in range(first, first + BATCH) if (apart := difference(case(seed)))}
    assert not found


@pytest.mark.parametrize(("why", "documents", "commands"), seeds.FOUND, ids=[case[0] for case in seeds.FOUND])
def test_what_once_differed_does_so_no_more(why, documents, commands):
    assert difference(Case(documents, commands)) is None
    world = World(documents)
    assert world.do(commands[0]) == "ok", "the case starts"


def test_the_random_scripts_cover_every_construct_and_rule_that_is_compared():
    covered = set()
    for seed in range(RUNS):
        covered |= set(case(seed).constructs)
    assert not WANTED - RARE - covered
