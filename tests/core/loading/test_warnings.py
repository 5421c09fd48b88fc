"""Warnings of the contract's table, by example: `rule_overlap`, `edge_never`, `never_written`."""

import json
import time
from typing import Any

import pytest

from engine.core.rules import Rule
from engine.loading import Finding, load

_SCORE = {"type": "integer", "minimum": 300, "maximum": 850}
_CONTEXT: dict[str, Any] = {
    "type": "object",
    "required": ["score", "decision"],
    "properties": {
        "score": _SCORE,
        "decision": {"type": "string", "enum": ["approve", "decline"]},
        "asked": {"type": "boolean"},
        "note": {"type": "string"},
        "free": {},
        "state": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "person": {"type": "object", "required": ["age"], "properties": {"age": {"$ref": "#/$defs/age"}}},
    },
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}


def _score(operator: str, value: Any) -> dict[str, Any]:
    return {operator: [{"var": "score"}, value]}


def _choose(*edges: Any, **keys: Any) -> tuple[Finding, ...]:
    """The findings of a document in which the atom `choose` has these edges, each to a milestone of its own."""
    known = [{"to": f"m{place}", **edge} for place, edge in enumerate(edges)]
    atoms: list[dict[str, Any]] = [{"id": "choose", "kind": "decision", "split": "first", "enables": known, **keys}]
    atoms += [{"id": edge["to"], "kind": "milestone"} for edge in known]
    return _load(atoms)


def _load(atoms: list[dict[str, Any]], **keys: Any) -> tuple[Finding, ...]:
    document = {"journey": "warned", "version": "1.0.0", "context": _CONTEXT, "roles": {"clerk": {}}, "atoms": atoms}
    loaded = load(json.dumps({**document, **keys}), "json")
    assert loaded.ok, loaded.findings
    assert all(finding.severity == "warning" and finding.fix and finding.message for finding in loaded.findings)
    return loaded.findings


def _ruled(*rules: Any) -> list[dict[str, Any]]:
    return [*({"rule": rule} for rule in rules), {"otherwise": True}]


def _told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in findings]


def test_two_rules_that_can_both_be_true_are_warned_of_at_the_later_with_a_case_of_both() -> None:
    asked = {"and": [{"var": ["asked", False]}, _score(">=", 500)]}
    (finding,) = _choose(*_ruled(_score(">=", 620), asked))
    assert (finding.code, finding.pointer, finding.atom) == ("rule_overlap", "/atoms/0/enables/1/rule", "choose")
    assert finding.example == {"score": 620, "asked": True}
    assert Rule.compile(asked).evaluate(finding.example)
    assert "`score` 620" in finding.message
    assert finding.line == 1


def test_a_rule_above_the_schemas_bounds_is_never_true() -> None:
    (finding,) = _choose(*_ruled(_score(">", 850)))
    assert (finding.code, finding.pointer) == ("edge_never", "/atoms/0/enables/0/rule")
    assert "`score` is a whole number from 300 to 850" in finding.message


def test_a_rule_that_earlier_ones_leave_nothing_for_is_never_taken() -> None:
    found = _choose(*_ruled(_score(">=", 500), _score(">=", 620)))
    assert _told(found) == [("edge_never", "/atoms/0/enables/1/rule"), ("rule_overlap", "/atoms/0/enables/1/rule")]
    assert found[0].example["score"] >= 620
    assert "`m0`" in found[0].message


def test_priority_says_which_rule_is_looked_at_first() -> None:
    first, second = {"rule": _score(">=", 500), "priority": 1}, {"rule": _score(">=", 620)}
    assert _told(_choose(first, second, {"otherwise": True})) == [("rule_overlap", "/atoms/0/enables/0/rule")]


RIGHT: dict[str, list[Any]] = {
    "ranges that exclude each other": [_score(">=", 620), {"<=": [500, {"var": "score"}, 619]}, _score("<", 500)],
    "whole numbers leave nothing between": [_score(">", 619), _score("<=", 619)],
    "an otherwise that completes a set of rules": [
        {"==": [{"var": "decision"}, "approve"]},
        {"==": [{"var": "decision"}, "decline"]},
    ],
    "a schema that does not say what a name is": [{"==": [{"var": "free"}, 0]}, {"==": [{"var": "free"}, ""]}],
    "a text beside a number, which counts by what it spells": [
        {">": [{"var": "note"}, 5]},
        {"<": [{"var": "note"}, 5]},
    ],
    "rules over computed values": [{">": [{"*": [{"var": "score"}, 2]}, 1]}, {">": [{"+": [{"var": "score"}, 2]}, 1]}],
    "patterns that no known text fits": [{"!=": [{"var": "state"}, "CA"]}, {"!=": [{"var": "state"}, "NY"]}],
    "names inside each other": [{"!!": {"var": ["person", None]}}, {">": [{"var": ["person.age", 0]}, 5]}],
    "what the process and the clock say": [{"==": [{"var": "atom.visit"}, 1]}, {"var": "now"}],
    "one asks for a value, the other for none": [{"missing": ["asked"]}, {"==": [{"var": ["asked", None]}, True]}],
}


