"""`wayline inbox` and `workload`: what they ask, and what people read of the answer."""

import json
from typing import Any

import pytest

from cli.inbox import _due
from cli.main import main

TASK: dict[str, Any] = {
    "id": "p1.1",
    "name": "Check the deed",
    "process_title": "Kim: 320000",
    "priority": "critical",
    "due_at": "2020-01-01T00:00:00.000Z",
    "assignee": None,
    "delegated_by": None,
    "role": "clerk",
    "status": "pending",
    "not_for_you": "not_skilled",
}
TALLY = {"count": 1000, "more": True, "text": "1,000+"}
LOAD = {"user": "carl", "name": "Carl", "open": 7, "in_progress": 1, "blocked": 2, "overdue": 3, "weight": 11}


class Server:
    """Answers what it is asked, and knows it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, path: str, **parameters: Any) -> Any:
        self.asked.append((path, {name: value for name, value in parameters.items() if value is not None}))
        if path.endswith("/count"):
            return {"mine": TALLY | {"count": 0, "text": "0"}, "roles": TALLY, "team": None, "delegated": None}
        if path.endswith("/workload"):
            return {"items": [LOAD | {"capacity": None, "absent_until": "2999-01-01T00:00:00.000Z"}]}
        return {"items": [TASK, TASK | {"id": "p2.1", "assignee": "carl", "delegated_by": "cora", "due_at": None}]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr("cli.inbox.connect", lambda *_: made)
    return made


def test_the_inbox_shows_whose_a_task_is_why_it_cannot_be_taken_and_how_much_there_is(
    server: Server, capsys: pytest.CaptureFixture[str]
):
    assert main(["inbox"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in (
        "p1.1",
        "Check the deed",
        "Kim: 320000",
        "critical",
        "any clerk",
        "carl, for cora",
        "1,000+ my roles'",
    ):
        assert part in said
    assert "needs a skill" in said
    assert "0 mine" not in said


def test_the_filters_go_to_the_server_for_the_list_and_the_counts(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["inbox", "--scope", "team", "--overdue", "--sort", "due", "--q", "kim", "--limit", "5"]) == 0
    wanted = {"scope": "team", "overdue": True, "q": "kim"}
    assert server.asked == [
        ("/api/tasks/inbox", wanted | {"sort": "due", "limit": 5}),
        ("/api/tasks/inbox/count", wanted),
    ]


def test_programs_get_the_items_as_they_came(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["inbox", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == TASK
    assert main(["workload", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["weight"] == 11


def test_the_workload_says_who_is_away(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["workload"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "carl" in said and "11" in said and "back" in said


def test_the_nearer_of_due_date_and_target_is_shown():
    target = {"target_at": "2998-01-01T00:00:00.000Z", "status": "at_risk"}
    near, late = _due({"due_at": "2999-01-01T00:00:00.000Z", "sla": target}), _due({"due_at": None, "sla": target})
    assert near and near.style == "yellow" and near == late
    past = _due({"due_at": "2020-01-01T00:00:00.000Z", "sla": target})
    assert past and past.style == "bold red" and past.plain.endswith(" ago")
    assert _due({"due_at": None, "sla": {"target_at": None}}) is None
