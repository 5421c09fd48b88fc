"""Places in a JSON value: which parts of it a schema marks `x-sensitive`, as a tree of names.

What cannot be told apart is taken as marked: a place that one of several schemas marks, elements of a list by any of
their schemas, what a schema that leads back to itself holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

MARK: Final = "x-sensitive"

Schema = Mapping[str, Any]

_ALSO: Final = ("allOf", "anyOf", "oneOf")
_EITHER: Final = ("if", "then", "else")
_OTHER_NAMES: Final = ("additionalProperties", "unevaluatedProperties")
_ELEMENTS: Final = ("items", "contains", "unevaluatedItems")
_REFERENCES: Final = ("$ref", "$dynamicRef")


def _no_names() -> dict[str, "Places"]:
    return {}


@dataclass(frozen=True, slots=True)
class Places:
    """Marked parts of a value: the `whole` of it, or parts of what lies at its `names`, and at every `other` place.

    Other places are the names that are not in `names`, and the elements of a list.
    """

    whole: bool = False
    names: Mapping[str, "Places"] = field(default_factory=_no_names)
    other: "Places | None" = None

    def __bool__(self) -> bool:
        """Whether anything is marked."""
        return self.whole or bool(self.other) or any(self.names.values())

    def at(self, path: Iterable[str]) -> "Places":
        """The marked parts of what lies at `path`."""
        found = self
        for name in path:
            if found.whole:
                return found
            found = found.names.get(name) or (NOWHERE if name in found.names else found.other) or NOWHERE
        return found

    def union(self, more: "Places") -> "Places":
        """What either of the two marks."""
        if self.whole or more.whole:
            return EVERYWHERE
        if not more or not self:
            return self or more
        names = {name: self.at([name]).union(more.at([name])) for name in (*self.names, *more.names)}
        other = (self.other or NOWHERE).union(more.other or NOWHERE)
        return Places(names=names, other=other or None)

    def covers(self, parts: "Places") -> bool:
        """Whether all that `parts` marks is marked here, too."""
        if self.whole or not parts:
            return True
        if parts.whole or not (self.other or NOWHERE).covers(parts.other or NOWHERE):
            return False
        return all(self.at([name]).covers(parts.at([name])) for name in (*self.names, *parts.names))

    def marked_names(self) -> Iterator[str]:
        """The names of the top level that hold something marked."""
        return (name for name, places in self.names.items() if places)

    def hide(self, value: Any, hidden: Callable[[Any], Any]) -> Any:
        """The value with every marked part replaced by what `hidden` makes of it; nothing is changed in place."""
        if self.whole:
            return hidden(value)
        if isinstance(value, Mapping):
            found = cast("Mapping[str, Any]", value)
            parts = {name: places for name in found if (places := self.at([name]))}
            return {**found, **{name: below.hide(found[name], hidden) for name, below in parts.items()}}
        if isinstance(value, (list, tuple)) and self.other:
            return [self.other.hide(element, hidden) for element in cast("Sequence[Any]", value)]
        return cast("Any", value)


NOWHERE: Final = Places()
EVERYWHERE: Final = Places(whole=True)


def below(path: Sequence[str], places: Places) -> Places:
    """The places of a value that holds at `path` what has these."""
    for name in reversed(path):
        places = Places(names={name: places})
    return places


def marked(schema: Any) -> bool:
    """Whether anything of a JSON Schema is marked: quick, and true also of what stands in `default` or `const`."""
    if isinstance(schema, Mapping):
        parts = cast("Schema", schema)
        return parts.get(MARK) is True or any(map(marked, parts.values()))
    return isinstance(schema, (list, tuple)) and any(map(marked, cast("Sequence[Any]", schema)))


def places_of(schema: Any) -> Places:
    """What a JSON Schema marks in the values that fit it.

    Marks under `not`, `propertyNames` and `contentSchema` are about no part of the value and count for nothing.
    """
    return _places(schema, schema, frozenset()) if marked(schema) else NOWHERE


def _places(schema: Any, root: Any, followed: frozenset[str]) -> Places:
    if not isinstance(schema, Mapping):
        return NOWHERE
    node = cast("Schema", schema)
    if node.get(MARK) is True:
        return EVERYWHERE
    found = _own(node, root, followed)
    also = [part for keyword in _ALSO for part in _elements(node.get(keyword))]
    also += [node.get(keyword) for keyword in _EITHER]
    also += _objects(node.get("dependentSchemas")).values()
    for part in also:
        found = found.union(_places(part, root, followed))
    for keyword in _REFERENCES:
        if isinstance(target := node.get(keyword), str):
            found = found.union(_referred(target, root, followed))
    return found


def _own(node: Schema, root: Any, followed: frozenset[str]) -> Places:
    """What the keywords for names and elements mark."""
    by_pattern = _all(_objects(node.get("patternProperties")).values(), root, followed)
    names = {
        name: _places(part, root, followed).union(by_pattern) for name, part in _objects(node.get("properties")).items()
    }
    parts = [node.get(keyword) for keyword in (*_OTHER_NAMES, *_ELEMENTS)]
    other = _all([*parts, *_elements(node.get("prefixItems"))], root, followed).union(by_pattern)
    return Places(names=names, other=other or None) if other or any(names.values()) else NOWHERE


def _all(parts: Iterable[Any], root: Any, followed: frozenset[str]) -> Places:
    found = NOWHERE
    for part in parts:
        found = found.union(_places(part, root, followed))
    return found


def _referred(target: str, root: Any, followed: frozenset[str]) -> Places:
    """What the schema marks that a reference leads to: everything where it leads in a circle, or by an anchor."""
    if target in followed or not (target == "#" or target.startswith("#/")):
        return EVERYWHERE
    node: Any = root
    for segment in target.split("/")[1:]:
        name = segment.replace("%25", "%").replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping):
            node = cast("Schema", node).get(name)
        elif isinstance(node, (list, tuple)) and name.isdecimal() and int(name) < len(cast("Sequence[Any]", node)):
            node = cast("Sequence[Any]", node)[int(name)]
        else:
            return EVERYWHERE
    return _places(node, root, followed | {target})


def _objects(value: Any) -> Schema:
    return cast("Schema", value) if isinstance(value, Mapping) else {}


def _elements(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()
