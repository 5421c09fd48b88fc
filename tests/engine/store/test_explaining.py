"""What is read to explain a process besides its marking: its newest deciding events, and how its actions stand."""

from engine.core.callers import SYSTEM
from engine.core.commands import (
    BlockTask,
    CompleteTask,
    FailWork,
)
from engine.core.events import ActionAttempted, StepSkipped, TaskBlocked, TaskCompleted
from engine.core.explain_held import Rest
from engine.store import Postgres
from tests.conformance.worlds import World
from tests.core.play import ADMIN, journey_of
from tests.engine.store.conftest import Plain
from tests.engine.store.test_plans import FILL, plan

CHOICE = journey_of("""
  - {id: a, performed_by: clerk, enables: [{to: b, rule: {">=": [{var: n}, 620]}}, {to: c, otherwise: true}]}
  - {id: b, performed_by: clerk}
  - {id: c, performed_by: clerk}
""")
PULL = journey_of("[{id: s, kind: system, action: do.it, retry: {backoff: PT0S}}]")


async def test_the_newest_events_of_some_types_and_atoms_come_oldest_first_as_the_engine_wrote_them(
    world: World, postgres: Postgres
):
    await world.start(CHOICE, "p1", n=600)
    await world.give(CHOICE, "p1", BlockTask(ADMIN, 1, "away"))
    blocked = (await postgres.reads.newest_events("p1", ["task.blocked"], None, 10))[0]
    assert blocked.fact == TaskBlocked("a", 1, 1, reason="away")
    assert blocked.actor == ADMIN.id


async def test_rule_values_keep_their_digits_and_other_atoms_stay_out(world: World, postgres: Postgres):
    await world.start(CHOICE, "p1", n=600)
    await world.give(CHOICE, "p1", CompleteTask(ADMIN, 1, {}))
    types = ["task.completed", "step.skipped"]
    events = await postgres.reads.newest_events("p1", types, None, 10)
    completed, skipped = (event.fact for event in events)
    assert isinstance(completed, TaskCompleted) and isinstance(skipped, StepSkipped)
    assert completed.edges and completed.edges[0].trace and completed.edges[0].trace["reads"] == {"n": 600}
    assert [one.fact.name for one in await postgres.reads.newest_events("p1", types, ["b"], 10)] == ["step.skipped"]
    assert [one.seq for one in await postgres.reads.newest_events("p1", types, None, 1)] == [events[-1].seq]
    assert not await postgres.reads.newest_events("p2", types, None, 10)


async def test_an_action_is_busy_while_a_worker_has_its_work(world: World, postgres: Postgres):
    await world.start(PULL, "p1")
    now, busy, resting = await postgres.reads.action_states(["do.it"])
    assert (busy, resting, now.tzinfo is not None) == (frozenset(), {}, True)
    (work,) = await world.queue.claim("w1", ["do.it"], 1)
    assert (await postgres.reads.action_states(["do.it", "pull"]))[1] == {"do.it"}
    assert (await postgres.reads.action_states(["pull"]))[1] == frozenset()
    assert (await postgres.reads.action_states([]))[1:] == (frozenset(), {})
    await world.give(PULL, "p1", FailWork(SYSTEM, 1, work.token, "no line"))
    assert (await postgres.reads.action_states(["do.it"]))[1] == frozenset()
    (attempted,) = await postgres.reads.newest_events("p1", ["action.attempted"], None, 10)
    assert isinstance(attempted.fact, ActionAttempted) and attempted.fact.error == "no line"


async def test_an_action_rests_from_when_it_was_paused_until_it_is_resumed(world: World, postgres: Postgres):
    paused = await world.actions.pause("do.it", "ann", "the bureau is down")
    assert paused.pause
    _, _, resting = await postgres.reads.action_states(["do.it", "pull"])
    assert resting == {"do.it": Rest(paused.pause.since, "ann", "the bureau is down")}
    await world.actions.resume("do.it", "ann", "")
    assert (await postgres.reads.action_states(["do.it", "pull"]))[2] == {}


async def test_both_walk_along_an_index_however_large_the_tables_are(sql: Plain):
    await sql.execute(FILL.encode())
    wanted = {"id": "p7", "types": ["task.completed"], "atoms": ["a"], "limit": 10}
    found = await plan(sql, "newest_events", wanted)
    assert "Index Scan Backward using process_events_" in found, found  # partitions without rows are read as they are
    busy = await plan(sql, "action_states", {"actions": ["a1"]})
    assert "work_under_way" in busy, busy
