"""The trace of a rule in words: the values it read, and what it made of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from engine.core.covering import COVERED
from engine.core.values import encode

_SIGNS: Final[Mapping[str, str]] = {"==": "=", "===": "=", "!=": "≠", "!==": "≠", ">=": "≥", "<=": "≤"}
_OPPOSITES: Final[Mapping[str, str]] = {"=": "≠", "≠": "=", "≥": "<", "<": "≥", "≤": ">", ">": "≤"}
_LONGEST: Final = 60


def because(trace: Mapping[str, Any]) -> str:
    """The values a rule read and what it made of them: `credit_score 705 ≥ 620`, `credit_score 619 < 620`.

    Where some of them are sensitive, none is said.
    """
    if trace == COVERED:
        return "by sensitive data"
    reads: Mapping[str, Any] = trace["reads"]
    said = [_comparison(comparison, reads) for comparison in trace["comparisons"]]
    compared = [value for comparison in trace["comparisons"] for value in comparison["values"]]
    said += [f"{name} = {short(value)}" for name, value in reads.items() if value not in compared]
    return ", ".join(said) or "always"


def short(value: Any) -> str:
    """A value in a sentence, at most 60 characters of it."""
    text = f"{value:f}" if isinstance(value, Decimal) else encode(value).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _comparison(comparison: Mapping[str, Any], reads: Mapping[str, Any]) -> str:
    sign = _SIGNS.get(comparison["operator"], comparison["operator"])
    unused = dict(reads)  # of two equal values, one was read and the other stands in the rule
    values = [_named(value, unused) for value in comparison["values"]]
    if comparison["result"] is not False:
        return f" {sign} ".join(values)
    opposite = _OPPOSITES.get(str(sign)) if len(values) == 2 else None
    return f" {opposite} ".join(values) if opposite else f"not {f' {sign} '.join(values)}"


def _named(value: Any, unused: dict[str, Any]) -> str:
    """A value with the name it was read under, where that is certain; the name is used up."""
    names = [name for name, read in unused.items() if read == value and type(read) is type(value)]
    if len(names) != 1:
        return short(value)
    del unused[names[0]]
    return f"{names[0]} {short(value)}"
