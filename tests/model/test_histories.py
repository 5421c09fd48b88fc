"""What the engine's histories promise: the same commands give the same events, and stored ones the same markings."""

import copy

import pytest

from tests.model.bridge import Engine
from tests.model.differential import case_of

BATCH = 30


def played(seed):
    case = case_of(seed)
    engine = Engine(case.documents)
    for command in case.commands:
        engine.do(copy.deepcopy(command))
    return engine


@pytest.mark.parametrize("first", range(0, 60, BATCH))
def test_the_same_commands_give_the_same_events(first):
    for seed in range(first, first + BATCH):
        assert played(seed).world.events == played(seed).world.events, seed


@pytest.mark.parametrize("first", range(0, 120, BATCH))
def test_replaying_stored_events_gives_the_markings(first):
    for seed in range(first, first + BATCH):
        engine = played(seed)
        assert engine.replayed() == engine.world.processes, seed
