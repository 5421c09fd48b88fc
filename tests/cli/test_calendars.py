"""`wayline calendars`, and cases that are counted in calendars."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli.calendars
from cli.calendars import SAMPLES, known_calendars
from cli.main import main

JOURNEY = """
journey: callback
version: 1.0.0
calendar: us-lending
roles: {clerk: {name: Clerk}}
atoms:
  - id: call
    performed_by: clerk
    timeout: {after: {working: P2D}}
    enables: [{to: called}, {to: lapsed, on: timeout}]
  - {id: called, kind: milestone, outcome: called}
  - {id: lapsed, kind: milestone, outcome: lapsed}
"""
CASES = """
journey: callback
cases:
  - name: Whoever is called on the second business day is called in time
    now: 2026-01-16T20:00:00Z          # Friday, three o'clock; Monday is a holiday
    leaves: [call]
    then: [{wait: {working: PT15H59M}}, {do: call}]
    expect: {outcome: called}
  - name: After two business days it lapses
    now: 2026-01-16T20:00:00Z
    leaves: [call]
    then: [{wait: {working: P2D}}]
    expect: {outcome: lapsed}
"""


class Server:
    """Answers as the API does, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def put(self, path: str, body: Any, *, key: str | None = None) -> Any:
        self.asked.append((path, body, key))
        return {"id": path.rpartition("/")[2], "name": body["name"], "zone": body["zone"]}

    def get(self, path: str, **parameters: Any) -> Any:
        self.asked.append((path, parameters))
        if path.endswith("add"):
            return {"end": "2026-01-05T22:00:00.000Z", "clock": "2026-01-05T17:00:00-05:00"}
        return {"seconds": 28800}

    def pages(self, path: str) -> Any:
        self.asked.append((path,))
        yield {"id": "us-lending", "name": "US lending", "zone": "America/New_York", "used_by": ["callback@1.0.0"]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(cli.calendars, "connect", lambda *_: server)
    return server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a journey in working time and its cases."""
    monkeypatch.chdir(tmp_path)
    Path("callback.yaml").write_text(JOURNEY)
    Path("callback.cases.yaml").write_text(CASES)
    return tmp_path


def test_the_sample_calendars_are_loaded_where_no_file_is_named(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calendars", "load", "--key", "k"]) == 0
    ids = ["us-lending", "de-office", "au-night-desk"]
    assert [(path, key) for path, _, key in server.asked] == [(f"/api/calendars/{id}", f"k/{id}") for id in ids]
    assert server.asked[0][1]["holidays"] == {"country": "US"}
    assert capsys.readouterr().out.splitlines()[0] == "us-lending: US lending, America/New_York"


def test_a_document_with_an_error_is_not_loaded(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.yaml").write_text("calendars:\n  own: {zone: UTC, hours: {mon: 9-17}}\n")
    assert main(["calendars", "load", str(SAMPLES), "own.yaml"]) == 1
    assert server.asked == [], "nothing of it was taken"
    assert "`mon` takes a stretch of time" in capsys.readouterr().out


def test_they_are_listed_with_the_journeys_that_count_in_them(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calendars", "list"]) == 0
    assert "callback@1.0.0" in capsys.readouterr().out
    assert main(["calendars", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["zone"] == "America/New_York"


def test_a_calendar_is_asked(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calendars", "add", "us-lending", "2026-01-02T20:00:00Z", "P1D"]) == 0
    asked = ("/api/calendars/us-lending/add", {"from": "2026-01-02T20:00:00Z", "duration": "P1D"})
    assert server.asked == [asked]
    assert "the clock shows 2026-01-05T17:00:00-05:00 there" in capsys.readouterr().out
    assert main(["calendars", "between", "us-lending", "2026-01-02T20:00:00Z", "2026-01-05T20:00:00Z"]) == 0
    assert capsys.readouterr().out == "28800 s of working time.\n"


def test_cases_count_in_the_sample_calendars(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "callback.yaml"]) == 0, capsys.readouterr().out


def test_cases_count_in_the_calendars_beside_the_document_and_in_those_that_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("callback.yaml").write_text(JOURNEY.replace("us-lending", "own"))
    assert main(["test", "callback.yaml"]) == 1
    assert "There is no calendar `own`." in capsys.readouterr().out
    text = SAMPLES.read_text("utf-8").replace("us-lending", "own")
    Path("mine.yaml").write_text(text)
    assert main(["test", "callback.yaml", "--calendars", "mine.yaml"]) == 0
    Path("calendars.yaml").write_text(text)
    assert main(["test", "callback.yaml"]) == 0


def test_a_case_waits_in_no_other_calendar_than_its_journey_s(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("callback.cases.yaml").write_text(CASES.replace("{working: P2D}", "{working: P2D, calendar: de-office}"))
    assert main(["test", "callback.yaml"]) == 1
    assert "counts nothing in a calendar `de-office`" in capsys.readouterr().out


def test_the_sample_calendars_are_three_of_different_kinds(tmp_path: Path) -> None:
    found = known_calendars(tmp_path / "any.yaml", [])
    assert {id: one.zone.key for id, one in found.items()} == {
        "us-lending": "America/New_York",
        "de-office": "Europe/Berlin",
        "au-night-desk": "Australia/Sydney",
    }
