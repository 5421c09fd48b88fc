"""Why one atom has not started, started, or was skipped: the way back through joins and dependencies."""

from engine.core.explain import scene_of
from engine.core.explain_atom import Why, asked, why
from engine.core.explain_past import Past, known_of
from tests.core.stage import NOON, Stage

BRANCHES = """
  - {id: a, name: Income, performed_by: clerk, entry: true, enables: [j]}
  - {id: b, name: Property, performed_by: clerk, entry: true, enables: [b2]}
  - {id: b2, name: Appraisal, performed_by: clerk, enables: [j]}
  - {id: c, name: Credit, performed_by: clerk, entry: true, enables: [j]}
  - {id: j, name: Decide, performed_by: clerk, enables: [z]}
  - {id: z, name: Fund, performed_by: clerk}
"""
CHOICE = """
  - id: a
    name: Review
    performed_by: clerk
    split: first
    enables: [{to: b, rule: {">=": [{var: n}, 620]}}, {to: c, otherwise: true}]
  - {id: b, name: Underwrite, performed_by: clerk, enables: [d]}
  - {id: c, name: Decline, performed_by: clerk}
  - {id: d, name: Fund, performed_by: clerk}
"""
AGAIN = """
  - {id: a, name: Upload, performed_by: clerk, enables: [b]}
  - {id: b, name: Check, performed_by: clerk, enables: [{to: a, rework: true, rule: {"<": [{var: n}, 2]}}, c]}
  - {id: c, name: File, performed_by: clerk}
"""


def told(stage: Stage, atom: str) -> Why:
    events = stage.world.histories["p1"]
    scene = scene_of(stage.journey, stage.process, known_of(stage.process, events, stage.world.now))
    wanted = set(asked(scene, atom))
    return why(scene, atom, Past.of(event for event in events if getattr(event.fact, "atom", None) in wanted))


def leaves(found: Why) -> list[tuple[str, str | None]]:
    return [(one.kind, one.atom) for one in found.leaves]


# --- why has this not started ---


def test_r3_a_join_of_all_names_the_branches_that_are_not_decided_and_leads_back_to_what_is_open():
    found = told(Stage(BRANCHES).start().done("a"), "j")
    assert found.text == (
        "“Decide” has not started: it waits for every branch: 1 of its 3 branches is decided, and “Appraisal” and "
        "“Credit” are not."
    )
    assert [(link.source, link.atom, link.state) for link in found.path] == [
        ("a", "j", "taken"),
        ("b2", "j", "open"),
        ("c", "j", "open"),
        ("b", "b2", "open"),
    ]
    assert leaves(found) == [("task", "b"), ("task", "c")]


def test_the_path_goes_back_through_what_waits_itself():
    found = told(Stage(BRANCHES).start().done("a").done("c"), "z")
    assert found.text == "“Fund” has not started: it waits for “Decide”."
    assert leaves(found) == [("task", "b")]
    assert [link.source for link in found.path] == ["j", "a", "b2", "c", "b"]


def test_r3_a_count_join_says_how_many_more_it_needs_and_from_where():
    stage = Stage(BRANCHES.replace("{id: j,", "{id: j, join: {count: 2},")).start()
    assert told(stage, "j").text == (
        "“Decide” has not started: it needs 2 more branches of 3, which can still come from “Income”, “Appraisal” or "
        "“Credit”."
    )
    assert told(stage.done("a"), "j").text == (
        "“Decide” has not started: it needs 1 more branch of 3, 1 came already, which can still come from “Appraisal” "
        "or “Credit”."
    )


def test_r4_a_dependency_holds_what_is_ready():
    stage = Stage("""
      - {id: a, name: Apply, performed_by: clerk, entry: true, enables: [c]}
      - {id: b, name: Insurance, performed_by: clerk, entry: true}
      - {id: c, name: Close, performed_by: clerk, depends_on: [b]}
    """).start()
    both = told(stage, "c")
    assert both.text == (
        "“Close” has not started: it waits for “Apply”, and it may not start before “Insurance” is over."
    )
    assert leaves(both) == [("task", "a"), ("task", "b")]
    found = told(stage.done("a"), "c")
    assert found.text == "“Close” has not started: it may not start before “Insurance” is over."
    assert leaves(found) == [("task", "b")]


