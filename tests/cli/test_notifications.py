"""`wayline notifications` shows what one was told, and marks it as read."""

import json
from typing import Any

import pytest

from cli import notifications
from cli.main import main

ITEM = {
    "id": "5b0f8a2e-4f5d-5a51-8f61-6f6f3a5fd0aa",
    "kind": "assigned",
    "text": "Mona gave you “Look [at] it” of LN-7.",
    "process": "p1",
    "task": "p1.1",
    "incident": None,
    "atom": "a",
    "at": "2026-03-01T12:00:00.000Z",
    "read_at": None,
}


class Server:
    """The server's answers; what it was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def get(self, path: str, **parameters: Any) -> Any:
        self.asked.append((path, parameters))
        return {"items": [ITEM], "next_cursor": None, "unread": 1}

    def post(self, path: str, body: Any = None) -> Any:
        self.asked.append((path, body))
        return {"read": 3, "unread": 0} if path.endswith("read-all") else ITEM


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(notifications, "connect", lambda server, data: made)
    return made


def test_what_is_unread_is_listed_with_where_to_go(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["notifications", "--limit", "5"]) == 0
    shown = capsys.readouterr().out
    assert "1 unread" in shown
    assert "Mona gave you “Look [at] it” of LN-7." in shown
    assert "p1.1" in shown
    assert server.asked == [("/api/notifications", {"unread": "true", "limit": 5})]


def test_all_are_listed_and_programs_get_json(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["notifications", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == [ITEM]
    assert server.asked[0][1]["unread"] == "false"


def test_one_or_all_are_marked_as_read(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["notifications", "read", ITEM["id"] or ""]) == 0
    assert main(["notifications", "read"]) == 0
    assert "Marked 3 notifications as read." in capsys.readouterr().out
    assert [path for path, _ in server.asked] == [
        f"/api/notifications/{ITEM['id']}/read",
        "/api/notifications/read-all",
    ]
