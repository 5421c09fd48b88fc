"""What is wrong with a cases document is found with its line and column, all at once, with a fix."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from engine.cases.format import schema_text
from engine.loading.finding import Report
from engine.loading.yaml_text import read_yaml
from tests.core.cases.orders import HEAD, found, read

_ROOT = Path(__file__).parents[3]
_SEEDS = sorted((_ROOT / "seed" / "journeys").glob("*.cases.yaml"))
_schema: dict[str, Any] = msgspec.json.decode(schema_text())
_validator = jsonschema_rs.Draft202012Validator(_schema)

WRONG: dict[str, tuple[str, str, str, tuple[int, int]]] = {
    "a key that is none": ("{name: a, outputz: {}}", "unknown_key", "/cases/0/outputz", (11, 15)),
    "no name": ("{start: {}}", "missing_key", "/cases/0/name", (11, 5)),
    "an atom that is none": (
        "{name: a, outputs: {atom-packs: {}}}",
        "unknown_atom",
        "/cases/0/outputs/atom-packs",
        (11, 25),
    ),
    "a called atom that is none": (
        "{name: a, leaves: [shipping/atom-fly]}",
        "unknown_atom",
        "/cases/0/leaves/0",
        (11, 24),
    ),
    "a journey that is not called": (
        "{name: a, leaves: [billing/atom-a]}",
        "unknown_name",
        "/cases/0/leaves/0",
        (11, 24),
    ),
    "an atom of the path": (
        "{name: a, expect: {path: [atom-none]}}",
        "unknown_atom",
        "/cases/0/expect/path/0",
        (11, 31),
    ),
    "an atom of a later path": (
        "{name: a, then: [{expect: {path: [{atom: atom-none}]}}]}",
        "unknown_atom",
        "/cases/0/then/0/expect/path/0/atom",
        (11, 46),
    ),
    "an expected task": (
        "{name: a, expect: {tasks: {atom-x: {}}}}",
        "unknown_atom",
        "/cases/0/expect/tasks/atom-x",
        (11, 32),
    ),
    "an output of a milestone": (
        "{name: a, outputs: {atom-refused: {a: 1}}}",
        "bad_value",
        "/cases/0/outputs/atom-refused",
        (11, 25),
    ),
    "an output of a subjourney": (
        "{name: a, outputs: {atom-ship: {tracking: T}}}",
        "bad_value",
        "/cases/0/outputs/atom-ship",
        (11, 25),
    ),
    "a part that is none": ("{name: a, at: deliverin}", "unknown_name", "/cases/0/at", (11, 19)),
    "a time that is none": ("{name: a, now: noon}", "bad_value", "/cases/0/now", (11, 20)),
    "two next things in one": (
        "{name: a, then: [{wait: P1D, do: atom-pack}]}",
        "bad_value",
        "/cases/0/then/0/do",
        (11, 34),
    ),
    "no next thing": ("{name: a, then: [{}]}", "missing_key", "/cases/0/then/0/expect", (11, 22)),
    "a duration that is none": ("{name: a, then: [{wait: 3 days}]}", "bad_value", "/cases/0/then/0/wait", (11, 29)),
    "a word that is none": (
        "{name: a, then: [{process: stop}]}",
        "bad_value",
        "/cases/0/then/0/process",
        (11, 32),
    ),
    "outputs of no visit": ("{name: a, outputs: {atom-pack: []}}", "bad_value", "/cases/0/outputs/atom-pack", (11, 36)),
    "the same name twice": ("{name: a}\n  - {name: a}", "duplicate_id", "/cases/1/name", (12, 12)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found_where_it_stands(wrong: tuple[str, str, str, tuple[int, int]]):
    case, code, pointer, place = wrong
    assert found(f"  - {case}\n") == {(code, pointer): place}


def test_a_finding_says_what_was_probably_meant():
    messages = {
        one.code: one.fix for one in read("  - {name: a, outputz: {}, leaves: [atom-pak, atom-drive]}\n").findings
    }
    assert messages["unknown_key"] == "Did you mean `outputs`?"
    assert "`shipping/atom-drive`" in messages["unknown_atom"]


def test_the_cases_of_another_journey_are_refused():
    assert found("  - {name: a}\n", HEAD.replace("journey: order", "journey: other")) == {
        ("bad_value", "/journey"): (1, 10)
    }


def test_a_document_that_is_no_yaml_or_has_no_cases_is_a_finding():
    assert [one.code for one in read("", head="cases: [").findings] == ["syntax"]
    assert [one.code for one in read("", head="journey: order\ncases: []\n").findings] == ["bad_value"]
    assert read("  - {name: a}\n").findings == ()


def test_a_case_knows_its_lines():
    suite = read("  - name: a\n  - name: b\n    then:\n      - wait: P1D\n    expect: {outcome: delivered}\n").suite
    assert suite is not None
    assert [case.line for case in suite.cases] == [11, 12]
    assert [line for line, _ in suite.cases[1].then] == [14]
    assert suite.cases[1].expect.line == 15


def test_the_committed_schema_is_fresh():
    """If not: `python -m engine.cases.format docs/cases.schema.json`."""
    assert (_ROOT / "docs" / "cases.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_json_schema_and_accepts_the_seed_cases():
    assert jsonschema_rs.meta.is_valid(_schema)
    for path in _SEEDS:
        root = read_yaml(path.read_text(encoding="utf-8"), Report())
        assert root is not None
        assert [error.message for error in _validator.iter_errors(root.value)] == []


@pytest.mark.parametrize("name", [name for name, wrong in WRONG.items() if wrong[1] in ("unknown_key", "missing_key")])
def test_the_schema_refuses_keys_as_the_reader_does(name: str):
    root = read_yaml(f"{HEAD}  - {WRONG[name][0]}\n", Report())
    assert root is not None
    assert not _validator.is_valid(root.value)
