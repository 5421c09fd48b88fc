"""Cases are played as they are written: who does what, what fails, what is left, and what comes next."""

from typing import Any

import pytest

from engine.cases.playing import Played, play
from engine.core.values import encode
from tests.core.cases.orders import HEAD, read, versions


def played(case: str, **defaults: Any) -> Played:
    """One case of the order, written as YAML behind its name."""
    these = versions()
    result = read(f"  - {{name: the case, {case}}}\n", these)
    assert result.suite, result.findings
    return play(result.suite.cases[0], these)


def test_work_is_done_by_itself_and_the_case_ends_with_the_process():
    one = played(
        "business_key: O-1, then: [{wait: P14D}], expect: {outcome: delivered, path: [atom-reserve, atom-check, "
        "atom-pay, atom-pack, atom-ship, atom-cool, atom-delivered], context: {shipment.tracking: T-1, paid: 10.0, "
        "checks: [{ok: true}, {ok: false}]}}"
    )
    assert one.passed, (one.stop, one.mismatches)
    assert [journey.ref for journey, _ in one.histories] == ["order@1.0.0", "shipping@1.2.0"]


def test_a_case_without_a_word_about_its_end_must_complete():
    (mismatch,) = played("leaves: [atom-pack]").mismatches
    assert (mismatch.what, mismatch.expected, mismatch.happened) == ("status", "completed", "running")
    assert mismatch.held == ("atom-pack (task)",)


def test_work_without_an_output_stops_the_case_and_names_the_atom_its_fields_and_what_to_write():
    these = versions()
    result = read("  - {name: one, start: {parts: [], price: 1}, outputs: {atom-pay: {paid: 1}}}\n", these, _BARE)
    assert result.suite, result.findings
    stop = play(result.suite.cases[0], these).stop
    assert stop is not None
    assert stop.message == (
        "`atom-reserve` is open, and the case does not say what is handed in; it needs `slot` (string)."
    )
    assert "`atom-reserve: {slot: …}` under `outputs`" in stop.fix
    assert stop.line == 3


_BARE = "journey: order\ncases:\n"


def test_an_output_that_the_schema_refuses_stops_the_case_and_says_why_r9():
    stop = played("outputs: {atom-pack: {good: perhaps}}").stop
    assert stop is not None
    assert "`atom-pack` is refused: /good:" in stop.message


def test_an_output_that_is_refused_is_found_where_it_is_written_in_the_defaults_too():
    these = versions()
    result = read(
        "  - {name: one}\n  - name: two\n    outputs:\n      atom-pack:\n        good: 5\n",
        these,
        HEAD.replace("A1", "1"),
    )
    assert result.suite, result.findings
    lines = [stop.line for case in result.suite.cases if (stop := play(case, these).stop)]
    assert lines == [5, 5]
    result = read("  - name: two\n    outputs:\n      atom-pack:\n        good: 5\n", these)
    assert result.suite, result.findings
    stop = play(result.suite.cases[0], these).stop
    assert stop is not None
    assert stop.line == 13


def test_an_atom_of_a_called_journey_is_written_with_its_journey_r15():
    stop = played("outputs: {shipping/atom-drive: {tracking: 5}}").stop
    assert stop is not None
    assert "`shipping/atom-drive` is refused: /tracking" in stop.message


def test_a_context_that_cannot_start_stops_the_case_at_its_own_line():
    stop = played("start: {price: many}").stop
    assert stop is not None
    assert "/price" in stop.message
    assert stop.line == 11


