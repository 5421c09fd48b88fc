"""Case data are checked by the names that changed, where the schema lets each be looked at by itself (R9)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.schemas import Schema

NUMBER = {"type": "integer", "minimum": 2}
TOGETHER: dict[str, dict[str, Any]] = {
    "maxProperties": {"maxProperties": 2},
    "dependentRequired": {"dependentRequired": {"b": ["c"]}},
    "dependentSchemas": {"dependentSchemas": {"b": {"required": ["c"]}}},
    "if": {"if": {"required": ["b"]}, "then": {"required": ["c"]}},
    "not": {"not": {"required": ["a", "b"]}},
    "allOf": {"allOf": [{"maxProperties": 2}]},
    "$ref": {"$ref": "#/$defs/small", "$defs": {"small": {"maxProperties": 2}}},
    "the whole inside": {"properties": {"b": {"$ref": "#"}}, "required": ["a"]},
    "the whole inside by another word": {"properties": {"b": {"$dynamicRef": "#"}}, "required": ["a"]},
    "the whole by its anchor": {"$anchor": "me", "properties": {"b": {"$ref": "#me"}}, "required": ["a"]},
}
NAMES = st.sampled_from(["a", "b", "c", "x1", "_"])
VALUES = st.sampled_from([1, 2, 3, "text", None, {"n": 1}, {"n": 2}])
PARTS: dict[str, Any] = {
    "type": "object",
    "properties": {"a": NUMBER, "b": {"type": ["string", "null"]}, "c": {"$ref": "#/$defs/inner"}},
    "patternProperties": {"^x": NUMBER},
    "additionalProperties": False,
    "propertyNames": {"maxLength": 2},
    "required": ["a"],
    "minProperties": 1,
    "$defs": {"inner": {"type": "object", "properties": {"n": NUMBER}, "required": ["n"]}},
    "title": "Case data",
}


@given(
    keywords=st.sets(st.sampled_from(sorted(PARTS))),
    before=st.dictionaries(NAMES, VALUES),
    changes=st.dictionaries(NAMES, VALUES, min_size=1),
)
def test_looking_at_what_changed_finds_what_looking_at_all_finds(keywords: Any, before: Any, changes: Any):
    schema = Schema({"$defs": PARTS["$defs"], **{keyword: PARTS[keyword] for keyword in keywords}})
    if not schema.errors(before):
        after = before | changes
        assert schema.errors(after, changes) == schema.errors(after)


@pytest.mark.parametrize("keyword", TOGETHER)
def test_a_schema_that_looks_at_several_names_together_is_always_asked_as_a_whole(keyword: str):
    schema = Schema({"type": "object", **TOGETHER[keyword]})
    before = {"a": 1, "_": 1}
    assert not schema.errors(before)
    after = before | {"b": {}}
    assert schema.errors(after)
    assert schema.errors(after, ["b"]) == schema.errors(after)


def test_only_what_changed_is_looked_at_where_that_is_enough():
    schema = Schema(PARTS)
    assert not schema.errors({"a": 1, "b": "text"}, ["b"]), "a was wrong before, and was not asked about"
    assert schema.errors({"a": 1, "b": "text"}) == schema.errors({"a": 1, "b": "text"}, ["a"])
