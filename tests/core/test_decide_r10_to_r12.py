"""R10: error paths; R11: timeouts; R12: suspending and resuming."""

from datetime import timedelta

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    BlockTask,
    ClaimTask,
    FailWork,
    PutOff,
)
from engine.core.errors import Conflict
from tests.core.play import ADMIN
from tests.core.stage import NOON, Stage

ERROR = """
  - {id: a, %s, enables: [b, {to: mend, on: error}]}
  - {id: b, performed_by: clerk, enables: [c]}
  - {id: mend, performed_by: clerk, enables: [c]}
  - {id: c, performed_by: clerk, depends_on: [{atom: a, require: completed}]}
"""


@pytest.mark.parametrize("kind", ["performed_by: clerk", "kind: system, action: do.it"])
def test_r10_with_an_error_edge_the_step_exits_error_and_it_is_followed(kind: str):
    play = Stage(ERROR % kind).start()
    play.fail("a")
    assert play.states == {"a": "failed", "b": "skipped", "mend": "active", "c": "-"}
    assert play.process.steps["a"].exit == "error"
    play.done("mend")
    assert play.states["c"] == "skipped", (
        "an error path that repaired the work does not make it completed (R4, corners)"
    )
    assert play.ended == ("completed", "completed")


def test_r10_a_human_task_that_fails_holds_its_step_and_retrying_makes_a_new_one():
    play = Stage("[{id: a, performed_by: clerk}]").start()
    play.fail("a")
    assert play.incident == ("task_failed", "a", None)
    assert play.states == {"a": "active"}
    play.retry()
    assert [task.n for task in play.tasks("a")] == [2]
    play.done("a")
    assert play.ended == ("completed", "completed")


def test_r10_a_human_task_whose_failure_fails_the_process():
    play = Stage("[{id: a, performed_by: clerk, on_failure: fail}]").start()
    play.fail("a")
    assert play.ended == ("failed", None)


TIMEOUT = """
  - {id: a, %s, timeout: %s, enables: [b, {to: late, on: timeout}]}
  - {id: b, performed_by: clerk}
  - {id: late, performed_by: clerk}
"""


@pytest.mark.parametrize(
    "kind", ["performed_by: clerk", "kind: system, action: do.it", "kind: wait, message: paid", "kind: wait, for: P1D"]
)
def test_r11_when_the_time_is_up_the_work_is_cancelled_and_the_timeout_edge_followed(kind: str):
    play = Stage(TIMEOUT % (kind, "{after: PT1H}")).start()
    play.later("PT59M59.999S")
    assert play.states["a"] == "active", "never before its time"
    play.later("PT0.001S")
    assert play.states == {"a": "failed", "b": "skipped", "late": "active"}
    assert play.process.steps["a"].exit == "timeout"
    assert play.open == ["late"]
    assert not play.process.timers
    assert not play.process.waits


def test_r11_work_that_is_done_in_time_takes_its_timer_with_it():
    play = Stage(TIMEOUT % ("performed_by: clerk", "{after: PT1H}")).start()
    play.done("a")
    assert not play.process.timers
    play.later("PT2H")
    assert play.open == ["b"]


def test_r11_a_timeout_at_a_time_of_the_case():
    play = Stage(TIMEOUT % ("performed_by: clerk", "{at: {var: at}}")).start(at="2026-03-01T14:00:00+01:00")
    assert play.due() == [timedelta(hours=1)]
    play.later("PT1H")
    assert play.open == ["late"]


def test_r9_a_step_held_before_its_start_times_out_all_the_same():
    play = Stage(TIMEOUT % ("performed_by: clerk, input: {n: {var: n}}", "{after: PT1H}")).start()
    assert play.incident == ("unresolved", "a", None)
    play.later("PT30M").retry()
    assert play.due() == [timedelta(minutes=30)], "retrying does not begin the time anew"
    play.later("PT30M")
    assert play.open == ["late"]
    assert not list(play.process.open_incidents())


def test_r11_work_held_by_an_incident_times_out_too():
    play = Stage(TIMEOUT % ("kind: system, action: do.it", "{after: PT1H}")).start()
    play.fail("a").later("PT1H")
    assert play.open == ["late"]


