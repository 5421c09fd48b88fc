"""The live graph, case by case: what is written, once, and what a crash or a second projector cannot break."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from neo4j import AsyncManagedTransaction

from engine.core.commands import ClaimTask, ReassignTask, ReleaseTask, StartTask
from engine.core.errors import Unavailable
from engine.core.frozen import changed
from engine.core.journey import Journey, Routes
from engine.ports import Batch, Cursor, GraphState
from engine.statements import CYPHER_QUERIES
from graph import Neo4j
from graph.projection import LiveGraph
from tests.core.play import ADMIN, NOON, Play
from tests.graph.feeding import feed
from tests.graph.reading import change, led_to, rows, short_forms, states

LOAN = """
phases:
  - id: front
    atoms:
      - {id: apply, entry: true, performed_by: clerk, enables: [credit, income]}
      - {id: credit, kind: system, action: do.it, enables: [decide]}
      - {id: income, performed_by: chief, enables: [decide]}
  - id: back
    atoms:
      - {id: decide, kind: decision, enables: [paid]}
      - {id: paid, performed_by: clerk, depends_on: [papers], enables: [end]}
      - {id: papers, entry: true, performed_by: clerk, depends_on: [apply]}
      - {id: end, kind: milestone, outcome: funded}
"""
ONE = Cursor("one", 7, 1)


async def publish(opened: Neo4j, journey: Journey) -> None:
    await opened.graph.publish(journey.definition, Routes(tuple(journey.routes.values())))


@pytest.fixture
async def play(opened: Neo4j) -> Play:
    """A loan that was just started."""
    play = Play(LOAN).start()
    await publish(opened, play.journey)
    return play


async def process(opened: Neo4j, id: str = "p1") -> dict[str, Any]:
    (found,) = await rows(opened, "MATCH (p:ProcessInstance {id: $id}) RETURN properties(p) AS p", id=id)
    return found["p"]


async def step(opened: Neo4j, atom: str) -> dict[str, Any]:
    (found,) = await rows(opened, "MATCH (s:Step {atom: $atom}) RETURN properties(s) AS s", atom=atom)
    return found["s"]


async def people(opened: Neo4j) -> set[tuple[str, str, str]]:
    found = await rows(opened, "MATCH (u:User)-[l]->(s:Step) RETURN u.id AS user, type(l) AS link, s.atom AS atom")
    return {(row["user"], row["link"], row["atom"]) for row in found}


async def test_the_short_form_follows_every_step(opened: Neo4j, play: Play):
    """The graph: AT_STEP, COMPLETED and PENDING are the short form of the current visits."""
    await feed(opened, play.events)
    assert await short_forms(opened, "p1") == {"apply": "AT_STEP", "papers": "PENDING"}
    await feed(opened, play.done("apply").events)
    await feed(opened, play.done("credit").events)
    assert await short_forms(opened, "p1") == {
        "apply": "COMPLETED",
        "credit": "COMPLETED",
        "income": "AT_STEP",
        "decide": "PENDING",
        "papers": "AT_STEP",
    }
    await feed(opened, play.done("income").events)
    assert (await short_forms(opened, "p1"))["paid"] == "PENDING"
    assert await led_to(opened, "p1") == {
        ("apply", "credit"),
        ("apply", "income"),
        ("credit", "decide"),
        ("income", "decide"),
        ("decide", "paid"),
    }


async def test_a_process_carries_its_facts_and_its_outcome(opened: Neo4j, play: Play):
    for atom in ("apply", "credit", "income", "papers", "paid"):
        play.done(atom)
    await feed(opened, play.events)
    found = await process(opened)
    assert (found["journey"], found["version"], found["status"], found["outcome"]) == (
        "example",
        "1.0.0",
        "completed",
        "funded",
    )
    assert found["started_at"].to_native() == NOON + timedelta(seconds=1)
    assert found["ended_at"].to_native() == play.now
    runs = await rows(opened, "MATCH (:ProcessInstance)-[:RUNS]->(v) RETURN v.key AS key")
    assert runs == [{"key": "example@1.0.0"}]


async def test_dimensions_follow_the_context(opened: Neo4j):
    play = Play("[{id: a, performed_by: clerk, saves: text}]")
    play.journey = replace(play.journey, definition=replace(play.journey.definition, dimensions=("n", "text")))
    play.start(n=3)
    await publish(opened, play.journey)
    await feed(opened, play.events)
    assert (await process(opened))["n"] == 3
    await feed(opened, play.patch(n=4, text="x").events)
    found = await process(opened)
    assert (found["n"], found["text"]) == (4, "x")


async def test_people_hold_and_perform_steps(opened: Neo4j, play: Play):
    task = play.task("apply").n
    await feed(opened, play.events)
    for command, expected in (
        (ClaimTask(ADMIN, task), {("ada", "HOLDS", "apply")}),
        (ReleaseTask(ADMIN, task), set()),
        (ClaimTask(ADMIN, task), {("ada", "HOLDS", "apply")}),
        (StartTask(ADMIN, task), {("ada", "HOLDS", "apply")}),
        (ReassignTask(ADMIN, task, "olga"), {("olga", "HOLDS", "apply")}),
    ):
        await feed(opened, play.give(command).events)
        assert await people(opened) == expected
    play.now += timedelta(minutes=5)
    await feed(opened, play.done("apply").events)
    assert await people(opened) == {("olga", "PERFORMED", "apply"), ("ada", "PERFORMED", "apply")}  # who completed it


async def test_worked_seconds_run_from_the_last_start_of_the_work_to_its_end(opened: Neo4j, play: Play):
    task = play.task("apply").n
    play.give(ClaimTask(ADMIN, task))
    play.give(StartTask(ADMIN, task))
    await feed(opened, play.events)
    play.now += timedelta(minutes=5)
    await feed(opened, play.done("apply").events)
    assert (await step(opened, "apply"))["worked_seconds"] == 301.0


async def test_a_step_that_was_never_said_to_be_begun_has_no_worked_seconds(opened: Neo4j, play: Play):
    play.done("apply")
    await feed(opened, play.events)
    assert "worked_seconds" not in await step(opened, "apply")


async def test_edges_that_leave_the_part_lead_nowhere(opened: Neo4j):
    """R1: the scope is the phase the process was started at."""
    play = Play(LOAN).start(part="front")
    await publish(opened, play.journey)
    for atom in ("apply", "credit", "income"):
        play.done(atom)
    await feed(opened, play.events)
    assert set(await states(opened, "p1")) == {"apply", "credit", "income"}
    assert (await process(opened))["status"] == "completed"


async def test_a_cancelled_process_shows_what_was_cancelled_and_what_never_started(opened: Neo4j, play: Play):
    """States: when a process ends early, active steps are cancelled and waiting ones stay as they are."""
    play.cancel()
    await feed(opened, play.events)
    assert await states(opened, "p1") == {"apply": ("cancelled", None), "papers": ("waiting", None)}


async def test_the_same_batch_twice_is_applied_once(opened: Neo4j, play: Play):
    batch = Batch(tuple(play.events), ONE)
    assert await opened.projection.apply(batch, None)
    digest = await opened.projection.digest()
    assert not await opened.projection.apply(batch, None)
    assert await opened.projection.digest() == digest
    assert await opened.projection.checkpoint() == ONE


async def test_of_two_projectors_with_the_same_batch_one_applies_it(opened: Neo4j, play: Play):
    batch = Batch(tuple(play.events), ONE)
    applied = await asyncio.gather(*(opened.projection.apply(batch, None) for _ in range(4)))
    assert sorted(applied) == [False, False, False, True]
    assert await led_to(opened, "p1") == set()
    assert len(await states(opened, "p1")) == 2


async def test_who_applied_a_batch_has_the_graph_to_itself_for_two_seconds(opened: Neo4j, play: Play):
    """Of several processes of workers one projects; another takes over when it has gone."""
    other = LiveGraph(opened.session)
    assert await opened.projection.apply(Batch(tuple(play.events), ONE), None)
    assert await opened.projection.state() == GraphState(ONE, busy_seconds=0.0)
    seen = await other.state()
    assert seen.cursor == ONE
    assert 0 < seen.busy_seconds <= 2
    await change(opened, "MATCH (c:Checkpoint) SET c.held_until = timestamp()")
    assert (await other.state()).busy_seconds == 0
    later = Batch(play.done("apply").events, Cursor("one", 9, 9))
    assert await other.apply(later, ONE)
    assert (await opened.projection.state()).busy_seconds > 0


async def test_a_batch_that_lost_takes_nothing_from_who_has_the_graph(opened: Neo4j, play: Play):
    assert await opened.projection.apply(Batch(tuple(play.events), ONE), None)
    assert not await LiveGraph(opened.session).apply(Batch(tuple(play.events), ONE), None)
    assert (await opened.projection.state()).busy_seconds == 0


async def test_what_it_is_stuck_at_stays_with_the_graph_until_it_goes_on(opened: Neo4j, play: Play):
    await opened.projection.note_stuck("event 1 of p1 (process.started): broken")
    assert await opened.projection.state() == GraphState(None, stuck="event 1 of p1 (process.started): broken")
    assert await opened.projection.apply(Batch(tuple(play.events), ONE), None)
    assert await LiveGraph(opened.session).state() == GraphState(ONE, busy_seconds=ANY, stuck=None)


def test_batches_of_any_size_are_planned_once():
    """A parameter that is a list is planned anew for 0, 1, 10, 100 … elements; in a map it is not looked into."""
    for file in ("projection", "rework", "checkpoint"):
        text = (CYPHER_QUERIES / f"{file}.cypher").read_text("utf-8")
        assert not re.findall(r"UNWIND \$\w+ ", text), file


async def test_a_batch_that_does_not_follow_the_checkpoint_is_not_applied(opened: Neo4j, play: Play):
    assert await opened.projection.apply(Batch(tuple(play.events), ONE), None)
    later = Batch(play.done("apply").events, Cursor("one", 9, 9))
    assert not await opened.projection.apply(later, Cursor("one", 8, 8))
    assert not await opened.projection.apply(later, Cursor("two", 7, 1))
    assert await states(opened, "p1") == {"apply": ("active", None), "papers": ("waiting", None)}


async def test_a_batch_of_an_unpublished_version_is_refused_whole(opened: Neo4j, play: Play):
    other = Play(LOAN.replace("front", "other")).start()
    other.events = [changed(event, process="p2") for event in other.events]
    await opened.graph.withdraw("example", "1.0.0")
    with pytest.raises(Unavailable, match=r"example@1\.0\.0"):
        await feed(opened, play.events)
    assert await opened.projection.checkpoint() is None
    assert await rows(opened, "MATCH (n:ProcessInstance|Step) RETURN n") == []


async def test_events_of_a_process_that_left_the_graph_are_harmless(opened: Neo4j, play: Play):
    await feed(opened, play.done("apply").events)
    assert await rows(opened, "MATCH (n:ProcessInstance|Step) RETURN n") == []
    assert await opened.projection.checkpoint() is not None


async def test_clearing_leaves_the_versions_and_nothing_that_ran(opened: Neo4j, play: Play):
    await feed(opened, play.events)
    await opened.projection.clear()
    assert await rows(opened, "MATCH (n:ProcessInstance|Step|User) RETURN n") == []
    assert await opened.graph.routes("example", "1.0.0") is not None
    assert await opened.projection.checkpoint() is None


async def test_a_clearing_that_was_cut_off_is_finished_before_anything_is_applied(opened: Neo4j, play: Play):
    await feed(opened, play.events)
    whole = await opened.projection.digest()
    await change(opened, "MATCH (c:Checkpoint) SET c = {name: 'projection', clearing: true}")
    await change(opened, "MATCH (s:Step {atom: 'papers'}) DETACH DELETE s")
    assert await opened.projection.checkpoint() is None
    await feed(opened, play.events)
    assert await opened.projection.digest() == whole


async def test_a_graph_without_its_checkpoint_is_not_built_upon(opened: Neo4j, play: Play):
    await feed(opened, play.events)
    whole = await opened.projection.digest()
    await change(opened, "MATCH (c:Checkpoint) DELETE c")
    await feed(opened, play.events)
    assert await opened.projection.digest() == whole


async def test_many_may_clear_at_once(opened: Neo4j, play: Play):
    await feed(opened, play.events)
    await asyncio.gather(*(opened.projection.clear() for _ in range(4)))
    assert await rows(opened, "MATCH (n:ProcessInstance|Step|User) RETURN n") == []


async def test_a_step_is_written_in_few_statements_whatever_became_of_it(
    opened: Neo4j, play: Play, monkeypatch: pytest.MonkeyPatch
):
    """Each statement is a round trip; what most batches hold takes two, and one more where processes start."""
    sent: list[str] = []
    run = AsyncManagedTransaction.run

    async def counted(self: AsyncManagedTransaction, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(query)
        return await run(self, query, *args, **kwargs)

    monkeypatch.setattr(AsyncManagedTransaction, "run", counted)
    assert await opened.projection.apply(Batch(tuple(play.events), ONE), None)
    assert len(sent) == 3
    sent.clear()
    applied = len(play.events)
    for atom in ("apply", "credit", "income", "papers", "paid"):
        play.done(atom)
    later = Batch(tuple(play.events[applied:]), Cursor("one", 8, 9))
    assert await opened.projection.apply(later, ONE)
    assert len(sent) == 2
    assert (await process(opened))["status"] == "completed"


async def test_the_digest_sees_every_property_and_relationship(opened: Neo4j, play: Play):
    play.done("apply")
    await feed(opened, play.events)
    seen = {await opened.projection.digest()}
    for harm in (
        "MATCH (s:Step {atom: 'credit'}) SET s.state = 'completed'",
        "MATCH (p:ProcessInstance) SET p.extra = 1",
        "MATCH ()-[r:AT_STEP]->(:Atom {id: 'credit'}) SET r.visit = 2",
        "MATCH ()-[l:LED_TO]->(:Step {atom: 'credit'}) DELETE l",
        "MATCH ()-[l:PERFORMED]->() DELETE l",
        "MATCH ()-[l:RUNS]->() DELETE l",
        "MATCH (:Step {atom: 'income'})-[l:OF]->() DELETE l",
        "MATCH ()-[l:LED_TO]->(:Step {atom: 'income'}) SET l.on = 'error'",
        "MATCH (s:Step {atom: 'income'}) CREATE (s)-[:HAS_INCIDENT]->(:Incident {key: 'p1.1'})",
        "MATCH (i:Incident) SET i.open = true",
        "MATCH (p:ProcessInstance) CREATE (p)-[:HAS_TASK]->(:Task {key: 'p1.9'})",
        "MATCH (t:Task) SET t.state = 'open'",
        "MATCH (p:ProcessInstance), (s:Step {atom: 'income'}) CREATE (p)-[:CHILD_OF]->(s)",
        "MATCH (p:ProcessInstance), (f:Phase {id: 'front'}) CREATE (p)-[:TIMED]->(f)",
        "MATCH (:ProcessInstance)-[t:TIMED]->() SET t.met = true",
        "CREATE (:Step {key: 'astray'})",
    ):
        await change(opened, harm)  # type: ignore[arg-type]
        seen.add(await opened.projection.digest())
    assert len(seen) == 17


async def test_ended_processes_leave_the_graph_oldest_first_and_running_ones_stay(opened: Neo4j, play: Play):
    """The graph: ended processes leave it after a retention time."""
    play.cancel()
    events = [
        changed(event, process=f"p{n}", at=event.at + timedelta(days=n)) for n in range(4) for event in play.events
    ]
    running = [changed(event, process="still") for event in play.events[:-2]]
    await feed(opened, [*events, *running])
    limit = play.now + timedelta(days=2, hours=1)
    assert await opened.projection.forget(limit, 2) == 2
    assert await opened.projection.forget(limit, 2) == 1
    assert await opened.projection.forget(limit, 2) == 0
    left = await rows(opened, "MATCH (p:ProcessInstance) RETURN p.id AS id ORDER BY id")
    assert [row["id"] for row in left] == ["p3", "still"]
    steps = await rows(opened, "MATCH (s:Step) RETURN DISTINCT s.process AS process ORDER BY process")
    assert [row["process"] for row in steps] == ["p3", "still"]
