"""R13: cancelling and compensating; R14: many; R15: subjourneys."""

import pytest

from engine.core.commands import Cancel, Suspend
from engine.core.errors import Conflict
from tests.core.play import ADMIN, journey_of
from tests.core.stage import Stage

UNDO = """
  - {id: a, performed_by: clerk, compensated_by: undo-a, enables: [b]}
  - {id: b, performed_by: clerk, compensated_by: undo-b, enables: [c]}
  - {id: c, performed_by: clerk, compensated_by: undo-b}
  - {id: undo-a, performed_by: clerk}
  - {id: undo-b, kind: system, action: do.it, input: {n: {var: n}}}
"""


def test_r13_what_was_done_is_undone_last_first_and_then_the_process_is_cancelled():
    play = Stage(UNDO).start(n=1)
    play.done("a").done("b").cancel(compensate=True)
    assert play.process.compensating
    assert play.ended == ("running", None)
    assert play.open == ["undo-b"], "c was not done, so it is not undone"
    play.done("undo-b")
    assert play.open == ["undo-a"]
    play.done("undo-a")
    assert play.ended == ("cancelled", None)
    assert not play.process.compensating


def test_r13_each_visit_is_undone():
    play = Stage("""
      - {id: a, performed_by: clerk, compensated_by: undo, enables: [b]}
      - {id: b, performed_by: clerk, enables: [{to: a, rework: true, rule: {var: go}}], may_end: true}
      - {id: undo, performed_by: clerk}
    """).start(go=True)
    play.done("a").done("b").done("a").cancel(compensate=True)
    play.done("undo")
    assert play.states["undo"] == "active 2"
    play.done("undo")
    assert play.ended == ("cancelled", None)


def test_r13_a_compensation_that_fails_is_an_incident_to_be_retried_or_skipped():
    play = Stage(UNDO).start()
    play.done("a").done("b").cancel(compensate=True)
    assert play.incident == ("unresolved", "undo-b", None)
    play.patch(n=2).retry().fail("undo-b")
    assert play.incident == ("action_failed", "undo-b", None)
    play.skip("undo-b")
    assert play.open == ["undo-a"]


def test_r13_a_plain_cancel_meanwhile_ends_at_once_and_a_second_compensation_is_refused():
    play = Stage(UNDO).start(n=1)
    play.done("a").cancel(compensate=True)
    with pytest.raises(Conflict, match="invalid_transition"):
        play.cancel(compensate=True)
    with pytest.raises(Conflict, match="invalid_transition"):
        play.repeat("a")
    play.suspend().resume()
    play.cancel()
    assert play.ended == ("cancelled", None)
    assert play.states["undo-a"] == "cancelled"


MANY = """
  - {id: a, %s, for_each: {var: items}, saves: got, %s enables: [b%s]}
  - {id: b, performed_by: clerk}
  - {id: e, performed_by: clerk, entry: true}
"""


def many(kind: str = "performed_by: clerk", more: str = "", edges: str = "") -> Stage:
    return Stage(MANY % (kind + ", entry: true", more, edges))


def test_r14_each_element_has_its_task_and_the_outputs_are_saved_in_order():
    play = many(more="input: {it: {var: item}, at: {var: item_index}},").start(items=["x", "y", "z"])
    assert [task.input for task in play.tasks("a")] == [{"it": it, "at": at} for at, it in enumerate("xyz")]
    play.done("a", 2, v=3).done("a", 0, v=1)
    assert "got" not in play.process.context
    play.done("a", 1, v=2)
    assert play.process.context["got"] == [{"v": 1}, {"v": 2}, {"v": 3}]
    assert play.open == ["e", "b"]


def test_r14_an_empty_list_is_done_at_once():
    play = many().start(items=[])
    assert play.process.context["got"] == []
    assert play.open == ["e", "b"]


def test_r14_in_order_one_begins_when_the_one_before_is_done():
    play = many(more="in_order: true,").start(items=[1, 2])
    assert [task.item_index for task in play.tasks("a")] == [0]
    play.done("a", 0)
    assert [task.item_index for task in play.tasks("a")] == [1]


@pytest.mark.parametrize(("when", "done"), [("any", 1), ("{count: 2}", 2)])
def test_r14_when_enough_are_done_the_rest_is_cancelled_and_null(when: str, done: int):
    play = many(more=f"done_when: {when},").start(items=[1, 2, 3])
    for index in range(done):
        play.done("a", index, v=index)
    assert play.states["a"] == "completed"
    assert play.process.context["got"] == [{"v": index} if index < done else None for index in range(3)]
    assert play.open == ["e", "b"]


def test_r14_more_than_there_are_is_a_failure_of_the_step_and_a_retry_computes_the_list_anew():
    play = many(more="done_when: {count: 3},").start(items=[1])
    assert play.incident == ("task_failed", "a", None)
    assert not play.tasks("a")
    play.patch(items=[1, 2, 3]).retry()
    assert len(play.tasks("a")) == 3


def test_r14_a_list_that_is_none_holds_the_step():
    play = many().start(items="x")
    assert play.incident == ("rule_failed", "a", None)


def test_r14_a_failed_element_is_held_by_its_own_incident_and_the_others_go_on():
    play = many(more="in_order: true,").start(items=[1, 2])
    play.fail("a", 0)
    assert play.incident == ("task_failed", "a", 0)
    assert [task.item_index for task in play.tasks("a")] == [1]
    play.done("a", 1, v=2).retry().done("a", 0, v=1)
    assert play.process.context["got"] == [{"v": 1}, {"v": 2}]


