"""What rules give (semantics, Rules; Corners, Rules; R9)."""

from decimal import Decimal
from typing import Any

import pytest

from engine.core.rules import RESERVED, Rule, RuleFailed, Unresolved, truthy


def value(logic: Any, **data: Any) -> Any:
    return Rule.compile(logic).evaluate(data)


def fails(logic: Any, **data: Any) -> str:
    with pytest.raises(RuleFailed) as failure:
        Rule.compile(logic).evaluate(data)
    return str(failure.value)


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_missing_var_without_a_default_is_unresolved_and_never_false() -> None:
    for logic in ({"var": "a.b"}, {"!": {"var": "a.b"}}, {"==": [{"var": "a.b"}, None]}, {"if": [{"var": "a.b"}, 1]}):
        with pytest.raises(Unresolved) as failure:
            value(logic, a={"c": 1})
        assert failure.value.name == "a.b"


def test_a_failure_says_where_in_the_rule() -> None:
    with pytest.raises(Unresolved, match=r"`b` has no value.*\(at /and/1/>/0/var of the rule\)"):
        value({"and": [True, {">": [{"var": "b"}, 1]}]})
    assert fails({"and": [True, {">": [None, 1]}]}).endswith("(at /and/1/> of the rule)")


def test_a_null_that_is_there_is_found() -> None:
    assert value({"var": ["a", 7]}, a=None) is None
    assert value({"var": "a.b"}, a={"b": None}) is None


def test_a_default_is_evaluated_only_when_it_is_needed() -> None:
    assert value({"var": ["a", {"var": "b"}]}, a=1) == 1
    assert value({"var": ["a", {"var": "b"}]}, b=2) == 2
    assert value({"var": ["a", None]}) is None


def test_a_name_reaches_into_objects_and_lists_and_nothing_else() -> None:
    assert value({"var": "a.1.b"}, a=[0, {"b": "x"}]) == "x"
    for name in ("a.2", "a.-1", "a.length", "a.0.real", "t.0", "a.__class__", "a.²"):
        with pytest.raises(Unresolved):
            value({"var": name}, a=[1, 2], t="text")


def test_an_empty_name_is_the_whole_scope() -> None:
    assert value({"var": ""}, a=1) == {"a": 1}


def test_a_name_that_is_no_name_fails() -> None:
    assert "takes a name, not a list" in fails({"var": [["a"]]}, a=1)
    assert "takes a name, not a truth value" in fails({"var": [True]}, a=1)


def test_missing_counts_null_and_the_empty_text_and_never_fails() -> None:
    assert value({"missing": ["a", "b", "c", "d.e", "f"]}, a=None, b="", c=0, f=False) == ["a", "b", "d.e"]
    assert value({"missing_some": [0, ["a"]]}) == []
    assert value({"missing": [[True, {"var": "x"}]]}, x={"a": 1}) == [True, {"a": 1}]


def test_the_reserved_names_are_those_of_the_contract() -> None:
    assert set(RESERVED) == {"process", "atom", "item", "item_index", "now"}


# --- truth and choices ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("false", [None, False, 0, Decimal("0.0"), "", [], ()])
def test_null_zero_and_empty_texts_and_lists_are_false(false: Any) -> None:
    assert not truthy(false)


@pytest.mark.parametrize("true", [True, 1, -1, Decimal("0.1"), "0", "false", [0], {}, {"a": 1}])
def test_all_else_is_true(true: Any) -> None:
    assert truthy(true)


def test_only_what_is_needed_is_evaluated() -> None:
    assert value({"or": [1, {"var": "x"}]}) == 1
    assert value({"and": [0, {"var": "x"}]}) == 0
    assert value({"if": [True, 1, {"var": "x"}]}) == 1


def test_a_literal_is_a_rule_that_gives_itself() -> None:
    assert value([1, [{"var": "a"}], "x", None], a=2) == [1, [2], "x", None]


def test_a_list_that_a_rule_gives_is_a_new_one_each_time() -> None:
    rule = Rule.compile([[1]])
    rule.evaluate({})[0].append(2)
    assert rule.evaluate({}) == [[1]]


