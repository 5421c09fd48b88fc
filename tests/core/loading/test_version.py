"""What an accepted document becomes."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.core.journey import Module, Phase, join_up
from engine.core.rules import Rule
from engine.loading import load
from tests.core.loading.documents import SMALL, load_changed

_JOURNEYS = Path(__file__).parents[3] / "seed" / "journeys"
_SEEDS = sorted(path for path in _JOURNEYS.glob("*.yaml") if not path.stem.endswith(".cases"))

_FULL = """
journey: full
version: 1.2.3
name: Everything
title: {cat: [{var: who}, ' ', {var: [sum, 0]}]}
dimensions: [sum, sum]
context: {type: object, required: [who], properties: {who: {}, sum: {minimum: 0.50}}}
roles: {clerk: {name: Clerk, description: Writes.}, boss: {}}
rules: {large: {description: Much., logic: {'>': [{var: sum}, 10]}}}
actions: {check: {output: {type: object, properties: {score: {type: integer}}}}}
regulations: {law: {name: The law, url: 'https://example.com'}}
documents: {form: {}}
phases:
  - id: intake
    name: Intake
    modules:
      - id: reading
        atoms:
          - id: read
            name: Read it
            performed_by: {role: clerk}
            output: {type: object, properties: {sum: {type: number}}}
            sets: {half: {/: [{var: sum}, 2]}, note: large}
            governed_by: [law]
            uses: [form]
            reads: [extra]
            enables: [{to: check, priority: 5}, {to: done, rule: large}]
          - id: check
            kind: system
            action: check
            input: {a: {var: who}}
            retry: {max_attempts: 5, backoff: PT2S, factor: 1.5, timeout: PT1M}
            on_failure: fail
            depends_on: [{atom: read, require: completed}]
            enables: [choose]
            saves: result
  - id: outcome
    atoms:
      - id: choose
        kind: decision
        split: first
        table:
          hit: collect
          rows: [{rule: large, sets: {way: {var: half}}}, {rule: {var: result.score}, sets: {way: a, size.x: 1}}]
          otherwise: {other: 2}
        enables: [{to: done, rule: {'==': [{var: way}, 1]}}, {to: done2, otherwise: true}]
      - {id: done, kind: milestone, outcome: good, terminate: true, join: {count: 1}, writes: [more]}
      - {id: done2, kind: milestone, may_end: true, layout: {x: 1, y: 2.5}}
