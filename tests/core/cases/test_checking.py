"""Where a case parts from what happened is told with both paths, and with the rule values that decided."""

from typing import Any

import pytest

from engine.cases.checking import Mismatch, compared
from engine.cases.coverage import coverage_of
from engine.cases.playing import play
from tests.core.cases.orders import HEAD, read, versions

WELL = "then: [{wait: P14D}]"


def mismatches(case: str) -> dict[str, Mismatch]:
    """What of an order is otherwise than its case says, by what it is."""
    these = versions()
    result = read(f"  - {{name: the case, {case}}}\n", these)
    assert result.suite, result.findings
    played = play(result.suite.cases[0], these)
    assert played.stop is None
    return {mismatch.what: mismatch for mismatch in played.mismatches}


@pytest.mark.parametrize(
    ("expected", "what", "wanted", "happened"),
    [
        ("outcome: refused", "outcome", "refused", "delivered"),
        ("status: failed", "status", "failed", "completed"),
        ("completed: [atom-remind]", "completed.atom-remind", "completed", "skipped"),
        ("skipped: [atom-pack]", "skipped.atom-pack", "skipped", "completed"),
        ("failed: [atom-pay]", "failed.atom-pay", "failed", "completed"),
        ("not_started: [atom-pack]", "not_started.atom-pack", None, "completed"),
        ("context: {slot: A2}", "context.slot", "A2", "A1"),
        ("context: {shipment.tracking: null}", "context.shipment.tracking", None, "T-1"),
        ("tasks: {atom-check: {times: 1}}", "tasks.atom-check.times", 1, 2),
        ("tasks: {atom-check: {role: driver}}", "tasks.atom-check.role", "driver", "clerk"),
        ("tasks: {atom-check: {priority: low}}", "tasks.atom-check.priority", "low", "high"),
        ("tasks: {atom-check: {name: Look}}", "tasks.atom-check.name", "Look", "Check a part"),
        ("tasks: {atom-check: {input: {part: c}}}", "tasks.atom-check.input.part", "c", "b"),
        ("tasks: {atom-remind: {role: clerk}}", "tasks.atom-remind", "a task", None),
        ("incidents: {atom-pack: task_failed}, status: completed", "incidents", {"atom-pack": "task_failed"}, {}),
        ("waits_for: [atom-pack], status: completed", "waits_for", ["atom-pack"], []),
    ],
)
def test_each_thing_that_is_otherwise_is_told_with_both_values(expected: str, what: str, wanted: Any, happened: Any):
    found = mismatches(f"{WELL}, expect: {{{expected}}}")
    assert list(found) == [what]
    assert (found[what].expected, found[what].happened, found[what].line) == (wanted, happened, 11)


def test_what_is_as_expected_is_no_mismatch():
    assert not mismatches(
        f"{WELL}, expect: {{outcome: delivered, not_started: [atom-refused], skipped: [atom-remind, atom-refused], "
        "context: {price: 10.00, good: true, nothing: null}, tasks: {atom-check: {times: 2, role: clerk}}, "
        "incidents: {}, waits_for: []}"
    )


def test_what_is_open_must_be_told_in_full_and_with_the_right_reason():
    left = "leaves: [atom-check], expect: {waits_for: "
    assert not mismatches(f"{left}[atom-check]}}")
    assert not mismatches(f"{left}[{{atom: atom-check, for: task}}]}}")
    assert mismatches(f"{left}[{{atom: atom-check, for: timer}}]}}")["waits_for"].happened == ["atom-check (task)"]
    assert "waits_for" in mismatches(f"{left}[]}}")
    assert "waits_for" in mismatches(f"{left}[atom-check, atom-pack]}}")


def test_a_path_that_parts_shows_both_and_the_values_of_the_rule_that_decided():
    path = "[atom-reserve, atom-check, atom-pay, atom-pack, atom-refused]"
    found = mismatches(f"{WELL}, expect: {{path: {path}}}")["path"]
    assert [(line.sign, line.atom) for line in found.path] == [
        ("=", "atom-reserve"),
        ("=", "atom-check"),
        ("=", "atom-pay"),
        ("=", "atom-pack"),
        ("-", "atom-refused"),
        ("+", "atom-ship"),
        ("+", "atom-cool"),
        ("+", "atom-delivered"),
    ]
    (decided,) = found.decided
    assert decided.atom == "atom-pack"
    taken = next(edge for edge in decided.edges if edge.taken)
    assert (taken.to, taken.rule) == ("atom-ship", "rule-good")
    assert taken.trace is not None
    assert taken.trace["reads"] == {"good": True}


