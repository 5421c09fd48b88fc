"""The operators of rules: how many values each takes, and what it does with them.

The table is json-logic-qubit's, cut down to the contract's list: `method`, `log`, `count` and `?:` are not in it. An
operator that works as the contract says is taken from there; the others are replaced here, because as shipped they go
through binary floats, compare what has no order, or take a missing value for false. `before`, `after` and `add_time`
are added. `var`, `missing`, `if`, `map` and their kin have no function: they decide what is evaluated and in which
scope, which is the compiler's work (`rules.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import pairwise
from typing import Any, Final, cast

from json_logic import operations as _shipped  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from engine.core import durations, exact
from engine.core.equality import loosely_equal, strictly_equal
from engine.core.exact import Number, numeric
from engine.core.rule_errors import RuleFailed
from engine.core.rule_run import Run
from engine.core.times import TimeError, format_time, parse_time

Function = Callable[[list[Any], Run], Any]
"""What an operator does with its evaluated values."""

_library = cast("Mapping[str, Callable[..., Any]]", _shipped)
_CHARACTERS: Final = 100  # characters that cost one operation
_LONGEST_TEXT: Final = 1_000_000
_LONGEST_MOMENT: Final = 100


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: the least and the most values it takes (None: any number), and what it does with them.

    `compares`: its values and result belong into a trace.
    """

    least: int
    most: int | None
    function: Function | None = None
    compares: bool = False

    def takes(self, count: int) -> bool:
        """Whether it works on `count` values."""
        return self.least <= count and (self.most is None or count <= self.most)

    def arity(self) -> str:
        """How many values it takes, in words."""
        if self.most is None:
            return f"at least {self.least} value{'s' if self.least != 1 else ''}"
        if self.least == self.most:
            return f"exactly {self.least} value{'s' if self.least != 1 else ''}"
        return f"{self.least} to {self.most} values"


def truthy(value: Any) -> bool:
    """JSONLogic's truth: false are null, false, 0, "" and []; true is all else, "0" and {} too."""
    return bool(value) or isinstance(value, Mapping)


def kind(value: Any) -> str:
    """What `value` is, in words that hold nothing of it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a number" if exact.number(value) is not None else "a number beyond the bounds"


def plain_text(value: Any) -> str:
    """What `cat` writes for a value: numbers exactly, null as nothing.

    Raises:
        RuleFailed: for lists and objects.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    known = exact.number(value)
    if known is None:
        raise RuleFailed(f"a text was expected, not {kind(value)}")
    return exact.plain(known)


def whole(operator: str, value: Any) -> int:
    """`value` as a whole number.

    Raises:
        RuleFailed: when it is none.
    """
    known = exact.number(value)
    if known is None or known != int(known):
        raise RuleFailed(f"`{operator}` counts with whole numbers, not with {kind(value)}")
    return int(known)


def _operands(operator: str, values: Iterable[Any]) -> list[Number]:
    operands: list[Number] = []
    for value in values:
        operand = numeric(value)
        if operand is None:
            text = "a text that is no number" if isinstance(value, str) else kind(value)
            raise RuleFailed(f"`{operator}` works on numbers, not on {text}")
        operands.append(operand)
    return operands


def _add(values: list[Any], _: Run) -> Number:
    total: Number = 0
    return reduce(exact.add, _operands("+", values), total)


def _subtract(values: list[Any], _: Run) -> Number:
    first, *rest = _operands("-", values)
    return exact.subtract(first, rest[0]) if rest else exact.subtract(0, first)


def _multiply(values: list[Any], _: Run) -> Number:
    product: Number = 1
    return reduce(exact.multiply, _operands("*", values), product)


def _divide(values: list[Any], _: Run) -> Number:
    return exact.divide(*_operands("/", values))


def _remainder(values: list[Any], _: Run) -> Number:
    return exact.remainder(*_operands("%", values))


def _extreme(operator: str, choose: Callable[[list[Number]], Number]) -> Function:
    def chosen(values: list[Any], _: Run) -> Number:
        if not values:
            raise RuleFailed(f"there is no `{operator}` of nothing")
        return choose(_operands(operator, values))

    return chosen


def _order(operator: str, left: Any, right: Any) -> int:
    """-1, 0 or 1: of two numbers (a numeric text counts beside a number) or two texts by code point; else it fails."""
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    first, second = numeric(left), numeric(right)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    raise RuleFailed(f"`{operator}` orders two numbers or two texts, not {kind(left)} and {kind(right)}")


def _ordered(operator: str, holds: Callable[[int], bool]) -> Function:
    def compare(values: list[Any], _: Run) -> bool:
        orders = [_order(operator, left, right) for left, right in pairwise(values)]
        return all(holds(order) for order in orders)

    return compare


