"""`wayline check`: findings as a compiler prints them."""

import io
import json
import sys
from pathlib import Path

import pytest

from cli.findings import show_findings
from cli.main import main

SEED = sorted((Path(__file__).resolve().parents[2] / "seed" / "journeys").glob("*.yaml"))

WRONG = """\
journey: leave
version: 1.0.0
roles: {manager: {name: Manager}}
atoms:
  - id: atom-ask
    kind: human
    performed_byy: manager
    enables: [{to: atom-end}]
"""
SAID = """\
leave.yaml:5:5: error[no_performer]: Nobody performs the human atom `atom-ask`.
    5 |   - id: atom-ask
      |     ^
      = fix: Add `performed_by` with one of `roles`.
leave.yaml:7:5: error[unknown_key]: An atom has no key `performed_byy`.
    7 |     performed_byy: manager
      |     ^
      = fix: Did you mean `performed_by`?
leave.yaml:8:20: error[unknown_atom]: There is no atom `atom-end` in this version.
    8 |     enables: [{to: atom-end}]
      |                    ^
      = fix: Did you mean `atom-ask`? Name an atom of this version.
leave.yaml: 3 errors
"""


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A document with three errors, in the folder that the command is run in."""
    monkeypatch.chdir(tmp_path)
    Path("leave.yaml").write_text(WRONG)
    return "leave.yaml"


def test_findings_are_printed_with_their_line_a_caret_and_a_fix(wrong: str, capsys: pytest.CaptureFixture[str]):
    assert main(["check", wrong]) == 1
    assert capsys.readouterr().out == SAID


def test_findings_as_json_hold_place_code_and_fix(wrong: str, capsys: pytest.CaptureFixture[str]):
    assert main(["check", wrong, "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert not report["ok"] and report["version"] is None
    assert [(one["line"], one["column"], one["code"]) for one in report["findings"]] == [
        (5, 5, "no_performer"),
        (7, 5, "unknown_key"),
        (8, 20, "unknown_atom"),
    ]


def test_the_sample_journeys_have_no_findings(capsys: pytest.CaptureFixture[str]):
    assert main(["check", *map(str, SEED)]) == 0
    told = capsys.readouterr()
    assert told.out.count("no findings") == 3
    assert told.err.count("`wayline test` runs them") == len(SEED) - 3 == 3


def test_a_document_comes_from_the_input_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert main(["check", "-"]) == 1
    assert capsys.readouterr().out.endswith("-: 3 errors\n")


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "none.yaml cannot be read: No such file or directory." in told.err


def test_the_caret_stands_under_the_place_in_long_wide_and_tabbed_lines(capsys: pytest.CaptureFixture[str]):
    lines = ["x" * 300 + "HERE" + "y" * 300, "\t\tHERE", "日本HERE"]
    found = [
        {"code": "c", "severity": "error", "message": "m", "fix": "", "line": line, "column": column}
        for line, column in ((1, 301), (2, 3), (3, 3))
    ]
    show_findings("f", "\n".join(lines), found)
    printed = capsys.readouterr().out.splitlines()
    for source, caret in zip(printed[1::3], printed[2::3], strict=True):
        wide = sum(char in "日本" for char in source)
        assert caret.index("^") == source.index("HERE") + wide
        assert len(source) < 130


COUNTS = """\
journey: leave
version: 1.0.0
calendar: acme-office
roles: {clerk: {name: Clerk}}
atoms: [{id: atom-ask, performed_by: clerk, due: {working: P1D}}]
"""
OFFICE = "calendars: {acme-office: {name: Acme, zone: UTC, hours: {mon-fri: [09:00-17:00]}}}\n"


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A document that counts in a calendar of which nothing lies here."""
    monkeypatch.chdir(tmp_path)
    Path("leave.yaml").write_text(COUNTS)
    return "leave.yaml"


def test_a_calendar_that_only_a_server_may_know_is_told_of(counts: str, capsys: pytest.CaptureFixture[str]):
    assert main(["check", counts, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)[0]["unchecked_calendars"] == ["acme-office"]
    assert "counts in acme-office, of which nothing is known here" in " ".join(said.err.split())


def test_a_calendar_that_lies_beside_or_is_named_is_known(counts: str, capsys: pytest.CaptureFixture[str]):
    Path("office.yaml").write_text(OFFICE)
    assert main(["check", counts, "--calendars", "office.yaml"]) == 0
    Path("calendars.yaml").write_text(OFFICE)
    assert main(["check", counts]) == 0
    assert "nothing is known" not in capsys.readouterr().err


def test_where_calendars_are_named_one_that_is_in_none_of_them_is_an_error(
    counts: str, capsys: pytest.CaptureFixture[str]
):
    Path("office.yaml").write_text(OFFICE.replace("acme-office", "acme"))
    assert main(["check", counts, "--calendars", "office.yaml"]) == 1
    assert "There is no calendar `acme-office`." in capsys.readouterr().out
