"""Loading as a whole: all findings at once, in order, in time; and nothing that raises."""

import json
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.loading import load
from engine.loading.finding import MOST, Report
from engine.loading.keys import ATOM, JOURNEY
from engine.loading.yaml_text import read_yaml
from tests.core.loading.documents import SMALL, changed
from tests.core.loading.orders import ORDER
from tests.core.loading.test_calls import published

_words = st.one_of(
    st.sampled_from([key.name for key in (*ATOM.keys, *JOURNEY.keys)]),
    st.sampled_from(["first", "second", "clerk", "var", "$ref", "#", "properties", "type", "object", "x-sensitive"]),
    st.text(max_size=8),
)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _words),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(_words, below, max_size=5)),
    max_leaves=20,
)
_quickly = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@_quickly
@given(st.one_of(st.text(), st.text(alphabet="{}[]:,-&*!|>'\"%@`#?\n\t ab1.<")))
def test_no_text_makes_loading_raise(text: str) -> None:
    for media in ("yaml", "json"):
        loaded = load(text, media)  # type: ignore[arg-type]
        assert loaded.ok or loaded.findings


@_quickly
@given(st.binary())
def test_no_bytes_make_loading_raise(data: bytes) -> None:
    assert load(data).findings


@_quickly
@given(_values, st.integers(0, 60))
def test_no_value_anywhere_in_a_document_makes_loading_raise(value: Any, place: int) -> None:
    pointers = [*_pointers(SMALL, ""), *(f"/atoms/0/{key.name}" for key in ATOM.keys)]
    pointers += [f"/{key.name}" for key in JOURNEY.keys]
    text = json.dumps(changed({pointers[place * 7 % len(pointers)]: value}))
    loaded = load(text, "json")
    assert loaded.ok or loaded.findings
    for finding in loaded.findings:
        assert finding.message
        assert finding.fix
        assert finding.line == 1


@_quickly
@given(_values, st.integers(0, 10_000))
def test_no_value_in_any_construct_makes_loading_raise(value: Any, place: int) -> None:
    root = read_yaml(ORDER, Report())  # not PyYAML's own: to it the key `on` is true
    assert root is not None
    document = root.value
    pointers = _pointers(document, "")
    *way, last = pointers[place % len(pointers)].split("/")[1:]
    node = document
    for part in way:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[int(last) if isinstance(node, list) else last] = value
    loaded = load(json.dumps(document), "json", published())
    assert loaded.ok or loaded.findings


def _pointers(value: Any, at: str) -> list[str]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for part, inner in below for found in (f"{at}/{part}", *_pointers(inner, f"{at}/{part}"))]


def test_a_hundred_defects_are_a_hundred_findings_in_under_a_second() -> None:
    """Issue 3, bad input: all at once, quickly."""
    defects: list[dict[str, Any]] = [
        {"performed_by": "nobody"},
        {"performed_by": "clerk", "enabels": []},
        {"kind": "system"},
        {"kind": "decision", "split": "some"},
        {"performed_by": "clerk", "sets": {"now": 1}},
        {"kind": "milestone", "sets": {"a": {"methd": [1]}}},
        {"kind": "milestone", "sets": {"a": {"var": "nothing-such"}}},
        {"performed_by": "clerk", "sla": {"target": "1 day"}},
        {"kind": "milestone", "enables": ["nowhere-at-all"]},
        {"performed_by": "clerk", "output": {"properties": {"x": {"type": "money"}}}},
    ]
    atoms = [{"id": f"atom-{place}", "depends_on": ["first"], **defects[place % len(defects)]} for place in range(100)]
    text = json.dumps({**SMALL, "atoms": [*SMALL["atoms"], *atoms]}, indent=1)
    begin = time.perf_counter()
    loaded = load(text, "json")
    assert time.perf_counter() - begin < 1
    assert len(loaded.findings) == 100
    assert [finding.atom for finding in loaded.findings] == [atom["id"] for atom in atoms]


def test_findings_are_in_the_order_of_the_document() -> None:
    text = "version: x\njourney: Y\natoms:\n  - {id: a, kind: system}\n  - {id: a, performed_by: c, depends_on: [b]}\n"
    found = load(text).findings
    assert [(finding.line, finding.column) for finding in found] == sorted(
        (finding.line or 0, finding.column or 0) for finding in found
    )
    assert {finding.code for finding in found} == {
        *("bad_value", "no_performer", "duplicate_id", "unknown_name", "unknown_atom")
    }


def test_a_finding_stands_where_the_designer_wrote_it() -> None:
    text = """journey: small
version: 1.0.0
roles: {clerk: {}}
atoms:
  - id: one
    performed_by: clerk
    enabels: [two]
    retry: {}
    enables:
      - to: two
        otherwise: true
        rule: {var: price}
      - {to: tow}
  - id: two
    performed_by: {role: clrek, not_same_as: [tow]}
"""
    found = {finding.pointer: (finding.code, finding.line, finding.column) for finding in load(text).findings}
    assert found == {
        "/atoms/0/enabels": ("unknown_key", 7, 5),
        "/atoms/0/retry": ("unknown_key", 8, 5),
        "/atoms/0/enables/0/otherwise": ("bad_value", 11, 9),
        "/atoms/0/enables/0/rule/var": ("rule_unknown_name", 12, 21),
        "/atoms/0/enables/1/to": ("unknown_atom", 13, 14),
        "/atoms/1/performed_by/role": ("unknown_name", 15, 26),
        "/atoms/1/performed_by/not_same_as/0": ("unknown_atom", 15, 47),
    }


def test_endless_findings_end() -> None:
    text = "journey: a\nversion: 1.0.0\natoms: [" + ", ".join(["{id: x, kind: q, zzz: 1}"] * 20_000) + "]"
    begin = time.perf_counter()
    loaded = load(text)
    assert time.perf_counter() - begin < 10
    assert len(loaded.findings) == MOST + 1
    assert "more than 1,000 findings" in loaded.findings[-1].message
