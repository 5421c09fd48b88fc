"""What holds many cases at once: the question of `explain`, over the projection."""

from datetime import timedelta
from typing import Any

import pytest

from engine.core.commands import Extra, Start
from engine.core.times import format_time
from engine.statements import questions
from graph import Neo4j
from tests.core.play import ADMIN, HEAD, journey_of
from tests.core.stage import NOON, Stage
from tests.graph.feeding import feed
from tests.graph.runs import publish

HOLDS = questions()["holds"]
LOAN = """
- {id: apply, entry: true, performed_by: clerk, timeout: {after: P1D},
   enables: [appraise, {to: end, on: timeout}]}
- {id: appraise, kind: subjourney, calls: child@1.0.0, enables: [signed]}
- {id: signed, kind: wait, message: signed, enables: [check]}
- id: check
  performed_by: chief
  enables: [{to: pull, rule: {"==": [{var: text}, "x"]}}, {to: end, otherwise: true}]
- {id: pull, kind: system, action: do.it, enables: [cool]}
- {id: cool, kind: wait, for: PT2H, enables: [end]}
- {id: end, kind: milestone, outcome: fine}
"""


async def ask(opened: Neo4j, stage: Stage, **parameters: Any) -> list[dict[str, Any]]:
    """The answer on everything that has happened."""
    await publish(opened, stage.world)
    checkpoint = await opened.projection.checkpoint()
    await feed(opened, stage.world.events[checkpoint.id if checkpoint else 0 :])
    answer = await opened.graph.ask(HOLDS, parameters)
    return [dict(row) for row in answer.rows]


@pytest.fixture
def stage() -> Stage:
    """The loan, started, which calls a child with one task."""
    child = journey_of("[{id: inner, performed_by: chief}]", HEAD.replace("example", "child"))
    return Stage(LOAN, {"child@1.0.0": child}).start()


def brief(found: list[dict[str, Any]]) -> set[tuple[str, str | None, str | None, int, int]]:
    """(kind, atom, who, cases, behind) of each row."""
    return {(row["kind"], row["atom"], row["who"], row["cases"], row["behind"]) for row in found}


async def test_open_tasks_are_counted_by_role_and_timers_by_their_first_due_time(opened: Neo4j, stage: Stage):
    stage.later("PT1H")
    stage.world.start("main", Start(ADMIN, "p2", {}))
    found = await ask(opened, stage)
    assert brief(found) == {("task", "apply", "clerk", 2, 12), ("timer", "apply", "timeout", 2, 12)}
    (timer,) = [row for row in found if row["kind"] == "timer"]
    assert (timer["oldest_at"], timer["due_at"]) == (format_time(NOON), format_time(NOON + timedelta(days=1)))
    assert await ask(opened, stage, kind="timer") == [timer]
    assert await ask(opened, stage, journey="other") == []


async def test_a_child_holds_its_parent_and_its_task_the_child(opened: Neo4j, stage: Stage):
    stage.done("apply")
    assert brief(await ask(opened, stage)) == {
        ("child", "appraise", "child@1.0.0", 1, 5),
        ("task", "inner", "chief", 1, 0),
    }


async def test_a_case_that_is_cancelled_waits_for_its_child_to_compensate(opened: Neo4j):
    """R13: they may compensate side by side; the parent's own waits for them."""
    child = journey_of(
        """
        - {id: inner, performed_by: clerk, compensated_by: undo, enables: [more]}
        - {id: more, performed_by: clerk}
        - {id: undo, performed_by: chief}
        """,
        HEAD.replace("example", "child"),
    )
    stage = Stage("[{id: a, kind: subjourney, calls: child@1.0.0}]", {"child@1.0.0": child}).start()
    stage.done("inner", process=stage.child).cancel(compensate=True)
    assert brief(await ask(opened, stage)) == {
        ("child", "a", "child@1.0.0", 1, 0),
        ("task", "undo", "chief", 1, 0),
    }


async def test_a_message_a_missing_value_an_action_and_a_timer_hold_one_after_the_other(opened: Neo4j, stage: Stage):
    stage.done("apply").done("inner", process=stage.child)
    assert brief(await ask(opened, stage)) == {("message", "signed", "signed", 1, 4)}
    stage.message("signed")
    stage.done("check")
    assert brief(await ask(opened, stage)) == {("incident", "check", "unresolved", 1, 3)}
    stage.patch(text="x").retry()
    assert brief(await ask(opened, stage)) == {("task", "pull", "do.it", 1, 2)}
    stage.done("pull")
    assert brief(await ask(opened, stage)) == {("timer", "cool", "wait", 1, 1)}
    stage.later("PT2H")
    assert await ask(opened, stage) == []


async def test_a_suspension_holds_alone_and_everything_is_behind_it(opened: Neo4j, stage: Stage):
    """R12: a suspended process starts nothing, and no timer fires."""
    assert brief(await ask(opened, stage.suspend())) == {("suspension", None, None, 1, 6)}
    assert {row["kind"] for row in await ask(opened, stage.resume())} == {"task", "timer"}


async def test_a_start_that_waits_for_its_time_is_held_by_it(opened: Neo4j):
    stage = Stage("[{id: a, performed_by: clerk}]").start(not_before=NOON + timedelta(hours=1))
    (found,) = await ask(opened, stage)
    assert brief([found]) == {("timer", None, "start", 1, 1)}
    assert found["due_at"] == format_time(NOON + timedelta(hours=1))


async def test_tasks_off_the_graph_hold_their_process_but_optional_ones_do_not(opened: Neo4j):
    """R18: a task off the graph keeps its process open unless it is `optional`."""
    stage = Stage("[{id: a, performed_by: clerk}]").start().add("call").add("thank", optional=True).done("a")
    stage.world.start(None, Start(ADMIN, "alone", {}, task=Extra("Tidy up", "chief")))
    found = await ask(opened, stage)
    assert brief(found) == {("task", None, "clerk", 1, 0), ("task", None, "chief", 1, 0)}
    assert {row["journey"] for row in found} == {"example", None}


async def test_an_element_that_an_incident_holds_counts_beside_the_others_work(opened: Neo4j):
    """R14: the element is held by its own incident and the others go on."""
    stage = Stage("[{id: a, performed_by: clerk, for_each: [1, 2], saves: n1}]").start().fail("a", 1)
    assert brief(await ask(opened, stage)) == {
        ("incident", "a", "task_failed", 1, 0),
        ("task", "a", "clerk", 1, 0),
    }


async def test_what_a_rework_reset_is_to_be_done_again(opened: Neo4j):
    """R7."""
    stage = (
        Stage("""
        - {id: a, performed_by: clerk, enables: [b]}
        - {id: b, performed_by: clerk, enables: [c]}
        - {id: c, performed_by: chief}
        """)
        .start()
        .done("a")
        .done("b")
    )
    assert brief(await ask(opened, stage)) == {("task", "c", "chief", 1, 0)}
    assert brief(await ask(opened, stage.repeat("a"))) == {("task", "a", "clerk", 1, 2)}