def test_what_was_skipped_is_explained_by_the_edge_where_its_path_died_r5():
    found = mismatches("outputs: {atom-pack: {good: false}}, expect: {completed: [atom-cool]}")["completed.atom-cool"]
    (decided,) = found.decided
    assert (decided.atom, [(edge.to, edge.taken) for edge in decided.edges]) == ("atom-pack", [("atom-ship", False)])


@pytest.mark.parametrize(
    ("name", "atom"),
    [("slot", "atom-reserve"), ("shipment.tracking", "atom-ship"), ("checks", "atom-check"), ("price", None)],
)
def test_a_value_that_is_otherwise_is_told_with_the_atom_that_wrote_it(name: str, atom: str | None):
    assert mismatches(f"{WELL}, expect: {{context: {{{name}: 0}}}}")[f"context.{name}"].writer == atom


def test_a_process_that_should_have_ended_is_told_with_what_holds_it_and_why():
    failing = "fails: {atom-pack: The box is too small}"
    assert mismatches(failing)["status"].held == ("atom-pack (incident): atom-pack failed: The box is too small",)
    assert mismatches("expect: {status: failed}, outputs: {atom-pack: {good: false}}")["status"].held == ()


def test_an_exit_that_is_no_done_is_another_place_on_the_path_r10():
    path = "expect: {path: [atom-reserve, ...]}"
    found = mismatches(f"fails: {{atom-reserve: No place}}, {path}")["path"]
    assert found.happened == ["atom-reserve (error)", "atom-refused"]


@pytest.mark.parametrize(
    ("expected", "happened", "lines"),
    [
        (["a", "b"], ["a", "b"], "=a =b"),
        (["a", None], ["a", "b", "c"], "=a =…"),
        ([None], [], ""),
        ([None, "c"], ["a", "b", "c"], "=… =c"),
        (["a", None, "c", None], ["a", "c"], "=a =c"),
        (["a", "c"], ["a", "b", "c"], "=a +b =c"),
        (["a", "b", "c"], ["a", "c"], "=a -b =c"),
        (["a", None, "x", None, "c"], ["a", "b", "c"], "=a -x =… =c"),
        ([], ["a"], "+a"),
        ([None, "a"], ["a", "b", "a"], "=… =a"),
    ],
)
def test_two_paths_are_compared_with_as_much_in_common_as_there_is(
    expected: list[str | None], happened: list[str], lines: str
):
    assert " ".join(line.sign + line.atom for line in compared(expected, happened)) == lines


def test_coverage_lists_the_edges_of_every_exit_that_no_case_took_and_the_atoms_never_reached():
    these = versions()
    suite = read("  - {name: one, then: [{wait: P14D}]}\n", these).suite
    assert suite is not None
    one = play(suite.cases[0], these)
    coverage = coverage_of(these.journey, [history for journey, history in one.histories if journey is these.journey])
    assert [(edge.source, edge.target, edge.on, edge.rework) for edge in coverage.never_taken] == [
        ("atom-reserve", "atom-refused", "error", False),
        ("atom-pay", "atom-remind", "timeout", False),
        ("atom-remind", "atom-pay", "done", True),
        ("atom-remind", "atom-refused", "done", False),
        ("atom-pack", "atom-refused", "done", False),
    ]
    assert coverage.never_reached == ("atom-release", "atom-remind", "atom-refused")
    assert (coverage.edges, coverage.atoms, coverage.full) == (11, 10, False)


def test_cases_for_every_exit_cover_everything():
    these = versions()
    suite = read(
        "  - {name: well, then: [{wait: P14D}]}\n"
        "  - {name: refused, outputs: {atom-pack: {good: false}}}\n"
        "  - {name: no place, fails: {atom-reserve: No}}\n"
        "  - {name: unpaid, leaves: [atom-pay], then: [{wait: P9D}]}\n"
        "  - {name: undone, leaves: [atom-pay], then: [{process: compensate}], expect: {status: cancelled}}\n",
        these,
        HEAD,
    ).suite
    assert suite is not None
    played = [play(case, these) for case in suite.cases]
    assert all(one.passed for one in played)
    histories = [history for one in played for journey, history in one.histories if journey is these.journey]
    assert coverage_of(these.journey, histories).full
    for left_out in range(len(played)):
        fewer = [*played[:left_out], *played[left_out + 1 :]]
        histories = [history for one in fewer for journey, history in one.histories if journey is these.journey]
        assert not coverage_of(these.journey, histories).full
