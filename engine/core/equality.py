"""When two values of a rule are equal: JSONLogic's two equalities, over exact numbers."""

from collections.abc import Mapping
from typing import Any, cast

from engine.core.exact import number, numeric
from engine.core.rule_run import Run


def loosely_equal(left: Any, right: Any, run: Run) -> bool:
    """`==`: across texts, numbers and truth values, as JavaScript has it: `"1" == 1`, `"" == 0`, `true == 1`.

    Null equals nothing but null. Lists and objects equal nothing but lists and objects, by `strictly_equal`.
    """
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if _scalar(left) and _scalar(right):
        first, second = _weight(left), _weight(right)
        return first is not None and first == second
    return strictly_equal(left, right, run)


def strictly_equal(left: Any, right: Any, run: Run) -> bool:
    """`===`: the same kind and the same value; 1 and 1.0 are one number. Lists and objects element by element."""
    pending: list[tuple[Any, Any]] = [(left, right)]
    while pending:
        run.spend()
        first, second = pending.pop()
        if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
            one, other = cast("list[Any]", first), cast("list[Any]", second)
            if len(one) != len(other):
                return False
            run.spend(len(one))
            pending.extend(zip(one, other, strict=True))
        elif isinstance(first, Mapping) and isinstance(second, Mapping):
            here, there = cast("Mapping[str, Any]", first), cast("Mapping[str, Any]", second)
            if here.keys() != there.keys():
                return False
            run.spend(len(here))
            pending.extend((value, there[key]) for key, value in here.items())
        elif not _same(first, second):
            return False
    return True


def _same(left: Any, right: Any) -> bool:
    if left is None or isinstance(left, (bool, str)) or right is None or isinstance(right, (bool, str)):
        return type(left) is type(right) and left == right
    first = number(left)
    return first is not None and first == number(right)


def _scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, (list, tuple, Mapping))


def _weight(value: Any) -> Any:
    """The number a text, a truth value or a number stands for beside another kind; None where it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) < 100 and not value.strip():
        return 0
    return numeric(value)
