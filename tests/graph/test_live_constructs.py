"""The live graph of rework, lists, children, suspension, compensation and tasks off the graph, case by case."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.core.calendars import Calendar, Hours
from engine.core.commands import BlockTask, Cancel, ClaimTask, Extra, ReassignTask, Start, StartTask, UnblockTask
from engine.core.journey import NO_JOURNEY, Routes
from engine.core.times import format_time
from graph import Neo4j
from tests.core.play import ADMIN, HEAD, journey_of
from tests.core.stage import NOON, Stage
from tests.graph.feeding import feed
from tests.graph.reading import rows, short_forms
from tests.graph.runs import publish

LOOP = """
- {id: papers, entry: true, performed_by: clerk, enables: [decide]}
- {id: other, entry: true, performed_by: clerk, enables: [check]}
- {id: decide, performed_by: clerk, enables: [check]}
- id: check
  performed_by: chief
  enables: [end, {to: decide, rework: true, rule: {"==": [{var: go}, false]}}]
- {id: end, kind: milestone, outcome: fine}
"""


async def show(opened: Neo4j, stage: Stage) -> None:
    """Publishes what runs and feeds what happened since the last time."""
    checkpoint = await opened.projection.checkpoint()
    if checkpoint is None:
        await publish(opened, stage.world)
    await feed(opened, stage.world.events[checkpoint.id if checkpoint else 0 :])


async def visits(opened: Neo4j, atom: str) -> list[tuple[int, str]]:
    """(visit, state) of every step of an atom."""
    found = await rows(
        opened, "MATCH (s:Step {atom: $atom}) RETURN s.visit AS visit, s.state AS state ORDER BY visit", atom=atom
    )
    return [(row["visit"], row["state"]) for row in found]


async def one(opened: Neo4j, statement: Any, **parameters: Any) -> Any:
    """The one value that a statement gives."""
    (row,) = await rows(opened, statement, **parameters)
    (value,) = row.values()
    return value


async def test_a_rework_leaves_the_old_steps_as_history_and_shows_the_current_visits(opened: Neo4j):
    """R7: members that had been started or resolved go back to waiting with the next visit."""
    stage = Stage(LOOP).start(go=False).done("papers").done("other").done("decide").done("check")
    await show(opened, stage)
    assert await visits(opened, "decide") == [(1, "completed"), (2, "active")]
    assert await visits(opened, "check") == [(1, "completed"), (2, "waiting")]
    assert await visits(opened, "other") == [(1, "completed")]
    # `other` is outside the region: it leads to the new visit of `check`, too.
    assert await short_forms(opened, "p1") == {
        "papers": "COMPLETED",
        "other": "COMPLETED",
        "decide": "AT_STEP",
        "check": "PENDING",
    }
    back = await rows(
        opened, "MATCH (s)-[l:LED_TO {rework: true}]->(t) RETURN s.key AS source, t.key AS target, l.on AS on"
    )
    assert back == [{"source": "p1/check/1", "target": "p1/decide/2", "on": "done"}]
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN p.reworks") == 1
    stage.patch(go=True).done("decide").done("check")
    await show(opened, stage)
    assert await visits(opened, "check") == [(1, "completed"), (2, "completed")]
    assert (await short_forms(opened, "p1"))["end"] == "COMPLETED"


async def test_what_a_reset_atom_was_led_to_by_a_member_it_no_longer_waits_for(opened: Neo4j):
    """PENDING: some edge into the atom was taken, and it has not started."""
    stage = Stage(LOOP).start().done("papers").done("decide")
    await show(opened, stage)
    assert (await short_forms(opened, "p1"))["check"] == "PENDING"
    stage.repeat("decide")
    await show(opened, stage)
    assert await visits(opened, "check") == [(1, "waiting")]
    assert "check" not in await short_forms(opened, "p1")
    stage.done("decide")
    await show(opened, stage)
    assert (await short_forms(opened, "p1"))["check"] == "PENDING"


async def test_an_active_visit_that_is_reset_was_cancelled(opened: Neo4j):
    stage = Stage(LOOP).start().done("papers").repeat("papers")
    await show(opened, stage)
    assert await visits(opened, "decide") == [(1, "cancelled"), (2, "waiting")]
    assert (await short_forms(opened, "p1"))["papers"] == "AT_STEP"


async def test_a_failed_step_shows_its_exit_and_over_which_edge_it_led(opened: Neo4j):
    """R10, R11."""
    stage = Stage("""
        - {id: a, performed_by: clerk, timeout: {after: PT1H}, enables: [b, {to: c, on: error}, {to: d, on: timeout}]}
        - {id: b, performed_by: clerk}
        - {id: c, performed_by: clerk}
        - {id: d, performed_by: clerk}
        """).start()
    await show(opened, stage)
    due = await one(opened, "MATCH (s:Step {atom: 'a'}) RETURN s.timeout_at")
    assert due.to_native() == NOON + timedelta(hours=1)
    stage.later("PT1H")
    await show(opened, stage)
    (found,) = await rows(
        opened,
        "MATCH (s:Step {atom: 'a'})-[l:LED_TO]->(t) RETURN s.state AS state, s.exit AS exit, l.on AS on, t.atom AS to",
    )
    assert found == {"state": "failed", "exit": "timeout", "on": "timeout", "to": "d"}
    assert await one(opened, "MATCH (s:Step {atom: 'a'}) RETURN s.timeout_at") is None


async def test_the_work_for_a_list_is_one_step_held_by_many_and_its_worked_time_is_the_sum(opened: Neo4j):
    """R14."""
    stage = Stage("[{id: a, performed_by: clerk, for_each: [1, 2, 3], saves: n1}]").start()
    first, second, _ = (task.n for task in stage.tasks("a"))
    for task, who in ((first, "ben"), (second, "eve")):
        stage.do(ReassignTask(ADMIN, task, who))
    await show(opened, stage)
    held = await rows(opened, "MATCH (u:User)-[h:HOLDS]->(s:Step) RETURN u.id AS user, h.task AS task ORDER BY task")
    assert held == [{"user": "ben", "task": first}, {"user": "eve", "task": second}]
    for item, minutes in ((0, "PT10M"), (1, "PT5M")):
        stage.do(StartTask(ADMIN, stage.tasks("a")[0].n)).later(minutes).done("a", item)
        await show(opened, stage)
    assert await visits(opened, "a") == [(1, "active")]
    stage.done("a", 2)
    await show(opened, stage)
    (found,) = await rows(opened, "MATCH (s:Step) RETURN s.worked_seconds AS worked, s.elements AS elements")
    assert found == {"worked": 900.0, "elements": 3}
    assert await short_forms(opened, "p1") == {"a": "COMPLETED"}
    assert await one(opened, "MATCH (:User)-[p:PERFORMED]->(:Step) WHERE p.beside IS NULL RETURN count(p)") == 3


async def test_an_incident_of_one_element_does_not_hold_the_step(opened: Neo4j):
    stage = Stage("[{id: a, performed_by: clerk, for_each: [1, 2], saves: n1}]").start().fail("a", 1)
    await show(opened, stage)
    (found,) = await rows(
        opened,
        """MATCH (s:Step)-[:HAS_INCIDENT]->(i {open: true})
        RETURN s.held AS held, i.code AS code, i.item_index AS item, i.key AS key""",
    )
    assert found == {"held": None, "code": "task_failed", "item": 1, "key": "p1.1"}
    await show(opened, stage.retry())
    assert await one(opened, "MATCH (i:Incident) RETURN [i.open, i.how]") == [None, "retried"]


async def test_a_child_hangs_on_the_step_it_was_started_for(opened: Neo4j):
    """R15."""
    child = journey_of("[{id: inner, performed_by: clerk}]", HEAD.replace("example", "child"))
    stage = Stage("[{id: a, kind: subjourney, calls: child@1.0.0}]", {"child@1.0.0": child}).start()
    await show(opened, stage)
    (found,) = await rows(
        opened,
        "MATCH (c:ProcessInstance)-[:CHILD_OF]->(s:Step) RETURN c.id AS child, c.journey AS journey, s.key AS step",
    )
    assert found == {"child": stage.child, "journey": "child", "step": "p1/a/1"}
    called = await one(opened, "MATCH (:Atom {id: 'a'})-[:CALLS]->(v:JourneyVersion) RETURN v.key")
    assert called == "child@1.0.0"


async def test_a_suspended_process_shows_it_and_its_timers_run_on_with_what_was_left(opened: Neo4j):
    """R12: durations run on with the time that was left; dates stay dates."""
    date = format_time(NOON + timedelta(days=2))
    stage = Stage(f"""
        - {{id: a, entry: true, kind: wait, for: PT2H}}
        - {{id: b, entry: true, kind: wait, until: "{date}"}}
        """).start()
    stage.later("PT1H").suspend()
    await show(opened, stage)
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN p.status") == "suspended"
    stage.later("P1D").resume()
    await show(opened, stage)
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN [p.status, p.suspended_at]") == ["running", None]
    found = await rows(opened, "MATCH (s:Step) RETURN s.atom AS atom, s.wakes_at AS due")
    assert {row["atom"]: row["due"].to_native() for row in found} == {
        "a": NOON + timedelta(days=1, hours=2),
        "b": NOON + timedelta(days=2),
    }


async def test_working_time_stands_at_its_atom_and_its_timer_where_it_is_due(opened: Neo4j):
    """R12, R16: what is left is working time, so that the time it stood still says nothing."""
    mornings = Calendar("mornings", "Mornings", ZoneInfo("UTC"), ((Hours(0, 12 * 3_600),),) * 7)
    stage = Stage("[{id: a, kind: wait, for: {working: PT6H, calendar: mornings}}]", calendars={"mornings": mornings})
    stage.start()  # at noon, so it is due tomorrow at six
    await show(opened, stage)
    atom = await one(opened, "MATCH (a:Atom {id: 'a'}) RETURN [a.for_working, a.`for`]")
    assert atom == ["PT6H mornings", None]
    stage.suspend().later("P2D").later("PT20H").resume()  # until eight in the morning
    await show(opened, stage)
    due = await one(opened, "MATCH (s:Step) RETURN s.wakes_at")
    assert due.to_native() == next(iter(stage.process.timers.values())).due_at == NOON + timedelta(days=3, hours=14)


async def test_a_process_that_waits_for_its_time_has_no_steps_until_it_begins(opened: Neo4j):
    """R1: pending only while a start waits for its `not_before`."""
    stage = Stage(LOOP).start(not_before=NOON + timedelta(hours=1))
    await show(opened, stage)
    (found,) = await rows(opened, "MATCH (p:ProcessInstance) RETURN p.status AS status, p.not_before AS at")
    assert (found["status"], found["at"].to_native()) == ("pending", NOON + timedelta(hours=1))
    assert await visits(opened, "papers") == []
    await show(opened, stage.later("PT1H"))
    assert await visits(opened, "papers") == [(1, "active")]
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN [p.status, p.not_before]") == ["running", None]


async def test_compensations_run_as_steps_of_their_own_a_visit_each(opened: Neo4j):
    """R13."""
    stage = (
        Stage("""
        - {id: a, entry: true, performed_by: clerk, compensated_by: undo, enables: [c]}
        - {id: b, entry: true, performed_by: clerk, compensated_by: undo, enables: [c]}
        - {id: c, performed_by: clerk}
        - {id: undo, performed_by: clerk}
        """)
        .start()
        .done("a")
        .done("b")
        .cancel(compensate=True)
    )
    await show(opened, stage)
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN [p.status, p.compensating]") == ["running", True]
    assert await one(opened, "MATCH (:Atom {id: 'a'})-[:COMPENSATED_BY]->(u) RETURN u.compensation") is True
    stage.done("undo").done("undo")
    await show(opened, stage)
    assert await visits(opened, "undo") == [(1, "completed"), (2, "completed")]
    assert await one(opened, "MATCH (:ProcessInstance)-[r:COMPLETED]->(:Atom {id: 'undo'}) RETURN r.visit") == 2
    assert await one(opened, "MATCH (p:ProcessInstance) RETURN [p.status, p.compensating]") == ["cancelled", None]


async def test_a_blocked_task_shows_on_its_step_until_it_is_unblocked(opened: Neo4j):
    stage = Stage("[{id: a, performed_by: clerk}]").start()
    n = stage.tasks("a")[0].n
    await show(opened, stage.do(BlockTask(ADMIN, n, "no line")))
    assert await one(opened, "MATCH (s:Step) RETURN s.blocked") == [n]
    await show(opened, stage.do(UnblockTask(ADMIN, n)))
    assert await one(opened, "MATCH (s:Step) RETURN s.blocked") is None


async def test_a_task_off_the_graph_hangs_on_its_process_which_may_have_no_journey(opened: Neo4j):
    """R18."""
    stage = Stage(LOOP).start()
    stage.world.start(None, Start(ADMIN, "alone", {}, task=Extra("Call the broker", "clerk")))
    assert stage.world.journey_of("alone") is NO_JOURNEY
    await show(opened, stage)
    (found,) = await rows(
        opened,
        """MATCH (:ProcessInstance {id: 'alone'})-[:HAS_TASK]->(t)
        RETURN t.key AS key, t.role AS role, t.state AS state""",
    )
    assert found == {"key": "alone.1", "role": "clerk", "state": "open"}
    assert await rows(opened, "MATCH (:ProcessInstance {id: 'alone'})-[:RUNS]->(v) RETURN v") == []
    stage.do(ClaimTask(ADMIN, 1), "alone")
    await show(opened, stage)
    assert await one(opened, "MATCH (u:User)-[:HOLDS]->(t:Task) RETURN [u.id, t.key]") == ["ada", "alone.1"]
    await show(opened, stage.do(Cancel(ADMIN, "settled"), "alone"))
    assert await one(opened, "MATCH (t:Task) RETURN t.state") == "cancelled"
    assert await rows(opened, "MATCH (:User)-[h:HOLDS]->() RETURN h") == []


async def test_the_key_of_a_message_stays_out_of_the_graph(opened: Neo4j):
    """A key is computed from the case data, and what is sensitive in these is never in Neo4j."""
    stage = Stage("[{id: a, kind: wait, message: signed, correlate: {var: text}}]").start(text="123-45-6789")
    await show(opened, stage)
    assert await one(opened, "MATCH (s:Step) RETURN s.message") == "signed"
    found = await rows(opened, "MATCH (n) UNWIND keys(n) AS key RETURN toStringOrNull(n[key]) AS text")
    assert not any(row["text"] and "123-45" in row["text"] for row in found)


async def test_ended_processes_leave_the_graph_with_their_tasks_and_incidents(opened: Neo4j):
    stage = (
        Stage("[{id: a, performed_by: clerk, for_each: [1, 2], saves: n1}]").start().fail("a", 1).add("call").cancel()
    )
    await show(opened, stage)
    assert await one(opened, "MATCH (n:Step|Task|Incident) RETURN count(n)") == 3
    assert await opened.projection.forget(stage.world.now + timedelta(days=1), 10) == 1
    assert await one(opened, "MATCH (n:ProcessInstance|Step|Task|Incident) RETURN count(n)") == 0


async def test_a_version_that_is_only_called_stands_empty_and_runs_nothing(opened: Neo4j):
    """A graph that is made anew may get the version that calls first."""
    child = journey_of("[{id: inner, performed_by: clerk}]", HEAD.replace("example", "child"))
    parent = journey_of("[{id: a, kind: subjourney, calls: child@1.0.0}]", called={"child@1.0.0": child})
    routes = Routes(tuple(parent.routes.values()))
    assert await opened.graph.publish(parent.definition, routes) == routes
    assert await opened.graph.routes("child", "1.0.0") is None
    await opened.graph.publish(child.definition, Routes(tuple(child.routes.values())))
    assert await opened.graph.routes("example", "1.0.0") == routes
    assert await one(opened, "MATCH (:Atom {id: 'a'})-[:CALLS]->(v)<-[:HAS_VERSION]-(j) RETURN j.key") == "child"
