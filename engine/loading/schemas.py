"""Checks the JSON Schemas inside of a document: `context`, `output`, and those of `actions`."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

import jsonschema_rs

from engine.core.schemas import Schema
from engine.loading.draft import Draft, SchemaPlace
from engine.loading.finding import Report
from engine.loading.schema_names import objects, resolves, subschemas
from engine.loading.sensitive import check_marks
from engine.loading.tree import Path
from engine.loading.wording import meant, short, shown

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCES: Final = ("$ref", "$dynamicRef")
_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")


def check_schemas(draft: Draft, report: Report) -> None:
    """Adds what is wrong with the JSON Schemas of a draft to the report."""
    for place in draft.schemas:
        sound = [_meta(place, report), _references(place, report), _patterns(place, report), _root(place, report)]
        check_marks(place, report)
        if all(sound):
            _compiles(place, report)


def _meta(place: SchemaPlace, report: Report) -> bool:
    """Whether it is a JSON Schema by the dialect's own schema."""
    found: dict[Path, str] = {}
    for error in _dialect().iter_errors(dict(place.schema)):
        found.setdefault(tuple(error.instance_path), error.message)
    for path, said in found.items():
        value = _value_at(place.schema, path)
        if _is_type(path):
            message = f"JSON Schema has no type `{short(value)}`." if isinstance(value, str) else None
            message = message or f"`type` takes one of the types of JSON Schema; this is {shown(value)}."
            fix = meant(str(value), _TYPES, f"Write one of {', '.join(_TYPES)}, or a list of them.")
        else:
            label = next((part for part in reversed(path) if isinstance(part, str)), "schema")
            message, fix = f"`{short(label)}` is not as JSON Schema has it: {said}.", "See JSON Schema 2020-12."
        report.error("bad_value", (*place.path, *path), message, fix)
    return not found


def _references(place: SchemaPlace, report: Report) -> bool:
    """Whether it refers to nothing outside of itself: a version is complete in one document."""
    sound = True
    for path, schema in subschemas(place.schema, place.path):
        for keyword in _REFERENCES:
            target = schema.get(keyword)
            if not isinstance(target, str) or resolves(target, place.schema):
                continue
            sound = False
            if target.startswith("#"):
                message = f"`{keyword}: {short(target)}` leads to nothing in this schema."
                fix = "Correct the pointer; `#` is the schema it stands in, `#/$defs/…` what stands under `$defs`."
            else:
                message = f"`{keyword}: {short(target)}` leads outside of this schema; nothing is fetched."
                fix = "Copy what it refers to under `$defs` and refer to it as `#/$defs/…`."
            report.error("bad_value", (*path, keyword), message, fix)
        dialect = schema.get("$schema", DIALECT)
        if isinstance(dialect, str) and dialect.rstrip("#") != DIALECT:
            message = f"`$schema: {short(dialect)}` is another dialect than JSON Schema 2020-12."
            report.error("bad_value", (*path, "$schema"), message, "Remove `$schema`, or write the 2020-12 one.")
            sound = False
    return sound


def _patterns(place: SchemaPlace, report: Report) -> bool:
    """Whether its patterns are regular expressions."""
    sound = True
    for path, schema in subschemas(place.schema, place.path):
        patterns = [((*path, "pattern"), schema.get("pattern"))]
        patterns += [((*path, "patternProperties", key), key) for key in objects(schema.get("patternProperties"))]
        for where, pattern in patterns:
            if isinstance(pattern, str) and not _is_pattern(pattern):
                message = f"`{short(pattern)}` is no regular expression."
                fix = "Correct it; a sign that stands for itself takes a `\\` before it."
                report.error("bad_value", where, message, fix, at_key=where[-1] == pattern)
                sound = False
    return sound


def _root(place: SchemaPlace, report: Report) -> bool:
    """Whether objects fit it: contexts, inputs and outputs are objects (R9)."""
    said = place.schema.get("type", "object")
    types = cast("Sequence[Any]", said) if isinstance(said, list) else [said]
    if "object" in types or not all(known in _TYPES for known in types):
        return True
    message = f"`{place.path[-1]}` describes an object; its schema allows only {shown(said)} as `type`."
    report.error("bad_value", (*place.path, "type"), message, "Write `type: object` and `properties`.")
    return False


def _compiles(place: SchemaPlace, report: Report) -> None:
    """Finds what only compiling it as the engine does would show."""
    try:
        Schema(place.schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        said = getattr(error, "message", str(error))
        path = (*place.path, *getattr(error, "instance_path", ()))
        report.error("bad_value", path, f"The JSON Schema cannot be used: {said}.", "Correct what it names.")


def _is_pattern(text: str) -> bool:
    try:
        Schema({"pattern": text})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


@cache
def _dialect() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$schema": DIALECT, "$ref": DIALECT})


def _is_type(path: Path) -> bool:
    return bool(path) and (path[-1] == "type" or path[-2:-1] == ("type",)) and path[-2:-1] != ("properties",)


def _value_at(schema: Any, path: Path) -> Any:
    for part in path:
        schema = schema[part]
    return schema
