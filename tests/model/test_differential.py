"""The engine against the model: the same journeys, the same commands, the same picture after each of them."""

import pytest

from tests.model import seeds
from tests.model.differential import Case, case_of, difference
from tests.model.generate import SUPPORTED
from tests.model.world import World

RUNS = 300
RULES = {"R1", "R2 first", "R5", "R6", "R8", "R8 outcome", "R8 terminate", "R9", "R9 held after the exit", "collect"}
RULES |= {"R9 held before the start", "R10", "R10 retry", "R13", "R18 retry", "R18 context"}
REFUSALS = {"context_invalid", "output_invalid", "invalid_transition", "process_ended", "lease_lost"}


@pytest.mark.parametrize("first", range(0, RUNS, 50))
def test_engine_and_model_agree_after_every_command_of_random_scripts(first):
    found = {seed: str(apart) for seed in range(first, first + 50) if (apart := difference(case_of(seed)))}
    assert not found


@pytest.mark.parametrize(("why", "documents", "commands"), seeds.FOUND, ids=[case[0] for case in seeds.FOUND])
def test_what_once_differed_does_so_no_more(why, documents, commands):
    assert difference(Case(documents, commands)) is None
    world = World(documents)
    assert world.do(commands[0]) == "ok", "the case starts"


def test_the_random_scripts_cover_every_construct_and_rule_that_is_compared():
    covered = set()
    for seed in range(RUNS):
        covered |= set(case_of(seed).constructs)
    assert covered >= (SUPPORTED - {"odd"}) | RULES | {f"refused {code}" for code in REFUSALS}
