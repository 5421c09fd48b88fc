"""`wayline people`: what is asked of the server, and what is told of its answers."""

from pathlib import Path
from typing import Any

import pytest

import cli.organisation
from cli.client import Refused
from cli.main import main
from cli.terminal import out

UMA: dict[str, Any] = {
    "id": "uma",
    "name": "Uma",
    "email": None,
    "active": True,
    "roles": ["underwriter"],
    "teams": [],
    "reports_to": "ursula",
    "skills": [{"skill": "fha", "level": 3, "expires_on": "2099-12-31"}],
    "capacity": 25,
    "time_zone": "America/New_York",
    "calendar": None,
    "away": {"until": "2027-07-16T04:00:00.000Z", "substitute": "ulf"},
}
ABSENCE: dict[str, Any] = {
    "id": 7,
    "user": "uma",
    "starts_at": "2027-07-01T04:00:00.000Z",
    "ends_at": "2027-07-16T04:00:00.000Z",
    "substitute": "ulf",
    "roles": None,
    "reason": "Leave",
    "waiting": 2,
    "moved": None,
}
FINDING = {
    "code": "unknown_name",
    "severity": "error",
    "message": "There is no role clark.",
    "fix": "Enter it first, or in this file.",
    "line": 2,
    "column": 8,
}


class Server:
    """Answers as the API does, and notes what it was asked; `answers` come before the usual ones."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answers: list[Any] = []

    def get(self, path: str, **query: Any) -> Any:
        self.asked.append(("GET", path, {name: value for name, value in query.items() if value is not None}))
        if path.endswith("/work"):
            raise Refused({"code": "user_not_found", "detail": "not yours to see"})
        return UMA if path == "/api/users/uma" else {"items": [], "next_cursor": None} | self._next({})

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        self.asked.append(("POST", path, body))
        return self._next(ABSENCE)

    def delete(self, path: str, **query: Any) -> Any:
        self.asked.append(("DELETE", path, query))
        return self._next({"removed": True, "moved": 1, "left": 0, "refused": []})

    def post_document(self, path: str, text: bytes, media: str, **query: Any) -> Any:
        self.asked.append(("POST", path, media, query))
        return self._next({"version": 3, "dry_run": True, "same": 2, "differences": []})

    def _next(self, usual: Any) -> Any:
        answer = self.answers.pop(0) if self.answers else usual
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(cli.organisation, "connect", lambda *_: server)
    return server


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "people.yaml"
    path.write_text("users:\n  ann: {name: Ann, roles: [clark]}\n", "utf-8")
    return str(path)


def test_a_file_is_sent_as_it_is_and_each_difference_told(
    server: Server, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    differences = [
        {"kind": "role", "id": "clerk", "happened": "added", "fields": []},
        {"kind": "user", "id": "ann", "happened": "changed", "fields": ["roles", "teams"]},
    ]
    server.answers = [{"version": 3, "dry_run": True, "same": 2, "differences": differences}]
    assert main(["people", "load", file, "--dry-run"]) == 0
    assert server.asked == [("POST", "/api/people", "application/yaml", {"dry_run": "true"})]
    assert capsys.readouterr().out.splitlines() == [
        "+ role clerk",
        "~ user ann: roles, teams",
        "2 would be other than it is, 2 the same.",
    ]


def test_what_is_wrong_with_a_file_is_shown_in_its_line(
    server: Server, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [Refused({"code": "people_invalid", "detail": "d", "findings": [FINDING]})]
    assert main(["people", "load", file]) == 1
    shown = capsys.readouterr().out
    assert f"{file}:2:8: error[unknown_name]: There is no role clark." in shown
    assert "ann: {name: Ann, roles: [clark]}" in shown


def test_people_are_listed_with_until_when_they_are_away(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 160)
    server.answers = [{"items": [UMA], "next_cursor": None}]
    assert main(["people", "list", "--role", "underwriter", "--absent"]) == 0
    asked = {"role": "underwriter", "absent": "true", "limit": 50}
    assert server.asked == [("GET", "/api/users", asked)]
    assert "until 2027-07-16, ulf stands in" in capsys.readouterr().out


def test_one_is_shown_without_work_that_is_not_the_callers_to_see(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["people", "show", "uma"]) == 0
    shown = capsys.readouterr().out
    assert "fha 3 until 2099-12-31" in shown and "25 open tasks" in shown
    assert "Open work" not in shown and "no open work" not in shown


def test_an_absence_is_said_with_what_it_leaves_behind(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--from", "2027-07-01", "--until", "2027-07-16", "--substitute", "ulf", "--reroute", "ann b"]
    assert main(["people", "absent", "uma", *words]) == 0
    ((method, path, body),) = server.asked
    assert (method, path) == ("POST", "/api/users/uma/absences?reroute=ann%20b")
    assert body == {
        "starts_at": "2027-07-01",
        "ends_at": "2027-07-16",
        "substitute": "ulf",
        "roles": None,
        "reason": "",
    }
    assert capsys.readouterr().out.splitlines() == [
        "uma is away from 2027-07-01T04:00 until 2027-07-16T04:00; ulf stands in.",
        "  2 tasks they have not started: --reroute substitute moves them.",
    ]
    assert main(["people", "absent", "uma", "--from", "2027-07-01"]) == 2
    assert main(["people", "absent", "uma", "--take-back", "7"]) == 0
    assert server.asked[-1][:2] == ("DELETE", "/api/users/uma/absences/7")


def test_who_left_is_removed_however_often_it_takes(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.answers = [{"removed": False, "moved": 2000, "left": 500, "refused": []}]
    assert main(["people", "remove", "a/b", "--reroute", "release"]) == 0
    assert [one[1] for one in server.asked] == ["/api/users/a%2Fb"] * 2
    assert capsys.readouterr().out == "a/b is removed; 2001 tasks moved.\n"
    refused = [{"task": "p.1", "code": "four_eyes", "detail": "No."}]
    server.answers = [{"removed": False, "moved": 0, "left": 1, "refused": refused}]
    assert main(["people", "remove", "ann", "--reroute", "ben"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "ann is still there: 1 task could not be moved; 0 tasks moved.",
        "  p.1: No.",
    ]
