"""R6 instant atoms, R8 end, R9 context, R10 failure, R13 cancel, R18 by hand; states and who may act."""

from decimal import Decimal

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    ClaimTask,
    CompleteTask,
    CompleteWork,
    ReassignTask,
    ReleaseTask,
    StartTask,
)
from engine.core.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from tests.core.play import ADMIN, HEAD, Play

CLERK = Caller("carl", frozenset({"clerk"}))
OTHER = Caller("cora", frozenset({"clerk"}))
CHIEF = Caller("chris", frozenset({"chief"}))


def refused(call, kind: type[EngineError] = EngineError) -> EngineError:
    with pytest.raises(kind) as error:
        call()
    return error.value


def test_r6_one_completed_task_carries_the_process_over_any_number_of_instant_atoms():
    chain = "\n".join(f"      - {{id: d{n}, kind: decision, enables: [d{n + 1}]}}" for n in range(200))
    play = Play(
        f"      - {{id: a, performed_by: clerk, enables: [d0]}}\n{chain}\n"
        "      - {id: d200, kind: milestone, outcome: far}"
    )
    play.start().done("a")
    assert play.ended == ("completed", "far")


def test_r6_what_may_start_starts_first_in_first_out_and_within_a_moment_in_file_order():
    play = Play("""
      - {id: a, performed_by: clerk, enables: [m2, m1]}
      - {id: deep, kind: milestone}
      - {id: m1, kind: decision, enables: [deep]}
      - {id: m2, kind: decision, enables: [late]}
      - {id: late, kind: milestone}
    """).start()
    assert [one.atom for one in play.done("a").started] == ["m1", "m2", "deep", "late"]


def test_r8_the_outcome_is_that_of_the_milestone_that_completed_last():
    play = Play("""
      - {id: a, performed_by: clerk, enables: [early, b]}
      - {id: early, kind: milestone, outcome: early}
      - {id: b, performed_by: clerk, enables: [last, plain]}
      - {id: last, kind: milestone, outcome: last}
      - {id: plain, kind: milestone}
    """).start()
    play.done("a")
    play.done("b")
    assert play.ended == ("completed", "last")


