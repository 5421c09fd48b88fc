"""What holds of every run of the model, over random journeys of all constructs: the contract's promises at large."""

import copy

import pytest

from tests.model.generate import EVERYTHING, Generator
from tests.model.marking import ENDED
from tests.model.scripts import Writer
from tests.model.snapshot import snapshot
from tests.model.world import World

RUNS = 200


def case_of(seed):
    documents = Generator(seed).journeys()
    world = World(copy.deepcopy(documents))
    return documents, Writer(seed, world, EVERYTHING).script("main"), world


def complaints(process):
    """What the contract rules out for the marking of one process."""
    active = {step.atom for step in process.steps.values() if step.state == "active"}
    held = {step.atom for step in process.steps.values() if step.held}
    if process.ended and (active or process.open_tasks() or process.timers or process.waits or process.incidents):
        yield "it has ended and something is open"
    if process.ended and process.open_children:
        yield "it has ended and a child has not"
    if process.status == "running" and not process.holds_something_open() and not process.compensating:
        yield "it runs and nothing holds it"
    if {task.atom for task in process.open_tasks()} - active - {None}:
        yield "a task is open and its step is not active"
    if {timer.atom for timer in process.timers} - active - {None} or {wait.atom for wait in process.waits} - active:
        yield "a timer or wait belongs to a step that is not active"
    if {one.atom for one in process.incidents} - active - held:
        yield "an incident holds nothing"
    if any(step.state == "active" and not moved_by(process, step) for step in process.steps.values()):
        yield "an active step waits for nothing"


def moved_by(process, step):
    """Whether there is something that would move an active step."""
    return (
        process.open_tasks(step.atom)
        or any(one.atom == step.atom for one in [*process.timers, *process.waits, *process.incidents])
        or any(element.status == "open" and element.child for element in step.elements)
    )


def finish(world):
    """Ends every process by hand, children first: no edge taken, nothing waited for."""
    for _ in range(400):
        process = next((one for one in reversed(world.processes.values()) if one.status not in ENDED), None)
        if process is None:
            return
        world.do({"process": process.id} | next_by_hand(process))
    raise AssertionError("it does not end")


def next_by_hand(process):
    if process.status == "suspended":
        return {"do": "resume"}
    if process.status == "pending":
        return {"do": "cancel"}
    held = next((step for step in process.steps.values() if step.state == "active" or step.held), None)
    if held:
        return {"do": "skip", "atom": held.atom}
    return {"do": "complete", "atom": None, "name": process.open_tasks()[0].name}


@pytest.mark.parametrize("first", range(0, RUNS, 50))
def test_after_every_command_nothing_is_stuck_or_left_open(first):
    for seed in range(first, first + 50):
        documents, commands, _ = case_of(seed)
        world = World(documents)
        for place, command in enumerate(commands):
            world.do(command)
            found = [(one.id, what) for one in world.processes.values() for what in complaints(one)]
            assert not found, (seed, place, command)


def test_every_run_can_be_ended_and_then_nothing_is_open():
    for seed in range(RUNS):
        _, _, world = case_of(seed)
        finish(world)
        assert all(one.status in ENDED for one in world.processes.values()), seed
        assert not [what for one in world.processes.values() for what in complaints(one)], seed


def test_the_same_commands_lead_to_the_same_picture():
    for seed in range(0, RUNS, 4):
        documents, commands, first = case_of(seed)
        again = World(copy.deepcopy(documents))
        for command in commands:
            again.do(command)
        assert snapshot(again) == snapshot(first), seed
