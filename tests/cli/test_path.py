"""The path a process took, told from its events."""

from decimal import Decimal
from typing import Any

from cli.path import path_of
from engine.core.explain_rules import because

SCORE = {"credit_score": 619}
COMPARED = [{"operator": ">=", "values": [619, 620], "result": False}]


def event(type: str, second: int, atom: str | None = None, visit: int = 1, **payload: Any) -> dict[str, Any]:
    at = f"2026-03-01T08:00:{second:02}.000Z"
    return {"type": type, "at": at, "actor": "ann", "atom": atom, "visit": visit, "payload": payload}


def edge(to: str, taken: bool, trace: Any = None) -> dict[str, Any]:
    return {"to": to, "on": "done", "taken": taken, "rule": "rule-score" if trace else None, "trace": trace}


HISTORY = [
    event("process.started", 0),
    event("task.created", 0, "credit"),
    event("task.created", 0, "income"),
    event("action.attempted", 1, "credit", attempt=1, error="no answer", next_at=None),
    event(
        "task.completed",
        4,
        "credit",
        sets=[["band", "low"]],
        edges=[edge("review", False, {"reads": SCORE, "comparisons": COMPARED}), edge("declined", True)],
    ),
    event("step.skipped", 4, "review", edges=[]),
    event("step.completed", 4, "declined", sets=[], edges=[]),
    event("incident.raised", 5, "income", code="unresolved", message="x has no value."),
]


def test_steps_come_in_the_order_in_which_they_ended_and_active_ones_last():
    path = path_of(HISTORY)
    assert [(one.atom, one.state, one.seconds, one.by) for one in path] == [
        ("credit", "completed", 4.0, "ann"),
        ("review", "skipped", 4.0, None),
        ("declined", "completed", 4.0, None),
        ("income", "active", 0.0, None),
    ]


def test_a_step_tells_the_values_that_decided_its_edges_and_what_went_wrong():
    credit, _, _, income = path_of(HISTORY)
    assert credit.decided == [
        "attempt 1 failed: no answer",
        'band := "low"',
        "✗ review: credit_score 619 < 620",
        "→ declined",
    ]
    assert [(rule["to"], rule["taken"], rule["reads"]) for rule in credit.rules] == [("review", False, SCORE)]
    assert income.decided == ["incident unresolved: x has no value."]


def test_what_happens_after_the_exit_is_told_by_the_retried_incident():
    held = [
        event("task.created", 0, "credit"),
        event("task.completed", 1, "credit", edges=None),
        event("incident.raised", 1, "credit", code="unresolved", message="x has no value."),
        event("incident.resolved", 2, "credit", edges=[edge("next", True, {"reads": {"x": 1}, "comparisons": []})]),
    ]
    (credit,) = path_of(held)
    assert credit.decided == ["incident unresolved: x has no value.", "→ next: x = 1"]


def test_a_comparison_names_a_value_only_where_the_name_is_certain():
    twice = {"front": Decimal("31.5"), "limit": Decimal("31.5")}
    trace = {"reads": twice, "comparisons": [{"operator": "<=", "values": [Decimal("31.5"), 43], "result": True}]}
    assert because(trace) == "31.5 ≤ 43"
    assert because({"reads": {}, "comparisons": []}) == "always"


def test_of_two_equal_values_the_one_that_was_read_has_the_name():
    trace = {
        "reads": {"kind": "annual"},
        "comparisons": [{"operator": "!=", "values": ["annual", "annual"], "result": False}],
    }
    assert because(trace) == 'kind "annual" = "annual"'
