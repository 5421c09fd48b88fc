"""The JSON Schema 2020-12 of journey documents, for editors; made from the same table of keys that the reader uses.

`docs/journey.schema.json` holds it; `python -m engine.loading.document_schema docs/journey.schema.json` writes it anew.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from engine.loading.keys import ATOM, ENDS_OF_A_WAIT, JOURNEY, KINDS, WORKING, keys_of
from engine.loading.schemas import DIALECT
from engine.loading.shapes import (
    Anything,
    AtomShape,
    BusinessSpan,
    Fields,
    Flag,
    JsonSchema,
    Key,
    Listing,
    Logic,
    Names,
    Number,
    OneOrMany,
    Shape,
    Short,
    Span,
    Text,
    Word,
)

_FIXED: Final = r"([0-9.,]+W)?([0-9.,]+D)?(T(?=[0-9])([0-9.,]+H)?([0-9.,]+M)?([0-9.,]+S)?)?$"
_NAMED: Final[Mapping[str, Any]] = {
    "json_schema": {"description": "A JSON Schema 2020-12 of an object.", "type": "object", "$ref": DIALECT},
    "logic": {"description": "A JSONLogic expression; a text is itself."},
    "logic_or_name": {
        "description": "A JSONLogic expression, or the name of one of `rules`.",
        "type": ["object", "string", "boolean", "number", "array"],
    },
    "logic_or_either": {
        "description": "A JSONLogic expression; a text is the name of one of `rules`, or itself where there is none.",
        "type": ["object", "string", "boolean", "number", "array"],
    },
    "list_logic": {
        "description": "A JSONLogic expression giving a list, a list, or the name of one of `rules`.",
        "type": ["object", "string", "array"],
    },
    "time_logic": {
        "description": "A JSONLogic expression giving a time, a time, or the name of one of `rules`.",
        "type": ["object", "string"],
    },
    "duration": {"description": "ISO 8601, such as PT30S or P2D.", "type": "string", "pattern": f"^P(?!$){_FIXED}"},
    "calendar_duration": {
        "description": "ISO 8601, such as PT30S, P2D or P1M.",
        "type": "string",
        "pattern": f"^P(?!$)([0-9]+Y)?([0-9]+M)?{_FIXED}",
    },
    "business_duration": {
        "description": "ISO 8601 in business days and hours that are worked, such as P1D or PT4H.",
        "type": "string",
        "pattern": "^P(?!$)([0-9]+D)?(T(?=[0-9])([0-9.,]+H)?([0-9.,]+M)?([0-9.,]+S)?)?$",
    },
}


def document_schema() -> dict[str, Any]:
    """The schema, JSON values only. What it accepts may still have findings: graphs and names are beyond it."""
    return schema_of(JOURNEY, "Wayline journey version")


def schema_of(root: Fields, title: str) -> dict[str, Any]:
    """The schema of documents whose root has these fields."""
    writer = _Writer()
    schema: dict[str, Any] = {"$schema": DIALECT, "title": title, **writer.fields(root)}
    inside = json.dumps([schema, writer.definitions])
    named = {name: found for name, found in _NAMED.items() if f'"#/$defs/{name}"' in inside}
    return {**schema, "$defs": dict(sorted({**named, **writer.definitions}.items()))}


def schema_text() -> str:
    """The schema of journey documents as its file holds it."""
    return written(document_schema())


def written(schema: Mapping[str, Any]) -> str:
    """A schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


