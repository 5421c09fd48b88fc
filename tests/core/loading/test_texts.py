"""How YAML 1.2 and JSON texts are read: values, positions, bounds."""

import time
from decimal import Decimal
from typing import Any

import pytest

from engine.loading import load
from engine.loading.finding import Report
from engine.loading.json_text import read_json
from engine.loading.tree import Node
from engine.loading.yaml_text import read_yaml
from tests.core.loading.documents import told


def _yaml(text: str) -> Node:
    root = read_yaml(text, Report())
    assert root is not None
    return root


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("12", 12),
        ("-0012", -12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("2.", Decimal(2)),
        ("1e3", Decimal("1e3")),
        ("1.4.0", "1.4.0"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!float 1", 1),
        ('"a\\u00e9"', "aé"),
        ("=", "="),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: Any) -> None:
    read = _yaml(f"a: {text}").value["a"]
    assert read == value
    assert type(read) is type(value)


def test_on_is_a_key_like_any_other() -> None:
    assert _yaml("on: done\nyes: 1\n7: x\ntrue: y").value == {"on": "done", "yes": 1, "7": "x", "true": "y"}


def test_decimals_are_exact() -> None:
    assert _yaml("a: 0.1000000000000000000000000000000001").value["a"] == Decimal(
        "0.1000000000000000000000000000000001"
    )


def test_aliases_within_bounds_repeat_their_value() -> None:
    root = _yaml("a: &x {b: [1, 2]}\nc: *x\n")
    assert root.value["c"] == {"b": [1, 2]}
    assert root.place(("c",)) == (2, 4)
    assert root.place(("c", "b", 1)) == (1, 15)


def test_positions_are_those_of_keys_and_values() -> None:
    root = _yaml("a:\n  - b: 1\n    é: [x,  {y: z}]\n")
    assert root.place(("a", 0, "b")) == (2, 8)
    assert root.place(("a", 0, "b"), at_key=True) == (2, 5)
    assert root.place(("a", 0, "é", 1, "y")) == (3, 17)
    assert root.place(("a", 0, "missing")) == (2, 5)


def test_json_and_yaml_give_the_same_values_and_positions() -> None:
    text = '{"a": [1, 2.50,\r\n {"b\\u00e9": "x\\ty\\/", "c": null}], "d": -1e-3, "e": {}, "f": [], "g": true}'
    report = Report()
    json, yaml = read_json(text, report), _yaml(text)
    assert json is not None
    assert json.value == yaml.value
    assert json.place(("a", 2, "bé")) == yaml.place(("a", 2, "bé")) == (2, 14)
    assert json.place(("g",), at_key=True) == yaml.place(("g",), at_key=True)
    assert report.findings() == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2", (2, 1)),
        ("a: b: c", (1, 5)),
        ("a: 'x", (2, 1)),
        ("a:\n\t- b", (2, 1)),
        ("a: *x", (1, 4)),
        ("a: &x [*x]", (1, 8)),
        ("a: !thing 1", (1, 4)),
        ("a: !!int x", (1, 4)),
        ("a: !!python/object:os.system x", (1, 4)),
        ("a: !!set {b}", (1, 4)),
        ("[1]: 2", (1, 1)),
        ("a: &x {b: 1}\nc:\n  <<: *x", (3, 3)),
        ("a: 1\n---\nb: 2", (2, 1)),
        ("a: 1\nb: \x01", (2, 4)),
        ("a: 1\na: 2", (2, 1)),
        ("", (1, 1)),
        ("# nothing", (1, 1)),
    ],
)
def test_yaml_that_cannot_be_read_is_a_syntax_finding_with_its_place(text: str, place: tuple[int, int]) -> None:
    found = [finding for finding in load(text + "\n").findings if finding.code == "syntax"]
    assert [(finding.line, finding.column) for finding in found] == [place]
    assert found[0].fix


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,}', (1, 9)),
        ('{"a": 1\n "b": 2}', (2, 2)),
        ('{"a" 1}', (1, 6)),
        ("{a: 1}", (1, 2)),
        ('{"a": 01}', (1, 8)),
        ('{"a": nul}', (1, 7)),
        ('{"a": "x\ty"}', (1, 9)),
        ('{"a": "\\q"}', (1, 8)),
        ('{"a": [1}', (1, 9)),
        ('{"a": 1} 2', (1, 10)),
        ('{"a": 1, "a": 2}', (1, 10)),
        ("{", (1, 2)),
        ("  ", (1, 1)),
        ("// x\n{}", (1, 1)),
    ],
)
def test_json_that_cannot_be_read_is_a_syntax_finding_with_its_place(text: str, place: tuple[int, int]) -> None:
    found = [finding for finding in load(text, "json").findings if finding.code == "syntax"]
    assert [(finding.line, finding.column) for finding in found] == [place]


def test_a_key_given_twice_hides_no_other_finding() -> None:
    """Corners: duplicate keys are `syntax`."""
    found = told(load("journey: a\njourney: b\nversion: 1.0.0\natoms: 5\n").findings)
    assert found == [("syntax", "/journey"), ("bad_value", "/atoms")]


@pytest.mark.parametrize(
    "value",
    ["1" * 35, "1e309", "1e-400", "1E999999999999999999999", ".inf", ".nan", "0x" + "f" * 1000, '"a\\0b"', '"\\uD800"'],
)
def test_numbers_and_texts_beyond_the_bounds_are_bad_values(value: str) -> None:
    """Rules: at most 34 significant digits, exponents within ±308, no NUL in texts."""
    codes = {finding.code for finding in load(f"journey: a\nversion: 1.0.0\ntitle: {value}\n").findings}
    assert codes <= {"bad_value", "missing_key", "syntax"}
    assert codes & {"bad_value", "syntax"}


@pytest.mark.parametrize("value", ["1" * 34, "1e308", "1e-308", "-0.5"])
def test_numbers_within_the_bounds_are_taken(value: str) -> None:
    assert told(load(f"journey: a\nversion: 1.0.0\ntitle: {value}\n").findings) == [("missing_key", "/atoms")]


_LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    "text",
    [
        _LAUGHS,
        "[" * 200_000,
        "a: " + "{a: " * 100_000,
        "- " * 100_000,
        "".join(f"{' ' * depth}a:\n" for depth in range(1000)),
        "a: " + "1," * 600_000,
        "- 1\n" * 200_000,
        '{"a":' * 100_000,
        "? " * 50_000,
        "&a " * 50_000,
        "!" * 500_000,
    ],
    ids=["laughs", "lists", "objects", "dashes", "block", "bytes", "values", "json", "keys", "anchors", "tags"],
)
@pytest.mark.parametrize("media", ["yaml", "json"])
def test_a_bomb_is_refused_quickly(text: str, media: Any) -> None:
    begin = time.perf_counter()
    loaded = load(text, media)
    assert time.perf_counter() - begin < 5
    assert "syntax" in {finding.code for finding in loaded.findings}


def test_bytes_are_utf_8() -> None:
    assert load("\ufeffjourney: é".encode()).findings[0].code != "syntax"
    for data in (b"\xff\xfea\x00", "journey: é".encode("latin-1"), "journey: a".encode("utf-16")):
        assert told(load(data).findings) == [("syntax", "")]
    assert told(load("a: \ud800").findings) == [("syntax", "")]
