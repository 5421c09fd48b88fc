"""`wayline sla`: what is configured, and which service level holds for what."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli.sla
from cli.main import main
from cli.terminal import out

QUICK = {
    "name": "Quick intake",
    "for": {"task_type": "intake", "role": "clerk"},
    "target": {"working": "PT45M", "calendar": "office"},
    "warn_before": "PT10M",
    "escalate_after": {"working": "PT1H"},
    "escalations": [{"after": "P1DT1H30M", "manager": True, "reassign": True, "priority": "one"}],
    "pauses_on": ["blocked", "borrower"],
    "slo": {"percent": 97.5, "window": "P28D"},
}
DOCUMENT = """
service_levels:
  quick:
    for: {task_type: intake}
    target: {working: PT45M, calendar: office}
  slow:
    for: {of: phase, journey: loan, name: closing}
    target: P1M
"""
HELD = [
    {"of": "process", "id": None, "name": "Loan", "level": "loan", "source": "journey", "target": "P30D"},
    {"of": "task", "id": "ask", "name": "Ask", "level": "quick", "source": "configuration", "target": "PT45M"},
    {"of": "task", "id": None, "name": "…", "level": "usual", "source": "usual", "target": {"working": "PT8H"}},
]


class Server:
    """Answers as the API does, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.latest: str | None = "1.2.0"

    def put(self, path: str, body: Any, *, key: str | None = None) -> Any:
        self.asked.append((path, body, key))
        return {"id": path.rpartition("/")[2], "configuration": body}

    def get(self, path: str) -> Any:
        self.asked.append((path,))
        if path.endswith("service-levels"):
            return {"items": [one | {"warn_before": "PT15M"} for one in HELD]}
        if path.startswith("/api/journeys"):
            return {"latest": self.latest}
        changed = {"changed_at": "2026-03-02T12:00:00.000Z", "changed_by": "m-1"}
        return {"id": "quick", "name": "Quick intake", "configuration": QUICK, **changed}

    def delete(self, path: str, *, key: str | None = None) -> Any:
        self.asked.append((path, key))
        return {"id": path.rpartition("/")[2]}

    def pages(self, path: str) -> Any:
        if path == "/api/calendars":
            return iter([{"id": "office"}])
        return iter([self.get(path)])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    server = Server()
    monkeypatch.setattr(cli.sla, "connect", lambda *_: server)
    monkeypatch.chdir(tmp_path)
    return server


def test_every_service_level_of_a_document_is_put(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    Path("levels.yaml").write_text(DOCUMENT)
    assert main(["sla", "put", "levels.yaml", "--key", "k"]) == 0
    assert [(path, key) for path, _, key in server.asked] == [
        ("/api/workflow/sla-configs/quick", "k/quick"),
        ("/api/workflow/sla-configs/slow", "k/slow"),
    ]
    assert server.asked[1][1] == {"for": {"of": "phase", "journey": "loan", "name": "closing"}, "target": "P1M"}
    assert capsys.readouterr().out.splitlines() == [
        "quick: tasks of task type intake in 45 min worked, office",
        "slow: phases of journey loan, name closing in 1 mo",
    ]


def test_of_a_document_with_an_error_nothing_is_put(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    Path("levels.yaml").write_text(DOCUMENT.replace("office", "ofice"))
    assert main(["sla", "put", "levels.yaml"]) == 1
    assert server.asked == []
    told = capsys.readouterr()
    assert "levels.yaml:5:40: error[unknown_name]: There is no calendar `ofice`." in told.out
    assert "Did you mean `office`?" in told.out and "nothing of it was taken" in told.err


def test_they_are_listed_with_what_they_are_for(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 160)
    assert main(["sla", "list"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("quick")]
    told = " ".join(line.split())
    assert told == "quick tasks of task type intake, role clerk 45 min worked, office 97.5 % in 28 d m-1"
    assert main(["sla", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["configuration"]["slo"]["percent"] == 97.5


def test_one_is_shown_with_all_that_it_says(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "show", "quick"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "quick  Quick intake",
        "for        tasks of task type intake, role clerk",
        "target     45 min worked, office",
        "at risk    10 min before",
        "escalates  after 1 h worked it is told to whom the journey names",
        "escalates  after 1 d 1 h 30 min it goes to the manager, its priority is raised by one",
        "stands for blocked, borrower",
        "objective  97.5 % in 28 d",
        "changed    2026-03-02T12:00:00.000Z by m-1",
    ]


def test_one_is_removed(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "delete", "quick", "--key", "k"]) == 0
    assert server.asked == [("/api/workflow/sla-configs/quick", "k")]
    assert capsys.readouterr().out == "quick: removed.\n"


@pytest.mark.parametrize(("journey", "version"), [("loan", "1.2.0"), ("loan@1.0.0", "1.0.0")])
def test_what_holds_for_a_journey_is_told_with_who_said_so(
    journey: str, version: str, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sla", "of", journey]) == 0
    assert server.asked[-1] == (f"/api/journeys/loan/versions/{version}/service-levels",)
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert told[2:] == [
        "process – 30 d 15 min loan the journey",
        "task ask 45 min 15 min quick a configuration",
        "task off the graph 8 h worked 15 min usual nobody: it is usual",
    ]


def test_of_a_journey_that_was_never_published_a_version_is_asked_for(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.latest = None
    assert main(["sla", "of", "loan"]) == 1
    assert "No version of loan is published." in capsys.readouterr().err