def _in(values: list[Any], run: Run) -> bool:
    needle, hay = values
    if hay is None:
        return False
    if isinstance(hay, str):
        if not isinstance(needle, str):
            raise RuleFailed(f"`in` looks for a text in a text, not for {kind(needle)}")
        run.spend(len(hay) // _CHARACTERS)
        return needle in hay
    if not isinstance(hay, (list, tuple)):
        raise RuleFailed(f"`in` looks into a list or a text, not into {kind(hay)}")
    items = cast("list[Any]", hay)
    return any(strictly_equal(needle, item, run) for item in items)


def _cat(values: list[Any], run: Run) -> str:
    texts = [plain_text(value) for value in values]
    length = sum(map(len, texts))
    if length > _LONGEST_TEXT:
        raise RuleFailed(f"`cat` would write more than {_LONGEST_TEXT:,} characters")
    run.spend(length // _CHARACTERS)
    return "".join(texts)


def _substr(values: list[Any], run: Run) -> str:
    text = plain_text(values[0])
    run.spend(len(text) // _CHARACTERS)
    return cast("str", _library["substr"](text, *(whole("substr", value) for value in values[1:])))


def _merge(values: list[Any], run: Run) -> list[Any]:
    run.spend(sum(len(cast("list[Any]", value)) for value in values if isinstance(value, (list, tuple))))
    return cast("list[Any]", _library["merge"](*values))


def _moment(operator: str, value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > _LONGEST_MOMENT:
        raise RuleFailed(f"`{operator}` takes times as texts, not {kind(value)}")
    try:
        return parse_time(value)
    except TimeError:
        raise RuleFailed(f"`{operator}` was given a text that is neither an RFC 3339 time nor a date") from None


def _add_time(values: list[Any], _: Run) -> str:
    time, text = _moment("add_time", values[0]), values[1]
    if not isinstance(text, str) or len(text) > _LONGEST_MOMENT:
        raise RuleFailed(f"`add_time` adds an ISO 8601 duration, not {kind(text)}")
    try:
        duration = durations.parse(text)
    except durations.DurationError:
        raise RuleFailed("`add_time` was given a text that is no ISO 8601 duration") from None
    try:
        return format_time(duration.add_to(time))
    except durations.DurationError:
        raise RuleFailed("`add_time` would leave the years 1 to 9999") from None


def _earlier(values: list[Any], _: Run) -> bool:
    return _moment("before", values[0]) < _moment("before", values[1])


def _later(values: list[Any], _: Run) -> bool:
    return _moment("after", values[0]) > _moment("after", values[1])


OPERATORS: Final[Mapping[str, Operator]] = {
    "var": Operator(0, 2),
    "missing": Operator(0, None, compares=True),
    "missing_some": Operator(2, 2, compares=True),
    "if": Operator(0, None),
    "and": Operator(1, None),
    "or": Operator(1, None),
    "map": Operator(2, 2),
    "filter": Operator(2, 2),
    "reduce": Operator(2, 3),
    "all": Operator(2, 2),
    "none": Operator(2, 2),
    "some": Operator(2, 2),
    "==": Operator(2, 2, lambda values, run: loosely_equal(values[0], values[1], run), compares=True),
    "!=": Operator(2, 2, lambda values, run: not loosely_equal(values[0], values[1], run), compares=True),
    "===": Operator(2, 2, lambda values, run: strictly_equal(values[0], values[1], run), compares=True),
    "!==": Operator(2, 2, lambda values, run: not strictly_equal(values[0], values[1], run), compares=True),
    "<": Operator(2, 3, _ordered("<", lambda order: order < 0), compares=True),
    "<=": Operator(2, 3, _ordered("<=", lambda order: order <= 0), compares=True),
    ">": Operator(2, 2, _ordered(">", lambda order: order > 0), compares=True),
    ">=": Operator(2, 2, _ordered(">=", lambda order: order >= 0), compares=True),
    "!": Operator(1, 1, lambda values, _: not truthy(values[0])),
    "!!": Operator(1, 1, lambda values, _: truthy(values[0])),
    "+": Operator(1, None, _add),
    "-": Operator(1, 2, _subtract),
    "*": Operator(1, None, _multiply),
    "/": Operator(2, 2, _divide),
    "%": Operator(2, 2, _remainder),
    "max": Operator(0, None, _extreme("max", max)),
    "min": Operator(0, None, _extreme("min", min)),
    "in": Operator(2, 2, _in, compares=True),
    "cat": Operator(0, None, _cat),
    "substr": Operator(2, 3, _substr),
    "merge": Operator(0, None, _merge),
    "before": Operator(2, 2, _earlier, compares=True),
    "after": Operator(2, 2, _later, compares=True),
    "add_time": Operator(2, 2, _add_time),
}
"""Every operator a rule may use. Its first 33 exist in the library under the same name."""