# --- equality and order -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("", 0),
        (True, 1),
        (False, 0),
        (False, ""),
        (True, "1"),
        ("1.0", 1),
        (" 1 ", 1),
        (Decimal("1.0"), 1),
        (None, None),
        ([1, [Decimal("2.0")]], [Decimal("1.0"), [2]]),
        (0.1, Decimal("0.1")),
    ],
)
def test_these_are_loosely_equal(left: Any, right: Any) -> None:
    for first, second in ((left, right), (right, left)):
        assert value({"==": [{"var": "a"}, {"var": "b"}]}, a=first, b=second) is True
        assert value({"!=": [{"var": "a"}, {"var": "b"}]}, a=first, b=second) is False


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (None, 0),
        (None, False),
        (None, ""),
        ([], ""),
        ([], False),
        ([1], 1),
        ([1], "1"),
        ([1], ["1"]),
        ([1], [True]),
        ("1_0", 10),
        ("１", 1),
        ("nan", "NaN"),
        ("true", True),
        ({"a": 1}, {"a": 1, "b": 2}),
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
    ],
)
def test_these_are_not_loosely_equal(left: Any, right: Any) -> None:
    for first, second in ((left, right), (right, left)):
        assert value({"==": [{"var": "a"}, {"var": "b"}]}, a=first, b=second) is False
        assert value({"!=": [{"var": "a"}, {"var": "b"}]}, a=first, b=second) is True


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, Decimal("1.00"), True),
        (1, "1", False),
        (1, True, False),
        (0, False, False),
        (None, None, True),
        (None, False, False),
        ([1, {"a": [2]}], [Decimal("1.0"), {"a": [2]}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        ("a", "a", True),
    ],
)
def test_strict_equality_tells_kinds_apart_but_not_spellings_of_a_number(left: Any, right: Any, equal: bool) -> None:
    assert value({"===": [{"var": "a"}, {"var": "b"}]}, a=left, b=right) is equal
    assert value({"!==": [{"var": "a"}, {"var": "b"}]}, a=left, b=right) is not equal


def test_numbers_are_ordered_exactly() -> None:
    assert value({"<": [{"var": "a"}, {"var": "b"}]}, a=9007199254740992, b=Decimal("9007199254740992.1")) is True
    assert value({">=": ["10", 9]}) is True
    assert value({"<": [1, 2, 3]}) is True
    assert value({"<=": [1, 1, 0]}) is False


def test_texts_are_ordered_by_code_point_also_when_they_look_like_numbers() -> None:
    assert value({"<": ["10", "9"]}) is True
    assert value({"<": ["Z", "a"]}) is True


@pytest.mark.parametrize(
    ("left", "right"), [(None, 1), (True, 1), ("a", 1), ("", 1), ([1], 1), ([1], [2]), ("a", None), ({}, {})]
)
def test_an_order_of_anything_else_fails_instead_of_being_false(left: Any, right: Any) -> None:
    for operator in ("<", "<=", ">", ">="):
        assert "orders two numbers or two texts" in fails({operator: [{"var": "a"}, {"var": "b"}]}, a=left, b=right)


