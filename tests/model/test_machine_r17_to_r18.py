"""The model itself, rule by rule: the same command twice, starts put off, and what is done by hand."""

from tests.model.playing import Played
from tests.model.test_machine_r1_to_r6 import human, mark


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused_r17():
    played = Played(human("a", "b"), human("b"))
    first = {"item": None, "output": {}, "idempotency": "k1"}
    assert [played.do("complete", "a", **first), played.do("complete", "a", **first)] == ["ok", "ok"]
    assert played.do("complete", "b", **first) == "idempotency_mismatch"
    played.passes("P7D")
    assert played.do("complete", "b", **first) == "ok"


def test_a_refusal_is_judged_afresh_r17():
    played = Played(human("a"), schema={"properties": {"n": {"type": "number"}}})
    assert played.do("complete", "a", output={"n": "x"}, idempotency="k1") == "output_invalid"
    assert played.do("complete", "a", output={"n": 1}, idempotency="k1") == "ok"


def test_a_business_key_is_taken_while_its_process_is_open_r17():
    played = Played(human("a"), start={"business_key": "case-1", "not_before": "PT1H"})
    again = {"do": "start", "process": "p2", "journey": "main", "version": "1.0.0", "context": {}}
    assert played.world.do(again | {"business_key": "case-1"}) == "business_key_taken"
    played.do("cancel")
    assert played.world.do(again | {"business_key": "case-1"}) == "ok"


def test_a_pending_process_takes_little_until_its_time_r1():
    played = Played(human("a"), start={"not_before": "PT1M"})
    assert played.do("suspend") == "invalid_transition" and played.do("patch", patch={"n": 1}) == "ok"
    assert played.do("put_off", not_before="PT5M") == "ok"
    played.passes("PT4M")
    assert played.process.status == "pending"
    played.passes("PT1M")
    assert played.open == ["a"]


def test_a_skip_takes_the_edges_it_names_and_computes_nothing_r18():
    played = Played(human("a", "b", "c", sets={"made": 1}), human("b"), human("c"))
    assert played.do("skip", "b") == "invalid_transition"
    played.do("skip", "a", take=["c"])
    assert played.states == {"a": "skipped", "b": "skipped", "c": "active"} and played.context == {}


def test_a_step_that_has_exited_keeps_its_state_when_skipped_r18():
    played = Played(human("a", "b", sets={"x": {"var": "gone"}}), human("b"))
    played.done("a")
    played.do("skip", "a", take=["b"])
    assert played.states == {"a": "completed", "b": "active"} and not played.incidents


def test_repeating_an_atom_is_a_rework_to_it_r18():
    played = Played(human("a", "b", max_visits=2), human("b"))
    played.done("a")
    assert played.do("repeat", "a") == "ok"
    assert played.open == ["a"] and played.visit("b") == 2
    assert played.do("repeat", "a") == "rework_limit"


def test_repeating_what_still_waits_makes_it_ready_held_by_its_dependencies_alone_r18():
    played = Played(human("a", "c"), human("b"), human("c", depends_on=["b"]))
    played.do("repeat", "c")
    assert played.states["c"] == "waiting" and played.visit("c") == 1
    played.done("b")
    assert played.open == ["a", "c"]


def test_ending_by_hand_keeps_the_outcome_reached_r18():
    played = Played(mark("m", outcome="half"), human("a"))
    played.do("end", **{"as": "completed"})
    assert played.ended == ("completed", "half") and played.states["a"] == "cancelled"


def test_a_task_off_the_graph_keeps_its_process_open_unless_optional_r18():
    played = Played(human("a"))
    played.do("add_task", name="call", optional=False)
    played.do("add_task", name="tidy up", optional=True)
    played.done("a")
    assert played.process.status == "running"
    played.do("fail", name="call")
    assert played.ended == ("completed", "completed") and played.open == []


def test_a_task_of_no_case_has_a_process_of_its_own_r18():
    played = Played(human("a"))
    played.world.do({"do": "start", "process": "p2", "task": {"name": "call"}})
    assert played.do("skip", "a", process="p2") == "atom_not_found"
    assert played.do("complete", process="p2", name="call") == "ok"
    assert played.world.processes["p2"].status == "completed"


def test_a_blocked_task_is_refused_until_it_is_unblocked():
    played = Played(human("a"))
    played.do("claim", "a")
    assert played.do("block", "a") == "ok" and played.done("a") == "invalid_transition"
    assert played.do("unblock", "a") == "ok"
    assert played.process.open_tasks()[0].status == "assigned"