def test_r8_a_terminating_milestone_sets_then_ends_the_process_and_what_waits_stays_waiting():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true, enables: [stop, x]}
      - {id: stop, kind: milestone, terminate: true, outcome: stopped, sets: {text: "over"}}
      - {id: b, performed_by: clerk, entry: true, enables: [j]}
      - {id: x, performed_by: clerk, enables: [j]}
      - {id: w, performed_by: clerk, depends_on: [b]}
      - {id: j, performed_by: clerk}
    """).start()
    play.done("a")
    assert play.ended == ("completed", "stopped")
    assert play.process.context["text"] == "over"
    assert play.states == {
        "a": "completed",
        "stop": "completed",
        "b": "cancelled",
        "x": "waiting",
        "w": "waiting",
        "j": "-",
    }
    assert refused(lambda: play.patch(n=1)).code == "process_ended"


def test_r8_a_milestone_that_terminates_looks_at_no_edge():
    play = Play("""
      - {id: a, performed_by: clerk, enables: [stop]}
      - id: stop
        kind: milestone
        terminate: true
        enables: [{to: b, rule: {">": [{var: n}, 1]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """).start()
    decision = play.done("a")
    assert decision.events[1].fact.edges is None
    assert play.states == {"a": "completed", "stop": "completed", "b": "-", "c": "-"}
    assert play.ended == ("completed", "completed")


OUTPUT = """
  - id: a
    performed_by: clerk
    saves: credit.report
    output: {type: object, required: [score], properties: {score: {type: integer}}}
    sets:
      n: {"+": [{var: credit.report.score}, 0.1]}
      text: {cat: [{var: n}, "!"]}
"""
FREE = HEAD.replace("go: {}", "go: {}, credit: {}")


def test_r9_the_output_is_saved_at_its_object_and_sets_see_those_before_with_exact_decimals():
    play = Play(OUTPUT, FREE).start(credit={"report": {"old": 1, "score": 2}, "kept": True})
    play.done("a", score=700)
    assert play.process.context["credit"] == {"report": {"old": 1, "score": 700}, "kept": True}
    assert play.process.context["n"] == Decimal("700.1")
    assert play.process.context["text"] == "700.1!"


def test_r9_a_dotted_name_that_runs_through_no_object_replaces_it_by_one():
    play = Play(OUTPUT, FREE).start(credit=7)
    play.done("a", score=1)
    assert play.process.context["credit"] == {"report": {"score": 1}}


def test_r9_an_output_that_breaks_the_schema_of_the_atom_or_of_the_case_changes_nothing():
    play = Play(OUTPUT, FREE).start()
    error = refused(lambda: play.done("a", score="high"), Invalid)
    assert (error.code, error.details["errors"][0]["pointer"]) == ("output_invalid", "/score")
    case = Play("[{id: a, performed_by: clerk}]").start()
    error = refused(lambda: case.done("a", n="many"), Invalid)
    assert (error.code, error.details["errors"][0]["pointer"]) == ("output_invalid", "/n")
    assert case.open == ["a"]


def test_r9_a_missing_name_before_the_start_holds_the_step_without_work_until_it_is_retried():
    play = Play("""
      - {id: a, performed_by: clerk, input: {amount: {var: n}}}
    """).start()
    assert play.incident == ("unresolved", "a", "input")
    assert (play.states["a"], play.open) == ("active", [])
    play.retry()
    assert play.incident == ("unresolved", "a", "input")
    play.patch(n=3)
    play.retry()
    assert play.task("a").input == {"amount": 3}
    play.done("a")
    assert play.ended[0] == "completed"


def test_r9_a_failing_edge_rule_never_counts_as_false_and_retrying_goes_on_where_it_stopped():
    play = Play("""
      - id: a
        performed_by: clerk
        sets: {go: {"+": [{var: [go, 0]}, 1]}}
        enables: [{to: b, rule: {">": [{var: text}, 1]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """).start(text="x")
    play.done("a")
    assert play.incident == ("rule_failed", "a", "edges")
    assert play.states == {"a": "completed", "b": "-", "c": "-"}
    play.patch(text="2")
    play.retry()
    assert play.open == ["b"]
    assert play.process.context["go"] == 1


def test_r9_sets_are_all_or_none_and_a_broken_case_schema_is_an_incident():
    play = Play("""
      - {id: a, performed_by: clerk, sets: {go: 1, n: {var: text}}}
    """).start(text="no number")
    play.done("a")
    assert play.incident == ("rule_failed", "a", "sets")
    assert "go" not in play.process.context
    play.patch(text=None)
    play.retry()
    assert play.incident == ("unresolved", "a", "sets")


TABLE = """
  - {{id: a, performed_by: clerk, enables: [d]}}
  - id: d
    kind: decision
    table:
      hit: {hit}
      rows:
        - {{rule: {{">": [{{var: n}}, 10]}}, sets: {{text: "big", go: 1}}}}
        - {{rule: {{">": [{{var: n}}, 0]}}, sets: {{text: "some"}}}}
      {otherwise}
"""
NONE = "otherwise: {text: none}"


def tabled(hit: str, n: int, otherwise: str = NONE, head: str = HEAD) -> Play:
    play = Play(TABLE.format(hit=hit, otherwise=otherwise), head).start(n=n)
    play.done("a")
    return play


def test_r9_a_first_table_takes_the_first_true_row_else_otherwise():
    assert tabled("first", 11).process.context["text"] == "big"
    assert tabled("first", 5).process.context["text"] == "some"
    assert tabled("first", 0).process.context["text"] == "none"


def test_r9_a_unique_table_with_two_true_rows_fails():
    assert tabled("unique", 11).incident == ("rule_failed", "d", "table")
    assert tabled("unique", 5).process.context["text"] == "some"


def test_r9_a_table_without_a_true_row_and_otherwise_sets_nothing():
    assert "text" not in tabled("first", 0, otherwise="").process.context


def test_r9_collect_gives_a_list_for_each_name_in_row_order():
    head = HEAD.replace("text: {type: string}", "text: {type: array}").replace("go: {}", "go: {type: array}")
    play = tabled("collect", 11, otherwise="", head=head)
    assert play.process.context["text"] == ["big", "some"]
    assert play.process.context["go"] == [1]
    assert tabled("collect", 5, otherwise="", head=head).process.context["go"] == []


def test_r2_no_path_is_an_incident_where_load_checks_were_not_there():
    play = Play("""
      - {id: a, performed_by: clerk, may_end: true, enables: [{to: b, rule: {var: go}}]}
      - {id: b, performed_by: clerk}
    """)
    routes = dict(play.journey.routes)
    from dataclasses import replace

    routes["a"] = replace(routes["a"], may_end=False)
    play.journey = replace(play.journey, routes=routes)
    play.start(go=False).done("a")
    assert play.incident == ("no_path", "a", "edges")
    play.patch(go=True)
    play.retry()
    assert play.open == ["b"]


SYSTEM_ATOM = """
  - id: a
    kind: system
    action: pull
    input: {who: {var: text}}
    retry: {max_attempts: 3, backoff: PT2S, factor: 3, max_backoff: PT5S}
    %s
"""


def test_r10_a_failed_attempt_is_due_again_after_the_policys_wait_and_the_last_is_an_incident():
    play = Play(SYSTEM_ATOM % "on_failure: incident").start(text="x")
    assert play.task("a").next_at == play.now
    play.fail("a")
    assert (play.task("a").next_at - play.now).total_seconds() == 2
    play.expire("a")
    assert (play.task("a").next_at - play.now).total_seconds() == 5
    play.fail("a")
    assert play.incident == ("action_failed", "a", "work")
    assert play.open == []
    assert play.states["a"] == "active"
    play.retry()
    assert (play.task("a").n, play.task("a").attempts, play.task("a").next_at) == (2, 0, play.now)
    play.done("a", score=1)
    assert play.ended == ("completed", "completed")


def test_r10_a_retry_starts_the_work_again_on_an_input_computed_afresh():
    play = Play(SYSTEM_ATOM % "on_failure: incident").start(text="x")
    play.fail("a", retryable=False)
    play.patch(text=None)
    play.retry()
    assert play.incident == ("unresolved", "a", "work")
    play.patch(text="y")
    play.retry()
    assert play.task("a").input == {"who": "y"}
    play.done("a", score=1)
    assert play.ended[0] == "completed"


def test_r10_a_worker_may_say_that_retrying_is_useless():
    play = Play(SYSTEM_ATOM % "on_failure: incident").start(text="x")
    play.fail("a", retryable=False)
    assert play.incident[0] == "action_failed"


def test_r10_on_failure_fail_ends_the_process_and_cancels_what_is_open():
    play = Play(
        (SYSTEM_ATOM % "on_failure: fail\n    entry: true\n") + "  - {id: b, performed_by: clerk, entry: true}\n"
    )
    play.start(text="x").fail("a", retryable=False)
    assert play.ended == ("failed", None)
    assert play.states == {"a": "cancelled", "b": "cancelled"}


def test_r10_a_late_answer_is_refused_and_never_applied():
    play = Play(SYSTEM_ATOM % "on_failure: incident").start(text="x")
    first = play.lease("a")
    play.lease("a")
    error = refused(lambda: play.give(CompleteWork(SYSTEM, 1, first, {"score": 1})), Conflict)
    assert error.code == "lease_lost"
    late = play.lease("a", seconds=0.5)
    assert refused(lambda: play.give(CompleteWork(SYSTEM, 1, late, {"score": 1}))).code == "lease_lost"


def test_the_input_and_output_of_an_action_are_checked_against_its_schemas():
    play = Play(SYSTEM_ATOM % "on_failure: incident").start(text="x")
    assert refused(lambda: play.done("a", other=1)).code == "output_invalid"
    bad = Play("""
      - {id: a, kind: system, action: pull, input: {whom: 1}}
    """).start()
    assert bad.incident == ("rule_failed", "a", "input")


def test_r13_cancelling_ends_what_is_open_and_leaves_what_waits():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true, enables: [c]}
      - {id: b, performed_by: clerk, entry: true, input: {x: {var: n}}}
      - {id: c, performed_by: clerk, depends_on: [b]}
    """).start()
    play.cancel()
    assert play.ended == ("cancelled", None)
    assert play.states == {"a": "cancelled", "b": "cancelled", "c": "-"}
    assert not list(play.process.open_incidents())
    assert refused(play.cancel).code == "process_ended"


def test_r18_a_context_change_is_checked_against_the_schema():
    play = Play("[{id: a, performed_by: clerk}]").start(n=1)
    assert refused(lambda: play.patch(n="x")).code == "context_invalid"
    play.patch(n=None, text="y")
    assert play.process.context == {"text": "y"}


def task_play() -> Play:
    return Play("[{id: a, performed_by: clerk}]").start()


def test_a_task_goes_from_pending_over_assigned_and_in_progress_to_completed():
    play = task_play()
    play.give(ClaimTask(CLERK, 1))
    assert (play.task("a").status, play.task("a").assignee) == ("assigned", "carl")
    play.give(StartTask(CLERK, 1))
    assert play.task("a").status == "in_progress"
    play.give(ReleaseTask(CLERK, 1))
    assert (play.task("a").status, play.task("a").assignee) == ("pending", None)
    play.give(ReassignTask(ADMIN, 1, "cora"))
    assert play.task("a").assignee == "cora"
    play.done("a", by=OTHER)
    assert play.process.tasks[1].status == "completed"


def test_completing_a_task_implies_claiming_and_starting_it_in_one_event():
    play = task_play()
    assert [event.fact.name for event in play.done("a", by=CLERK).events] == ["task.completed", "process.completed"]
    assert play.process.tasks[1].assignee == "carl"


def test_a_task_of_another_role_does_not_exist_and_one_of_another_person_is_forbidden():
    play = task_play()
    assert refused(lambda: play.done("a", by=CHIEF), NotFound).code == "task_not_found"
    play.give(ClaimTask(CLERK, 1))
    assert refused(lambda: play.done("a", by=OTHER), Forbidden).code == "not_your_task"
    error = refused(lambda: play.give(ClaimTask(OTHER, 1)), Conflict)
    assert (error.code, error.details["from"]) == ("invalid_transition", "assigned")


def test_a_system_task_cannot_be_taken_by_people():
    play = Play("[{id: a, kind: system, action: do.it}]").start()
    for command in (ClaimTask(ADMIN, 1), StartTask(ADMIN, 1), ReassignTask(ADMIN, 1, "x")):
        assert refused(lambda command=command: play.give(command)).code == "invalid_transition"


def test_a_completed_task_again_is_a_conflict():
    play = Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").start()
    play.done("a")
    assert refused(lambda: play.give(CompleteTask(CLERK, 1, {})), Conflict).code == "invalid_transition"
