"""What holds a process is always named: the exact cause, who can move it and what waits behind it."""

from datetime import timedelta

import pytest

from engine.core.commands import BlockTask, Cancel, ClaimTask, StartTask
from engine.core.explain import UNKNOWN, Held, Known, explain
from engine.core.explain_held import Rest
from engine.core.explain_past import known_of, telling
from tests.core.play import ADMIN, Play, journey_of
from tests.core.stage import NOON, Stage

ATOMS = """
  - {id: z, kind: milestone}
  - {id: a, performed_by: clerk, entry: true, enables: [b]}
  - {id: b, performed_by: clerk, enables: [z]}
  - {id: s, kind: system, action: do.it, entry: true, retry: {max_attempts: 2}, enables: [b]}
  - {id: d, performed_by: clerk, depends_on: [b]}
  - {id: n, performed_by: clerk, entry: true, input: {x: {var: n}}}
"""
CHILD = {"example@1.0.0": journey_of("[{id: c, name: Check, performed_by: clerk}]")}
CALLS = """
  - {id: one, name: Credit check, kind: subjourney, calls: "example@1.0.0", enables: [after]}
  - {id: after, name: Decision, performed_by: clerk}
"""


def held(play: Play | Stage, known: Known = UNKNOWN) -> dict[tuple[str, str | None], Held]:
    return {(one.kind, one.atom): one for one in explain(play.journey, play.process, known)}


def told(stage: Stage, process: str = "p1") -> list[Held]:
    """What is told with all that is known: the history and the time."""
    marking, world = stage.world.processes[process], stage.world
    wanted = telling(marking)
    events = [event for event in world.histories[process] if event.fact.name in wanted]
    return list(explain(world.journey_of(process), marking, known_of(marking, events, world.now)))


# --- the twelve causes that must be named exactly ---


def test_an_unclaimed_task_names_the_role():
    stage = Stage("[{id: a, name: Collect payslips, performed_by: clerk}]").start()
    (one,) = told(stage)
    assert (one.kind, one.atom, one.who) == ("task", "a", ("role:clerk",))
    assert one.text == "“Collect payslips” waits for someone with the role Clerk to take it."


def test_a_join_that_waits_for_one_branch_is_held_by_that_branch_alone():
    stage = Stage("""
      - {id: a, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, performed_by: clerk, entry: true, enables: [j]}
      - {id: j, performed_by: clerk}
    """).start()
    (one,) = told(stage.done("a"))
    assert (one.kind, one.atom, one.unblocks) == ("task", "b", ("j",))


def test_a_dependency_is_what_the_dependent_atom_waits_for():
    stage = Stage("""
      - {id: a, performed_by: clerk, entry: true, enables: [c]}
      - {id: b, performed_by: clerk, entry: true}
      - {id: c, performed_by: clerk, depends_on: [b]}
    """).start()
    (one,) = told(stage.done("a"))
    assert (one.kind, one.atom, one.unblocks) == ("task", "b", ("c",))


def test_a_message_that_never_came_is_named_with_its_key():
    stage = Stage("""
      - {id: w, name: Appraisal, kind: wait, message: appraisal.received, correlate: {var: text}, enables: [b]}
      - {id: b, performed_by: clerk}
    """).start(text="B-7")
    (one,) = told(stage)
    assert (one.kind, one.who, one.unblocks) == ("message", ("message:appraisal.received",), ("b",))
    assert one.text == "“Appraisal” waits for the message appraisal.received with the key “B-7”, which has not come."


def test_a_timer_says_when_it_is_due_and_what_it_does():
    stage = Stage("""
      - {id: w, name: Cooling-off, kind: wait, for: PT2H, enables: [b]}
      - {id: b, name: Sign, performed_by: clerk, timeout: {after: PT1H}, enables: [{to: c, on: timeout}]}
      - {id: c, name: Remind, performed_by: clerk}
    """).start()
    (one,) = told(stage)
    assert (one.kind, one.atom, one.who, one.due_at) == ("timer", "w", (), NOON + timedelta(hours=2))
    assert one.text == "“Cooling-off” waits until 1 March 2026, 14:00 UTC."
    timeout, task = told(stage.later("PT2H"))[::-1]
    assert task.kind == "task"
    expected = "“Sign” times out on 1 March 2026, 15:00 UTC unless it is done by then, and “Remind” may follow."
    assert timeout.text == expected