def test_r3_branches_that_come_too_late_hold_nothing():
    stage = Stage("""
      - {id: a, name: Apply, performed_by: clerk, entry: true, enables: [b, c]}
      - {id: b, name: Phone, performed_by: clerk, enables: [j]}
      - {id: c, name: Visit, performed_by: clerk, enables: [j]}
      - {id: d, name: Insure, performed_by: clerk, entry: true}
      - {id: j, name: Close, performed_by: clerk, join: any, depends_on: [d], enables: [z]}
      - {id: z, name: Fund, performed_by: clerk}
    """).start()
    far = told(stage.done("a"), "z")
    assert [(link.source, link.atom) for link in far.path] == [("j", "z"), ("b", "j"), ("c", "j"), ("d", "j")]
    assert leaves(far) == [("task", "d"), ("task", "b"), ("task", "c")]
    stage.done("b")
    assert told(stage, "j").text == "“Close” has not started: it may not start before “Insure” is over."
    assert leaves(told(stage, "j")) == leaves(told(stage, "z")) == [("task", "d")]
    assert leaves(told(stage.done("d"), "j")) == [("task", "j")], "it has started, and what comes late does not hold it"


def test_r7_after_a_rework_a_join_says_that_the_work_must_come_by_again():
    stage = Stage("""
      - {id: a, name: Upload, performed_by: clerk, entry: true, enables: [b, j]}
      - {id: k, name: Appraise, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, name: Check, performed_by: clerk, enables: [{to: a, rework: true, rule: {"<": [{var: n}, 2]}}, j]}
      - {id: j, name: Decide, performed_by: clerk, join: any}
    """).start(n=1)
    stage.done("k").done("a").done("b")
    found = told(stage, "j")
    assert found.text == (
        "“Decide” has not started again: it waits for the work that was sent back to come by again from “Upload” or "
        "“Check”."
    )
    assert leaves(found) == [("task", "a")]
    assert found.visit == 2
    (reason,) = found.reasons
    led_back = "This is visit 2 of “Decide” because “Check” was completed and led back to “Upload” (n 1 < 2), on "
    assert reason == f"{led_back}1 March 2026, 12:00 UTC."


def test_an_incident_after_the_exit_is_the_leaf_of_what_waits_for_its_edges():
    found = told(Stage(CHOICE).start().done("a"), "d")
    assert leaves(found) == [("incident", "a")]
    assert found.path[-1].text == (
        "“Review” was completed and is held; whether it leads on to “Underwrite” is not decided."
    )


def test_r1_r12_a_process_that_stands_still_is_said_to_hold_its_atoms():
    found = told(Stage(BRANCHES).start().suspend(), "b2")
    assert found.text == "“Appraisal” has not started: it waits for “Property”; besides, the process is suspended."
    assert leaves(found) == [("suspension", None), ("task", "b")]
    pending = told(Stage(BRANCHES).start(not_before=NOON.replace(day=5)), "b2")
    assert pending.text == "“Appraisal” has not started, as the process itself starts on 5 March 2026, 12:00 UTC."
    assert leaves(pending) == [("timer", None)]


def test_what_has_ended_or_is_undone_starts_no_more():
    stage = Stage(
        BRANCHES.replace("{id: a,", "{id: a, compensated_by: u,") + "  - {id: u, name: Undo, performed_by: clerk}\n"
    )
    undone = told(stage.start().done("a").cancel(compensate=True), "z")
    assert (
        undone.text == "“Fund” will not start: the process is being cancelled (not wanted), and what it did is undone."
    )
    assert leaves(undone) == []
    assert told(stage.cancel(), "z").text == "“Fund” never started: the process is cancelled."


# --- why did this start, and why was it skipped ---


def test_r2_what_started_names_the_rule_values_that_led_to_it():
    stage = Stage(CHOICE).start(n=705).done("a")
    found = told(stage, "b")
    assert found.text == "“Underwrite” started because “Review” was completed (n 705 ≥ 620)."
    assert [(link.source, link.state) for link in found.path] == [("a", "taken")]
    assert leaves(found) == [("task", "b")]
    over = told(stage.done("b"), "b")
    assert over.reasons == ("“Underwrite” was completed by ada on 1 March 2026, 12:00 UTC.",)
    assert leaves(over) == []


