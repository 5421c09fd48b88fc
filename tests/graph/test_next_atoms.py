"""The graph is not a picture of the engine, it is the same thing: what Cypher says starts is what `decide` starts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.cases.world import World
from engine.core.events import (
    Event,
    IncidentResolved,
    ProcessCancelled,
    ProcessFailed,
    ProcessStarted,
    StepCompleted,
    StepFailed,
    StepReworked,
    StepSkipped,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskFailed,
    TimerFired,
)
from engine.core.scope import Scope
from engine.statements import questions
from graph import Neo4j
from tests.graph.feeding import feed
from tests.graph.runs import played, publish

NEXT_ATOMS = questions()["next_atoms"]

Becomes = set[tuple[str, str]]


def exit_of(event: Event, lists: set[tuple[str, str, int]]) -> dict[str, Any] | None:
    """The exit that an event is, as the question takes it; None for other events and for elements of a list."""
    match event.fact:
        case TaskCompleted(atom=str(atom), visit=int(visit), edges=None) if (event.process, atom, visit) in lists:
            return None
        case TaskCompleted(atom=str(atom), edges=edges) | StepCompleted(atom=atom, edges=edges):
            exit = "done"
        case StepFailed(atom=atom, exit=exit, edges=edges):
            pass
        case TaskFailed(atom=str(atom), exit=str(exit), edges=edges):
            pass
        case TaskCancelled(atom=str(atom), exit=str(exit), edges=edges):
            pass
        case StepSkipped(atom=atom, edges=edges, reason=str()):
            exit = "skipped"
        case IncidentResolved(atom=atom, how=how, edges=edges) if edges is not None:
            # The step has exited before; of its edges those that were taken say over what.
            over = {edge.on for edge in edges if edge.taken}
            exit = "skipped" if how == "skipped" or len(over) != 1 else over.pop()
        case _:
            return None
    taken = None if edges is None else [edge.to for edge in edges if edge.taken]
    return {"process": event.process, "atom": atom, "exit": exit, "taken": taken}


@dataclass
class Beside:
    """What Cypher says right before each exit of a run of events, beside what these events start and skip.

    `without` are the atoms that something else than an exit starts, `begun` the visits that have started so far.
    """

    begun: set[tuple[str, str, int]]
    lists: set[tuple[str, str, int]]
    said: Becomes = field(default_factory=set)
    newest: Becomes = field(default_factory=set)
    decided: Becomes = field(default_factory=set)
    without: set[str] = field(default_factory=set)

    async def ask(self, opened: Neo4j, event: Event) -> None:
        """Asks before the event, if it is an exit."""
        if exit := exit_of(event, self.lists):
            answer = await opened.graph.ask(NEXT_ATOMS, exit)
            self.said |= self.newest
            self.newest = {(row["atom"], row["becomes"]) for row in answer.rows}

    def hear(self, event: Event) -> None:
        """Takes note of what the event starts, skips or resets."""
        match event.fact:
            case StepStarted(atom=atom, visit=visit, began=began):
                self._begin(event.process, atom, visit)
                if began is not None and began.items is not None:
                    self.lists.add((event.process, atom, visit))
            case IncidentResolved(atom=atom, visit=visit, began=began) if began is not None:
                if began.items is not None:
                    self.lists.add((event.process, atom, visit))
            case TaskCreated(atom=str(atom), visit=int(visit)) | StepCompleted(atom=atom, visit=visit):
                self._begin(event.process, atom, visit)
            case StepSkipped(atom=atom, reason=None):
                self.decided.add((atom, "skipped"))
            case StepReworked(region=region, source=source):
                # What was about to start in the region does not.
                self.said = {one for one in self.said if one[0] not in region or one in self.decided}
                self.without |= set(region) if source is None else set()
            case _:
                pass

    def _begin(self, process: str, atom: str, visit: int) -> None:
        if (process, atom, visit) not in self.begun:
            self.begun.add((process, atom, visit))
            self.decided.add((atom, "active"))

    def apart(self) -> Becomes:
        """What only one of the two says."""
        both = (self.said | self.newest) ^ self.decided
        return {one for one in both if one[0] not in self.without}


def comparable(world: World, events: list[Event]) -> bool:
    """Whether what was about to start did: the process was not ended from outside the graph."""
    atoms = world.journey_of(events[0].process).atoms
    ended = any(isinstance(event.fact, ProcessCancelled | ProcessFailed) for event in events)
    stopped = any(isinstance(event.fact, StepCompleted) and atoms[event.fact.atom].terminate for event in events)
    return not ended and not stopped


def started_otherwise(world: World, events: list[Event]) -> Iterator[str]:
    """The atoms that start with their process, or undo others."""
    process = world.processes[events[0].process]
    journey = world.journey_of(process.id)
    yield from journey.compensations
    if any(
        isinstance(event.fact, ProcessStarted) or (isinstance(event.fact, TimerFired) and event.fact.atom is None)
        for event in events
    ):
        yield from Scope.of(journey, process.part).entries()


async def run_beside_the_engine(opened: Neo4j, seed: int) -> int:
    """Feeds a random run event by event where one is an exit, and compares; gives how many were."""
    world = played(seed, 30)
    assume(world.events)
    await opened.projection.clear()
    await publish(opened, world)
    begun: set[tuple[str, str, int]] = set()
    lists: set[tuple[str, str, int]] = set()
    exits = 0
    for _, grouped in groupby(world.events, key=lambda event: (event.process, event.at)):
        events, fed = list(grouped), 0
        beside = Beside(begun, lists, without=set(started_otherwise(world, events)))
        for position, event in enumerate(events):
            if exit_of(event, lists):
                exits += 1
                await feed(opened, events[fed:position])
                fed = position
                await beside.ask(opened, event)
            beside.hear(event)
        await feed(opened, events[fed:])
        if comparable(world, events):
            assert beside.apart() == set(), (seed, events)
    return exits


ON_NEO4J = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=8, deadline=None, suppress_health_check=ON_NEO4J)
@given(seed=st.integers(0, 10**6))
async def test_what_live_cypher_says_starts_is_what_decide_starts_on_random_runs(opened: Neo4j, seed: int):
    """R2 to R7, with joins of every kind, dependencies, dead paths, rework, and each of the exits."""
    await run_beside_the_engine(opened, seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=ON_NEO4J)
@given(seed=st.integers(0, 10**6))
async def test_what_live_cypher_says_starts_is_what_decide_starts_on_many_random_runs(opened: Neo4j, seed: int):
    await run_beside_the_engine(opened, seed)
