"""The model itself, rule by rule: rework, the end, the context, failures and timeouts."""

from tests.model.playing import Played
from tests.model.test_machine_r1_to_r6 import human, mark

AGAIN = {"to": "a", "rework": True, "rule": {"var": "again"}}


def test_rework_opens_a_new_visit_of_the_whole_region_r7():
    played = Played(human("a", "b", "c"), human("b", "d"), human("c", "d"), human("d", AGAIN, "e"), human("e"))
    for atom in "abc":
        played.done(atom)
    played.done("d", again=True)
    assert played.open == ["a"]
    assert [played.visit(atom) for atom in "abcde"] == [2, 2, 2, 2, 1]
    assert "e" not in played.states


def test_a_kept_edge_counts_only_with_one_from_the_region_r7():
    played = Played(human("k", "c"), human("a", "b"), human("b", AGAIN, "c"), human("c", join="any"))
    played.done("k")
    played.done("a")
    played.done("b", again=True)
    assert played.states["c"] == "waiting", "its gate waits for the edge from b"
    played.done("a")
    played.done("b", again=False)
    assert played.open == ["c"] and played.visit("c") == 2


def test_rework_cancels_what_is_open_in_the_region_r7():
    played = Played(human("a", "b", "c"), human("b", AGAIN), human("c", timeout={"after": "PT1H"}))
    played.done("a")
    played.done("b", again=True)
    assert played.open == ["a"] and not played.process.timers


def test_a_dependent_is_in_the_region_and_waits_again_r7():
    played = Played(human("a", "b"), human("b", AGAIN), human("c", depends_on=["a"]))
    played.done("a")
    played.done("c")
    played.done("b", again=True)
    assert played.states["c"] == "waiting"
    played.done("a")
    assert played.open == ["b", "c"] and played.visit("c") == 2


def test_beyond_max_visits_nothing_is_reset_r7():
    played = Played(human("a", "b", max_visits=1), human("b", AGAIN, "c"), human("c"))
    played.done("a")
    played.done("b", again=True)
    assert played.incidents == [("rework_limit", "b")] and played.visit("a") == 1
    played.do("patch", patch={"again": False})
    played.do("retry", "b")
    assert played.open == ["c"]


def test_the_outcome_is_that_of_the_milestone_completed_last_r8():
    played = Played(human("a", "y"), human("b", "x"), mark("x", outcome="x"), mark("y", outcome="y"))
    played.done("b")
    played.done("a")
    assert played.ended == ("completed", "y")


def test_a_terminating_milestone_ends_the_process_at_once_r8():
    end = mark("z", outcome="over", terminate=True, sets={"made": 1})
    played = Played(human("a", "z"), human("b"), end)
    played.done("a")
    assert played.ended == ("completed", "over")
    assert played.states["b"] == "cancelled" and played.context == {"made": 1}


def test_sets_are_all_or_none_and_a_retry_goes_on_there_r9():
    sets = {"one": 1, "two": {"var": "gone"}}
    played = Played(human("a", sets=sets))
    played.done("a", kept="yes")
    assert played.incidents == [("unresolved", "a")] and played.context == {"kept": "yes"}
    played.do("patch", patch={"gone": 2})
    played.do("retry", "a")
    assert played.context == {"kept": "yes", "gone": 2, "one": 1, "two": 2}


def test_an_output_that_breaks_a_schema_changes_nothing_r9():
    schema = {"properties": {"n": {"type": "number"}}}
    played = Played(human("a"), schema=schema)
    assert played.done("a", n="seven") == "output_invalid"
    assert played.open == ["a"] and played.context == {}


def test_a_dotted_name_replaces_what_is_no_object_on_its_way_r9():
    played = Played(human("a", saves="note.inner"), context={"note": 5})
    played.done("a", n=1)
    assert played.context == {"note": {"inner": {"n": 1}}}


def test_a_rule_before_the_start_holds_the_step_while_its_timeout_counts_r9():
    late = [{"to": "b", "on": "timeout"}]
    played = Played(human("a", *late, input={"x": {"var": "gone"}}, timeout={"after": "PT1M"}), human("b"))
    assert played.incidents == [("unresolved", "a")] and played.open == []
    played.passes("PT1M")
    assert played.exit("a") == "timeout" and played.open == ["b"] and not played.incidents


def test_a_unique_table_with_two_true_rows_fails_r9():
    rows = [{"rule": True, "sets": {"n": 1}}, {"rule": True, "sets": {"n": 2}}]
    played = Played(human("a", kind="decision", table={"hit": "unique", "rows": rows}))
    assert played.incidents == [("rule_failed", "a")]


def test_collect_gives_a_list_for_every_name_r9():
    rows = [{"rule": True, "sets": {"x": 1}}, {"rule": False, "sets": {"y": 2}}, {"rule": True, "sets": {"x": 3}}]
    played = Played(human("a", kind="decision", table={"hit": "collect", "rows": rows}))
    assert played.context == {"x": [1, 3], "y": []}


def test_attempts_are_repeated_with_growing_pauses_and_then_an_incident_r10():
    played = Played(human("a", kind="system"))
    pauses = []
    for _ in range(2):
        played.work("a", "work_failed")
        pauses.append((played.process.open_tasks()[0].next_at - played.world.now).total_seconds())
        played.passes("PT5S")
    played.work("a", "lease_expired")
    assert pauses == [1, 2] and played.incidents == [("action_failed", "a")]
    played.do("retry", "a")
    assert played.work("a") == "ok" and played.ended == ("completed", "completed")


def test_a_late_answer_of_the_first_worker_is_refused_r10():
    played = Played(human("a", kind="system"))
    played.do("claim_work", "a")
    assert played.do("work_done", "a", late=True) == "lease_lost"


def test_an_error_edge_is_followed_instead_of_an_incident_r10():
    played = Played(human("a", "b", {"to": "c", "on": "error"}), human("b"), human("c"))
    played.do("fail", "a")
    assert played.states == {"a": "failed", "b": "skipped", "c": "active"}


def test_a_failure_may_fail_the_process_r10():
    played = Played(human("a", on_failure="fail"), human("b"))
    played.do("fail", "a")
    assert played.ended == ("failed", None) and played.states["b"] == "cancelled"


def test_timers_due_together_fire_in_the_order_they_were_set_r11():
    late = {"after": "PT1M"}
    played = Played(
        human("a", {"to": "x", "on": "timeout"}, timeout=late),
        human("b", {"to": "y", "on": "timeout"}, timeout=late),
        mark("x", outcome="x"),
        mark("y", outcome="y"),
    )
    played.passes("PT58S")
    assert played.open == ["a", "b"], "never before their time"
    played.passes("PT1S")
    assert played.ended == ("completed", "y")


def test_of_one_step_the_timeout_is_set_before_the_wait_r11():
    wait = human("a", "b", {"to": "c", "on": "timeout"}, kind="wait", timeout={"after": "PT5S"}, **{"for": "PT5S"})
    played = Played(wait, human("b"), human("c"))
    played.passes("PT5S")
    assert played.open == ["c"]
