"""Where a document would let sensitive data show, and what it may say to let it."""

import re

import pytest

from engine.loading import Published, load

DOCUMENT = """
journey: main
version: 1.0.0
title: {{var: name}}
{top}
context:
  type: object
  properties:
    name: {{type: string}}
    born: {{type: string}}
    ssn: {{type: string, x-sensitive: true}}
    person: {{type: object, properties: {{pin: {{x-sensitive: true}}, name: {{}}}}}}
    has_ssn: {{type: boolean}}
    said: {{type: boolean, x-sensitive: false}}
    copy: {{type: string, x-sensitive: true}}
    all: {{type: array}}
    kept: {{type: array, items: {{properties: {{ssn: {{x-sensitive: true}}}}}}}}
roles: {{clerk: {{}}}}
actions: {{ask: {{output: {{type: object, properties: {{pin: {{x-sensitive: true}}}}}}}}}}
atoms:
  - id: first
    performed_by: clerk
    {first}
    enables: [second]
  - {{id: second, {second}}}
"""
PERSON = "kind: human, performed_by: clerk"


def found(top: str = "", first: str = "", second: str = PERSON) -> list[tuple[str, str]]:
    loaded = load(DOCUMENT.format(top=top, first=first, second=second), "yaml")
    return [(each.code, each.pointer) for each in loaded.findings if each.severity == "error"]


@pytest.mark.parametrize(
    ("top", "first", "second", "pointer"),
    [
        ("dimensions: [name, ssn]", "", PERSON, "/dimensions/1"),
        ("dimensions: [person]", "", PERSON, "/dimensions/0"),
        ("", "sets: {has_ssn: {'!!': [{var: ssn}]}}", PERSON, "/atoms/0/sets/has_ssn"),
        ("", "sets: {name: {cat: [{var: person.pin}, ' ', {var: name}]}}", PERSON, "/atoms/0/sets/name"),
        ("", "sets: {name: {var: [name, {var: ssn}]}}", PERSON, "/atoms/0/sets/name"),
        ("", "sets: {name: {var: [{cat: [s, sn]}]}}", PERSON, "/atoms/0/sets/name"),
        ("", "sets: {all: {var: ''}}", PERSON, "/atoms/0/sets/all"),
        ("", "sets: {name: {var: atom.output.ssn}}", PERSON, "/atoms/0/sets/name"),
        ("", "output: {type: object, properties: {name: {x-sensitive: true}}}", PERSON, "/atoms/0/output"),
        ("", "input: {n: {var: [{var: [{var: ssn}]}, 1]}}", PERSON, "/atoms/0/input/n"),
        ("", "due: {var: ssn}", PERSON, "/atoms/0/due"),
        ("", "", "kind: wait, until: {var: ssn}", "/atoms/1/until"),
        ("", "", "kind: wait, message: m, correlate: {var: person.pin}", "/atoms/1/correlate"),
        ("", "", "kind: system, action: ask", "/actions/ask/output"),
        ("", "", "kind: system, action: ask, for_each: [1], saves: all", "/actions/ask/output"),
        (
            *("", "", "kind: decision, table: {rows: [{rule: true, sets: {name: {var: ssn}}}]}"),
            "/atoms/1/table/rows/0/sets/name",
        ),
    ],
)
def test_sensitive_data_that_would_show_are_refused_where_they_would(
    top: str, first: str, second: str, pointer: str
) -> None:
    assert found(top, first, second) == [("sensitive_shown", pointer)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sets: {copy: {var: ssn}}", PERSON),
        ("sets: {copy: {cat: [{var: ssn}, {var: name}]}}", PERSON),
        ("sets: {said: {'!!': [{var: ssn}]}}", PERSON),
        ("sets: {name: {var: person.name}}", PERSON),
        ("input: {number: {var: ssn}}", PERSON),
        ("saves: person", "kind: system, action: ask, saves: person"),
        ("output: {type: object, properties: {ssn: {x-sensitive: true}}}", PERSON),
        ("output: {type: object, properties: {ssn: {type: string}}}", PERSON),
        ("", "kind: human, performed_by: clerk, for_each: [1, 2], saves: kept"),
        ("due: {var: born}", "kind: wait, message: m, correlate: {var: person.name}"),
        ("", "kind: decision, table: {rows: [{rule: {'==': [{var: ssn}, '1']}, sets: {said: true}}]}"),
    ],
)
def test_what_stays_among_sensitive_data_or_is_declared_to_tell_nothing_is_taken(first: str, second: str) -> None:
    assert found("", first, second) == []


def test_a_title_may_not_read_what_nobody_may_see() -> None:
    text = DOCUMENT.format(top="", first="", second=PERSON).replace("title: {var: name}", "title: {cat: [{var: ssn}]}")
    assert [each.pointer for each in load(text, "yaml").findings if each.code == "sensitive_shown"] == ["/title"]


@pytest.mark.parametrize(
    ("mark", "where"),
    [
        ("context:\n  x-sensitive: true", "/context/x-sensitive"),
        ("context:\n  additionalProperties: {x-sensitive: true}", "/context"),
        ("context:\n  patternProperties: {'^s': {x-sensitive: true}}", "/context"),
        ("context:\n  not: {properties: {a: {x-sensitive: true}}}", "/context/not/properties/a/x-sensitive"),
        ("context:\n  propertyNames: {x-sensitive: true}", "/context/propertyNames/x-sensitive"),
    ],
)
def test_a_mark_that_would_seal_nothing_or_nobody_knows_what_is_refused(mark: str, where: str) -> None:
    text = re.sub(r"context:", lambda _: mark, DOCUMENT.format(top="", first="", second=PERSON), count=1)
    assert ("bad_value", where) in [(each.code, each.pointer) for each in load(text, "yaml").findings]


CALLED = """
journey: called
version: 1.0.0
context: {type: object, properties: {number: {MARK}, plain: {type: string}, result: {x-sensitive: true}}}
roles: {clerk: {}}
atoms: [{id: one, performed_by: clerk}]
"""


@pytest.mark.parametrize(
    ("mark", "second", "pointer"),
    [
        ("x-sensitive: true", "input: {number: {var: ssn}, plain: {var: name}}", None),
        ("x-sensitive: false", "input: {number: {'!': [{var: ssn}]}}", None),
        ("type: string", "input: {number: {var: ssn}}", "/atoms/1/input/number"),
        ("type: string", "output: [result], saves: person", "/atoms/1/output/0"),
        ("type: string", "output: [plain], saves: person", None),
        ("type: string", "output: [result], for_each: [1], saves: all", "/atoms/1/output/0"),
    ],
)
def test_what_crosses_to_another_journey_is_marked_on_both_sides(mark: str, second: str, pointer: str | None) -> None:
    called = load(CALLED.replace("MARK", mark), "yaml").definition
    assert called is not None
    published = Published({"called": ["1.0.0"]}, {"called@1.0.0": called})
    text = DOCUMENT.format(top="", first="", second=f"kind: subjourney, calls: called@^1.0, {second}")
    found = [(each.code, each.pointer) for each in load(text, "yaml", published).findings if each.severity == "error"]
    assert found == ([("sensitive_shown", pointer)] if pointer else [])
