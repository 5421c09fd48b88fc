"""R16: waits and messages; R18: what people do by hand."""

from datetime import timedelta

import pytest

from engine.core.commands import CompleteTask, Extra, FailTask, Start
from engine.core.errors import Conflict, Invalid, NotFound
from tests.core.play import ADMIN
from tests.core.stage import Stage

WAIT = """
  - id: w
    kind: wait
    message: paid
    correlate: {var: n}
    output: {type: object, required: [v], properties: {v: {type: integer}}}
    saves: got
    enables: [after]
  - {id: after, performed_by: clerk}
"""


def test_r16_a_message_of_its_name_and_key_ends_the_wait_and_its_body_is_saved():
    play = Stage(WAIT).start(n=7)
    assert play.message("paid", 8, id="m1", v=1) == "kept"
    assert play.message("other", 7, id="m2", v=1) == "kept"
    assert play.message("paid", 7, id="m3", v=2) == "delivered"
    assert play.process.context["got"] == {"v": 2}
    assert play.open == ["after"]


def test_r16_the_same_id_is_one_message_and_a_refused_one_leaves_its_id_free():
    play = Stage(WAIT).start(n=7)
    with pytest.raises(Invalid, match="output_invalid"):
        play.message("paid", 7, id="m1", v="text")
    assert play.states["w"] == "active"
    assert play.message("paid", 7, id="m1", v=1) == "delivered"
    assert play.message("paid", 7, id="m1", v=2) == "known"


def test_r16_a_kept_message_is_taken_by_the_step_that_begins_to_wait_and_one_it_cannot_take_is_dropped():
    play = Stage("  - {id: first, performed_by: clerk, enables: [w]}\n" + WAIT).start(n=7)
    play.message("paid", 7, id="m1", v="text")
    play.message("paid", 7, id="m2", v=1)
    play.done("first")
    assert play.open == ["after"]
    assert play.process.context["got"] == {"v": 1}
    assert play.types.count("message.refused") == 1
    assert not play.world.kept


def test_r16_a_message_is_kept_for_its_time_only():
    play = Stage("  - {id: first, performed_by: clerk, enables: [w]}\n" + WAIT).start(n=7)
    play.message("paid", 7, v=1)
    play.later("PT1H").done("first")
    assert play.states["w"] == "active"


def test_r16_without_a_correlation_the_key_is_null():
    play = Stage("[{id: w, kind: wait, message: paid}]").start()
    assert play.message("paid", "x", id="m1") == "kept"
    assert play.message("paid", None, id="m2") == "delivered"
    assert play.ended == ("completed", "completed")


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ("for: P1M", timedelta(days=31)),
        ('until: "2026-03-02"', timedelta(hours=12)),
        ("until: {var: at}", timedelta(hours=1)),
    ],
)
def test_r16_a_wait_for_a_duration_or_until_a_time(how: str, left: timedelta):
    play = Stage("[{id: w, kind: wait, " + how + "}]").start(at="2026-03-01T13:00:00Z")
    assert play.due() == [left]
    play.world.advance(left)
    assert play.ended == ("completed", "completed")


def test_r16_a_time_that_has_passed_is_due_at_once():
    play = Stage('[{id: w, kind: wait, until: "2020-01-01"}]').start()
    assert play.ended == ("completed", "completed")


SKIP = """
  - {id: a, performed_by: clerk, sets: {n: 5}, enables: [{to: b, rule: {var: go}}, {to: c, otherwise: true}]}
  - {id: b, performed_by: clerk}
  - {id: c, performed_by: clerk}
"""


def test_r18_a_skipped_step_takes_none_of_its_edges_by_default():
    play = Stage(SKIP).start(go=True)
    play.skip("a")
    assert play.states == {"a": "skipped", "b": "skipped", "c": "skipped"}
    assert play.ended == ("completed", "completed")
    assert "n" not in play.process.context, "a skip computes no sets (corners)"


def test_r18_a_skip_may_take_any_of_its_forward_edges():
    play = Stage(SKIP).start(go=True)
    play.skip("a", "c")
    assert play.open == ["c"]


def test_r18_a_step_held_after_its_exit_keeps_its_state_when_it_is_skipped():
    play = Stage(SKIP).start()
    play.done("a")
    assert play.incident == ("unresolved", "a", None)
    play.skip("a", "b")
    assert play.states == {"a": "completed", "b": "active", "c": "skipped"}


def test_r18_what_neither_is_active_nor_held_cannot_be_skipped():
    play = Stage(SKIP).start(go=True)
    with pytest.raises(Conflict, match="invalid_transition"):
        play.skip("b")
    with pytest.raises(NotFound, match="atom_not_found"):
        play.skip("nothing")
    with pytest.raises(NotFound, match="atom_not_found"):
        play.skip("a", "a")


@pytest.mark.parametrize(("status", "outcome"), [("completed", "completed"), ("failed", None)])
def test_r18_a_process_is_ended_by_hand(status: str, outcome: str | None):
    play = Stage(SKIP).start().end(status)
    assert play.ended == (status, outcome)
    assert play.states["a"] == "cancelled"


def test_r18_a_task_off_the_graph_keeps_its_process_open_unless_it_is_optional():
    play = Stage("[{id: a, performed_by: clerk}]").start()
    play.add("call back").add("thank", optional=True).done("a")
    assert play.ended[0] == "running"
    assert play.open == [None, None]
    play.do(FailTask(ADMIN, 2, "nobody there"))
    assert play.ended == ("completed", "completed"), "one that fails is closed (corners)"
    assert play.process.tasks[3].status == "cancelled"


def test_r18_a_task_that_belongs_to_no_case_has_a_process_of_its_own():
    play = Stage("[{id: a, performed_by: clerk}]")
    play.world.start(None, Start(ADMIN, "p2", {}, task=Extra("call back", "clerk")))
    assert play.world.processes["p2"].journey is None
    play.world.do("p2", CompleteTask(ADMIN, 1, {}))
    assert play.world.processes["p2"].status == "completed"
