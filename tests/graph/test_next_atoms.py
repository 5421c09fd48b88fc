"""The graph is not a picture of the engine, it is the same thing: what Cypher says starts is what `decide` starts."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.commands import RetryIncident, Start
from engine.core.decision import Decision
from engine.core.events import EdgeResult, Event, ProcessStarted, StepStarted, TaskCreated
from engine.core.journey import join_up
from engine.statements import questions
from graph import Neo4j
from tests.core.journeys import CONTEXTS, versions
from tests.core.play import ADMIN, Play
from tests.graph.feeding import feed

NEXT_ATOMS = questions()["next_atoms"]

Becomes = set[tuple[str, str]]


def exit_of(event: Event) -> tuple[str, tuple[EdgeResult, ...]] | None:
    """The atom and the edges of an event that says how the edges of an exit went."""
    edges = getattr(event.fact, "edges", None)
    if edges is None or event.fact.name == "step.skipped":
        return None
    return getattr(event.fact, "atom"), edges  # noqa: B009


async def predicted(opened: Neo4j, decision: Decision) -> Becomes:
    """What Cypher says of each exit of a decision, asked right before it; ends at the decision's end."""
    found: Becomes = set()
    fed = 0
    for position, event in enumerate(decision.events):
        if exit := exit_of(event):
            await feed(opened, decision.events[fed:position])
            fed = position
            atom, edges = exit
            taken = [edge.to for edge in edges if edge.taken]
            answer = await opened.graph.ask(NEXT_ATOMS, {"process": event.process, "atom": atom, "taken": taken})
            found |= {(row["atom"], row["becomes"]) for row in answer.rows}
    await feed(opened, decision.events[fed:])
    return found


def decided(decision: Decision) -> Becomes:
    """What the decision started and skipped."""
    started = {one.atom for one in decision.started}
    started |= {event.fact.atom for event in decision.events if isinstance(event.fact, StepStarted | TaskCreated)}
    return {(atom, "active") for atom in started} | {(atom, "skipped") for atom in decision.skipped}


async def check(opened: Neo4j, play: Play, decision: Decision, without: frozenset[str]) -> None:
    """Compares one decision; `without` are atoms that it starts though no exit leads to them."""
    found = await predicted(opened, decision)
    if not any(play.journey.atoms[one.atom].terminate for one in decision.started):
        assert {one for one in found if one[0] not in without} == {
            one for one in decided(decision) if one[0] not in without
        }


async def run_beside_the_engine(opened: Neo4j, version: Any, context: Any, data: st.DataObject) -> None:
    """Plays a random run to its end and compares every decision."""
    await opened.projection.clear()
    await opened.graph.publish(*version)
    play = Play(join_up(*version))
    decision = play.give(Start(ADMIN, "p1", context))
    began = decision.events[0].fact
    assert isinstance(began, ProcessStarted)
    await check(opened, play, decision, frozenset(began.entries))
    while not play.process.ended:
        incidents = list(play.process.open_incidents())
        if incidents:
            await feed(opened, play.patch(absent=1).events)
            for incident in incidents:
                await check(
                    opened, play, play.give(RetryIncident(ADMIN, incident.n, "mended")), frozenset({incident.atom})
                )
        else:
            await check(opened, play, play.done(data.draw(st.sampled_from(play.open))), frozenset())


ANY_RUN = given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, data=st.data())
ON_NEO4J = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=12, deadline=None, suppress_health_check=ON_NEO4J)
@ANY_RUN
async def test_what_live_cypher_says_starts_is_what_decide_starts_on_random_runs(
    opened: Neo4j, version: Any, context: Any, data: st.DataObject
):
    """R2 to R6, with joins of every kind, dependencies and dead paths."""
    await run_beside_the_engine(opened, version, context, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=ON_NEO4J)
@ANY_RUN
async def test_what_live_cypher_says_starts_is_what_decide_starts_on_many_random_runs(
    opened: Neo4j, version: Any, context: Any, data: st.DataObject
):
    await run_beside_the_engine(opened, version, context, data)
