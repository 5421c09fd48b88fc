"""`rule_overlap` and `edge_never` against every case of a small world, tried one by one (R2, R9)."""

import itertools
import json
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.rules import Rule, RuleError, truthy
from engine.core.schemas import Schema
from engine.loading import Finding, load

_ABSENT = object()
_PROPERTIES: dict[str, Any] = {
    "whole": {"type": "integer", "minimum": 0, "maximum": 3},
    "part": {"type": "number", "minimum": 0, "exclusiveMaximum": 2},
    "flag": {"type": "boolean"},
    "word": {"type": "string", "enum": ["x", "y", ""]},
    "text": {"type": "string"},
    "maybe": {"type": ["integer", "null"], "maximum": 1},
    "files": {"type": "array", "items": {"type": "string"}},
    "open": {"type": "number"},
}
_CONSTANTS: dict[str, list[Any]] = {
    "whole": [-1, 0, 1, 2, 3, 4, "2", True],
    "part": [0, 0.5, 1, 2, "1", ""],
    "flag": [True, False, 0, 1, "1"],
    "word": ["x", "y", "", "z", 0],
    "text": ["", "a", "b"],
    "maybe": [0, 1, 2],
    "files": ["a", 1],
    "open": [-0.5, 0, 10],
}
_VALUES: dict[str, list[Any]] = {
    "whole": [0, 1, 2, 3],
    "part": [Decimal(quarter) / 4 for quarter in range(8)],
    "flag": [True, False],
    "word": ["x", "y", ""],
    "text": ["", " ", "a", "aa", "b", "c", "0", "1"],
    "maybe": [None, -1, 0, 1],
    "files": [[], ["a"], ["b", "c"]],
    "open": [Decimal(half) / 4 for half in (-4, -2, -1, 0, 1, 20, 40, 50)],
}
_REQUIRED = ("whole", "word")
_SCHEMA = {"type": "object", "required": list(_REQUIRED), "properties": _PROPERTIES}
_ANY_CONSTANT = st.sampled_from([None, True, False, 0, 1, 2, -1, 0.5, "", " ", "0", "1", "a", "x", "1e0", "z"])
_slowly = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def _tests(draw: st.DrawFn, names: list[str], wild: bool) -> Any:
    name = draw(st.sampled_from(names))
    constant = _ANY_CONSTANT if wild else st.sampled_from(_CONSTANTS[name])
    var: Any = {"var": [name, draw(constant)]} if draw(st.booleans()) else {"var": name}
    pair = [var, draw(constant)] if draw(st.booleans()) else [draw(constant), var]
    return draw(
        st.sampled_from(
            [
                *({operator: pair} for operator in ("==", "!=", "===", "!==", "<", "<=", ">", ">=")),
                {"<": [draw(constant), var, draw(constant)]},
                {"<=": [draw(constant), var, draw(constant)]},
                {"in": [var, [draw(constant), draw(constant)]]},
                var,
                {"missing": [name]},
            ]
        )
    )


def _rules(names: list[str], wild: bool) -> st.SearchStrategy[Any]:
    def grown(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(below, min_size=1, max_size=3)
        return st.one_of(
            several.map(lambda parts: {"and": parts}),
            several.map(lambda parts: {"or": parts}),
            below.map(lambda part: {"!": [part]}),
            below.map(lambda part: {"!!": part}),
        )

    unclear = st.just({">": [{"+": [{"var": names[0]}, 1]}, 1]})
    leaves = _tests(names, wild)
    return st.recursive(st.one_of(leaves, leaves, unclear) if wild else leaves, grown, max_leaves=6)


@st.composite
def _worlds(draw: st.DrawFn, wild: bool) -> tuple[list[str], list[Any]]:
    names = draw(st.lists(st.sampled_from(list(_PROPERTIES)), min_size=1, max_size=3, unique=True))
    return names, draw(st.lists(_rules(names, wild), min_size=1, max_size=4))


@_slowly
@given(_worlds(wild=False))
def test_every_overlap_and_every_edge_that_no_case_takes_is_found_and_no_other(
    world: tuple[list[str], list[Any]],
) -> None:
    names, rules = world
    table = _truths(names, rules)
    expected_overlaps = {later for later in range(len(rules)) if any(row[later] and any(row[:later]) for row in table)}
    taken = {
        place
        for place in range(len(rules))
        if any(row[place] and all(before is False for before in row[:place]) for row in table)
    }
    findings = _findings(rules)
    assert _places(findings, "rule_overlap") == expected_overlaps
    assert _places(findings, "edge_never") == set(range(len(rules))) - taken


@_slowly
@given(_worlds(wild=True))
def test_no_warning_is_false_whatever_the_rules_compare(world: tuple[list[str], list[Any]]) -> None:
    names, rules = world
    schema = Schema({**_SCHEMA, "required": []})
    table = _truths(names, rules)
    for finding in _findings(rules):
        place = int(finding.pointer.split("/")[4])
        if finding.code == "rule_overlap":
            assert schema.errors(finding.example) == []
            row = [_truth(rule, finding.example) for rule in rules[: place + 1]]
            assert row[place] is True
            assert True in row[:place]
        else:
            assert finding.code == "edge_never"
            assert not any(row[place] and all(before is False for before in row[:place]) for row in table)
            if finding.example is not None:
                assert _truth(rules[place], finding.example) is True


def _truths(names: list[str], rules: list[Any]) -> list[list[bool | None]]:
    options = [_VALUES[name] + ([] if name in _REQUIRED else [_ABSENT]) for name in names]
    table: list[list[bool | None]] = []
    compiled = [_compiled(rule) for rule in rules]
    for values in itertools.product(*options):
        context = {name: value for name, value in zip(names, values, strict=True) if value is not _ABSENT}
        table.append([_holds(rule, context) for rule in compiled])
    return table


def _truth(rule: Any, context: dict[str, Any]) -> bool | None:
    return _holds(_compiled(rule), context)


def _compiled(rule: Any) -> Rule:
    return Rule.compile(json.loads(json.dumps(rule), parse_float=Decimal))


def _holds(rule: Rule, context: dict[str, Any]) -> bool | None:
    try:
        return truthy(rule.evaluate(context))
    except RuleError:
        return None


def _findings(rules: list[Any]) -> list[Finding]:
    edges: list[Any] = [{"to": f"end-{place}", "rule": rule} for place, rule in enumerate(rules)]
    edges.append({"to": "end-none", "otherwise": True})
    document = {
        "journey": "world",
        "version": "1.0.0",
        "context": _SCHEMA,
        "atoms": [
            {"id": "choose", "kind": "decision", "split": "first", "enables": edges},
            *({"id": edge["to"], "kind": "milestone"} for edge in edges),
        ],
    }
    loaded = load(json.dumps(document), "json")
    assert loaded.ok, loaded.findings
    return [finding for finding in loaded.findings if finding.code != "never_written"]


def _places(findings: list[Finding], code: str) -> set[int]:
    return {int(finding.pointer.split("/")[4]) for finding in findings if finding.code == code}