@pytest.mark.parametrize("rules", RIGHT.values(), ids=RIGHT)
def test_there_is_no_warning_of(rules: list[Any]) -> None:
    assert [finding for finding in _choose(*_ruled(*rules)) if finding.code != "never_written"] == []


def test_with_split_all_rules_may_both_be_true_and_none_covers_another() -> None:
    assert _choose(*_ruled(_score(">", 300), _score(">", 400)), split="all") == ()
    assert _told(_choose(*_ruled(_score(">", 900)), split="all")) == [("edge_never", "/atoms/0/enables/0/rule")]


def test_what_stands_after_an_edge_without_a_rule_is_never_taken() -> None:
    found = _choose({"rule": _score(">", 400)}, {}, {"rule": _score("<", 350)}, {"otherwise": True})
    assert _told(found) == [("edge_never", "/atoms/0/enables/2/rule"), ("edge_never", "/atoms/0/enables/3")]
    assert "`m1` has no rule" in found[0].message


def test_of_two_otherwise_edges_of_split_first_the_second_is_never_taken() -> None:
    found = _choose({"rule": _score(">", 400)}, {"otherwise": True}, {"otherwise": True})
    assert _told(found) == [("edge_never", "/atoms/0/enables/2")]


def test_an_edge_out_of_a_milestone_that_ends_the_process_is_never_taken() -> None:
    assert _told(_choose({}, kind="milestone", terminate=True)) == [("edge_never", "/atoms/0/enables/0")]


def _reworked(back: list[Any], onward: list[Any]) -> tuple[Finding, ...]:
    check = [{"rework": True, **edge} for edge in back] + [
        {"to": f"end-{place}", **edge} for place, edge in enumerate(onward)
    ]
    atoms: list[dict[str, Any]] = [
        {"id": "start", "performed_by": "clerk", "enables": ["middle"]},
        {"id": "middle", "performed_by": "clerk", "enables": ["check"]},
        {"id": "check", "performed_by": "clerk", "enables": check},
    ]
    return _load([*atoms, *({"id": f"end-{place}", "kind": "milestone"} for place in range(len(onward)))])


def test_forward_edges_are_looked_at_only_when_no_rework_edge_was_taken() -> None:
    back = {"to": "start", "rule": _score("<", 620)}
    found = _reworked([back], [{"rule": _score("<", 600)}, {"rule": _score("<", 700)}, {"otherwise": True}])
    assert _told(found) == [("edge_never", "/atoms/2/enables/1/rule")]
    assert "`start`" in found[0].message


def test_of_rework_edges_the_first_counts_in_every_split() -> None:
    back = [{"to": "start", "rule": _score("<", 620)}, {"to": "middle", "rule": _score("<", 600)}]
    assert _told(_reworked(back, [{}])) == [("edge_never", "/atoms/2/enables/1/rule")]
    assert _told(_reworked(back[::-1], [{}])) == []


def test_nothing_else_is_taken_where_an_edge_without_a_rule_leads_back() -> None:
    assert _told(_reworked([{"to": "start"}], [{}])) == [("edge_never", "/atoms/2/enables/1")]


def test_a_name_is_warned_of_where_a_way_leads_past_its_writer() -> None:
    hands_in = {"type": "object", "required": ["asked"], "properties": {"asked": {"type": "boolean"}}}
    atoms: list[dict[str, Any]] = [
        {
            "id": "start",
            "kind": "decision",
            "enables": [{"to": "ask", "rule": _score("<", 620)}, {"to": "go", "otherwise": True}],
        },
        {"id": "ask", "performed_by": "clerk", "output": hands_in, "enables": ["go"]},
        {"id": "go", "kind": "milestone", "sets": {"note": {"if": [{"var": "asked"}, "yes", "no"]}}},
    ]
    (finding,) = _load(atoms)
    assert (finding.code, finding.pointer) == ("never_written", "/atoms/2/sets/note/if/0/var")
    assert "start → go" in finding.message
    assert "`ask`" in finding.message
    atoms[0]["enables"] = ["ask"]
    assert _load(atoms) == ()
    atoms[0]["enables"] = ["ask", "go"]
    assert _load(atoms) == ()
    atoms[2]["join"] = "any"
    assert [found.code for found in _load(atoms)] == ["never_written"]