def test_r11_timers_due_at_the_same_time_fire_in_the_order_they_were_set():
    play = Stage("""
      - {id: a, kind: wait, for: PT1H, timeout: {after: PT1H}, enables: [b, {to: late, on: timeout}]}
      - {id: b, performed_by: clerk}
      - {id: late, performed_by: clerk}
    """).start()
    play.later("PT1H")
    assert play.open == ["late"], "of one step the timeout is set before what it waits for (corners)"


WAITS = """
  - {id: a, performed_by: clerk, entry: true, timeout: {after: PT1H}, enables: [{to: late, on: timeout}], may_end: true}
  - {id: late, performed_by: clerk}
  - {id: w, kind: wait, entry: true, message: paid, enables: [x]}
  - {id: x, performed_by: clerk}
  - {id: u, kind: wait, entry: true, until: "2026-03-01T15:00:00Z", enables: [y]}
  - {id: y, performed_by: clerk}
"""


def test_r12_while_suspended_nothing_moves_and_durations_go_on_with_the_time_that_was_left():
    play = Stage(WAITS).start()
    play.later("PT20M").suspend().later("PT10H")
    assert play.open == ["a"]
    play.do(ClaimTask(ADMIN, 1))
    for command in (lambda: play.done("a"), lambda: play.fail("a"), lambda: play.do(BlockTask(ADMIN, 1, "why"))):
        with pytest.raises(Conflict, match="process_suspended"):
            command()
    play.resume()
    assert play.open == ["a", "y"], "a date stays a date, and this one has passed"
    assert play.due() == [timedelta(minutes=40)]


def test_r12_a_message_is_bound_to_its_wait_and_delivered_on_resume():
    play = Stage(WAITS).start().suspend()
    assert play.message("paid", id="m1") == "delivered"
    assert play.message("paid", id="m2") == "kept", "the wait has one (corners)"
    assert play.states["w"] == "active"
    play.resume()
    assert play.states["w"] == "completed"


def test_r12_a_bound_message_whose_wait_ends_is_lost_with_an_event():
    play = Stage(WAITS).start().suspend()
    play.message("paid")
    play.cancel()
    assert "message.refused" in play.types
    assert play.ended == ("cancelled", None)


def test_r12_the_next_attempt_of_an_action_keeps_the_time_that_was_left():
    play = Stage("[{id: a, kind: system, action: do.it, retry: {backoff: PT1M}}]").start()
    task = play.tasks("a")[0]
    play.do(FailWork(SYSTEM, task.n, play.world.claim("p1", task.n), "no line"))
    play.later("PT20S").suspend().later("PT1H").resume()
    assert play.tasks("a")[0].next_at == play.world.now + timedelta(seconds=40)


def test_r12_what_is_not_running_cannot_be_suspended_nor_what_is_not_suspended_resumed():
    play = Stage("[{id: a, performed_by: clerk}]").start()
    with pytest.raises(Conflict, match="invalid_transition"):
        play.resume()
    play.suspend()
    with pytest.raises(Conflict, match="invalid_transition") as refused:
        play.suspend()
    assert refused.value.details["allowed"] == ["cancelled", "completed", "failed", "running"]


def test_r1_a_start_not_before_a_time_is_pending_until_then():
    play = Stage("[{id: a, performed_by: clerk}]").start(not_before=NOON + timedelta(hours=1))
    assert play.ended == ("pending", None)
    assert play.states == {"a": "-"}
    with pytest.raises(Conflict, match="invalid_transition"):
        play.suspend()
    play.patch(n=1)
    play.later("PT1H")
    assert play.open == ["a"]
    assert play.process.started_at == NOON + timedelta(hours=1)


def test_r1_a_pending_process_is_put_off_or_cancelled():
    play = Stage("[{id: a, performed_by: clerk}]").start(not_before=NOON + timedelta(hours=1))
    play.do(PutOff(ADMIN, NOON + timedelta(hours=3))).later("PT2H")
    assert play.ended == ("pending", None)
    play.cancel(compensate=True)
    assert play.ended == ("cancelled", None)
    assert not play.process.timers
