"""The JSON Schema 2020-12 of journey documents, for editors; made from the same table of keys that the reader uses.

`docs/journey.schema.json` holds it; `python -m engine.loading.document_schema docs/journey.schema.json` writes it anew.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from engine.loading.keys import ATOM, JOURNEY, KINDS, keys_of
from engine.loading.schemas import DIALECT
from engine.loading.shapes import (
    AtomShape,
    Fields,
    Flag,
    JsonSchema,
    Key,
    Listing,
    Logic,
    Names,
    Number,
    Shape,
    Short,
    Span,
    Text,
    Word,
)

_DURATION: Final = r"^P(?!$)([0-9.,]+W)?([0-9.,]+D)?(T(?=[0-9])([0-9.,]+H)?([0-9.,]+M)?([0-9.,]+S)?)?$"
_NAMED: Final[Mapping[str, Any]] = {
    "json_schema": {"description": "A JSON Schema 2020-12 of an object.", "type": "object", "$ref": DIALECT},
    "logic": {"description": "A JSONLogic expression; a text is itself."},
    "logic_or_name": {
        "description": "A JSONLogic expression, or the name of one of `rules`.",
        "type": ["object", "string", "boolean", "number", "array"],
    },
    "duration": {"description": "ISO 8601, such as PT30S or P2D.", "type": "string", "pattern": _DURATION},
}


def document_schema() -> dict[str, Any]:
    """The schema, JSON values only. What it accepts may still have findings: graphs and names are beyond it."""
    writer = _Writer()
    root = writer.fields(JOURNEY)
    return {
        "$schema": DIALECT,
        "title": "Wayline journey version",
        **root,
        "$defs": dict(sorted({**_NAMED, **writer.definitions}.items())),
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"


class _Writer:
    """Writes shapes as JSON Schemas; objects of known keys become `definitions`, by their noun."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._writers: Mapping[type, Callable[[Any], dict[str, Any]]] = {
            Text: self.text,
            Word: lambda word: {"enum": list(word.words)},
            Flag: lambda flag: {"const": False} if flag.later else {"type": "boolean"},
            Number: self.number,
            Span: lambda _: {"$ref": "#/$defs/duration"},
            Logic: lambda logic: {"$ref": "#/$defs/logic_or_name" if logic.by_name else "#/$defs/logic"},
            JsonSchema: lambda _: {"$ref": "#/$defs/json_schema"},
            Listing: self.listing,
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

    def listing(self, shape: Listing) -> dict[str, Any]:
        return {"type": "array", "items": self.write(shape.of), **({"minItems": 1} if shape.filled else {})}

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
            self.definitions[name] = {**self.fields(shape), **(_by_kind() if shape is ATOM else {})}
        return {"$ref": f"#/$defs/{name}"}

    def fields(self, shape: Fields) -> dict[str, Any]:
        required = [key.name for key in shape.keys if key.required]
        one_of = [{"required": [name]} for name in shape.one_of]
        return {
            "type": "object",
            "properties": {key.name: self._key(key) for key in shape.keys},
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **({"oneOf": one_of} if one_of else {}),
        }

    def _key(self, key: Key) -> dict[str, Any]:
        if key.shape is None:
            return {"description": f"{key.about} Not supported yet.", "not": {}}
        return {"description": key.about, **self.write(key.shape)}


def _by_kind() -> dict[str, Any]:
    """Which keys fit an atom of each kind; one that says none is human."""
    return {
        "allOf": [
            {
                "if": {
                    "properties": {"kind": {"const": kind}},
                    **({} if kind == "human" else {"required": ["kind"]}),
                },
                "then": {
                    "propertyNames": {"enum": list(keys_of(kind))},
                    **({"required": [_NEEDED[kind]]} if kind in _NEEDED else {}),
                },
            }
            for kind in KINDS.words
        ]
    }


_NEEDED: Final = {"human": "performed_by", "system": "action"}
"""Who or what performs an atom of these kinds (`no_performer`)."""

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
