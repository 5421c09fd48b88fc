"""Exact numbers: integers and decimals, never binary fractions.

`+`, `-`, `*` and `%` lose nothing; division rounds to 28 significant digits, half even. A result without digits after
the point is an `int`, any other a `Decimal` that keeps its digits (`1.10 + 2.20` is `3.30`), so that a value is the
same before and after it was stored as JSON.
"""

import re
from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
)
from math import isfinite
from typing import Any, Final, cast

from engine.core.rule_errors import RuleFailed

Number = int | Decimal

DIGITS: Final = 1000
"""Most digits of a computed number. The sum of the largest and the smallest number that may enter has 651."""

_LONGEST_TEXT: Final = 2000
_INT_BOUND: Final = 10**DIGITS
_NUMERIC: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_BROKEN: Final = [InvalidOperation, DivisionByZero, Overflow, Underflow, Subnormal]
_EXACT: Final = Context(prec=DIGITS, Emax=DIGITS - 1, Emin=1 - DIGITS, traps=[*_BROKEN, Inexact])
_DIVISION: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, Emax=DIGITS - 1, Emin=1 - DIGITS, traps=_BROKEN)


def number(value: Any) -> Number | None:
    """`value` as an exact number; None when it is no number, or one beyond the bounds. A truth value is no number."""
    kind = cast("type[object]", type(value))
    if kind is int:
        whole: int = value
        return whole if -_INT_BOUND < whole < _INT_BOUND else None
    if kind is float:
        return Decimal(repr(value)) if isfinite(value) else None
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < DIGITS:
        return value
    return None


def numeric(value: Any) -> Number | None:
    """`value` as an exact number; also where it is a text that spells one in decimal digits. None for all else."""
    if not isinstance(value, str):
        return number(value)
    if len(value) > _LONGEST_TEXT:
        return None
    text = value.strip()
    return number(Decimal(text)) if _NUMERIC.fullmatch(text) else None


def plain(value: Number) -> str:
    """The number written out exactly: every digit it has, without an exponent."""
    if isinstance(value, int):
        return str(value)
    return format(value.copy_abs() if value.is_zero() else value, "f")


def add(left: Number, right: Number) -> Number:
    """The exact sum.

    Raises:
        RuleFailed: when it is beyond the bounds of a computed number; so do the operations below.
    """
    return _computed("+", _EXACT.add, left, right)


def subtract(left: Number, right: Number) -> Number:
    """The exact difference."""
    return _computed("-", _EXACT.subtract, left, right)


def multiply(left: Number, right: Number) -> Number:
    """The exact product."""
    return _computed("*", _EXACT.multiply, left, right)


def divide(left: Number, right: Number) -> Number:
    """The quotient to 28 significant digits, half even.

    Raises:
        RuleFailed: for a division by zero as well.
    """
    if right == 0:
        raise RuleFailed("`/` cannot divide by zero")
    return _computed("/", _DIVISION.divide, left, right)


def remainder(left: Number, right: Number) -> Number:
    """What is left of `left` after whole times `right`; it has the sign of `left`.

    Raises:
        RuleFailed: for a division by zero as well.
    """
    if right == 0:
        raise RuleFailed("`%` cannot divide by zero")
    return _computed("%", _EXACT.remainder, left, right)


def _computed(operator: str, compute: Callable[[Number, Number], Decimal], left: Number, right: Number) -> Number:
    try:
        return canonical(compute(left, right))
    except (Overflow, Underflow, Subnormal, Inexact, InvalidOperation):
        raise RuleFailed(f"the result of `{operator}` has more than {DIGITS} digits") from None


def canonical(value: Decimal) -> Number:
    """The same number as an `int` where it has no digits after the point; never a negative zero."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "only finite numbers are computed"
    if exponent >= 0:
        return int(value)
    return value.copy_abs() if value.is_zero() else value