def test_a_cases_output_replaces_that_of_the_defaults_name_by_name():
    one = played("outputs: {atom-reserve: {slot: B2}}, then: [{wait: P14D}], expect: {context: {slot: B2, paid: 10}}")
    assert one.passed, one.mismatches
    one = played(
        "outputs: {atom-pack: {note: heavy}}, then: [{wait: P14D}], expect: {context: {note: heavy, good: true}}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_outputs_of_several_visits_count_one_after_another_and_the_last_for_all_that_follow_r7():
    these = versions(_REWORK)
    cases = "  - {name: one, start: {}, outputs: {atom-a: [{n: 1}, {n: 2}, {n: 3}]}, expect: {context: {n: 3}, %s}}\n"
    path = "path: [atom-a, atom-a, atom-a], tasks: {atom-a: {times: 3}}"
    result = read(cases % path, these, "journey: again\ncases:\n")
    assert result.suite, result.findings
    assert play(result.suite.cases[0], these).passed


_REWORK = """\
journey: again
version: 1.0.0
context: {type: object, properties: {n: {type: integer}}}
roles: {clerk: {}}
atoms:
  - id: atom-a
    performed_by: clerk
    output: {type: object, required: [n], properties: {n: {type: integer}}}
    may_end: true
    enables: [{to: atom-a, rework: true, rule: {"<": [{var: n}, 3]}}]
"""


@pytest.mark.parametrize(
    ("fails", "ends"),
    [
        ("{times: 2}", "outcome: delivered"),
        ("{times: 3}", "outcome: refused, path: [{atom: atom-reserve, exit: error}, atom-refused]"),
        ("{retryable: false}", "outcome: refused, context: {slot: null}, failed: [atom-reserve]"),
        ("No place", "outcome: refused"),
        ("{visits: 2}", "outcome: delivered"),
    ],
)
def test_an_action_fails_as_often_as_the_case_says_and_is_tried_again_in_time_r10(fails: str, ends: str):
    one = played(f"fails: {{atom-reserve: {fails}}}, then: [{{wait: P14D}}], expect: {{{ends}}}")
    assert one.passed, (one.stop, one.mismatches)


def test_one_element_of_a_list_fails_and_holds_its_step_until_it_is_retried_r14():
    one = played(
        "fails: {atom-check: {items: 1, times: 1}}, then: [{expect: {waits_for: [{atom: atom-check, for: incident}], "
        "incidents: {atom-check: task_failed}}}, {retry: atom-check}, {wait: P14D}], expect: {outcome: delivered}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_work_that_is_left_is_done_when_the_case_says_so_one_element_after_another_r14():
    one = played(
        "leaves: [atom-check], then: [{do: {atom: atom-check, item: 1, output: {ok: true}}}, "
        "{expect: {waits_for: [atom-check], path: [atom-reserve]}}, {do: atom-check}, {wait: P14D}], "
        "expect: {context: {checks: [{ok: true}, {ok: true}]}}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_what_nobody_does_times_out_when_the_clock_moves_r11():
    one = played(
        "leaves: [atom-pay], then: [{wait: P2D}, {expect: {waits_for: [{atom: atom-pay, for: message}]}}, {wait: P1D}, "
        "{wait: P6D}], expect: {outcome: refused, tasks: {atom-remind: {times: 3}}, path: [..., "
        "{atom: atom-pay, exit: timeout}, atom-remind, ..., atom-remind, atom-refused]}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_a_message_is_for_the_step_with_its_key_r16():
    one = played(
        "business_key: O-1, leaves: [atom-pay, atom-pack], then: ["
        "{message: {name: payment, key: O-2, body: {paid: 1}}}, {expect: {waits_for: [atom-pay]}}, "
        "{message: {name: payment, key: O-1, body: {paid: 2}}}], "
        "expect: {waits_for: [atom-pack], context: {paid: 2}}"
    )
    assert one.passed, (one.stop, one.mismatches)


@pytest.mark.parametrize(
    ("then", "ends"),
    [
        ("{process: compensate}", "status: cancelled, completed: [atom-release]"),
        ("{process: cancel}", "status: cancelled, not_started: [atom-release]"),
        ("{process: complete}", "status: completed"),
        ("{process: fail}", "status: failed"),
        ("{process: suspend}", "status: suspended"),
        ("{process: suspend}, {wait: P9D}, {process: resume}", "waits_for: [atom-pay]"),
        ("{skip: {atom: atom-pay, take: [atom-pack]}}, {wait: P14D}", "outcome: delivered, skipped: [atom-pay]"),
        ("{change: {slot: C3}}", "waits_for: [atom-pay], context: {slot: C3}"),
        ("{repeat: atom-check}", "waits_for: [atom-pay], tasks: {atom-check: {times: 4}}"),
    ],
)
def test_what_is_done_by_hand_is_part_of_a_case_r12_r13_r18(then: str, ends: str):
    one = played(f"leaves: [atom-pay], then: [{then}], expect: {{{ends}}}")
    assert one.passed, (one.stop, one.mismatches)


def test_work_fails_when_the_case_says_so():
    one = played(
        "leaves: [shipping/atom-drive], then: [{fail: {atom: shipping/atom-drive, reason: Broken down}}], "
        "expect: {waits_for: [{atom: atom-ship, for: child}]}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_a_thing_that_cannot_happen_stops_the_case_at_its_line():
    these = versions()
    result = read("  - name: one\n    then:\n      - wait: P1D\n      - do: atom-pack\n", these)
    assert result.suite, result.findings
    stop = play(result.suite.cases[0], these).stop
    assert stop is not None
    assert (stop.message, stop.line) == ("`do: atom-pack`: it has no open work.", 14)


def test_a_part_is_played_by_itself_r1():
    one = played("at: preparing, expect: {status: completed, path: [atom-reserve, atom-check]}")
    assert one.passed, (one.stop, one.mismatches)


def test_a_case_that_is_not_to_start_yet_waits_for_its_time_r1():
    one = played(
        "at: preparing, now: 2026-01-01, not_before: 2026-01-03, then: [{expect: {status: pending}}, {wait: P1D}, "
        "{expect: {status: pending}}, {wait: P1D}], expect: {status: completed}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_a_case_goes_the_same_way_every_time():
    first, second = (played("then: [{wait: P14D}]") for _ in range(2))
    texts = [[encode([event.payload for event in history]) for _, history in one.histories] for one in (first, second)]
    assert texts[0] == texts[1]


def test_a_case_that_goes_round_in_circles_is_stopped():
    these = versions(_REWORK.replace("may_end: true", "max_visits: 10000"))
    result = read("  - {name: one, start: {}, outputs: {atom-a: {n: 1}}}\n", these, "journey: again\ncases:\n")
    assert result.suite, result.findings
    stop = play(result.suite.cases[0], these).stop
    assert stop is not None
    assert "more than 2,000 pieces of work" in stop.message
