"""JSONLogic on exact decimals, from the contract's section Rules and its corners: a tree walk, nothing compiled."""

import itertools
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from tests.model import times

EXACT = Context(prec=2000, rounding=ROUND_HALF_EVEN, Emax=10**6, Emin=-(10**6))
DIVISION = Context(prec=28, rounding=ROUND_HALF_EVEN)
_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")


class Failed(Exception):
    """A rule that cannot be answered; `code` is that of the incident: `unresolved` or `rule_failed`."""

    def __init__(self, code, why=""):
        super().__init__(f"{code}: {why}")
        self.code = code


def evaluate(rule, data):
    """The value of `rule` over `data`. Raises Failed."""
    if isinstance(rule, list):
        return [evaluate(one, data) for one in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    ((operator, given),) = rule.items()
    arguments = given if isinstance(given, list) else [given]
    if operator in LAZY:
        return LAZY[operator](arguments, data)
    if operator not in EAGER:
        raise Failed("rule_failed", f"unknown operator {operator}")
    return EAGER[operator](*[evaluate(one, data) for one in arguments])


def truthy(value):
    """JSONLogic's truthiness: an empty list is false, an empty object is true."""
    return value == {} or bool(value)


def is_number(value):
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def number(value, strings=False):
    """A number as a Decimal; with `strings` also a numeric text. Raises Failed."""
    if is_number(value):
        return Decimal(value)
    if strings and isinstance(value, str) and _NUMERIC.fullmatch(value):
        return Decimal(value.strip())
    raise Failed("rule_failed", f"no number: {value!r}")


# --- reading -------------------------------------------------------------------------------------------------------

NOTHING = object()


def find(path, data):
    """What a dotted path finds, or NOTHING."""
    if path is None or path in ("", []):
        return data
    for segment in str(path).split("."):
        if isinstance(data, dict) and segment in data:
            data = data[segment]
        elif isinstance(data, list) and segment.isdecimal() and int(segment) < len(data):
            data = data[int(segment)]
        else:
            return NOTHING
    return data


def _var(arguments, data):
    path = evaluate(arguments[0], data) if arguments else ""
    found = find(path, data)
    if found is not NOTHING:
        return found
    if len(arguments) > 1:
        return evaluate(arguments[1], data)
    raise Failed("unresolved", str(path))


def _missing(arguments, data):
    values = [evaluate(one, data) for one in arguments]
    names = values[0] if values and isinstance(values[0], list) else values
    return [name for name in names if find(name, data) in (NOTHING, None, "")]


def _missing_some(arguments, data):
    least, names = (evaluate(one, data) for one in arguments)
    gone = _missing([names], data)
    return [] if len(names) - len(gone) >= least else gone


# --- choosing ------------------------------------------------------------------------------------------------------


def _if(arguments, data):
    rest = list(arguments)
    while len(rest) > 1:
        if truthy(evaluate(rest.pop(0), data)):
            return evaluate(rest[0], data)
        rest.pop(0)
    return evaluate(rest[0], data) if rest else None


def _and(arguments, data):
    value = None
    for one in arguments:
        value = evaluate(one, data)
        if not truthy(value):
            break
    return value


def _or(arguments, data):
    value = None
    for one in arguments:
        value = evaluate(one, data)
        if truthy(value):
            break
    return value


# --- comparing -----------------------------------------------------------------------------------------------------


def strictly(left, right):
    """`===`: the same kind and the same value; lists and objects by their elements."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_number(left) and is_number(right):
        return Decimal(left) == Decimal(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(strictly, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(strictly(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def loosely(left, right):
    """`==`: texts and booleans count as numbers beside another kind; null equals null alone."""
    if type(left) is type(right) or (is_number(left) and is_number(right)):
        return strictly(left, right)
    sides = (left, right)
    if any(side is None or isinstance(side, list | dict) for side in sides):
        return False
    try:
        first, second = (Decimal(0) if side == "" else number(_unbool(side), strings=True) for side in sides)
    except Failed:
        return False
    return first == second


def _unbool(value):
    return int(value) if isinstance(value, bool) else value


def _ordered(*values):
    """The values in a form that Python orders, two by two. Raises Failed for what has no order."""
    pairs = []
    for left, right in itertools.pairwise(values):
        if isinstance(left, str) and isinstance(right, str):
            pairs.append((left, right))
        elif is_number(left) or is_number(right):
            pairs.append((number(left, strings=True), number(right, strings=True)))
        else:
            raise Failed("rule_failed", f"no order between {left!r} and {right!r}")
    return pairs


# --- lists ---------------------------------------------------------------------------------------------------------


def _elements(argument, data):
    value = evaluate(argument, data)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Failed("rule_failed", "no list")
    return value


def _reduce(arguments, data):
    value = evaluate(arguments[2], data) if len(arguments) > 2 else None
    for element in _elements(arguments[0], data):
        value = evaluate(arguments[1], {"current": element, "accumulator": value})
    return value


def _holds(arguments, data):
    """For one element after another, whether the condition holds: looked at only as far as needed."""
    return (truthy(evaluate(arguments[1], element)) for element in _elements(arguments[0], data))


def _all(arguments, data):
    elements = _elements(arguments[0], data)
    return bool(elements) and all(truthy(evaluate(arguments[1], element)) for element in elements)


def _merge(*values):
    return [element for value in values for element in (value if isinstance(value, list) else [value])]


def _in(needle, heap):
    if isinstance(heap, str):
        if not isinstance(needle, str):
            raise Failed("rule_failed", "only a text is in a text")
        return needle in heap
    if heap is None:
        return False
    if not isinstance(heap, list):
        raise Failed("rule_failed", "nothing is in what is neither text nor list")
    return any(strictly(needle, element) for element in heap)


# --- numbers and texts ---------------------------------------------------------------------------------------------


def _plus(*values):
    with localcontext(EXACT):
        return sum((number(value, strings=True) for value in values), Decimal(0))


def _exactly(value):
    """The same number; zero has no sign."""
    return EXACT.plus(value)


def _minus(*values):
    numbers = [number(value, strings=True) for value in values]
    with localcontext(EXACT):
        return _exactly(-numbers[0] if len(numbers) == 1 else numbers[0] - numbers[1])


def _times(*values):
    product = Decimal(1)
    with localcontext(EXACT):
        for value in values:
            product *= number(value, strings=True)
    return _exactly(product)


def _divide(left, right):
    left, right = number(left, strings=True), number(right, strings=True)
    if right == 0:
        raise Failed("rule_failed", "division by zero")
    return _exactly(DIVISION.divide(left, right))


def _remainder(left, right):
    left, right = number(left, strings=True), number(right, strings=True)
    if right == 0:
        raise Failed("rule_failed", "division by zero")
    return _exactly(EXACT.remainder(left, right))


def _extreme(choose):
    def found(*values):
        if not values:
            raise Failed("rule_failed", "of nothing")
        return choose(number(value, strings=True) for value in values)

    return found


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise Failed("rule_failed", "a list is no text")
    return value if isinstance(value, str) else format(value, "f") if isinstance(value, Decimal) else str(value)


def _substr(text, start, count=None):
    text, start = _text(text), int(start)
    rest = text[start:] if start >= 0 else text[max(len(text) + start, 0) :]
    if count is None:
        return rest
    return rest[: int(count)] if count >= 0 else rest[: max(len(rest) + int(count), 0)]


# --- times ---------------------------------------------------------------------------------------------------------


def _instants(*values):
    try:
        return [times.read_time(value) for value in values]
    except ValueError as error:
        raise Failed("rule_failed", str(error)) from error


def _before(left, right):
    first, second = _instants(left, right)
    return first < second


def _add_time(instant, duration):
    (start,) = _instants(instant)
    try:
        return times.write_time(times.add(start, duration))
    except ValueError as error:
        raise Failed("rule_failed", str(error)) from error


LAZY = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
    "if": _if,
    "and": _and,
    "or": _or,
    "map": lambda arguments, data: [evaluate(arguments[1], one) for one in _elements(arguments[0], data)],
    "filter": lambda arguments, data: [
        one for one in _elements(arguments[0], data) if truthy(evaluate(arguments[1], one))
    ],
    "reduce": _reduce,
    "all": _all,
    "some": lambda arguments, data: any(_holds(arguments, data)),
    "none": lambda arguments, data: not any(_holds(arguments, data)),
}
EAGER = {
    "==": loosely,
    "===": strictly,
    "!=": lambda left, right: not loosely(left, right),
    "!==": lambda left, right: not strictly(left, right),
    "!": lambda value=None: not truthy(value),
    "!!": lambda value=None: truthy(value),
    ">": lambda *values: all(left > right for left, right in _ordered(*values)),
    "<": lambda *values: all(left < right for left, right in _ordered(*values)),
    ">=": lambda *values: all(left >= right for left, right in _ordered(*values)),
    "<=": lambda *values: all(left <= right for left, right in _ordered(*values)),
    "max": _extreme(max),
    "min": _extreme(min),
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _divide,
    "%": _remainder,
    "merge": _merge,
    "in": _in,
    "cat": lambda *values: "".join(map(_text, values)),
    "substr": _substr,
    "before": _before,
    "after": lambda left, right: _before(right, left),
    "add_time": _add_time,
}