"""


def _full() -> Any:
    loaded = load(_FULL)
    assert loaded.ok, loaded.findings
    assert loaded.definition is not None
    assert loaded.routes is not None
    return loaded


def test_a_version_holds_what_the_document_says() -> None:
    definition = _full().definition
    assert (definition.key, definition.version, definition.name) == ("full", "1.2.3", "Everything")
    assert definition.title.reads == ("who", "sum")
    assert definition.dimensions == ("sum",)
    assert definition.context["properties"]["sum"] == {"minimum": Decimal("0.50")}
    assert definition.phases == (Phase("intake", "Intake"), Phase("outcome", "outcome"))
    assert definition.modules == (Module("reading", "reading", "intake"),)
    assert [(role.id, role.name, role.facts) for role in definition.roles] == [
        ("clerk", "Clerk", {"description": "Writes."}),
        ("boss", "boss", {}),
    ]
    assert definition.regulations[0].facts == {"url": "https://example.com"}
    assert [(rule.id, rule.description, rule.reads) for rule in definition.rules] == [("large", "Much.", ("sum",))]


def test_an_atom_holds_its_place_and_its_own_keys() -> None:
    read, check, choose, done, done2 = _full().definition.atoms
    assert [atom.index for atom in (read, check, choose, done, done2)] == [0, 1, 2, 3, 4]
    assert (read.name, read.phase, read.module) == ("Read it", "intake", "reading")
    assert (check.name, choose.phase, choose.module) == ("check", "outcome", None)
    assert read.sets == (("half", Rule.compile({"/": [{"var": "sum"}, 2]})), ("note", Rule.compile("large")))
    assert (read.governed_by, read.uses) == (("law",), ("form",))
    assert check.input == (("a", Rule.compile({"var": "who"})),)
    assert (check.retry.max_attempts, check.retry.factor, check.retry.backoff) == (5, 1.5, timedelta(seconds=2))
    assert (check.retry.max_backoff, check.retry.timeout) == (timedelta(minutes=1), timedelta(minutes=1))
    assert (check.on_failure, check.saves, read.input) == ("fail", "result", None)
    assert choose.table is not None
    assert choose.table.rows[0].rule == Rule.compile({">": [{"var": "sum"}, 10]})
    assert (choose.table.hit, choose.table.names) == ("collect", ("way", "size.x", "other"))
    assert (done.outcome, done.terminate, done2.layout) == ("good", True, {"x": 1, "y": Decimal("2.5")})


def test_an_atom_says_what_it_reads_and_writes() -> None:
    read, check, choose, done, _ = _full().definition.atoms
    assert (read.reads, read.writes) == (("sum", "extra"), ("sum", "half", "note"))
    assert (check.reads, check.writes) == (("who",), ("result",))
    assert (choose.reads, choose.writes) == (("sum", "half", "result.score", "way"), ("way", "size.x", "other"))
    assert (done.reads, done.writes) == ((), ("more",))


def test_an_action_writes_what_it_answers() -> None:
    answer = {"properties": {"sent_at": {"type": "string"}}, "required": ["receipt"]}
    loaded = load_changed({"/actions/mail.send": {"output": answer}, "/title": {"var": "receipt"}})
    assert loaded.definition is not None
    assert loaded.definition.atoms[1].writes == ("sent_at", "receipt")


def test_routes_hold_every_edge_in_file_order() -> None:
    read, check, choose, done, done2 = _full().routes.routes
    assert [(edge.target, edge.position, edge.priority, edge.rule_id, edge.ruled) for edge in read.enables] == [
        ("check", 0, 5, None, False),
        ("done", 1, 0, "large", True),
    ]
    assert read.enables[1].logic == {">": [{"var": "sum"}, 10]}
    assert (read.role, read.strategy, check.role, check.strategy) == ("clerk", "pool", None, None)
    assert [(found.target, found.require) for found in check.depends_on] == [("read", "completed")]
    assert (choose.split, choose.enables[1].otherwise, choose.enables[0].rule_id) == ("first", True, None)
    assert (done.join, done2.join, done2.may_end) == (1, "all", True)


def test_definition_and_routes_join_up() -> None:
    loaded = _full()
    journey = join_up(loaded.definition, loaded.routes)
    assert [edge.source for edge in journey.incoming["done"]] == ["read", "choose"]
    assert journey.edge_rules["read", 1].evaluate({"sum": 11}) is True


def test_the_same_content_has_the_same_hash_however_it_is_written() -> None:
    plain = load(json.dumps(SMALL), "json").definition
    assert plain is not None
    assert len(plain.hash) == 64
    for text in (
        "# a comment\n" + yaml.safe_dump(SMALL, sort_keys=False),
        yaml.safe_dump(SMALL, sort_keys=True, default_flow_style=True),
        json.dumps(SMALL, indent=3).replace("100", "1.0e+2"),
    ):
        other = load(text).definition
        assert other is not None
        assert other.hash == plain.hash


@pytest.mark.parametrize(
    "change", [{"/name": "Small"}, {"/context/properties/amount/minimum": 1}, {"/version": "1.0.1"}]
)
def test_other_content_has_another_hash(change: dict[str, Any]) -> None:
    plain, other = load_changed({}).definition, load_changed(change).definition
    assert plain is not None
    assert other is not None
    assert plain.hash != other.hash


def test_the_order_of_sets_is_content() -> None:
    """R9: `sets` are computed in file order, each seeing those before it."""
    one = load_changed({"/atoms/0/sets": {"a": 1, "b": {"var": "a"}}}).definition
    other = load_changed({"/atoms/0/sets": {"b": {"var": "a"}, "a": 1}}).definition
    assert one is not None
    assert other is not None
    assert one.hash != other.hash


def test_what_is_left_out_has_its_default() -> None:
    document = {"journey": "least", "version": "0.1.0", "atoms": [{"id": "only", "kind": "milestone"}]}
    definition = load(json.dumps(document), "json").definition
    assert definition is not None
    assert (definition.name, definition.context, definition.title) == ("least", {"type": "object"}, None)


@pytest.mark.parametrize("path", _SEEDS, ids=lambda path: path.stem)
def test_the_seed_journeys_load_without_errors(path: Path) -> None:
    assert [finding for finding in load(path.read_bytes()).findings if finding.severity == "error"] == []
