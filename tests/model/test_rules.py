"""The model's JSONLogic: the official cases, the contract's own decisions, and the engine's answers on random rules."""

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

from tests.model.bridge import rule_value
from tests.model.expressions import DATA, expression
from tests.model.rules import Failed, evaluate
from tests.model.snapshot import canonical

OFFICIAL = [
    case
    for case in json.loads(
        (Path(__file__).parents[1] / "data" / "jsonlogic-official-tests.json").read_text(), parse_float=Decimal
    )
    if isinstance(case, list)
]
FAILING = 14
"""Those with `?:`, which the contract does not have, and those whose `var` finds nothing."""


def test_the_official_cases_give_the_official_results_or_fail_on_purpose():
    failed = 0
    for rule, data, expected in OFFICIAL:
        try:
            value = evaluate(rule, {} if data is None else data)
        except Failed:
            failed += 1
            continue
        assert value == expected and isinstance(value, bool) is isinstance(expected, bool), rule
    assert (len(OFFICIAL), failed) == (277, FAILING)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"==": [{"+": [Decimal("0.1"), Decimal("0.2")]}, Decimal("0.3")]}, True),
        ({"/": [1, 3]}, Decimal("0." + "3" * 28)),
        ({"==": ["", 0]}, True),
        ({"==": [True, 1]}, True),
        ({"==": [[1], [Decimal("1.0")]]}, True),
        ({"==": [[1], 1]}, False),
        ({"cat": [Decimal("1.50"), 2]}, "1.502"),
        ({"+": ["1", 2]}, 3),
        ({"<": ["10", "9"]}, True),
        ({"<": ["10", 9]}, False),
        ({"==": ["2026-03-01", "2026-03-01T00:00:00Z"]}, False),
        ({"before": ["2026-03-01", "2026-03-01T00:00:01+00:00"]}, True),
        ({"after": [{"add_time": ["2026-01-31", "P1M"]}, "2026-02-27T23:59:59Z"]}, True),
        ({"after": [{"add_time": ["2026-01-31", "P1M"]}, "2026-02-28"]}, False),
        ({"before": [{"add_time": ["2026-01-31", "-P1D"]}, "2026-01-31"]}, True),
    ],
)
def test_a_corner_of_the_contract_has_its_value(rule, value):
    assert evaluate(rule, {}) == value


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"var": "gone"}, "unresolved"),
        ({">": [{"var": "gone"}, 1]}, "unresolved"),
        ({"/": [1, 0]}, "rule_failed"),
        ({"%": [1, 0]}, "rule_failed"),
        ({"<": [True, 1]}, "rule_failed"),
        ({"<": ["a", 1]}, "rule_failed"),
        ({"max": []}, "rule_failed"),
        ({"in": [1, "12"]}, "rule_failed"),
        ({"before": ["soon", "2026-03-01"]}, "rule_failed"),
    ],
)
def test_what_cannot_be_answered_fails_instead_of_being_false(rule, code):
    with pytest.raises(Failed) as failed:
        evaluate(rule, {})
    assert failed.value.code == code


def test_engine_and_model_agree_on_random_rules():
    found = []
    for seed in range(4000):
        rule = expression(random.Random(seed))
        theirs = rule_value(rule, DATA)
        if theirs is not None and theirs != ours(rule):
            found.append((rule, ours(rule), theirs))
    assert not found


def ours(rule):
    try:
        return canonical(evaluate(rule, DATA)), None
    except Failed as failed:
        return None, failed.code
