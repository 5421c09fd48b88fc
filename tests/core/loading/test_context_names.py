"""Which names rules may read: what the context schema or any `output`, `sets`, `saves` or table declares."""

from typing import Any

import pytest

from tests.core.loading.documents import GONE, load_changed, told

_READ: dict[str, tuple[dict[str, Any], str]] = {
    "a property": ({}, "amount"),
    "a name that is only required": ({"/context/required": ["amount", "branch"]}, "branch"),
    "below an open object": ({"/context/properties/person": {"type": "object", "properties": {"a": {}}}}, "person.b.c"),
    "below an undescribed property": ({"/context/properties/any": {}}, "any.thing.0"),
    "an element of a list": ({"/context/properties/list": {"items": {"additionalProperties": False}}}, "list.0"),
    "through a reference": (
        {"/context/$defs": {"p": {"properties": {"deep": {}}}}, "/context/allOf": [{"$ref": "#/$defs/p"}]},
        "deep.er",
    ),
    "in a branch of the schema": ({"/context/anyOf": [{"properties": {"left": {}}}]}, "left"),
    "by a pattern": ({"/context/patternProperties": {"^x": {}}}, "x1"),
    "by a schema for all names": ({"/context/additionalProperties": {"type": "string"}}, "whatever"),
    "an output": ({"/atoms/0/output": {"properties": {"answer": {}}}}, "answer"),
    "an output saved below a name": (
        {"/atoms/0/output": {"properties": {"yes": {}}}, "/atoms/0/saves": "a.b"},
        "a.b.yes",
    ),
    "the object that holds what is saved": ({"/atoms/0/saves": "a.b"}, "a"),
    "what is saved without a schema": ({"/atoms/0/saves": "a.b"}, "a.b.c"),
    "an action's answer": ({"/actions/mail.send": {"output": {"properties": {"sent": {}}}}}, "sent"),
    "what is set": ({"/atoms/0/sets": {"total.net": 1}}, "total.net"),
    "what a table sets": (
        {"/atoms/2": {"id": "third", "kind": "decision", "table": {"rows": [{"rule": True, "sets": {"size": 1}}]}}},
        "size",
    ),
    "what an atom says it writes": ({"/atoms/0/writes": ["hidden"]}, "hidden"),
    "a reserved name": ({}, "process.started_at"),
    "the whole context": ({}, ""),
}

_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a name of no schema": ({}, "price"),
    "a name of no context": ({"/context": GONE, "/rules/large/logic": True}, "amount"),
    "a name that extra properties would allow": ({"/context/additionalProperties": True}, "price"),
    "below a closed object": ({}, "person.age"),
    "beside what is saved": ({"/atoms/0/saves": "a.b"}, "a.c"),
    "not in a closed output": (
        {"/atoms/0/output": {"properties": {"yes": {}}, "additionalProperties": False}, "/atoms/0/saves": "a"},
        "a.no",
    ),
    "the input of another": ({"/atoms/0/input": {"shown": 1}}, "shown"),
}


@pytest.mark.parametrize("case", _READ.values(), ids=_READ)
def test_a_declared_name_may_be_read(case: tuple[dict[str, Any], str]) -> None:
    changes, name = case
    assert load_changed({**changes, "/title": {"var": name}}).findings == ()


@pytest.mark.parametrize("case", _REFUSED.values(), ids=_REFUSED)
def test_a_name_that_nothing_declares_is_refused(case: tuple[dict[str, Any], str]) -> None:
    changes, name = case
    assert told(load_changed({**changes, "/title": {"var": [name, 1]}}).findings) == [
        ("rule_unknown_name", "/title/var/0")
    ]


def test_names_of_elements_are_not_the_context_s() -> None:
    rule = {"map": [{"var": "amount"}, {"var": "price"}]}
    assert load_changed({"/title": rule}).ok


def test_a_name_that_is_only_missing_is_refused_too() -> None:
    assert told(load_changed({"/title": {"missing": ["amount", "prize"]}}).findings) == [
        ("rule_unknown_name", "/title/missing/1")
    ]
