"""Rules as formulas over tests of one name each, where they are that: comparisons with constants, `in` a constant list,
a bare `var` and `missing`, joined by `and`, `or`, `!` and `!!`. All else is `UNCLEAR`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from engine.core.rules import RESERVED, truthy


@dataclass(frozen=True, slots=True)
class Test:
    """A part of a rule that reads one name. `constants` are what the name is compared with; `loose` where texts and
    numbers may be equal.
    """

    name: str
    logic: Any
    constants: tuple[Any, ...] = ()
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts of which all must hold, or one; looked at in order, only as far as needed."""

    by: Literal["and", "or"]
    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Negated:
    """What holds where its part does not."""

    part: "Formula"


Formula = Test | Joined | Negated | Literal["always", "never", "unclear"]

UNCLEAR: Final = "unclear"
_CONSTANT: Final[Mapping[bool, Formula]] = {True: "always", False: "never"}


def formula_of(logic: Any) -> Formula:
    """The formula of a rule without defects."""
    if not isinstance(logic, Mapping):
        return UNCLEAR if isinstance(logic, (list, tuple)) else _CONSTANT[truthy(logic)]
    operator, value = next(iter(cast("Mapping[str, Any]", logic).items()))
    parts = cast("list[Any]", value) if isinstance(value, (list, tuple)) else [value]
    match operator:
        case "and" | "or":
            return Joined(operator, tuple(formula_of(part) for part in parts))
        case "!" | "!!":
            part = formula_of(parts[0])
            return Negated(part) if operator == "!" else part
        case _ if operator in _TESTS:
            return _TESTS[operator](logic, parts)
        case _:
            return UNCLEAR


def tests_of(formula: Formula) -> Iterator[Test]:
    """Every test of a formula."""
    match formula:
        case Test():
            yield formula
        case Joined():
            for part in formula.parts:
                yield from tests_of(part)
        case Negated():
            yield from tests_of(formula.part)
        case _:
            pass


def is_clear(formula: Formula) -> bool:
    """Whether nothing of it is `UNCLEAR`."""
    match formula:
        case Joined():
            return all(is_clear(part) for part in formula.parts)
        case Negated():
            return is_clear(formula.part)
        case _:
            return formula != UNCLEAR


def _itself(logic: Any, _: list[Any]) -> Formula:
    name = _name(logic)
    return UNCLEAR if name is None else Test(name, logic)


def _loosely(logic: Any, parts: list[Any]) -> Formula:
    return _compared(logic, parts, loose=True)


def _strictly(logic: Any, parts: list[Any]) -> Formula:
    return _compared(logic, parts, loose=False)


def _compared(logic: Any, parts: list[Any], *, loose: bool) -> Formula:
    constants = tuple(part for part in parts if _scalar(part))
    names = [_name(part) for part in parts if not _scalar(part)]
    if not names or None in names or len(set(names)) > 1:
        return UNCLEAR
    return Test(cast("str", names[0]), logic, constants, loose)


def _in(logic: Any, parts: list[Any]) -> Formula:
    name, among = _name(parts[0]), parts[1]
    if name is None or not isinstance(among, (list, tuple)):
        return UNCLEAR
    constants = tuple(cast("list[Any]", among))
    return Test(name, logic, constants) if all(map(_scalar, constants)) else UNCLEAR


def _missing(_: Any, parts: list[Any]) -> Formula:
    wanted = cast("list[Any]", parts[0]) if parts and isinstance(parts[0], (list, tuple)) else parts
    if not all(_is_name(name) for name in wanted):
        return UNCLEAR
    if not wanted:
        return "never"
    return Joined("or", tuple(Test(name, {"missing": [name]}) for name in wanted))


def _name(logic: Any) -> str | None:
    """The context name of a `var` whose default, if any, is a scalar; else None."""
    if not isinstance(logic, Mapping):
        return None
    node = cast("Mapping[str, Any]", logic)
    if "var" not in node:
        return None
    parts = cast("list[Any]", node["var"]) if isinstance(node["var"], (list, tuple)) else [node["var"]]
    if not parts or not _is_name(parts[0]) or not all(map(_scalar, parts[1:])):
        return None
    return cast("str", parts[0])


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.partition(".")[0] not in RESERVED


def _scalar(value: Any) -> bool:
    return not isinstance(value, (list, tuple, Mapping))


_TESTS: Final[Mapping[str, Callable[[Any, list[Any]], Formula]]] = {
    "var": _itself,
    "missing": _missing,
    "in": _in,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _loosely),
    **dict.fromkeys(("===", "!=="), _strictly),
}
