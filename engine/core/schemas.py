"""JSON Schema 2020-12 for case data, outputs and actions, compiled once for a journey version."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import jsonschema_rs

from engine.core.values import escape

if TYPE_CHECKING:
    from engine.core.journey import Definition, Routes

MASK: Final = "the value"
"""What stands for a value in the errors of a version with sensitive data: they go into incidents and answers."""

_LIMIT = 50
_BY_NAME: Final = frozenset(
    {
        "$comment",
        "$defs",
        "$schema",
        "additionalProperties",
        "default",
        "description",
        "examples",
        "patternProperties",
        "properties",
        "propertyNames",
        "title",
        "type",
    }
)
"""Keywords of an object's schema by which each of its names fits or not, whatever the others hold."""
_KEPT: Final = frozenset({"minProperties", "required"})
"""Keywords that still hold after names were added or given other values."""


class Schema:
    """A compiled schema. With a `mask`, that stands in the place of values in what it says is wrong."""

    def __init__(self, schema: Mapping[str, Any], mask: str | None = None) -> None:
        self._schema = schema
        self._mask = mask
        self._validator = _compiled(schema, mask)

    def errors(self, value: Any, changed: Collection[str] | None = None) -> list[dict[str, str]]:
        """What is wrong with `value`, as `{pointer, message}`, at most 50; empty when it fits.

        Args:
            changed: the names of an object that were added or given other values since it fitted; where the schema
                lets each name be looked at by itself, the others are not looked at again.
        """
        if changed is not None and (alone := self._names_alone):
            if alone.is_valid({name: value[name] for name in changed}):
                return []
        elif self._validator.is_valid(value):
            return []
        found: list[dict[str, str]] = []
        for error in self._validator.iter_errors(value):
            if len(found) == _LIMIT:
                break
            pointer = "".join(f"/{escape(str(part))}" for part in error.instance_path)
            found.append({"pointer": pointer, "message": error.message})
        return found

    @cached_property
    def _names_alone(self) -> jsonschema_rs.Draft202012Validator | None:
        """What checks names by themselves; None where the schema looks at several together, or refers to itself."""
        if not self._schema.keys() <= _BY_NAME | _KEPT or _refers_to_itself(self._schema):
            return None
        return _compiled({key: value for key, value in self._schema.items() if key in _BY_NAME}, self._mask)


class Schemas:
    """The schemas of one version, each compiled when it is first asked for; `masked` where data of it are sensitive."""

    def __init__(self, sources: Mapping[str, Mapping[str, Any]], *, masked: bool = False) -> None:
        self._sources = sources
        self._mask = MASK if masked else None
        self._compiled: dict[str, Schema] = {}

    def errors(self, name: str, value: Any, changed: Collection[str] | None = None) -> list[dict[str, str]]:
        """What is wrong with `value` by the schema `name`; nothing where there is no such schema.

        `changed` are the names of an object that may not fit any more, where it did before: see `Schema.errors`.
        """
        schema = self._compiled.get(name)
        if schema is None:
            source = self._sources.get(name)
            if source is None:
                return []
            schema = self._compiled[name] = Schema(source, self._mask)
        return schema.errors(value, changed)


def schemas_of(
    definition: "Definition", routes: "Routes", called: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The schemas of a version by name: `context`, `output/ATOM`, `action-input/ACTION`, `action-output/ACTION`, and
    of `called` versions, by `key@version`, the `child/ATOM`.
    """
    found = {"context": definition.context}
    found |= {f"output/{atom.id}": atom.output for atom in definition.atoms if atom.output is not None}
    found |= {f"action-input/{action.name}": action.input for action in definition.actions if action.input is not None}
    found |= {
        f"action-output/{action.name}": action.output for action in definition.actions if action.output is not None
    }
    return found | {
        f"child/{route.atom}": called[route.calls]
        for route in routes.routes
        if route.calls is not None and route.calls in called
    }


def _compiled(schema: Mapping[str, Any], mask: str | None) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, mask=mask)


def _refers_to_itself(schema: Any) -> bool:
    """Whether some part of it names the whole, or another document: then what holds for a name is not in its part."""
    if isinstance(schema, Mapping):
        parts = cast("Mapping[str, Any]", schema)
        references = [str(parts[key]) for key in ("$ref", "$dynamicRef") if key in parts]
        outside = any(not reference.startswith("#/") for reference in references)
        return outside or any(map(_refers_to_itself, parts.values()))
    return isinstance(schema, (list, tuple)) and any(map(_refers_to_itself, cast("list[Any]", schema)))
