"""What is wrong with a rule as written, before it may run: every defect at once, safe on any input."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, cast

from engine.core.operators import OPERATORS
from engine.core.rule_errors import Defect
from engine.core.values import entering, escape

MOST_NODES: Final = 2_000
"""Operators, lists and values of one rule."""
MOST_LEVELS: Final = 64
"""Operators and lists inside each other."""

_MEANT: Final = {"?:": "if", "=": "==", "=>": ">=", "=<": "<=", "<>": "!=", "&&": "and", "||": "or", "not": "!"}
_ONE: Final = 'Write one operator to an object, such as {"var": "amount"}; join several with `and` or `or`.'


def check(logic: Any) -> tuple[Defect, ...]:
    """Every defect of a rule, in the order it is written; empty for a rule that can be compiled. Never raises."""
    defects: list[Defect] = []
    pending: list[tuple[Any, str, int]] = [(logic, "", 1)]
    nodes = 0
    while pending:
        nodes += 1
        if nodes > MOST_NODES:
            defects.append(_size("", f"the rule has more than {MOST_NODES:,} nodes"))
            break
        value, pointer, level = pending.pop()
        if not isinstance(value, (Mapping, list, tuple)):
            defects.extend(_of_literal(value, pointer))
            continue
        if level > MOST_LEVELS:
            defects.append(_size(pointer, f"the rule is nested deeper than {MOST_LEVELS} levels"))
            continue
        if isinstance(value, Mapping):
            children = _of_operator(cast("Mapping[Any, Any]", value), pointer, defects)
        else:
            children = _elements(cast("list[Any]", value), pointer)
        pending.extend((child, place, level + 1) for child, place in reversed(children[:MOST_NODES]))
    return tuple(defects)


def arguments(value: Any, pointer: str) -> list[tuple[Any, str]]:
    """The arguments of an operator with their pointers: those of a list, or the value itself as the only one."""
    if isinstance(value, (list, tuple)):
        return _elements(cast("list[Any]", value), pointer)
    return [(value, pointer)]


def place_of(operator: str, pointer: str) -> str:
    """The pointer of what stands under `operator`."""
    return f"{pointer}/{escape(operator)}"


def _elements(items: list[Any], pointer: str) -> list[tuple[Any, str]]:
    return [(item, f"{pointer}/{index}") for index, item in enumerate(items[: MOST_NODES + 1])]


def _of_operator(node: Mapping[Any, Any], pointer: str, defects: list[Defect]) -> list[tuple[Any, str]]:
    """Note what is wrong with an object; its arguments, to be checked next."""
    if len(node) != 1:
        found = "no operator" if not node else f"{len(node)} keys"
        defects.append(Defect("rule_shape", pointer, f"an object of a rule holds one operator, not {found}", _ONE))
        return []
    operator, value = next(iter(node.items()))
    if not isinstance(operator, str):
        defects.append(Defect("rule_shape", pointer, "an operator is a text", "Put the operator in quotes."))
        return []
    place = place_of(operator[:100], pointer)
    children = arguments(value, place)
    known = OPERATORS.get(operator)
    if known is None:
        defects.append(_unknown(operator, place))
    elif not known.takes(len(children)):
        given = len(cast("list[Any]", value)) if isinstance(value, (list, tuple)) else 1
        message = f"`{operator}` takes {known.arity()}, not {given}"
        defects.append(Defect("rule_arity", place, message, f"Give `{operator}` {known.arity()}."))
    return children


def _unknown(operator: str, place: str) -> Defect:
    name = operator[:40]
    nearest = _MEANT.get(name) or next(iter(get_close_matches(name, OPERATORS, n=1, cutoff=0.5)), None)
    known = ", ".join(OPERATORS)
    fix = f"Did you mean `{nearest}`?" if nearest else f"The operators are: {known}."
    return Defect("rule_operator", place, f"there is no operator `{name}`", fix)


def _of_literal(value: Any, pointer: str) -> list[Defect]:
    try:
        trespasses = entering(value)
    except ValueError:  # an integer of more digits than Python writes out
        trespasses = [{"message": "is a number far beyond the bounds"}]
    fix = "Use a JSON value: null, true, false, a text without NUL, or a number of at most 34 digits within 1E±308."
    return [Defect("rule_shape", pointer, f"this value {trespass['message']}", fix) for trespass in trespasses]


def _size(pointer: str, message: str) -> Defect:
    return Defect("rule_size", pointer, message, "Split it: compute parts of it in `sets` or a decision table first.")
