"""The 277 official JSONLogic cases, and those that differ on purpose (semantics, Rules)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.core.operators import OPERATORS
from engine.core.rules import Rule, RuleDefects, Unresolved

CASES: list[tuple[Any, Any, Any]] = [
    (case[0], {} if case[1] is None else case[1], case[2])
    for case in json.loads(
        (Path(__file__).parents[1] / "data" / "jsonlogic-official-tests.json").read_text(), parse_float=Decimal
    )
    if isinstance(case, list)
]

NO_TERNARY = (RuleDefects, "`?:` is not among the contract's operators: `if` says the same")
NOT_THERE = (Unresolved, "a missing `var` without a default fails instead of being null")
NO_LIST = (Unresolved, "the list is a missing `var`: it fails instead of counting as an empty list")

DIFFERENT: dict[tuple[str, str], tuple[type[Exception], str]] = {
    ('{"?:": [true, 1, 2]}', "{}"): NO_TERNARY,
    ('{"?:": [false, 1, 2]}', "{}"): NO_TERNARY,
    ('{"?:": [{">": [3, 1]}, "visible", "hidden"]}', "{}"): NO_TERNARY,
    (
        '{"var": [{"?:": [{"<": [{"var": "temp"}, 110]}, "pie.filling", "pie.eta"]}]}',
        '{"temp": 100, "pie": {"filling": "apple", "eta": "60s"}}',
    ): NO_TERNARY,
    ('{"var": ["b"]}', '{"a": 1}'): NOT_THERE,
    ('{"var": ["a"]}', "{}"): NOT_THERE,
    ('{"var": "b"}', '{"a": 1}'): NOT_THERE,
    ('{"var": "a"}', "{}"): NOT_THERE,
    ('{"var": "a.q"}', '{"a": {"b": "c"}}'): NOT_THERE,
    ('{"var": "a.b.c"}', "{}"): NOT_THERE,
    ('{"var": "a.b.c"}', '{"a": null}'): NOT_THERE,
    ('{"var": "a.b.c"}', '{"a": {"b": null}}'): NOT_THERE,
    ('{"map": [{"var": "integers"}, {"*": [{"var": ""}, 2]}]}', "{}"): NO_LIST,
    ('{"reduce": [{"var": "integers"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}', "{}"): NO_LIST,
}
"""(rule, data) -> what it raises here, and why. Every other case gives the official result."""


def _key(logic: Any, data: Any) -> tuple[str, str]:
    return json.dumps(logic, default=str), json.dumps(data, default=str)


def _name(case: tuple[Any, Any, Any]) -> str:
    return " on ".join(_key(case[0], case[1]))


@pytest.mark.parametrize("case", [case for case in CASES if _key(case[0], case[1]) not in DIFFERENT], ids=_name)
def test_an_official_case_gives_the_official_result(case: tuple[Any, Any, Any]) -> None:
    logic, data, expected = case
    value = Rule.compile(logic).evaluate(data)
    assert value == expected
    assert isinstance(value, bool) is isinstance(expected, bool)


@pytest.mark.parametrize("case", [case for case in CASES if _key(case[0], case[1]) in DIFFERENT], ids=_name)
def test_an_official_case_that_differs_on_purpose_fails_as_its_entry_says(case: tuple[Any, Any, Any]) -> None:
    logic, data, _ = case
    with pytest.raises(DIFFERENT[_key(logic, data)][0]):
        Rule.compile(logic).evaluate(data)


def test_every_official_case_is_run_and_every_difference_is_one_of_them() -> None:
    assert len(CASES) == 277
    assert set(DIFFERENT) <= {_key(logic, data) for logic, data, _ in CASES}


def test_the_operators_are_the_contracts_list() -> None:
    contract = """var missing missing_some if == === != !== ! !! or and > >= < <= max min + - * / % map reduce filter
        all none some merge in cat substr before after add_time"""
    assert set(OPERATORS) == set(contract.split())