class _Writer:
    """Writes shapes as JSON Schemas; objects of known keys become `definitions`, by their noun."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._writers: Mapping[type, Callable[[Any], dict[str, Any]]] = {
            Text: self.text,
            Word: lambda word: {"enum": list(word.words)},
            Flag: lambda _: {"type": "boolean"},
            Number: self.number,
            Span: self.span,
            BusinessSpan: lambda _: {"$ref": "#/$defs/business_duration"},
            Logic: lambda logic: {"$ref": f"#/$defs/{_logic(logic)}"},
            JsonSchema: lambda _: {"$ref": "#/$defs/json_schema"},
            Anything: lambda _: {},
            Listing: self.listing,
            OneOrMany: self.one_or_many,
            Names: self.names,
            Fields: self.reference,
            Short: lambda short: {"anyOf": [self.write(short.short), self.write(short.long)]},
            AtomShape: lambda _: self.reference(ATOM),
        }

    def write(self, shape: Shape) -> dict[str, Any]:
        return self._writers[type(shape)](shape)

    def text(self, shape: Text) -> dict[str, Any]:
        if shape.pattern:
            return {"type": "string", "pattern": f"^(?:{shape.pattern.pattern})$"}
        return {"type": "string"} if shape.noun == "text" else {"type": "string", "minLength": 1}

    def number(self, shape: Number) -> dict[str, Any]:
        bounds = {"minimum": shape.least, "maximum": shape.most}
        return {
            "type": "integer" if shape.whole else "number",
            **{name: bound for name, bound in bounds.items() if bound is not None},
        }

    def span(self, shape: Span) -> dict[str, Any]:
        written = {"$ref": f"#/$defs/{'calendar_' if shape.calendar else ''}duration"}
        return {"anyOf": [written, self.write(WORKING)]} if shape.working else written

    def listing(self, shape: Listing) -> dict[str, Any]:
        return {"type": "array", "items": self.write(shape.of), **({"minItems": 1} if shape.filled else {})}

    def one_or_many(self, shape: OneOrMany) -> dict[str, Any]:
        return {"anyOf": [self.write(shape.of), self.listing(Listing(shape.of, filled=True))]}

    def names(self, shape: Names) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": self.text(shape.name),
            "additionalProperties": self.write(shape.of),
        }

    def reference(self, shape: Fields) -> dict[str, Any]:
        name = shape.noun.replace(" ", "_")
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = {**self.fields(shape), **(self.by_kind() if shape is ATOM else {})}
        return {"$ref": f"#/$defs/{name}"}

    def fields(self, shape: Fields) -> dict[str, Any]:
        required = [key.name for key in shape.keys if key.required and key.kinds is None]
        one_of = [{"required": [name]} for name in shape.one_of]
        keys: dict[str, list[Key]] = {}
        for key in shape.keys:
            keys.setdefault(key.name, []).append(key)
        return {
            "type": "object",
            "properties": {name: self._keys(found) for name, found in keys.items()},
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **({"oneOf": one_of} if one_of else {}),
        }

    def _keys(self, keys: list[Key]) -> dict[str, Any]:
        written = [self.key(key) for key in keys]
        return written[0] if len(written) == 1 else {"anyOf": written}

    def key(self, key: Key) -> dict[str, Any]:
        return {"description": key.about, **self.write(key.shape)}

    def by_kind(self) -> dict[str, Any]:
        """Which keys fit an atom of each kind, and which it needs; one that says no kind is human."""
        kinds = [{"if": _is(kind), "then": self._atom_of(kind)} for kind in KINDS.words]
        return {"dependentRequired": _BESIDE, "allOf": kinds}

    def _atom_of(self, kind: str) -> dict[str, Any]:
        names = [key.name for key in ATOM.keys]
        keys = keys_of(kind)
        own = {name: self.key(key) for name, key in keys.items() if names.count(name) > 1}
        required = [key.name for key in keys.values() if key.required and key.kinds] + _NEEDED.get(kind, [])
        return {
            "propertyNames": {"enum": list(keys)},
            **({"properties": own} if own else {}),
            **({"required": required} if required else {}),
            **(_WAIT if kind == "wait" else {}),
        }


def _is(kind: str) -> dict[str, Any]:
    return {"properties": {"kind": {"const": kind}}, **({} if kind == "human" else {"required": ["kind"]})}


def _logic(logic: Logic) -> str:
    if logic.gives != "anything":
        return f"{logic.gives}_logic"
    return {"themselves": "logic", "names": "logic_or_name", "names_or_themselves": "logic_or_either"}[logic.texts]


_BESIDE: Final = {"for_each": ["saves"], "correlate": ["message"]}
"""Which keys of an atom make no sense without others."""
_WAIT: Final[Mapping[str, Any]] = {
    "oneOf": [{"required": [name]} for name in ENDS_OF_A_WAIT],
    "dependentRequired": {"output": ["message"], "saves": ["message"]},
}
_NEEDED: Final = {"human": ["performed_by"], "system": ["action"]}
"""Who or what performs an atom of these kinds (`no_performer`)."""

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
