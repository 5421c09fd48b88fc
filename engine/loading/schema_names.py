"""What names a JSON Schema declares: read from the schema alone, never refusing what some case could hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

from engine.loading.tree import Path

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLES = (
    *("additionalProperties", "items", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
_MOST_FOLLOWED = 8
_CLOSING = ("additionalProperties", "unevaluatedProperties")

Schema = Mapping[str, Any]


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """A schema and every schema inside it that is an object, with their paths; what stands in `const`,
    `enum`, `default` and `examples` is no schema.
    """
    if not isinstance(schema, Mapping):
        return
    node = cast("Schema", schema)
    yield path, node
    for keyword in _SINGLES:
        yield from subschemas(node.get(keyword), (*path, keyword))
    for keyword in _LISTS:
        for index, element in enumerate(elements(node.get(keyword))):
            yield from subschemas(element, (*path, keyword, index))
    for keyword in _MAPS:
        for name, element in objects(node.get(keyword)).items():
            yield from subschemas(element, (*path, keyword, name))


def properties(root: Schema) -> dict[str, Path]:
    """The names at the top level of a schema's objects with the paths where they are declared, in order.

    A name that is only `required` counts: the object holds it.
    """
    found: dict[str, Path] = {}
    for path, part in _parts(root, root):
        for name in objects(part.get("properties")):
            found.setdefault(name, (*path, "properties", name))
    for path, part in _parts(root, root):
        for index, name in enumerate(elements(part.get("required"))):
            if isinstance(name, str):
                found.setdefault(name, (*path, "required", index))
    return found


def declares_patterns(root: Schema) -> bool:
    """Whether names are declared by a pattern, or by one schema for all of them."""
    return any(
        objects(part.get("patternProperties")) or objects(part.get("additionalProperties"))
        for _, part in _parts(root, root)
    )


def may_hold(schema: Any, names: list[str], root: Schema) -> bool:
    """Whether a value of `schema` may have something at the dotted `names`: no only where objects are closed."""
    if not names or not isinstance(schema, Mapping):
        return schema is not False
    parts = [part for _, part in _parts(cast("Schema", schema), root)]
    name, rest = names[0], names[1:]
    declared = [objects(part["properties"])[name] for part in parts if name in objects(part.get("properties"))]
    if declared:
        return any(may_hold(below, rest, root) for below in declared)
    if any("patternProperties" in part or "$ref" in part or "$dynamicRef" in part for part in parts):
        return True
    return not any(part.get(keyword) is False for part in parts for keyword in _CLOSING) or name.isdecimal()


def declared_at(schema: Any, names: list[str], root: Schema) -> list[Any]:
    """Every schema that objects of `schema` declare for what lies at the dotted `names`."""
    found = [schema]
    for name in names:
        parts = [
            part for below in found if isinstance(below, Mapping) for _, part in _parts(cast("Schema", below), root)
        ]
        properties = [objects(part.get("properties")) for part in parts]
        found = [below[name] for below in properties if name in below]
    return found


def may_be(schema: Any, kind: str, root: Schema, depth: int = 0) -> bool:
    """Whether a value of the JSON type `kind` may fit a schema, as far as types and values that it lists tell."""
    if not isinstance(schema, Mapping) or depth > _MOST_FOLLOWED:
        return schema is not False
    node = cast("Schema", schema)
    types = node.get("type", kind)
    target = _local(node.get("$ref"), root)
    return (
        kind in (types if isinstance(types, list) else [types])
        and (target is None or may_be(target[1], kind, root, depth + 1))
        and all(may_be(part, kind, root, depth + 1) for part in elements(node.get("allOf")))
        and all(
            any(may_be(part, kind, root, depth + 1) for part in elements(node[keyword]))
            for keyword in ("anyOf", "oneOf")
            if elements(node.get(keyword))
        )
    )


def resolves(reference: str, root: Schema) -> bool:
    """Whether a reference leads to something inside of `root`. Within a schema that renames itself by `$id`, and for
    anchors, that is left to whoever compiles it.
    """
    if reference == "#" or reference.startswith("#/"):
        return _local(reference, root) is not None or any("$id" in part for _, part in subschemas(root))
    return reference.startswith("#")


def _parts(schema: Schema, root: Schema) -> list[tuple[Path, Schema]]:
    """The schema and those that apply to the same value as it: through `$ref`, `allOf` and their like.

    A part reached by a local `$ref` is not followed where it would lead in a circle.
    """
    found: list[tuple[Path, Schema]] = []
    seen: set[int] = set()
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, part = waiting.pop(0)
        if not isinstance(part, Mapping) or id(cast("Schema", part)) in seen:
            continue
        node = cast("Schema", part)
        seen.add(id(node))
        below: list[tuple[Path, Any]] = []
        for keyword in ("allOf", "anyOf", "oneOf"):
            below += [((*path, keyword, index), part) for index, part in enumerate(elements(node.get(keyword)))]
        below += [((*path, keyword), node.get(keyword)) for keyword in ("if", "then", "else")]
        below += [((*path, "dependentSchemas", key), sub) for key, sub in objects(node.get("dependentSchemas")).items()]
        target = _local(node.get("$ref"), root)
        if target is not None:
            below.append(target)
            node = {key: value for key, value in node.items() if key != "$ref"}
        found.append((path, node))
        waiting += below
    return found


def _local(reference: Any, root: Schema) -> tuple[Path, Any] | None:
    """What a reference such as `#/$defs/money` points to, with its path; None if it is no such pointer."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    node: Any = root
    path: list[str | int] = []
    for segment in unquote(reference).split("/")[1:]:
        name = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and name in node:
            path.append(name)
            node = cast("Schema", node)[name]
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(cast("Sequence[Any]", node)):
            path.append(int(name))
            node = cast("Sequence[Any]", node)[int(name)]
        else:
            return None
    return tuple(path), node


def conjuncts(schema: Schema, root: Schema) -> list[Schema]:
    """The schema and those that every value of it must fit too: through `allOf` and local `$ref`."""
    found: list[Schema] = []
    seen: set[int] = set()
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Mapping) or id(cast("Schema", part)) in seen:
            continue
        node = cast("Schema", part)
        seen.add(id(node))
        found.append(node)
        waiting += elements(node.get("allOf"))
        target = _local(node.get("$ref"), root)
        if target is not None:
            waiting.append(target[1])
    return found


def objects(value: Any) -> Schema:
    """A value that is an object, else an empty one."""
    return cast("Schema", value) if isinstance(value, Mapping) else {}


def elements(value: Any) -> Sequence[Any]:
    """A value that is a list, else an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()
