"""What holds for every rule (semantics, Rules): exactness, determinism, and no failure but RuleError."""

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.operators import OPERATORS
from engine.core.rules import Rule, RuleError, check
from engine.core.values import decode, encode

numbers = st.integers(-(10**34) + 1, 10**34 - 1) | st.decimals(allow_nan=False, allow_infinity=False, places=6).filter(
    lambda value: len(value.as_tuple().digits) <= 34
)
texts = st.sampled_from(["", "a", "0", "12", "1.50", "-3", "x.y", "2026-01-31", "2026-03-01T09:30:00Z", "P1M", "-PT1H"])
scalars = st.none() | st.booleans() | numbers | st.integers(-3, 3) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3))
names = st.sampled_from(["", "a", "b", "l", "l.0", "o.a", "current", "accumulator", "none"])
contexts = st.fixed_dictionaries({"a": scalars, "b": numbers, "l": st.lists(values, max_size=5), "o": values})


def _applied(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def arguments(operator: str) -> st.SearchStrategy[Any]:
        known = OPERATORS[operator]
        lists = st.lists(inner, min_size=known.least, max_size=4 if known.most is None else known.most)
        return lists.map(lambda items: {operator: items})

    return st.sampled_from(sorted(OPERATORS)).flatmap(arguments) | st.lists(inner, max_size=3)


rules = st.recursive(scalars | names.map(lambda name: {"var": name}), _applied, max_leaves=15)


def outcome(rule: Rule, data: Any) -> Any:
    try:
        return rule.evaluate(data)
    except RuleError as error:
        return type(error), str(error)


@settings(max_examples=150, deadline=None)
@given(rules, contexts)
def test_a_checked_rule_gives_a_json_value_or_a_rule_error(logic: Any, data: dict[str, Any]) -> None:
    assert check(logic) == ()
    rule = Rule.compile(logic)
    before = repr(data)
    first = outcome(rule, data)
    assert repr(outcome(rule, data)) == repr(first), "the same rule on the same data gives the same"
    assert repr(data) == before, "a rule changes nothing"
    if not isinstance(first, tuple):
        assert encode(decode(encode(first))) == encode(first), "its value is the same after it was stored"
        assert repr(rule.trace(data)[0]) == repr(first)
        encode(rule.trace(data)[1].as_json())


@given(st.recursive(st.none() | st.integers() | st.floats() | st.binary() | st.text(), _applied, max_leaves=10))
def test_a_check_never_raises(logic: Any) -> None:
    assert isinstance(check(logic), tuple)


@given(st.recursive(scalars, lambda inner: st.dictionaries(st.text() | st.integers(), inner, max_size=2)))
def test_a_rule_is_compiled_exactly_when_it_has_no_defect(logic: Any) -> None:
    try:
        Rule.compile(logic)
    except ValueError:
        assert check(logic)
    else:
        assert not check(logic)


@given(st.lists(numbers, min_size=2, max_size=5))
def test_sums_differences_and_products_lose_nothing(operands: list[int | Decimal]) -> None:
    exact = [Fraction(operand) for operand in operands]
    product = Fraction(1)
    for operand in exact:
        product *= operand
    assert Fraction(Rule.compile({"+": operands}).evaluate({})) == sum(exact)
    assert Fraction(Rule.compile({"*": operands}).evaluate({})) == product
    assert Fraction(Rule.compile({"-": operands[:2]}).evaluate({})) == exact[0] - exact[1]


@given(numbers, numbers.filter(bool))
def test_a_quotient_is_within_half_of_its_28th_digit(dividend: int | Decimal, divisor: int | Decimal) -> None:
    quotient = Rule.compile({"/": [dividend, divisor]}).evaluate({})
    exact = Fraction(dividend) / Fraction(divisor)
    step = Fraction(10) ** (Context(prec=60).create_decimal(quotient).adjusted() - 27) if quotient else Fraction(0)
    assert abs(Fraction(quotient) - exact) <= step / 2


@given(numbers, numbers)
def test_an_order_is_that_of_the_exact_values(left: int | Decimal, right: int | Decimal) -> None:
    for operator, holds in (("<", left < right), ("==", left == right), (">=", left >= right)):
        assert Rule.compile({operator: [left, right]}).evaluate({}) is holds


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_run_ends_within_its_budget(outer: int, middle: int, inner: int) -> None:
    data = {"l": [{"l": [{"l": [1] * inner}] * middle}] * outer}
    rows = {"var": "l"}
    rule = Rule.compile({"map": [rows, {"map": [rows, {"map": [rows, {"+": [{"var": ""}, 1]}]}]}]})
    needed = outer * middle * inner * 2
    try:
        rule.evaluate(data)
    except RuleError:
        assert needed > 20_000
    else:
        assert needed <= 100_000