def test_the_third_value_of_a_comparison_is_looked_at_even_when_the_first_two_decide() -> None:
    fails({"<": [3, 2, None]})


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ({"+": [Decimal("0.1"), Decimal("0.2")]}, "0.3"),
        ({"+": [0.1, 0.2]}, "0.3"),
        ({"+": [Decimal("1.10"), Decimal("2.20")]}, "3.30"),
        ({"+": ["1.5", "2"]}, "3.5"),
        ({"-": ["2", Decimal("0.5")]}, "1.5"),
        ({"-": [Decimal("0.0")]}, "0.0"),
        ({"*": [10**34, Decimal("1E-34")]}, "1.0000000000000000000000000000000000"),
        ({"*": [9999999999999999999999999999999999, 9999999999999999999999999999999999]}, str((10**34 - 1) ** 2)),
        ({"/": [1, 3]}, "0.3333333333333333333333333333"),
        ({"/": [2, 3]}, "0.6666666666666666666666666667"),
        ({"/": [10000000000000000000000000005, 10]}, "1000000000000000000000000000"),
        ({"/": [10000000000000000000000000015, 10]}, "1000000000000000000000000002"),
        ({"/": [6, 2]}, "3"),
        ({"%": [-7, 3]}, "-1"),
        ({"%": [Decimal("7.5"), 2]}, "1.5"),
        ({"max": [1, "3", Decimal("2.50")]}, "3"),
        ({"min": [Decimal("2.50"), 3]}, "2.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_arithmetic_is_exact_and_cat_writes_every_digit(logic: Any, expected: str) -> None:
    assert value({"cat": [logic]}) == expected


def test_the_largest_and_the_smallest_number_add_up_exactly() -> None:
    total = {"+": [Decimal("1E+308"), Decimal("1E-308")]}
    assert value({"-": [total, Decimal("1E+308")]}) == Decimal("1E-308")


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "%"])
@pytest.mark.parametrize("operand", [None, True, "", "abc", "12abc", "0x10", "Infinity", "1e5000", [1], {"a": 1}])
def test_arithmetic_with_what_is_no_number_fails(operator: str, operand: Any) -> None:
    fails({operator: [{"var": "a"}, 1]}, a=operand)


def test_a_division_by_zero_fails() -> None:
    assert "cannot divide by zero" in fails({"/": [1, 0]})
    assert "cannot divide by zero" in fails({"%": [1, Decimal("0.0")]})


def test_max_and_min_of_nothing_fail() -> None:
    assert "no `max` of nothing" in fails({"max": []})
    assert "no `min` of nothing" in fails({"min": []})


def test_a_number_beyond_a_thousand_digits_fails() -> None:
    assert "more than 1000 digits" in fails({"*": [{"var": "a"}] * 4}, a=Decimal("1E+300"))
    assert "more than 1000 digits" in fails({"*": [{"var": "a"}] * 4}, a=Decimal("1E-300"))
    assert "beyond the bounds" in fails({"+": [{"var": "a"}, 1]}, a=10**1000)


# --- texts, lists, times ----------------------------------------------------------------------------------------------


def test_cat_joins_texts_numbers_truth_values_and_null_but_no_lists() -> None:
    assert value({"cat": ["a", 1, True, None, Decimal("-0.0")]}) == "a1true0.0"
    assert "not a list" in fails({"cat": [[1]]})
    assert "not an object" in fails({"cat": [{"var": "a"}]}, a={})


def test_in_looks_for_a_text_in_a_text_and_for_the_same_value_in_a_list() -> None:
    assert value({"in": [Decimal("1.0"), [1, 2]]}) is True
    assert value({"in": ["1", [1, 2]]}) is False
    assert value({"in": [True, [1, 2]]}) is False
    assert value({"in": [[1], [[1]]]}) is True
    assert value({"in": ["a", None]}) is False
    assert "not for a number" in fails({"in": [1, "a1"]})
    assert "not into an object" in fails({"in": ["a", {"var": "o"}]}, o={"a": 1})


def test_substr_counts_with_whole_numbers() -> None:
    assert value({"substr": ["jsonlogic", Decimal("4.0")]}) == "logic"
    assert value({"substr": [12345, 1, 2]}) == "23"
    assert value({"substr": ["abc", 1, -9]}) == ""
    fails({"substr": ["abc", Decimal("1.5")]})
    fails({"substr": ["abc", "1"]})


def test_inside_an_element_a_var_addresses_the_element_alone() -> None:
    assert value({"map": [{"var": "l"}, {"var": "x"}]}, l=[{"x": 1}, {"x": 2}], x=9) == [1, 2]
    with pytest.raises(Unresolved):
        value({"map": [{"var": "l"}, {"var": "x"}]}, l=[{"y": 1}], x=9)
    assert value({"reduce": [[1, 2], {"-": [{"var": "accumulator"}, {"var": "current"}]}, {"var": "a"}]}, a=9) == 6


def test_filter_keeps_elements_that_are_false_themselves() -> None:
    assert value({"filter": [[0, 1, None, ""], True]}) == [0, 1, None, ""]
    assert value({"some": [[0], {"==": [{"var": ""}, 0]}]}) is True
    assert value({"none": [[0], {"==": [{"var": ""}, 0]}]}) is False


