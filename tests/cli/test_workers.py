"""`wayline workers`: what it tells of a pause, and what waits for the workers."""

from typing import Any

import pytest

import cli.workers
from cli.main import main

BACKLOG = {"work": 1, "timers": 2, "commands": 0, "held": 0}
PAUSED = {"paused": True, "since": "2026-03-01T12:00:00.000Z", "by": "rita", "reason": "Restored.", "backlog": BACKLOG}
RUNNING = {"paused": False, "since": None, "by": None, "reason": None, "backlog": BACKLOG | {"held": 3}}


class Server:
    """Answers as the API does, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def get(self, path: str) -> Any:
        self.asked.append((path,))
        return PAUSED

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        self.asked.append((path, body, key))
        return PAUSED if path.endswith("pause") else RUNNING


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(cli.workers, "connect", lambda *_: server)
    return server


def test_who_paused_them_and_why_stands_with_what_would_happen_at_once(
    server: Server, capsys: pytest.CaptureFixture[str]
):
    assert main(["workers", "status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "All workers are paused since 2026-03-01 12:00:00 by rita:",
        "  Restored.",
        "Waiting for them: 1 action to do, 2 timers due, 0 messages between processes.",
    ]


def test_a_pause_takes_a_reason_and_a_resume_tells_what_is_due_now(server: Server, capsys: pytest.CaptureFixture[str]):
    assert main(["workers", "pause", "--reason", "to look", "--key", "k"]) == 0
    assert main(["workers", "resume"]) == 0
    assert server.asked == [
        ("/api/workers/pause", {"reason": "to look"}, "k"),
        ("/api/workers/resume", None, None),
    ]
    assert capsys.readouterr().out.splitlines()[3:] == [
        "The workers are not paused.",
        "Due now: 1 action to do, 2 timers due, 0 messages between processes.",
        "Still under way: 3 actions.",
    ]