def test_a_rule_without_a_value_names_it_and_who_writes_it():
    stage = Stage("""
      - {id: a, name: Underwrite, performed_by: clerk, input: {x: {var: n}}, entry: true}
      - {id: b, name: Assess income, performed_by: clerk, sets: {n: 1}, entry: true}
    """).start()
    one = held(stage)["incident", "a"]
    assert one.text == "“Underwrite” cannot start because n has no value; it is written by “Assess income”."
    assert one.writers == ("b",)
    assert one.who == ("permission:incident:retry", "permission:process:change_context")
    assert one.needs == "Give n a value in the context, then retry; or let the rule name a default."


def test_who_writes_a_part_of_a_missing_name_or_the_whole_is_named_too():
    stage = Stage("""
      - {id: a, performed_by: clerk, input: {x: {var: note.deep.part}}, entry: true}
      - {id: b, performed_by: clerk, sets: {note.deep: 1}, entry: true}
      - {id: c, performed_by: clerk, sets: {note.deep.part.less: 1}, entry: true}
      - {id: d, performed_by: clerk, sets: {note.deeper: 1}, entry: true}
    """).start()
    assert held(stage)["incident", "a"].writers == ("b", "c")


def test_a_failing_action_says_what_it_said_and_when_it_is_tried_again():
    stage = Stage("[{id: s, name: Pull credit, kind: system, action: do.it, retry: {max_attempts: 1}}]").start()
    (one,) = told(stage.fail("s"))
    assert one.kind == "incident"
    assert one.text == "“Pull credit” failed: do.it failed once; the last time: no line."
    assert one.needs == "Mend what the action needs, then retry, or skip the step."
    play = Play("[{id: s, name: Pull credit, kind: system, action: do.it, retry: {backoff: PT5M, max_backoff: PT5M}}]")
    play.start().fail("s")
    (one,) = explain(play.journey, play.process, known_of(play.process, play.events, play.now))
    assert one.needs == "time for the next attempt"
    assert one.due_at == play.now + timedelta(minutes=5)
    assert one.text.endswith("12:05 UTC after 1 failed attempt (the last time: no line).")


def test_an_action_that_no_worker_asks_for_is_told_with_how_long():
    stage = Stage("[{id: s, name: Pull credit, kind: system, action: do.it}]").start()
    (one,) = told(stage)
    assert (one.who, one.text) == (("action:do.it",), "“Pull credit” waits for a worker to do do.it.")
    (one,) = told(stage.later("PT7M"))
    assert one.text == ("“Pull credit” waits for a worker to do do.it, and for 7 minutes none has asked for such work.")
    (one,) = explain(stage.journey, stage.process, Known(stage.world.now, busy=frozenset({"do.it"})))
    assert one.text.endswith("has waited 7 minutes for a worker to do do.it, while those that do it are busy.")
    rest = {"do.it": Rest(stage.world.now, "ann", "the bureau is down.")}
    (one,) = explain(stage.journey, stage.process, Known(stage.world.now, resting=rest))
    assert (one.who, one.needs) == (("permission:action:resume",), "the action resumed")
    assert one.text.endswith(" waits: on 1 March 2026, 12:07 UTC ann paused the action do.it: the bureau is down.")
    stage.world.claim("p1", 1, worker="w1")
    under_way = explain(stage.journey, stage.process, Known(stage.world.now, resting=rest))
    assert under_way[0].needs == "the worker's answer", "a pause stops no attempt"
    (one,) = told(stage)
    assert one.text.startswith("“Pull credit” is being done by the worker w1, which has until")


def test_a_waiting_child_is_named_and_says_itself_what_holds_it():
    stage = Stage(CALLS, CHILD).start()
    (one,) = told(stage)
    assert (one.kind, one.child, one.who) == ("child", stage.child, (f"process:{stage.child}",))
    assert one.text == "“Credit check” waits for the example process that it started to end."
    assert one.unblocks == ("after",)
    (inner,) = told(stage, stage.child)
    assert inner.text == "“Check” waits for someone with the role Clerk to take it."


