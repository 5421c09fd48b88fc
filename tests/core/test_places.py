"""What a schema marks, and what is hidden of a value by it."""

from typing import Any

import pytest

from engine.core.places import EVERYWHERE, NOWHERE, Places, places_of

SECRET = {"x-sensitive": True}


def hidden(schema: dict[str, Any], value: Any) -> Any:
    return places_of(schema).hide(value, lambda _: "***")


@pytest.mark.parametrize(
    ("schema", "value", "left"),
    [
        ({"properties": {"ssn": SECRET}}, {"ssn": 1, "name": 2}, {"ssn": "***", "name": 2}),
        ({"properties": {"ssn": SECRET}}, {"ssn": None}, {"ssn": "***"}),
        (
            {"properties": {"a": {"properties": {"ssn": SECRET}}}},
            {"a": {"ssn": 1, "b": 2}},
            {"a": {"ssn": "***", "b": 2}},
        ),
        (
            {"properties": {"all": {"items": {"properties": {"ssn": SECRET}}}}},
            {"all": [{"ssn": 1}, {"b": 2}, 3]},
            {"all": [{"ssn": "***"}, {"b": 2}, 3]},
        ),
        ({"properties": {"all": {"prefixItems": [{}, SECRET]}}}, {"all": [1, 2]}, {"all": ["***", "***"]}),
        ({"additionalProperties": SECRET, "properties": {"name": {}}}, {"name": 1, "b": 2}, {"name": 1, "b": "***"}),
        (
            {"patternProperties": {"^s": SECRET}, "properties": {"ssn": {}}},
            {"ssn": 1, "t": 2},
            {"ssn": "***", "t": "***"},
        ),
        ({"allOf": [{"properties": {"a": SECRET}}, {"properties": {"a": {}}}]}, {"a": 1}, {"a": "***"}),
        ({"if": {}, "then": {"properties": {"a": SECRET}}}, {"a": 1}, {"a": "***"}),
        ({"dependentSchemas": {"b": {"properties": {"a": SECRET}}}}, {"a": 1}, {"a": "***"}),
        ({"properties": {"a": {"$ref": "#/$defs/s"}}, "$defs": {"s": SECRET}}, {"a": 1}, {"a": "***"}),
        ({"properties": {"a": {"$ref": "#here"}, "b": SECRET}}, {"a": {"b": 1}}, {"a": "***"}),
        ({"properties": {"a": {"$ref": "#"}, "b": SECRET}}, {"a": {"a": {"b": 1}}}, {"a": {"a": "***"}}),
        ({"properties": {"a": {"default": SECRET}}}, {"a": 1}, {"a": 1}),
        ({"properties": {"x-sensitive": {"type": "boolean"}}}, {"x-sensitive": True}, {"x-sensitive": True}),
        ({"properties": {"a": {"x-sensitive": False}}}, {"a": 1}, {"a": 1}),
    ],
)
def test_what_is_marked_is_hidden_and_nothing_else(schema: dict[str, Any], value: Any, left: Any) -> None:
    before = repr(value)
    assert hidden(schema, value) == left
    assert repr(value) == before


def test_a_path_leads_to_what_is_marked_below_it() -> None:
    places = places_of({"properties": {"a": {"properties": {"b": SECRET, "c": {}}}}})
    assert places.at(["a", "b"]) == EVERYWHERE == places.at(["a", "b", "deeper"])
    assert not places.at(["a", "c"])
    assert places.at(["a"])
    assert not places.at(["z"])


def test_what_covers_marks_all_that_the_other_does() -> None:
    ssn, both = Places(names={"ssn": EVERYWHERE}), Places(names={"ssn": EVERYWHERE, "pin": EVERYWHERE})
    assert both.covers(ssn) and both.covers(NOWHERE) and EVERYWHERE.covers(both)
    assert not ssn.covers(both) and not both.covers(EVERYWHERE)
    assert not both.covers(Places(other=EVERYWHERE))
    assert Places(other=EVERYWHERE).covers(both)
    assert not Places(names={"ssn": NOWHERE}, other=EVERYWHERE).covers(ssn)
    assert both.union(ssn) == both and ssn.union(Places(other=EVERYWHERE)).at(["any"]) == EVERYWHERE
