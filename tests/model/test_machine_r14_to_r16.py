"""The model itself, rule by rule: many, subjourneys, waits and messages."""

from tests.model.playing import Played
from tests.model.test_machine_r1_to_r6 import human

CHILD = {
    "journey": "child",
    "version": "1.0.0",
    "context": {"properties": {"n": {"type": "number"}}},
    "atoms": [{"id": "work", "enables": ["end"]}, {"id": "end", "kind": "milestone", "outcome": "well"}],
}


def many(atom="a", *enables, **more):
    return human(atom, *enables, for_each=[10, 20, 30], saves="found", **more)


def call(*enables, **more):
    return human("a", *enables, kind="subjourney", calls="child@^1.0", **more)


def test_the_outputs_of_all_elements_are_saved_in_their_order_r14():
    played = Played(many())
    for item in (2, 0, 1):
        played.done("a", item, n=item)
    assert played.context == {"found": [{"n": 0}, {"n": 1}, {"n": 2}]}


def test_when_enough_are_done_the_rest_is_cancelled_r14():
    played = Played(many(done_when={"count": 2}))
    played.done("a", 2)
    played.done("a", 0)
    assert played.context == {"found": [{}, None, {}]} and played.ended == ("completed", "completed")


def test_elements_in_order_start_one_after_another_r14():
    played = Played(many(in_order=True))
    assert played.open == [("a", 0)]
    played.do("fail", "a", item=0)
    assert played.open == [("a", 1)] and played.incidents == [("task_failed", "a")]


def test_an_empty_list_exits_at_once_and_a_list_too_short_is_a_failure_r14():
    empty = Played(human("a", for_each={"var": "list"}, saves="found"), context={"list": []})
    assert empty.ended == ("completed", "completed") and empty.context["found"] == []
    short = Played(many("a", done_when={"count": 4}))
    assert short.incidents == [("task_failed", "a")] and short.open == []


def test_with_an_error_edge_it_exits_once_done_when_is_out_of_reach_r14():
    played = Played(many("a", {"to": "b", "on": "error"}, done_when={"count": 2}), human("b"))
    played.do("fail", "a", item=0)
    assert played.open == [("a", 1), ("a", 2)]
    played.do("fail", "a", item=2)
    assert played.open == ["b"] and played.exit("a") == "error"


def test_skipping_the_incident_of_one_element_skips_the_step_r14():
    played = Played(many("a", "b"), human("b"))
    played.do("fail", "a", item=1)
    assert played.do("skip", "a", take=["b"]) == "ok"
    assert played.states == {"a": "skipped", "b": "active"} and not played.incidents


def test_a_child_gives_back_the_fields_it_has_and_its_outcome_r15():
    atom = call(input={"n": {"var": "m"}}, output=["n", "other"], saves="got", sets={"how": {"var": "atom.outcome"}})
    played = Played(atom, called=[CHILD], context={"m": 1})
    played.done("work", process="p1/a.1", n=5)
    assert played.context == {"m": 1, "got": {"n": 5}, "how": "well"}


def test_a_call_is_pinned_to_the_highest_version_of_its_range_r15():
    played = Played(call(), called=[CHILD, CHILD | {"version": "1.10.0"}, CHILD | {"version": "2.0.0"}])
    assert played.child("a").document.version == "1.10.0"


def test_an_input_that_the_childs_schema_refuses_is_a_failure_r15():
    played = Played(call(input={"n": "seven"}), called=[CHILD])
    assert played.incidents == [("child_failed", "a")] and not played.process.children


def test_a_cancelled_child_is_a_failure_and_a_retry_starts_a_new_one_r15():
    played = Played(call(), called=[CHILD])
    played.do("cancel", process="p1/a.1")
    assert played.incidents == [("child_failed", "a")]
    played.do("retry", "a")
    assert played.child("a", 2).status == "running"


def test_a_message_goes_to_the_oldest_wait_of_its_key_once_r16():
    waits = [human(name, kind="wait", message="paid", correlate={"var": key}) for name, key in ("ax", "by", "cx")]
    played = Played(*waits, context={"x": 1, "y": 2})
    played.tells("paid", "m1", key=1)
    assert played.states == {"a": "completed", "b": "active", "c": "active"}
    assert played.tells("paid", "m1", key=1) == "ok" and played.states["c"] == "active", "the same id is one message"


def test_a_message_nobody_waits_for_is_kept_for_its_ttl_r16():
    atoms = [human("a", "b"), human("b", kind="wait", message="paid")]
    soon, late = Played(*atoms), Played(*atoms)
    for played, pause in ((soon, "PT30S"), (late, "PT2M")):
        played.tells("paid", "m1", ttl="PT1M", n=1)
        played.passes(pause)
        played.done("a")
    assert soon.context == {"n": 1} and late.states["b"] == "active"


def test_a_refused_body_leaves_its_id_free_and_a_kept_one_is_dropped_r16():
    schema = {"properties": {"n": {"type": "number"}}}
    wait = human("b", kind="wait", message="paid", output=schema)
    played = Played(human("a", "b"), wait)
    played.tells("paid", "m0", n="kept")
    played.done("a")
    assert played.states["b"] == "active"
    assert played.tells("paid", "m1", n="seven") == "output_invalid"
    assert played.tells("paid", "m1", n=7) == "ok" and played.context == {"n": 7}


def test_a_rule_that_gives_no_time_holds_the_wait_r16():
    played = Played(human("a", kind="wait", until={"var": "when"}), context={"when": "soon"})
    assert played.incidents == [("rule_failed", "a")]
    played.do("patch", patch={"when": "2026-03-01"})
    played.do("retry", "a")
    assert played.ended == ("completed", "completed"), "a time that has passed is due at once"