def test_a_suspended_parent_is_the_first_thing_that_holds_its_child():
    stage = Stage(CALLS, CHILD).start().suspend()
    by_parent, task = told(stage, stage.child)
    assert (by_parent.kind, task.kind) == ("suspension", "task")
    assert by_parent.text == "The process is suspended because its parent process is."
    assert by_parent.who == ("process:p1", "permission:process:resume")
    suspended, child = told(stage)
    assert (suspended.kind, child.kind) == ("suspension", "child")
    assert suspended.text == "The process was suspended by ada: on hold."
    assert suspended.since == NOON


def test_the_rework_limit_names_both_ends_and_what_would_mend_it():
    stage = Stage("""
      - {id: a, name: Upload, performed_by: clerk, max_visits: 1, enables: [b]}
      - {id: b, name: Review, performed_by: clerk, enables: [{to: a, rework: true, rule: {var: go}}], may_end: true}
    """).start(go=True)
    (one,) = told(stage.done("a").done("b"))
    assert one.kind == "incident"
    assert one.text == "“Review” leads back to “Upload”, which has been visited once, as often as it may be."
    assert "permission:process:change_context" in one.who


def test_a_task_off_the_graph_keeps_the_process_open_and_an_optional_one_does_not():
    stage = Stage("[{id: a, performed_by: clerk}]").start().add("Call the borrower").add("Say thanks", optional=True)
    (one,) = told(stage.done("a"))
    assert (one.kind, one.atom, one.name, one.unblocks) == ("task", None, "Call the borrower", ())
    assert one.text == "“Call the borrower”, a task added by hand, waits for someone with the role Clerk to take it."


# --- who moves it, and what waits behind it ---


def test_each_open_task_says_who_moves_it_and_what_waits_behind_it():
    play = Play(ATOMS).start()
    found = held(play)
    assert list(found) == [("incident", "n"), ("task", "a"), ("task", "s")]
    assert found["task", "a"].who == ("role:clerk",)
    assert found["task", "a"].unblocks == ("z", "b", "d")
    assert found["task", "s"].who == ("action:do.it",)


def test_a_task_that_somebody_has_names_that_person():
    play = Play(ATOMS).start()
    play.give(ClaimTask(ADMIN, 1))
    assert (held(play)["task", "a"].who, held(play)["task", "a"].text) == (("ada",), "“a” is assigned to ada.")
    play.give(StartTask(ADMIN, 1))
    assert "is being done by ada" in held(play)["task", "a"].text
    play.give(BlockTask(ADMIN, 1, "the borrower is away."))
    known = known_of(play.process, play.events, play.now)
    assert held(play, known)["task", "a"].text == "“a” is blocked: the borrower is away."
    assert held(play)["task", "a"].text == "“a” is blocked."


def test_work_that_failed_for_good_is_told_once_by_its_incident():
    play = Play(ATOMS).start()
    play.fail("s")
    assert held(play)["task", "s"].text.endswith("do.it after 1 failed attempt.")
    play.fail("s")
    assert ("task", "s") not in held(play)
    assert held(play)["incident", "s"].unblocks == ("z", "b", "d")


def test_what_has_started_is_not_waiting_and_what_has_ended_is_not_told():
    play = Play(ATOMS).start(n=1)
    for atom in ("a", "s"):
        play.done(atom)
    assert list(held(play)) == [("task", "n"), ("task", "b")]
    assert held(play)["task", "b"].unblocks == ("z", "d")
    assert held(play)["task", "n"].unblocks == ()
    play.cancel()
    assert explain(play.journey, play.process) == ()


