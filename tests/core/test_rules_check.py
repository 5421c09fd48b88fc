"""What refuses a rule when it is loaded (semantics, What is refused: `rule_*`)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.core.rules import Rule, RuleDefects, check


def codes(logic: Any) -> list[str]:
    return [defect.code for defect in check(logic)]


def nested(levels: int) -> Any:
    logic: Any = True
    for _ in range(levels):
        logic = {"!": [logic]}
    return logic


@pytest.mark.parametrize("operator", ["method", "log", "count", "?:", "datetime.now", "", "__class__"])
def test_an_operator_that_is_not_on_the_list_is_refused(operator: str) -> None:
    assert codes({operator: [1, 2]}) == ["rule_operator"]


@pytest.mark.parametrize(
    ("wrong", "meant"), [("?:", "if"), ("=", "=="), ("=>", ">="), ("nonee", "none"), ("subst", "substr"), ("&&", "and")]
)
def test_an_unknown_operator_is_answered_with_the_nearest(wrong: str, meant: str) -> None:
    (defect,) = check({wrong: [1, 2]})
    assert f"`{meant}`" in defect.fix


@pytest.mark.parametrize(
    ("logic", "message"),
    [
        ({"==": [1]}, "`==` takes exactly 2 values, not 1"),
        ({">": [1, 2, 3]}, "`>` takes exactly 2 values, not 3"),
        ({"<": [1, 2, 3, 4]}, "`<` takes 2 to 3 values, not 4"),
        ({"!": []}, "`!` takes exactly 1 value, not 0"),
        ({"and": []}, "`and` takes at least 1 value, not 0"),
        ({"var": ["a", 1, 2]}, "`var` takes 0 to 2 values, not 3"),
        ({"add_time": "2026-01-01"}, "`add_time` takes exactly 2 values, not 1"),
    ],
)
def test_a_wrong_number_of_arguments_is_refused(logic: Any, message: str) -> None:
    assert [(defect.code, defect.message) for defect in check(logic)] == [("rule_arity", message)]


@pytest.mark.parametrize(
    "logic",
    [{"==": [1, 1], "!": 1}, {}, {1: [2]}, {None: 1}, {"==": [datetime(2026, 1, 1, tzinfo=UTC), 1]}, object(), b"a"],
)
def test_what_is_no_rule_and_no_json_value_is_refused(logic: Any) -> None:
    assert codes(logic) == ["rule_shape"]


@pytest.mark.parametrize(
    "number",
    [Decimal("1E+309"), Decimal("1E-309"), 10**34 + 1, 10**5000, Decimal("NaN"), float("inf"), float("nan")],
    ids=lambda number: type(number).__name__,
)
def test_a_number_beyond_the_bounds_is_refused(number: Any) -> None:
    assert codes({"+": [number, 1]}) == ["rule_shape"]


def test_a_text_with_a_nul_is_refused() -> None:
    assert codes({"cat": ["a\0b"]}) == ["rule_shape"]


def test_every_defect_is_found_at_once_with_its_place() -> None:
    logic = {"and": [{"method": [1, 2]}, {"==": [1]}, {"a/b": {"~": 1}}, {"if": [True, {"x": 1, "y": 2}]}]}
    assert [(defect.code, defect.pointer) for defect in check(logic)] == [
        ("rule_operator", "/and/0/method"),
        ("rule_arity", "/and/1/=="),
        ("rule_operator", "/and/2/a~1b"),
        ("rule_operator", "/and/2/a~1b/~0"),
        ("rule_shape", "/and/3/if/1"),
    ]


def test_64_levels_are_taken_and_65_are_refused() -> None:
    assert check(nested(64)) == ()
    assert Rule.compile(nested(64)).evaluate({}) is True
    assert codes(nested(65)) == ["rule_size"]


def test_2000_nodes_are_taken_and_2001_are_refused() -> None:
    assert check({"+": [1] * 1999}) == ()
    assert Rule.compile({"+": [1] * 1999}).evaluate({}) == 1999
    assert codes({"+": [1] * 2000}) == ["rule_size"]


def test_hostile_nesting_is_refused_without_an_exception() -> None:
    assert codes(nested(50_000)) == ["rule_size"]
    endless: list[Any] = []
    endless.extend([endless, endless])
    assert "rule_size" in codes(endless)
    assert codes({"+": [1] * 1_000_000})[-1] == "rule_size"


def test_a_rule_with_defects_is_not_compiled_and_says_all_of_them() -> None:
    with pytest.raises(RuleDefects) as refused:
        Rule.compile({"and": [{"log": 1}, {"==": [1]}]})
    assert [defect.code for defect in refused.value.defects] == ["rule_operator", "rule_arity"]
    assert "/and/0/log: there is no operator `log`" in str(refused.value)


def test_reads_are_the_context_names_in_order_each_once() -> None:
    logic = {
        "and": [
            {">=": [{"var": "score"}, {"var": ["limits.low", {"var": "fallback"}]}]},
            {"var": "score"},
            {"missing": ["ssn", "branch"]},
            {"missing_some": [1, ["phone", "mail"]]},
            {"after": [{"var": "now"}, {"var": "process.started_at"}]},
            {"all": [{"var": "items"}, {">": [{"var": "qty"}, 0]}]},
            {"reduce": [{"var": "items"}, {"+": [{"var": "current.qty"}, {"var": "accumulator"}]}, {"var": "start"}]},
            {"var": [{"cat": ["a", {"var": "suffix"}]}]},
            {"missing": [["list", "of"]]},
            {"var": ""},
        ]
    }
    assert Rule.compile(logic).reads == (
        *("score", "limits.low", "fallback", "ssn", "branch", "phone", "mail"),
        *("items", "start", "suffix", "list", "of"),
    )


def test_rules_are_equal_when_they_are_written_alike() -> None:
    assert Rule.compile({"var": "a"}) == Rule.compile({"var": "a"})
    assert len({Rule.compile(1), Rule.compile(True), Rule.compile("1"), Rule.compile(1)}) == 3