def test_null_counts_as_an_empty_list_and_anything_else_is_none() -> None:
    assert value({"map": [None, 1]}) == []
    assert value({"all": [None, True]}) is False
    assert value({"reduce": [None, 1, 5]}) == 5
    for operator in ("map", "filter", "all", "none", "some"):
        assert "works on a list, not on a text" in fails({operator: ["abc", True]})


def test_times_are_compared_as_instants_and_dates_are_midnight_utc() -> None:
    assert value({"before": ["2026-01-01T00:30:00+01:00", "2026-01-01"]}) is True
    assert value({"after": ["2026-01-01T00:00:00Z", "2026-01-01"]}) is False
    assert value({"before": ["2026-01-01", "2026-01-01T00:00:00.001Z"]}) is True
    assert "neither an RFC 3339 time nor a date" in fails({"before": ["tomorrow", "2026-01-01"]})
    assert "times as texts, not null" in fails({"after": [None, "2026-01-01"]})


def test_add_time_moves_a_time_by_a_duration() -> None:
    assert value({"add_time": ["2024-01-31", "P1M"]}) == "2024-02-29T00:00:00.000Z"
    assert value({"add_time": ["2026-03-01T12:00:00+02:00", "-PT1H"]}) == "2026-03-01T09:00:00.000Z"
    fails({"add_time": ["2026-01-01", "3 days"]})
    fails({"add_time": ["2026-01-01", 3]})
    fails({"add_time": ["9999-12-31", "P1M"]})


# --- bounds and traces ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]},
        {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]},
        [{"var": "accumulator"}, {"var": "accumulator"}],
        [{"var": "accumulator"}],
        {"*": [{"var": "accumulator"}, {"var": "accumulator"}]},
    ],
)
def test_a_rule_that_grows_without_end_fails(body: Any) -> None:
    fails({"reduce": [{"var": "l"}, body, "99"]}, l=list(range(5_000)))


def test_a_rule_that_runs_without_end_fails() -> None:
    row = {"var": "rows"}
    nest = {"map": [row, {"map": [row, {"map": [row, {"+": [1, 1]}]}]}]}
    rows: Any = 1
    for _ in range(3):
        rows = [{"rows": rows}] * 100
    assert "more than 100,000 operations" in fails(nest, rows=rows)


def test_a_long_rule_on_every_element_counts_its_length() -> None:
    assert "operations" in fails({"all": [{"var": "l"}, {"+": [1] * 1900}]}, l=[1] * 5_000)


def test_no_failure_repeats_a_value() -> None:
    for logic in (
        {"+": [{"var": "ssn"}, 1]},
        {"<": [{"var": "ssn"}, 1]},
        {"before": [{"var": "ssn"}, {"var": "ssn"}]},
        {"add_time": ["2026-01-01", {"var": "ssn"}]},
        {"map": [{"var": "ssn"}, 1]},
        {"substr": ["abc", {"var": "ssn"}]},
    ):
        assert "123-45" not in fails(logic, ssn="123-45-6789")


def test_a_trace_says_what_was_read_and_compared_and_gives_the_same_value() -> None:
    rule = Rule.compile({"and": [{">=": [{"var": "score"}, 620]}, {"in": [{"var": "x.state"}, ["CA", "NY"]]}]})
    result, trace = rule.trace({"score": 700, "x": {"state": "TX"}})
    assert result is False
    assert trace.as_json() == {
        "reads": {"score": 700, "x.state": "TX"},
        "comparisons": [
            {"operator": ">=", "values": [700, 620], "result": True},
            {"operator": "in", "values": ["TX", ["CA", "NY"]], "result": False},
        ],
    }


def test_a_trace_is_bounded() -> None:
    rule = Rule.compile({"all": [{"var": "l"}, {"<": [{"var": ""}, {"cat": ["z"] * 500}]}]})
    _, trace = rule.trace({"l": ["a" * 10_000] * 1_000})
    shown = trace.as_json()
    assert len(shown["comparisons"]) == 50
    assert shown["complete"] is False
    assert len(shown["reads"]["l"]) == 11
    assert len(str(shown)) < 50_000