def test_r2_what_is_taken_otherwise_names_the_rules_that_were_not_true_and_what_is_not_the_ones_that_were():
    assert told(Stage(CHOICE).start(n=600).done("a"), "c").text == (
        "“Decline” started because “Review” was completed (n 600 < 620)."
    )
    assert told(Stage(CHOICE).start(n=705).done("a"), "c").text == (
        "“Decline” was skipped because nothing led to it: “Review” was completed and led on to “Underwrite” instead "
        "(n 705 ≥ 620)."
    )


def test_r5_what_was_skipped_leads_back_to_the_rule_that_decided_it():
    stage = Stage(CHOICE).start(n=600).done("a")
    assert told(stage, "b").text == (
        "“Underwrite” was skipped because nothing led to it: “Review” was completed (n 600 < 620)."
    )
    found = told(stage, "d")
    assert found.text == "“Fund” was skipped because nothing led to it: “Underwrite” was skipped."
    assert [(link.source, link.atom) for link in found.path] == [("b", "d"), ("a", "b")]
    assert found.path[-1].text == "“Review” was completed (n 600 < 620), and does not lead on to “Underwrite”."


def test_r4_what_needs_another_completed_is_skipped_for_it():
    stage = Stage("""
      - {id: a, name: Insure, performed_by: clerk, entry: true}
      - {id: b, name: Close, performed_by: clerk, depends_on: [{atom: a, require: completed}]}
    """).start()
    assert told(stage.skip("a"), "b").text == (
        "“Close” was skipped because it needs completed what was not: “Insure” was skipped."
    )
    assert told(stage, "a").reasons == ("“Insure” was skipped by ada on 1 March 2026, 12:00 UTC: not needed.",)


def test_r1_an_entry_started_with_the_process_and_r11_a_timeout_is_named():
    stage = Stage("""
      - {id: a, name: Sign, performed_by: clerk, timeout: {after: PT1H}, enables: [{to: b, on: timeout}]}
      - {id: b, name: Remind, performed_by: clerk}
    """).start()
    assert told(stage, "a").text == "“Sign” started on 1 March 2026, 12:00 UTC, as nothing has to come before it."
    assert told(stage.later("PT1H"), "b").text == "“Remind” started because “Sign” timed out."


def test_r7_a_second_visit_names_what_led_back_and_r18_who_repeated_it():
    stage = Stage(AGAIN).start(n=1).done("a").done("b")
    assert (
        told(stage, "a").text
        == "“Upload” started again because “Check” was completed and led back to “Upload” (n 1 < 2)."
    )
    assert told(stage, "a").reasons == (), "the sentence says it already"
    stage.done("a")
    assert told(stage, "b").text == "“Check” started again because “Upload” was completed."
    assert (
        told(stage, "b").reasons[0].startswith("This is visit 2 of “Check” because “Check” was completed and led back")
    )
    assert told(stage.repeat("a"), "a").text == "“Upload” started again because “Upload” was repeated by ada (wrong)."


def test_r13_a_compensation_says_what_it_is_for():
    stage = Stage("""
      - {id: a, name: Book, performed_by: clerk, compensated_by: u, enables: [b]}
      - {id: b, name: Pay, performed_by: clerk}
      - {id: u, name: Unbook, performed_by: clerk}
    """).start()
    assert told(stage, "u").text == (
        "“Unbook” only undoes “Book”: it runs if the process is cancelled and what it did is to be undone."
    )
    found = told(stage.done("a").cancel(compensate=True), "u")
    assert found.text == "“Unbook” is undoing “Book”, as the process is being cancelled (not wanted)."
    assert leaves(found) == [("task", "u")]


def test_r1_an_atom_outside_the_part_is_said_to_be_so():
    stage = Stage("""
      phases:
        - {id: one, name: First, atoms: [{id: a, name: A, performed_by: clerk, enables: [b]}]}
        - {id: two, name: Second, atoms: [{id: b, name: B, performed_by: clerk}]}
    """).start(part="one")
    assert told(stage, "b").text == "“B” does not belong to this process, which runs “First” only."
    assert leaves(told(stage, "b")) == []
