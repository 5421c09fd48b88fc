"""The model itself, rule by rule: suspension, cancelling and compensation."""

from tests.model.playing import Played
from tests.model.test_machine_r1_to_r6 import human

CHILD = {"journey": "child", "version": "1.0.0", "atoms": [{"id": "work"}]}


def test_a_suspended_process_refuses_what_moves_it_and_takes_the_rest_r12():
    played = Played(human("a"))
    played.do("suspend")
    refused = [played.do(verb, "a") for verb in ("complete", "fail", "block", "repeat", "skip")]
    assert set(refused) == {"process_suspended"}
    assert [played.do("claim", "a"), played.do("release", "a"), played.do("patch", patch={"n": 1})] == ["ok"] * 3
    assert played.do("resume") == "ok" and played.done("a") == "ok"


def test_durations_run_on_with_the_time_that_was_left_and_dates_stay_r12():
    wait = human("a", kind="wait", **{"for": "PT1M"})
    date = human("b", kind="wait", until="2026-03-01T12:02:00Z")
    played = Played(wait, date)
    played.do("suspend")
    played.passes("PT1H")
    assert played.states == {"a": "active", "b": "active"}
    played.do("resume")
    assert played.states == {"a": "active", "b": "completed"}
    played.passes("PT55S")
    assert played.states["a"] == "active"
    played.passes("PT5S")
    assert played.ended == ("completed", "completed")


def test_messages_are_bound_while_it_stands_still_and_come_before_timers_r12():
    order = {"trail": {"cat": [{"var": ["trail", ""]}, {"var": "atom.id"}]}}
    played = Played(
        human("a", kind="wait", until="2026-03-01T12:00:10Z", sets=order),
        human("b", kind="wait", message="paid", sets=order),
        human("c", kind="wait", message="paid", sets=order),
    )
    played.do("suspend")
    played.passes("PT1M")
    assert [played.tells("paid", "m1"), played.tells("paid", "m2")] == ["ok", "ok"]
    assert not played.context
    played.do("resume")
    assert played.context["trail"] == "bca"


def test_a_second_message_for_a_bound_wait_is_kept_r12():
    played = Played(human("a", "b", kind="wait", message="paid"), human("b", kind="wait", message="paid"))
    played.do("suspend")
    played.tells("paid", "m1", n=1)
    played.tells("paid", "m2", n=2)
    played.do("resume")
    assert played.ended == ("completed", "completed") and played.context == {"n": 2}


def test_children_are_suspended_with_it_apart_from_those_on_their_own_r12():
    calls = {"kind": "subjourney", "calls": "child@^1.0"}
    played = Played(human("a", **calls), human("b", **calls), called=[CHILD])
    played.do("suspend", process="p1/a.1")
    played.do("suspend")
    assert played.child("b").status == "suspended"
    played.do("resume")
    assert (played.child("a").status, played.child("b").status) == ("suspended", "running")


def test_a_childs_end_waits_until_its_parent_resumes_r12():
    played = Played(human("a", "b", kind="subjourney", calls="child@^1.0"), human("b"), called=[CHILD])
    played.do("suspend")
    played.do("resume", process="p1/a.1")
    played.done("work", process="p1/a.1")
    assert played.child("a").status == "completed" and played.open == []
    played.do("resume")
    assert played.open == ["b"]


def test_a_plain_cancel_ends_all_that_is_open_r13():
    played = Played(human("a"), human("b", "a"), human("c", kind="subjourney", calls="child@^1.0"), called=[CHILD])
    assert played.do("cancel") == "ok"
    assert played.ended == ("cancelled", None) and played.child("c").status == "cancelled"
    assert played.states == {"b": "cancelled", "c": "cancelled"} and played.do("cancel") == "process_ended"


def test_compensation_runs_in_reverse_order_of_completion_for_each_visit_r13():
    back = {"to": "a", "rework": True, "rule": {"<": [{"var": "atom.visit"}, 2]}}
    played = Played(
        human("a", "b", compensated_by="undo-a"),
        human("b", back, "c", compensated_by="undo-b"),
        human("c"),
        human("undo-a"),
        human("undo-b"),
    )
    for atom in "abab":
        played.done(atom)
    played.do("cancel", compensate=True)
    undone = []
    while played.process.status == "running":
        assert played.process.compensating
        undone += played.open
        played.done(played.open[0])
    assert undone == ["undo-b", "undo-a", "undo-b", "undo-a"] and played.visit("undo-a") == 2
    assert played.ended == ("cancelled", None)


def test_a_compensation_that_fails_is_an_incident_and_may_be_skipped_r13():
    played = Played(human("a", "b", compensated_by="undo"), human("b"), human("undo", on_failure="fail"))
    played.done("a")
    played.do("cancel", compensate=True)
    played.do("fail", "undo")
    assert played.incidents == [("task_failed", "undo")]
    assert (
        played.do("repeat", "a") == "invalid_transition"
        and played.do("cancel", compensate=True) == "invalid_transition"
    )
    assert played.do("skip", "undo") == "ok" and played.ended == ("cancelled", None)


def test_the_parents_compensation_waits_for_its_childrens_r13():
    child = {
        "journey": "child",
        "version": "1.0.0",
        "atoms": [human("work", "rest", compensated_by="undo"), human("rest"), human("undo")],
    }
    played = Played(
        human("a", "b", compensated_by="undo-a"),
        human("b", kind="subjourney", calls="child@^1.0"),
        human("undo-a"),
        called=[child],
    )
    played.done("a")
    played.done("work", process="p1/b.1")
    played.do("cancel", compensate=True)
    assert played.child("b").compensating and played.open == []
    played.done("undo", process="p1/b.1")
    assert played.child("b").status == "cancelled" and played.open == ["undo-a"]