def test_a_step_that_a_join_started_already_is_not_unblocked_by_the_branches_that_come_later():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, performed_by: clerk, entry: true, enables: [j]}
      - {id: j, performed_by: clerk, join: any, enables: [k]}
      - {id: k, performed_by: clerk}
    """).start()
    play.done("a")
    assert held(play)["task", "b"].unblocks == ()
    assert held(play)["task", "j"].unblocks == ("k",)


def test_r1_a_process_that_has_not_begun_waits_for_its_time():
    stage = Stage("[{id: a, performed_by: clerk}]").start(not_before=NOON + timedelta(days=1))
    (one,) = told(stage)
    assert (one.kind, one.atom, one.unblocks) == ("timer", None, ("a",))
    assert one.text == "The process starts on 2 March 2026, 12:00 UTC."


def test_r12_what_stands_still_says_how_much_time_is_left():
    stage = Stage("[{id: w, name: Cooling-off, kind: wait, for: P2D}]").start().later("PT1H").suspend()
    suspended, timer = told(stage.later("P9D"))
    assert suspended.kind == "suspension"
    assert timer.text == "“Cooling-off” has 1 day 23 hours left to wait once the process resumes."
    assert (timer.who, timer.due_at) == (("permission:process:resume",), None)


def test_r12_a_message_that_came_meanwhile_waits_for_the_process_to_resume():
    stage = Stage("[{id: w, name: Appraisal, kind: wait, message: arrived}]").start().suspend()
    assert stage.message("arrived") == "delivered"
    assert told(stage)[1].text == "“Appraisal” has the message arrived, which counts once the process resumes."
    assert told(stage)[1].who == ("permission:process:resume",)


def test_r12_a_child_that_ended_meanwhile_waits_for_the_process_to_resume():
    stage = Stage(CALLS, CHILD).start().suspend()
    stage.do(Cancel(ADMIN, "not wanted"), stage.child)
    assert told(stage)[1].text == (
        "The example process of “Credit check” is cancelled, which counts once this process resumes."
    )


def test_r13_a_compensation_says_what_it_undoes_and_what_follows_it():
    stage = Stage("""
      - {id: a, name: Book, performed_by: clerk, compensated_by: undo-a, enables: [b]}
      - {id: b, name: Pay, performed_by: clerk, compensated_by: undo-b, enables: [c]}
      - {id: c, performed_by: clerk, compensated_by: undo-c, enables: [d]}
      - {id: d, performed_by: clerk}
      - {id: undo-a, name: Cancel booking, performed_by: clerk}
      - {id: undo-b, name: Pay back, performed_by: clerk}
      - {id: undo-c, performed_by: clerk}
    """).start()
    (last,) = told(stage.done("a").done("b").done("c").cancel(compensate=True))
    assert last.unblocks == ("undo-b", "undo-a")
    (one,) = told(stage.done("undo-c"))
    assert one.text == "“Pay back”, which undoes “Pay”, waits for someone with the role Clerk to take it."
    assert one.unblocks == ("undo-a",)


def test_r14_each_element_of_a_list_is_told_by_itself():
    stage = Stage("[{id: a, name: Check, performed_by: clerk, for_each: {var: items}, saves: found}]").start(
        items=[5, 6]
    )
    assert [one.item_index for one in told(stage)] == [0, 1]
    assert told(stage)[1].text == "“Check” (2 of 2) waits for someone with the role Clerk to take it."


def test_r15_a_child_that_failed_is_named_without_its_id():
    stage = Stage(CALLS, CHILD).start()
    stage.do(Cancel(ADMIN, "not wanted"), stage.child)
    (one,) = told(stage)
    assert one.text == "“Credit check” failed: the example process that it started was cancelled."


@pytest.mark.parametrize(
    ("atom", "context", "text"),
    [
        ("{id: a, name: Sort, kind: decision, sets: {n: {'/': [1, {var: n}]}}}", {"n": 0}, "what it sets cannot be"),
        ("{id: a, name: Sort, kind: wait, until: {var: text}}", {"text": "soon"}, "“Sort” cannot start because"),
        ("{id: a, name: Sort, performed_by: clerk, input: {n: {var: n}}}", {}, "written by no step of this journey."),
    ],
)
def test_a_rule_without_a_result_is_told_in_one_sentence(atom: str, context: dict[str, object], text: str):
    (one,) = told(Stage(f"[{atom}]").start(**context))
    assert text in one.text
    assert one.text.endswith(".") and not one.text.endswith("..") and one.needs.endswith(".")


def test_what_a_person_wrote_ends_no_sentence_twice():
    stage = Stage("[{id: a, performed_by: clerk}]").start()
    stage.fail("a")
    (one,) = told(stage)
    assert one.text == "“a” failed: cannot be done."
