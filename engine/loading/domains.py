"""What values a context name may have by a JSON Schema, as far as its plain keywords say.

Keywords that are not understood (`pattern`, `format`, `not`, …) are passed over, so a domain may hold more than the
schema allows, never less; `plain` says of the objects on the way to the name that nothing was passed over there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from engine.core.exact import Number, number, plain
from engine.loading.schema_names import Schema, conjuncts, elements, objects

_PLAIN: Final = frozenset(
    {"$comment", "$defs", "$id", "$schema", "additionalProperties", "default", "definitions", "description"}
    | {"examples", "properties", "readOnly", "required", "title", "type", "unevaluatedProperties", "writeOnly"}
)
_KINDS: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
_WORDS: Final = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "array": "a list",
    "object": "an object",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a range of numbers; `open` where the value itself is outside of it."""

    value: Number
    open: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a name may have.

    Attributes:
        kinds: JSON types; `integer` alone where numbers are whole, beside `number` where they need not be.
        values: all of them, where they are counted out.
        least, most: the bounds of its numbers.
        always: whether the name has a value in every case.
        plain: whether the objects that lead to it hold nothing that ties it to other names.
    """

    kinds: frozenset[str]
    values: tuple[Any, ...] | None
    least: Bound | None
    most: Bound | None
    always: bool
    plain: bool

    @property
    def finite(self) -> bool:
        """Whether its values can be counted out."""
        return self.values is not None or self.kinds <= {"boolean", "null"}

    def allows(self, value: Number) -> bool:
        """Whether a number lies within the bounds."""
        least, most = self.least, self.most
        if least and (value < least.value or (least.open and value == least.value)):
            return False
        return not (most and (value > most.value or (most.open and value == most.value)))

    def told(self) -> str:
        """What it allows, in words."""
        if self.values is not None:
            return f"one of {', '.join(spelled(value) for value in self.values[:8])}{', …' * (len(self.values) > 8)}"
        kinds = [kind for kind in _KINDS if kind in self.kinds and not (kind == "integer" and "number" in self.kinds)]
        words = " or ".join(_WORDS[kind] for kind in kinds)
        bounds: list[str] = []
        if self.least and "integer" in self.kinds:
            bounds.append(f"{'above' if self.least.open else 'from'} {plain(self.least.value)}")
        if self.most and "integer" in self.kinds:
            bounds.append(f"{'below' if self.most.open else 'to'} {plain(self.most.value)}")
        return " ".join([words, *bounds])


def domain_of(root: Schema, names: list[str]) -> Domain | None:
    """What `root` lets a case have at the dotted `names`; None where it does not say."""
    levels, always, on_the_way = [root], True, True
    for depth, name in enumerate(names):
        parts = _objects_of(levels, root, top=depth == 0)
        if parts is None:
            return None
        on_the_way = on_the_way and all(part.keys() <= _PLAIN for part in parts)
        always = always and any(name in elements(part.get("required")) for part in parts)
        levels = [objects(part["properties"])[name] for part in parts if name in objects(part.get("properties"))]
        if not levels:
            return None
    parts = _applying(levels, root)
    return None if parts is None else _of(parts, always, on_the_way)


def spelled(value: Any) -> str:
    """A scalar as it would be written in a document; numbers without an exponent."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    known = number(value)
    if known is not None:
        return plain(known)
    return f"'{value[:40]}'" if isinstance(value, str) else "…"


def kind_of(value: Any) -> str:
    """The JSON type of a value, `integer` for whole numbers."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | Decimal():
            return "integer" if value == int(value) else "number"
        case Mapping():
            return "object"
        case _:
            return "array"


def _objects_of(levels: list[Any], root: Schema, *, top: bool) -> list[Schema] | None:
    """The schemas of a value that names lead through; None unless it must be an object."""
    parts = _applying(levels, root)
    if parts is None or not (top or any(part.get("type") == "object" for part in parts)):
        return None
    return parts


def _applying(levels: Iterable[Any], root: Schema) -> list[Schema] | None:
    parts: list[Schema] = []
    for level in levels:
        if level is False:
            return None
        if isinstance(level, Mapping):
            parts += conjuncts(cast("Schema", level), root)
    return parts


def _of(parts: list[Schema], always: bool, on_the_way: bool) -> Domain | None:
    kinds = _kinds(parts)
    counted = [elements(part["enum"]) for part in parts if "enum" in part]
    counted += [[part["const"]] for part in parts if "const" in part]
    if kinds is None and not counted:
        return None
    least = _tightest(parts, "minimum", "exclusiveMinimum", sign=1)
    most = _tightest(parts, "maximum", "exclusiveMaximum", sign=-1)
    domain = Domain(kinds or frozenset(_KINDS), None, least, most, always, on_the_way)
    if not counted:
        return domain
    shortest = min(counted, key=len)
    values = tuple(value for value in shortest if _within(domain, value))
    return Domain(frozenset(map(kind_of, values)), values, least, most, always, on_the_way)


def _within(domain: Domain, value: Any) -> bool:
    kind = kind_of(value)
    return kind in domain.kinds and (kind not in ("integer", "number") or domain.allows(value))


def _kinds(parts: list[Schema]) -> frozenset[str] | None:
    found: frozenset[str] | None = None
    for part in parts:
        if "type" not in part:
            continue
        said = part["type"]
        kinds = frozenset(cast("list[str]", said) if isinstance(said, list) else [cast("str", said)])
        if "number" in kinds:
            kinds |= {"integer"}
        found = kinds if found is None else found & kinds
    return found


def _tightest(parts: list[Schema], closed: str, opened: str, *, sign: int) -> Bound | None:
    found: Bound | None = None
    for part in parts:
        for keyword in (closed, opened):
            value = number(part.get(keyword))
            if value is None:
                continue
            further = 0 if found is None else sign * (value - found.value)
            if found is None or further > 0 or (further == 0 and keyword == opened):
                found = Bound(value, keyword == opened)
    return found
