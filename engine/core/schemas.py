"""JSON Schema 2020-12 for case data, outputs and actions, compiled once for a journey version."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from engine.core.values import escape

_LIMIT = 50


class Schema:
    """A compiled schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)

    def errors(self, value: Any) -> list[dict[str, str]]:
        """What is wrong with `value`, as `{pointer, message}`, at most 50; empty when it fits."""
        if self._validator.is_valid(value):
            return []
        found: list[dict[str, str]] = []
        for error in self._validator.iter_errors(value):
            if len(found) == _LIMIT:
                break
            pointer = "".join(f"/{escape(str(part))}" for part in error.instance_path)
            found.append({"pointer": pointer, "message": error.message})
        return found


class Schemas:
    """The schemas of one version, each compiled when it is first asked for."""

    def __init__(self, sources: Mapping[str, Mapping[str, Any]]) -> None:
        self._sources = sources
        self._compiled: dict[str, Schema] = {}

    def errors(self, name: str, value: Any) -> list[dict[str, str]]:
        """What is wrong with `value` by the schema `name`; nothing where there is no such schema."""
        schema = self._compiled.get(name)
        if schema is None:
            source = self._sources.get(name)
            if source is None:
                return []
            schema = self._compiled[name] = Schema(source)
        return schema.errors(value)
