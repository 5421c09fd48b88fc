"""The values of a name cut into cells: within one, no test of the rules at hand can tell two values apart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from engine.core.exact import Number, add, canonical, multiply, number, numeric
from engine.loading.domains import Domain

ABSENT: Final = object()
"""In place of a value: the name has none."""

_SMALLEST: Final = "\x01"  # texts hold no NUL, so no text lies between `a` and `a` with this after it
_LISTS: Final[tuple[Any, ...]] = (["a"], [1], [True], [{}], [[]], ["a", "b"])


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell by a value of it; `sure` where some case really may have that value."""

    value: Any
    sure: bool


def cells_of(domain: Domain, constants: Iterable[Any], fits: Callable[[Any], bool]) -> list[Cell]:
    """Every cell of a domain, that of no value at all the last.

    Args:
        constants: all scalars that the rules compare the name with.
        fits: whether the whole schema allows a value.
    """
    given = tuple(constants)
    found: list[list[Any]] = []
    if domain.values is not None:
        found += [[value] for value in domain.values]
    else:
        found += [[value] for value in (True, False) if "boolean" in domain.kinds]
        if "integer" in domain.kinds:
            found += _numbers(domain, given)
        if "string" in domain.kinds:
            found += _texts(given)
        if "array" in domain.kinds:
            found += [[[]], list(_LISTS)]
        if "object" in domain.kinds:
            found.append([{}])
        if "null" in domain.kinds:
            found.append([None])
    cells = [_cell(options, fits) for options in found]
    if not domain.always:
        cells.append(Cell(ABSENT, fits(ABSENT)))
    return cells


def _cell(options: list[Any], fits: Callable[[Any], bool]) -> Cell:
    for value in options:
        if fits(value):
            return Cell(value, True)
    return Cell(options[0], False)


def _numbers(domain: Domain, constants: Iterable[Any]) -> list[list[Any]]:
    cuts = {canonical(Decimal(cut)) for cut in _weights(constants)} | {0}
    cuts |= {canonical(Decimal(bound.value)) for bound in (domain.least, domain.most) if bound}
    points = sorted(cuts)
    whole = "number" not in domain.kinds
    found: list[Number] = []
    for low, high in pairwise([None, *points, None]):
        between = _between(low, high, whole=whole)
        if between is not None:
            found.append(between)
        if high is not None and not (whole and high != int(high)):
            found.append(high)
    return [[value] for value in found if domain.allows(value)]


def _weights(constants: Iterable[Any]) -> Iterable[Number]:
    """What constants count as beside a number."""
    for constant in constants:
        known = int(constant) if isinstance(constant, bool) else numeric(constant)
        if known is not None:
            yield known


def _between(low: Number | None, high: Number | None, *, whole: bool) -> Number | None:
    """A number above `low` and below `high`, a whole one if there is one; None where there is none."""
    if low is None or high is None:
        return int(high or 0) - 1 if low is None else int(low) + 1
    above = _floor(low) + 1
    if above < high:
        return above
    return None if whole else canonical(Decimal(multiply(add(low, high), Decimal("0.5"))))


def _floor(value: Number) -> int:
    below = int(value)
    return below - 1 if value < below else below


def _texts(constants: Iterable[Any]) -> list[list[Any]]:
    points = sorted({"", *(constant for constant in constants if isinstance(constant, str))})
    found: list[list[Any]] = []
    for low, high in pairwise([*points, None]):
        assert low is not None, "only the last is none"
        found.append([low])
        inside = [f"{low}{more}" for more in ("a", " a", "0", " ", _SMALLEST)]
        inside = [text for text in ("other", *inside, f"{low} something else") if text > low]
        inside = [text for text in inside if high is None or text < high]
        if inside:
            found.append(inside)
    return found


def is_number(value: Any) -> bool:
    """Whether a constant is a number or a truth value, which texts are compared with by what they spell."""
    return isinstance(value, bool) or number(value) is not None
