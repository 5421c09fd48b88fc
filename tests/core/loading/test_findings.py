"""Each code of the contract's table "What is refused when a graph is loaded": a document that is wrong in one way has
exactly that one finding, and a near miss has none.
"""

from typing import Any

import pytest

from tests.core.loading.documents import GONE, load_changed, told

Changes = dict[str, Any]

_JOIN_TWO = {"/atoms/2/join": {"count": 2}}
_BACK = {"/atoms/1/enables": ["third"], "/atoms/2/enables": ["second"]}

CASES: dict[str, tuple[str, str, Changes, Changes]] = {
    "a key that does not exist": ("unknown_key", "/atoms/0/enabels", {"/atoms/0/enabels": []}, {}),
    "a key of the top level that does not exist": ("unknown_key", "/owner", {"/owner": "x"}, {"/name": "x"}),
    "a key of an edge that does not exist": (
        *("unknown_key", "/atoms/1/enables/0/condition"),
        {"/atoms/1/enables/0": {"to": "third", "condition": "large"}, "/atoms/1/may_end": True},
        {"/atoms/1/enables/0": {"to": "third", "rule": "large"}, "/atoms/1/may_end": True},
    ),
    "a key that fits other kinds only": (
        *("unknown_key", "/atoms/0/action"),
        {"/atoms/0/action": "mail.send"},
        {"/atoms/1/action": "mail.send"},
    ),
    "a table on an atom that decides nothing": (
        *("unknown_key", "/atoms/0/table"),
        {"/atoms/0/table": {"rows": []}},
        {"/atoms/2": {"id": "third", "kind": "decision", "table": {"rows": [{"rule": "large", "sets": {}}]}}},
    ),
    "a missing key": ("missing_key", "/version", {"/version": GONE}, {"/version": "0.0.1-rc.1+5"}),
    "a row without a rule": (
        *("missing_key", "/atoms/2/table/rows/0/rule"),
        {"/atoms/2": {"id": "third", "kind": "decision", "table": {"rows": [{"sets": {}}]}}},
        {"/atoms/2": {"id": "third", "kind": "decision", "table": {"rows": [{"rule": True, "sets": {}}]}}},
    ),
    "a performer without a role": (
        *("missing_key", "/atoms/0/performed_by/role"),
        {"/atoms/0/performed_by": {"strategy": "pool"}},
        {"/atoms/0/performed_by": {"role": "clerk", "strategy": "pool"}},
    ),
    "no atoms": ("missing_key", "/atoms", {"/atoms": GONE}, {}),
    "an empty list of atoms": ("bad_value", "/atoms", {"/atoms": []}, {}),
    "two ways of grouping at once": (
        *("bad_value", "/modules"),
        {"/modules": [{"id": "m", "atoms": [{"id": "x", "performed_by": "clerk", "depends_on": ["first"]}]}]},
        {},
    ),
    "an unknown kind": ("bad_value", "/atoms/0/kind", {"/atoms/0/kind": "humann"}, {"/atoms/0/kind": "human"}),
    "a version of two numbers": ("bad_value", "/version", {"/version": "1.0"}, {"/version": "1.0.0"}),
    "a version that is a number": ("bad_value", "/version", {"/version": 1}, {}),
    "an id with capital letters": ("bad_value", "/journey", {"/journey": "Small"}, {"/journey": "small-2"}),
    "a text for a flag": ("bad_value", "/atoms/0/may_end", {"/atoms/0/may_end": "yes"}, {"/atoms/0/may_end": True}),
    "null for a list": ("bad_value", "/atoms/2/enables", {"/atoms/2/enables": None}, {"/atoms/2/enables": []}),
    "no attempts": (
        *("bad_value", "/atoms/1/retry/max_attempts"),
        {"/atoms/1/retry": {"max_attempts": 0}},
        {"/atoms/1/retry": {"max_attempts": 1}},
    ),
    "half an attempt": ("bad_value", "/atoms/1/retry/max_attempts", {"/atoms/1/retry": {"max_attempts": 1.5}}, {}),
    "a duration of months": (
        *("bad_value", "/atoms/1/retry/backoff"),
        {"/atoms/1/retry": {"backoff": "P1M"}},
        {"/atoms/1/retry": {"backoff": "PT1M"}},
    ),
    "a negative duration": ("bad_value", "/atoms/1/retry/backoff", {"/atoms/1/retry": {"backoff": "-PT1S"}}, {}),
    "an attempt that may take no time": (
        *("bad_value", "/atoms/1/retry/timeout"),
        {"/atoms/1/retry": {"timeout": "PT0S"}},
        {"/atoms/1/retry": {"backoff": "PT0S"}},
    ),
    "otherwise with a rule": (
        *("bad_value", "/atoms/0/enables/1/otherwise"),
        {"/atoms/0/enables/1": {"to": "third", "otherwise": True, "rule": "large"}, "/atoms/0/may_end": True},
        {"/atoms/0/enables/1": {"to": "third", "otherwise": False, "rule": "large"}, "/atoms/0/may_end": True},
    ),
    "a count beyond the edges": (
        *("bad_value", "/atoms/2/join/count"),
        {"/atoms/2/join": {"count": 3}},
        {"/atoms/2/join": {"count": 2}},
    ),
    "a count of none": ("bad_value", "/atoms/2/join/count", {"/atoms/2/join": {"count": 0}}, {}),
    "a table without rows": (
        *("bad_value", "/atoms/2/table/rows"),
        {"/atoms/2": {"id": "third", "kind": "decision", "table": {"rows": []}}},
        {},
    ),
    "an edge without a rule to its key": (
        *("bad_value", "/atoms/1/enables/0/rule"),
        {"/atoms/1/enables/0": {"to": "third", "rule": None}},
        {"/atoms/1/enables/0": {"to": "third", "rule": True}, "/atoms/1/may_end": True},
    ),
    "a dotted name with a hole": ("bad_value", "/atoms/0/saves", {"/atoms/0/saves": "a..b"}, {"/atoms/0/saves": "a.b"}),
    "a schema that is none": (
        *("bad_value", "/atoms/0/output/properties/a/minimum"),
        {"/atoms/0/output": {"type": "object", "properties": {"a": {"minimum": "1"}}}},
        {"/atoms/0/output": {"type": "object", "properties": {"a": {"minimum": 1}}}},
    ),
    "a type that JSON Schema does not have": (
        *("bad_value", "/context/properties/amount/type"),
        {"/context/properties/amount/type": "decimal"},
        {"/context/properties/amount/type": ["number", "null"]},
    ),
    "a pattern that is no regular expression": (
        *("bad_value", "/context/properties/note/pattern"),
        {"/context/properties/note/pattern": "("},
        {"/context/properties/note/pattern": "^[(]$"},
    ),
    "a reference out of the document": (
        *("bad_value", "/context/properties/note/$ref"),
        {"/context/properties/note": {"$ref": "https://example.com/note.json"}},
        {"/context/properties/note": {"$ref": "#/$defs/note"}, "/context/$defs": {"note": {"type": "string"}}},
    ),
    "a reference to nothing": (
        *("bad_value", "/context/properties/note/$ref"),
        {"/context/properties/note": {"$ref": "#/$defs/note"}},
        {"/context/properties": {"amount": {}, "person": {"properties": {"up": {"$ref": "#/properties/person"}}}}},
    ),
    "another dialect": (
        *("bad_value", "/context/$schema"),
        {"/context/$schema": "http://json-schema.org/draft-07/schema#"},
        {"/context/$schema": "https://json-schema.org/draft/2020-12/schema"},
    ),
    "an output that is no object": (
        *("bad_value", "/atoms/0/output/type"),
        {"/atoms/0/output": {"type": "array"}},
        {"/atoms/0/output": {"properties": {}}},
    ),
    "two atoms of one id": (
        *("duplicate_id", "/atoms/3/id"),
        {"/atoms/3": {"id": "third", "kind": "milestone", "depends_on": ["first"]}},
        {"/atoms/3": {"id": "fourth", "kind": "milestone", "depends_on": ["first"]}},
    ),
    "two edges with the same ends": (
        *("duplicate_id", "/atoms/1/enables/1"),
        {"/atoms/1/enables": ["third", {"to": "third", "priority": 1}]},
        {"/atoms/1/enables": ["third"], "/atoms/1/depends_on": []},
    ),
    "the same dependency twice": (
        *("duplicate_id", "/atoms/2/depends_on/1"),
        {"/atoms/2/depends_on": ["first", {"atom": "first", "require": "completed"}]},
        {"/atoms/2/depends_on": ["first", {"atom": "second", "require": "completed"}]},
    ),
    "an edge to no atom": (
        *("unknown_atom", "/atoms/1/enables/0"),
        {"/atoms/1/enables": ["thrid"]},
        {"/atoms/1/enables": [{"to": "third"}]},
    ),
    "a dependency on no atom": (
        *("unknown_atom", "/atoms/2/depends_on/0/atom"),
        {"/atoms/2/depends_on": [{"atom": "zeroth"}]},
        {"/atoms/2/depends_on": [{"atom": "first"}]},
    ),
    "an unknown role": (
        *("unknown_name", "/atoms/0/performed_by"),
        {"/atoms/0/performed_by": "boss"},
        {"/atoms/0/performed_by": "boss", "/roles/boss": {}},
    ),
    "an unknown action": ("unknown_name", "/atoms/1/action", {"/atoms/1/action": "mail.sent"}, {}),
    "an unknown regulation": (
        *("unknown_name", "/atoms/1/governed_by/0"),
        {"/atoms/1/governed_by": ["lore"]},
        {"/atoms/1/governed_by": ["law"]},
    ),
    "an unknown document": (
        *("unknown_name", "/atoms/1/produces/0"),
        {"/atoms/1/produces": ["from"]},
        {"/atoms/1/produces": ["form"], "/atoms/2/uses": ["form"]},
    ),
    "an unknown rule": (
        *("unknown_name", "/atoms/0/enables/0/rule"),
        {"/atoms/0/enables/0/rule": "huge"},
        {"/atoms/0/sets": {"note": "huge"}},
    ),
    "an unknown dimension": (
        *("unknown_name", "/dimensions/0"),
        {"/dimensions": ["amuont"]},
        {"/dimensions": ["amount", "person.name"]},
    ),
    "a reserved name in the context": (
        *("reserved_name", "/context/properties/now"),
        {"/context/properties/now": {}},
        {"/context/properties/today": {}},
    ),
    "a reserved name in an output": (
        *("reserved_name", "/atoms/0/output/properties/item"),
        {"/atoms/0/output": {"properties": {"item": {}}}},
        {"/atoms/0/output": {"properties": {"item": {}}}, "/atoms/0/saves": "answer"},
    ),
    "a reserved name that is set": (
        *("reserved_name", "/atoms/0/sets/process.id"),
        {"/atoms/0/sets": {"process.id": 1}},
        {"/atoms/0/sets": {"my.process": 1}},
    ),
    "an action that answers a reserved name": (
        *("reserved_name", "/actions/mail.send/output/properties/atom"),
        {"/actions/mail.send": {"output": {"properties": {"atom": {}}}}},
        {"/actions/mail.send": {"input": {"properties": {"atom": {}}}}},
    ),
    "a circle": (
        *("cycle", "/atoms/2/enables/0"),
        {**_BACK},
        {"/atoms/2/enables": []},
    ),
    "a circle of an edge and a dependency": (
        *("cycle", "/atoms/0/depends_on/0"),
        {"/atoms/0/depends_on": ["third"]},
        {"/atoms/2/depends_on": ["first"]},
    ),
    "an atom that enables itself": ("cycle", "/atoms/2/enables/0", {"/atoms/2/enables": ["third"]}, {}),
    "every edge ruled": (
        *("no_otherwise", "/atoms/1/enables"),
        {"/atoms/1/enables": [{"to": "third", "rule": "large"}]},
        {"/atoms/1/enables": [{"to": "third", "rule": "large"}], "/atoms/1/may_end": True},
    ),
    "a human atom without a role": (
        *("no_performer", "/atoms/0"),
        {"/atoms/0/performed_by": GONE},
        {"/atoms/0/performed_by": {"role": "clerk"}},
    ),
    "a system atom without an action": ("no_performer", "/atoms/1", {"/atoms/1/action": GONE}, {}),
    "a rule that calls methods": (
        *("rule_operator", "/rules/large/logic/method"),
        {"/rules/large/logic": {"method": [{"var": "amount"}, "as_tuple"]}},
        {"/rules/large/logic": {"var": "amount"}},
    ),
    "too few arguments": (
        *("rule_arity", "/rules/large/logic/%"),
        {"/rules/large/logic": {"%": [1]}},
        {"/rules/large/logic": {"%": [1, 2]}},
    ),
    "two operators in one object": (
        *("rule_shape", "/atoms/0/sets/note"),
        {"/atoms/0/sets": {"note": {"==": [1, 1], "!=": [1, 1]}}},
        {"/atoms/0/sets": {"note": {"and": [{"==": [1, 1]}, {"!=": [1, 1]}]}}},
    ),
    "a rule of too many nodes": (
        *("rule_size", "/title"),
        {"/title": {"cat": ["x"] * 2100}},
        {"/title": {"cat": ["x"] * 1900}},
    ),
    "a name that nothing declares": (
        *("rule_unknown_name", "/title/cat/1/var"),
        {"/title": {"cat": ["a", {"var": "amout"}]}},
        {"/title": {"cat": ["a", {"var": "amount"}]}},
    ),
    "a name below a closed object": (
        *("rule_unknown_name", "/title/var/0"),
        {"/title": {"var": ["person.age", 0]}},
        {"/title": {"var": ["person.name", 0]}},
    ),
    "a calendar": ("bad_value", "/calendar", {"/calendar": ["us"]}, {"/calendar": "us"}),
    "a service level": (
        *("missing_key", "/atoms/0/sla/target"),
        {"/atoms/0/sla": {"warn_before": "PT1H"}},
        {"/atoms/0/sla": {"target": "PT4H"}},
    ),
    "a strategy": (
        *("bad_value", "/atoms/0/performed_by/strategy"),
        {"/atoms/0/performed_by": {"role": "clerk", "strategy": "by_lot"}},
        {"/atoms/0/performed_by": {"role": "clerk", "strategy": "round_robin"}},
    ),
    "four eyes": (
        *("bad_value", "/atoms/0/performed_by/not_same_as/0"),
        {"/atoms/0/performed_by": {"role": "clerk", "not_same_as": ["second"]}},
        {"/atoms/0/performed_by": {"role": "clerk", "skills": ["law"]}},
    ),
    "a mark of sensitive data": (
        *("bad_value", "/context/properties/note/x-sensitive"),
        {"/context/properties/note/x-sensitive": "yes"},
        {"/context/properties/note/x-sensitive": True},
    ),
    "sensitive data deep in an output": (
        *("sensitive_shown", "/atoms/0/output"),
        {"/atoms/0/output": {"properties": {"a": {"items": {"x-sensitive": True}}}}},
        {"/atoms/0/output": {"properties": {"a": {"default": {"x-sensitive": True}}}}},
    ),
    "working time": (
        *("bad_value", "/atoms/1/retry/backoff"),
        {"/atoms/1/retry": {"backoff": {"working": "PT1H"}}},
        {},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_document_that_is_wrong_in_one_way_has_that_one_finding(case: tuple[str, str, Changes, Changes]) -> None:
    code, pointer, wrong, _ = case
    loaded = load_changed(wrong)
    assert told(loaded.findings) == [(code, pointer)], loaded.findings
    assert not loaded.ok
    assert loaded.definition is None
    assert loaded.routes is None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_near_miss_is_accepted(case: tuple[str, str, Changes, Changes]) -> None:
    assert load_changed(case[3]).findings == ()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_finding_says_where_it_is_and_what_to_do(case: tuple[str, str, Changes, Changes]) -> None:
    for finding in load_changed(case[2]).findings:
        assert finding.line is not None
        assert finding.column is not None
        assert finding.message.endswith(".")
        assert finding.fix.endswith((".", "?"))
        assert finding.severity == "error"


def test_several_entries_must_say_so() -> None:
    alone = {"id": "fourth", "performed_by": "clerk"}
    both = load_changed({"/atoms/3": alone})
    assert told(both.findings) == [("extra_entry", "/atoms/0"), ("extra_entry", "/atoms/3")]
    one = load_changed({"/atoms/3": {**alone, "entry": True}})
    assert told(one.findings) == [("extra_entry", "/atoms/0")]
    assert load_changed({"/atoms/3": {**alone, "entry": True}, "/atoms/0/entry": True}).ok
    assert load_changed({"/atoms/3": {**alone, "depends_on": ["first"]}}).ok


def test_what_a_misspelt_edge_was_meant_for_is_no_extra_entry() -> None:
    loaded = load_changed({"/atoms/1/enables": ["thrid"], "/atoms/0/enables": ["second"]})
    assert told(loaded.findings) == [("unknown_atom", "/atoms/1/enables/0")]
    assert "`third`" in loaded.findings[0].fix


def test_a_phase_and_a_module_may_not_share_an_id() -> None:
    atoms = [{"id": "a", "performed_by": "clerk"}]
    phases = [{"id": "p", "modules": [{"id": "m", "atoms": atoms}]}]
    assert load_changed({"/atoms": GONE, "/phases": phases}).ok
    phases[0]["modules"][0]["id"] = "p"  # type: ignore[index]
    loaded = load_changed({"/atoms": GONE, "/phases": phases})
    assert told(loaded.findings) == [("duplicate_id", "/phases/0/modules/0/id")]


def test_a_circle_is_told_with_its_path() -> None:
    (finding,) = load_changed({**_BACK}).findings
    assert "second → third → second" in finding.message
    (finding,) = load_changed({"/atoms/0/depends_on": ["third"]}).findings
    assert "`first` depends on `third`" in finding.message


def test_an_unknown_key_names_the_nearest_that_fits() -> None:
    (finding,) = load_changed({"/atoms/0/enabels": []}).findings
    assert finding.fix == "Did you mean `enables`?"
    (finding,) = load_changed({"/atoms/0/assignee": "clerk"}).findings
    assert finding.fix == "Did you mean `performed_by`?"


def test_a_key_of_another_kind_says_which_kind_takes_it() -> None:
    (finding,) = load_changed({"/atoms/0/action": "mail.send"}).findings
    assert finding.message == "A human atom takes no `action`; it is for `system` atoms."
    assert finding.atom == "first"


def test_an_empty_depends_on_is_no_dependency() -> None:
    loaded = load_changed(
        {"/atoms/3": {"id": "fourth", "performed_by": "clerk", "depends_on": []}, "/atoms/0/entry": True}
    )
    assert told(loaded.findings) == [("extra_entry", "/atoms/3")]


def test_what_is_of_the_wrong_type_raises_no_second_finding() -> None:
    for pointer in ("performed_by", "enables", "split", "sets", "output", "saves", "entry", "kind"):
        loaded = load_changed({"/atoms/0/entry": True, "/atoms/1/entry": True, f"/atoms/0/{pointer}": 5})
        assert [finding.code for finding in loaded.findings] == ["bad_value"], pointer
    loaded = load_changed({"/atoms/0/id": "First", "/atoms/1/depends_on": ["First"]})
    assert told(loaded.findings) == [("bad_value", "/atoms/0/id")]