@pytest.mark.parametrize(
    ("rule", "warned"),
    [
        ({"var": "note"}, True),
        ({"var": ["note", ""]}, False),
        ({"if": [{"missing": ["note"]}, "", {"var": "note"}]}, False),
        ({"var": "score"}, False),
        ({"var": "process.id"}, False),
        ({"map": [{"var": ["free", []]}, {"var": "note"}]}, False),
        ({"var": "person.age"}, True),
    ],
)
def test_a_name_is_warned_of_only_where_a_rule_fails_without_it(rule: Any, warned: bool) -> None:
    found = _load([{"id": "a", "performed_by": "clerk", "input": {"shown": rule}}])
    assert [finding.code for finding in found] == ["never_written"] * warned


def _table(**keys: Any) -> tuple[Finding, ...]:
    atoms: list[dict[str, Any]] = [
        {"id": "a", "kind": "decision", "table": keys, "enables": ["b"]},
        {"id": "b", "performed_by": "clerk", "input": {"shown": {"var": "note"}}},
    ]
    return _load(atoms)


def test_a_table_writes_what_each_of_its_rows_sets_if_one_must_be_true() -> None:
    high = {"rule": _score(">=", 620), "sets": {"note": "high"}}
    low = {"rule": _score("<", 620), "sets": {"note": "low"}}
    middle = {"rule": _score("<", 600), "sets": {"note": "low"}}
    other = {"rule": _score("<", 620), "sets": {"state": "CA"}}
    assert _table(rows=[high, low]) == ()
    assert _table(rows=[high, middle], otherwise={"note": "middle"}) == ()
    assert [finding.code for finding in _table(rows=[high, middle])] == ["never_written"]
    assert [finding.code for finding in _table(rows=[high, other])] == ["never_written"]
    assert _table(hit="collect", rows=[{"rule": _score(">=", 620), "sets": {"note": "high"}}]) == ()


@pytest.mark.parametrize(
    ("writer", "present"),
    [
        ({"sets": {"c.n.v": 1}}, {"c", "c.n", "c.n.v"}),
        ({"sets": {"c": {"var": "score"}}}, {"c", "c.n", "c.n.v", "c.m"}),
        ({"saves": "c.n", "output": {"type": "object", "required": ["v"]}}, {"c", "c.n", "c.n.v"}),
        ({"saves": "c.n", "output": {"type": "object", "properties": {"v": {}}}}, set[str]()),
    ],
)
def test_what_is_written_gives_its_object_a_value_and_what_lies_below_it(
    writer: dict[str, Any], present: set[str]
) -> None:
    """R9."""
    asked = ["c", "c.n", "c.n.v", "c.m"]
    reader = {"id": "b", "performed_by": "clerk", "input": {name: {"var": name} for name in asked}}
    context = {**_CONTEXT, "properties": {**_CONTEXT["properties"], "c": {"type": "object"}}}
    found = _load([{"id": "a", "performed_by": "clerk", "enables": ["b"], **writer}, reader], context=context)
    assert _told(found) == [("never_written", f"/atoms/1/input/{name}/var") for name in asked if name not in present]


def test_a_timeout_writes_nothing() -> None:
    hands_in = {"type": "object", "required": ["note"], "properties": {"note": {"type": "string"}}}
    reads = {"to": "c", "rule": {"!!": [{"var": "note"}]}}
    otherwise = {"to": "b", "otherwise": True}
    late = [{**reads, "on": "timeout"}, {**otherwise, "on": "timeout"}]
    found = _load(
        [
            {
                "id": "a",
                "performed_by": "clerk",
                "output": hands_in,
                "timeout": {"after": "PT1H"},
                "enables": [reads, otherwise, *late],
            },
            {"id": "b", "kind": "milestone"},
            {"id": "c", "kind": "milestone"},
        ]
    )
    assert _told(found) == [("never_written", "/atoms/0/enables/2/rule/!!/0/var")]


def test_warnings_of_many_rules_take_no_long_time() -> None:
    rules = [
        {"and": [_score(">", 300 + place % 500), {"==": [{"var": f"n{place % 40}"}, place]}]} for place in range(600)
    ]
    properties = {**_CONTEXT["properties"], **{f"n{place}": {"type": "number"} for place in range(40)}}
    edges = [{"to": "end" if not place else f"m{place}", "rule": rule} for place, rule in enumerate(rules)]
    edges.append({"to": "last", "otherwise": True})
    atoms: list[dict[str, Any]] = [{"id": "choose", "kind": "decision", "split": "first", "enables": edges}]
    atoms += [{"id": edge["to"], "kind": "milestone"} for edge in edges]
    before = time.process_time()
    _load(atoms, context={**_CONTEXT, "properties": properties})
    assert time.process_time() - before < 5