def test_r14_with_an_error_edge_the_step_exits_when_enough_can_no_longer_be_done():
    play = Stage(
        MANY % ("performed_by: clerk, entry: true", "done_when: {count: 2},", ", {to: e2, on: error}")
        + "  - {id: e2, performed_by: clerk}\n"
    ).start(items=[1, 2, 3])
    play.fail("a", 0)
    assert play.states["a"] == "active"
    play.fail("a", 1)
    assert play.states["a"] == "failed"
    assert play.open == ["e", "e2"]


CHILD = """
  - {id: work, performed_by: clerk, compensated_by: unwork, enables: [end]}
  - {id: end, kind: milestone, outcome: well}
  - {id: unwork, performed_by: clerk}
"""
PARENT = """
  - id: call
    kind: subjourney
    calls: example@1.0.0
    input: {n: {var: n}}
    output: [text, go]
    saves: child
    sets: {how: {var: atom.outcome}}
    %s
  - {id: after, performed_by: clerk}
"""


def parent(more: str = "enables: [after]") -> Stage:
    return Stage(PARENT % more, {"example@1.0.0": journey_of(CHILD)})


def test_r15_the_child_gets_its_input_and_gives_its_fields_and_its_outcome_back():
    play = parent().start(n=7)
    child = play.child
    assert play.world.processes[child].context == {"n": 7}
    assert play.world.processes[child].parent.atom == "call"
    play.done("work", process=child, text="hello")
    assert play.process.context["child"] == {"text": "hello"}, "those of its fields that it has"
    assert play.process.context["how"] == "well"
    assert play.open == ["after"]


def test_r15_a_child_that_is_cancelled_by_hand_is_a_failure_and_retrying_starts_a_new_one():
    play = parent().start(n=7)
    first = play.child
    play.do(Cancel(ADMIN, "no"), first)
    assert play.incident == ("child_failed", "call", None)
    play.retry()
    assert play.child != first


def test_r15_an_input_that_the_child_does_not_take_is_a_failure():
    misled = PARENT.replace("{n: {var: n}}", "{n: {var: text}}") % "enables: [after]"
    play = Stage(misled, {"example@1.0.0": journey_of(CHILD)}).start(text="no number")
    assert play.incident == ("child_failed", "call", None)
    assert not play.process.children


def test_r14_an_element_whose_child_does_not_take_its_input_has_failed():
    each = PARENT.replace("{n: {var: n}}", "{n: {var: item}}").replace(
        "saves: child", "for_each: {var: items}\n    saves: child"
    )
    play = Stage(
        each.replace("{var: atom.outcome}", "1") % "enables: [after, {to: late, on: error}]"
        + "  - {id: late, performed_by: clerk}\n",
        {"example@1.0.0": journey_of(CHILD)},
    ).start(items=["no number"])
    assert play.open == ["late"]


def test_r13_the_children_of_a_cancelled_process_are_cancelled_and_not_heard_of():
    play = parent().start(n=7)
    child = play.child
    play.cancel()
    assert play.world.processes[child].status == "cancelled"
    assert play.ended == ("cancelled", None)


def test_r13_children_compensate_before_their_parent():
    play = Stage(
        "  - {id: first, performed_by: clerk, compensated_by: undo, enables: [call, side]}\n"
        + PARENT % "enables: [after]"
        + "  - {id: side, performed_by: clerk}\n  - {id: undo, performed_by: clerk}\n",
        {
            "example@1.0.0": journey_of(
                CHILD.replace("{id: end, kind: milestone, outcome: well}", "{id: end, performed_by: clerk}")
            )
        },
    ).start(n=1)
    play.done("first")
    child = play.child
    play.done("work", process=child).cancel(compensate=True)
    assert play.open == []
    assert [task.atom for task in play.world.processes[child].open_tasks()] == ["unwork"]
    play.done("unwork", process=child)
    assert play.world.processes[child].status == "cancelled"
    assert play.open == ["undo"]
    play.done("undo")
    assert play.ended == ("cancelled", None)


def test_r12_children_are_suspended_and_resumed_with_their_parent_but_for_those_suspended_on_their_own():
    play = parent().start(n=1)
    child = play.child
    play.suspend()
    assert play.world.processes[child].status == "suspended"
    play.resume()
    assert play.world.processes[child].status == "running"
    play.do(Suspend(ADMIN, "alone"), child).suspend().resume()
    assert play.world.processes[child].status == "suspended"


def test_r12_the_end_of_a_child_waits_until_its_parent_resumes():
    play = parent().start(n=1)
    child = play.child
    play.suspend().do(Cancel(ADMIN, "no"), child)
    assert not list(play.process.open_incidents())
    play.resume()
    assert play.incident == ("child_failed", "call", None)


def test_r13_a_child_whose_step_times_out_is_ended():
    play = Stage(
        PARENT % "timeout: {after: PT1H}\n    enables: [after, {to: late, on: timeout}]"
        + "  - {id: late, performed_by: clerk}\n",
        {"example@1.0.0": journey_of(CHILD)},
    ).start(n=1)
    child = play.child
    play.later("PT1H")
    assert play.world.processes[child].status == "cancelled"
    assert play.open == ["late"]
