"""Events and answers: each fact is told once; corners of R7 to R18 that random scripts seldom reach."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from engine.cases.world import MOST_KEPT
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    Cancel,
    CompleteTask,
    DeliverMessage,
    FireTimers,
    Kept,
    Start,
    Suspend,
    TakeKept,
)
from engine.core.decide import decide
from engine.core.decision import Started
from engine.core.errors import NotFound
from tests.core.play import ADMIN, NOON, journey_of
from tests.core.stage import Stage

WAIT = """
  - {id: w, kind: wait, message: paid, output: {type: object, required: [v]}, saves: got, enables: [after]}
  - {id: after, performed_by: clerk}
"""
CHILD = """
  - {id: work, performed_by: clerk, compensated_by: undo, enables: [more]}
  - {id: more, performed_by: clerk}
  - {id: undo, performed_by: clerk}
"""


def test_r12_a_bound_message_that_is_delivered_on_resume_is_not_lost_too():
    play = Stage(WAIT).start().suspend()
    play.message("paid", v=1)
    before = len(play.types)
    play.resume()
    assert play.since(before) == ["process.resumed", "step.completed", "task.created"]
    assert play.process.context["got"] == {"v": 1}


def test_r12_a_kept_message_is_bound_to_a_wait_whose_process_was_suspended_right_after_it_began():
    journey = journey_of(WAIT)
    begun = decide(journey, None, Start(Caller("olga"), "p1", {}), NOON).after
    suspended = decide(journey, begun, Suspend(ADMIN, "on hold"), NOON).after
    kept = (Kept(1, "m1", {}), Kept(2, "m2", {"v": 1}), Kept(3, "m3", {"v": 2}))
    offered = decide(journey, suspended, TakeKept(ADMIN, 1, kept), NOON)
    assert [(event.fact.name, event.fact.kept) for event in offered.events] == [
        ("message.refused", 1),
        ("message.delivered", 2),
    ]
    assert offered.after.steps["w"].state == "active"
    assert offered.after.waits[1].bound is not None


def test_r16_a_step_that_starts_to_wait_looks_at_every_kept_message_however_many_it_cannot_take():
    play = Stage("  - {id: first, performed_by: clerk, enables: [w]}\n" + WAIT).start()
    for number in range(2 * MOST_KEPT):
        play.message("paid", id=f"without {number}")
    play.message("paid", id="with", v=1)
    play.done("first")
    assert play.open == ["after"]
    assert play.types.count("message.refused") == 2 * MOST_KEPT


def test_r12_bound_messages_are_delivered_to_the_oldest_wait_first():
    play = Stage("""
      - {id: late, kind: wait, message: late, entry: true, depends_on: [x], sets: {text: late}}
      - {id: early, kind: wait, message: early, entry: true, sets: {text: early}}
      - {id: x, performed_by: clerk, entry: true}
    """).start()
    play.done("x").suspend()
    play.message("late", id="m1")
    play.message("early", id="m2")
    play.resume()
    assert play.process.context["text"] == "late", "early waited first, so late was the last to be set"


@pytest.mark.parametrize("first", [0, 1])
def test_r12_ended_children_are_heard_in_the_order_of_their_ends(first: int):
    play = Stage(
        "[{id: call, kind: subjourney, calls: example@1.0.0, for_each: {var: items}, saves: got}]",
        {"example@1.0.0": journey_of(CHILD)},
    ).start(items=[10, 20])
    children = list(play.process.children)
    play.suspend()
    for place in (first, 1 - first):
        play.do(Cancel(ADMIN, "no"), children[place])
    play.resume()
    assert [incident.item_index for incident in play.process.open_incidents()] == [first, 1 - first]


def test_r15_the_outcome_of_many_children_is_that_of_the_last_to_end_though_it_failed():
    play = Stage(
        """
      - id: call
        kind: subjourney
        calls: example@1.0.0
        for_each: {var: items}
        saves: got
        enables: [last, {to: none, on: error, rule: {"==": [{var: atom.outcome}, null]}}, {to: last, on: error}]
      - {id: none, performed_by: clerk}
      - {id: last, kind: milestone}
        """,
        {
            "example@1.0.0": journey_of(
                "[{id: m, performed_by: clerk, enables: [e]}, {id: e, kind: milestone, outcome: x}]"
            )
        },
    ).start(items=[1, 2])
    first, second = play.process.children
    play.done("m", process=first).do(Cancel(ADMIN, "no"), second)
    assert play.open == ["none"]


def test_a_step_that_was_active_before_is_not_among_those_that_a_command_started():
    play = Stage("""
      - {id: w, kind: wait, message: paid, enables: [m]}
      - {id: m, kind: milestone, enables: [many]}
      - {id: many, performed_by: clerk, for_each: {var: items}, saves: got}
    """).start(items=[1])
    _, delivered = play.world.message("paid", None, "m1", {})
    assert delivered is not None
    assert delivered.started == (Started("m", 1, None), Started("many", 1, None), Started("many", 1, 1))
    assert play.world.do("p1", CompleteTask(ADMIN, 1, {})).started == ()


def test_r14_an_empty_list_is_started_once():
    play = Stage("[{id: many, performed_by: clerk, for_each: {var: items}, saves: got}]")
    decision = play.world.start("main", Start(Caller("olga"), "p1", {"items": []}))
    assert decision.started == (Started("many", 1, None),)


def test_r11_a_timer_never_fires_before_its_time():
    journey = journey_of("[{id: w, kind: wait, for: PT1H}]")
    begun = decide(journey, None, Start(Caller("olga"), "p1", {}), NOON).after
    due = NOON + timedelta(hours=1)
    assert not decide(journey, begun, FireTimers(SYSTEM), due - timedelta(milliseconds=1)).events
    assert decide(journey, begun, FireTimers(SYSTEM), due).after.status == "completed"


def test_r11_timers_that_came_due_while_nothing_ran_fire_in_the_order_of_their_times_not_of_their_setting():
    journey = journey_of("""
      - {id: long, kind: wait, for: PT2H, entry: true, sets: {text: long}}
      - {id: short, kind: wait, for: PT1H, entry: true, sets: {text: short}}
    """)
    begun = decide(journey, None, Start(Caller("olga"), "p1", {}), NOON).after
    fired = decide(journey, begun, FireTimers(SYSTEM), NOON + timedelta(hours=3))
    assert [event.fact.atom for event in fired.events if event.fact.name == "timer.fired"] == ["short", "long"]
    assert fired.after.context["text"] == "long"


def test_r11_a_retry_leaves_the_timeout_that_runs():
    play = Stage("""
      - id: a
        performed_by: clerk
        for_each: {var: items}
        done_when: {count: 2}
        saves: got
        timeout: {at: "2026-03-02"}
        enables: [b, {to: b, on: timeout}]
      - {id: b, performed_by: clerk}
    """).start(items=[1])
    assert play.due() == [timedelta(hours=12)]
    play.patch(items=[1, 2]).retry()
    assert play.due() == [timedelta(hours=12)]
    assert len(play.tasks("a")) == 2


def test_r9_what_is_due_after_a_start_that_was_held_counts_from_that_start():
    play = Stage("[{id: a, performed_by: clerk, input: {n: {var: n}}, due: PT1H}]").start()
    play.later("PT30M").patch(n=1).retry()
    (task,) = play.tasks("a")
    assert task.due_at == NOON + timedelta(hours=1)


def test_r7_a_member_that_only_waits_keeps_its_visit():
    play = Stage("""
      - {id: t, performed_by: clerk, entry: true, enables: [b, j]}
      - {id: b, performed_by: clerk, enables: [{to: t, rework: true}], may_end: true}
      - {id: j, performed_by: clerk, depends_on: [c]}
      - {id: c, performed_by: clerk, entry: true}
    """).start()
    play.done("t")
    assert play.states["j"] == "waiting"
    play.done("b").done("t").done("c")
    assert play.states["j"] == "active", "it had neither been started nor resolved: this is its first visit"
    assert play.states["b"] == "active 2"


def test_r7_what_was_about_to_start_in_the_region_does_not():
    play = Stage("""
      - {id: t, performed_by: clerk, enables: [d, e]}
      - {id: d, kind: decision, enables: [{to: t, rework: true, rule: {var: go}}], may_end: true}
      - {id: e, performed_by: clerk}
    """).start(go=True)
    play.done("t")
    assert play.states == {"t": "active 2", "d": "waiting 2", "e": "waiting"}
    assert play.open == ["t"]


def test_r9_sets_are_computed_on_done_only():
    play = Stage("""
      - id: a
        performed_by: clerk
        sets: {n: 1, text: {var: at}}
        timeout: {after: PT1H}
        enables: [{to: b, on: timeout, rule: {missing: n}}, {to: c, on: timeout, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """).start()
    play.later("PT1H")
    assert play.open == ["b"], "`sets` would read a name that has no value"
    assert "n" not in play.process.context


def with_child(atoms: str) -> tuple[Stage, str]:
    """A process whose child has done something that could be undone, and the child's id."""
    play = Stage(atoms, {"example@1.0.0": journey_of(CHILD)}).start()
    child = play.child
    play.done("work", process=child)
    return play, child


def test_r13_a_child_that_a_rework_ends_is_cancelled_without_compensation():
    play, child = with_child("""
      - {id: t, kind: decision, enables: [call, back]}
      - {id: call, kind: subjourney, calls: example@1.0.0}
      - {id: back, performed_by: clerk, enables: [{to: t, rework: true}], may_end: true}
    """)
    play.done("back")
    assert play.world.processes[child].status == "cancelled"
    assert play.states["call"] == "active 2"


def test_r18_the_child_of_a_skipped_step_is_cancelled_without_compensation():
    play, child = with_child("""
      - {id: call, kind: subjourney, calls: example@1.0.0, enables: [after]}
      - {id: after, performed_by: clerk}
    """)
    play.skip("call", "after")
    assert play.world.processes[child].status == "cancelled"
    assert play.open == ["after"]


def test_r13_a_compensation_that_fails_never_fails_the_process():
    play = Stage("""
      - {id: a, performed_by: clerk, compensated_by: undo, enables: [b]}
      - {id: b, performed_by: clerk}
      - {id: undo, performed_by: clerk, on_failure: fail}
    """).start()
    play.done("a").cancel(compensate=True).fail("undo")
    assert play.incident == ("task_failed", "undo", None)


def test_r13_only_what_was_completed_is_undone():
    play = Stage("""
      - {id: a, performed_by: clerk, compensated_by: undo, enables: [b, {to: b, on: error}]}
      - {id: b, performed_by: clerk}
      - {id: undo, performed_by: clerk}
    """).start()
    play.fail("a").cancel(compensate=True)
    assert play.ended == ("cancelled", None)


def test_r18_a_skip_takes_forward_edges_only():
    play = Stage("""
      - {id: a, performed_by: clerk, enables: [b]}
      - {id: b, performed_by: clerk, enables: [{to: a, rework: true, rule: {var: go}}, {to: c, otherwise: true}]}
      - {id: c, performed_by: clerk}
    """).start(go=False)
    play.done("a")
    with pytest.raises(NotFound, match="atom_not_found"):
        play.skip("b", "a")
    assert play.open == ["b"]


def test_a_command_that_is_refused_or_decided_leaves_its_arguments_as_they_were():
    play = Stage(WAIT).start()
    before = play.process.copy()
    given: Mapping[str, object] = {"v": {"deep": [1]}}
    first = decide(play.journey, before, DeliverMessage(ADMIN, 1, "m1", given), NOON)
    assert before == play.process
    assert given == {"v": {"deep": [1]}}
    assert decide(play.journey, before, DeliverMessage(ADMIN, 1, "m1", given), NOON) == first
