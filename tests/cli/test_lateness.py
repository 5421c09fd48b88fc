"""What the demo shows of service levels, and of who may not give a second review."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.crew import Crew, Member
from cli.lateness import make_lateness, pass_time, show_lateness
from cli.second_review import Guide, show_refusal
from engine import clock
from engine.core.times import format_time
from tests.cli.talking import Told

NOW = datetime(2026, 11, 23, 16, 1, tzinfo=UTC)
LEVEL = {
    "of": "task",
    "met": 0,
    "breached": 0,
    "percent": None,
    "p50_seconds": None,
    "open_at_risk": 0,
    "open_breached": 0,
}
BREACH = {
    "id": "p.7",
    "of": "task",
    "process": "p",
    "process_title": "B-1025, 289500",
    "name": "Look into the fraud alert",
    "role": "underwriting-manager",
    "assignee": None,
    "breached_at": "2026-11-23T16:00:00.000Z",
}


def told(task: str, **payload: Any) -> dict[str, Any]:
    usual = {"to_role": None, "to_users": [], "assignee": None, "freed": False}
    return {"type": "task.escalated", "task": task, "payload": usual | payload}


def test_time_goes_by_as_far_as_the_last_target_of_what_is_most_urgent():
    targets = [clock.now() + timedelta(hours=hours) for hours in (2, 3)]
    tasks = [{"sla": {"target_at": format_time(at)}} for at in targets]
    server = Told({"/api/tasks": {"items": tasks}, "/api/sandbox/clock": {"now": format_time(NOW)}})
    assert pass_time(server.client) == NOW
    length = server.asked[-1][2]["advance"]
    assert 3 * 3_600 < int(length.removeprefix("PT").removesuffix("S")) <= 3 * 3_600 + 61
    assert pass_time(Told({"/api/tasks": {"items": []}}).client) is None, "nothing waits"


def test_what_is_late_comes_first_and_says_who_was_told(capsys: pytest.CaptureFixture[str]):
    server = Told(
        {
            "/api/monitoring/sla-compliance": {
                "items": [
                    LEVEL | {"level": "fha-purchase/application", "of": "phase", "met": 61, "percent": 100},
                    LEVEL | {"level": "fha-purchase/alert", "breached": 2, "open_breached": 2, "percent": 0},
                    LEVEL | {"level": "fha-purchase/near", "open_at_risk": 3},
                ]
            },
            "/api/workflow/breaches": {"items": [BREACH]},
            "/api/processes/p/history": {
                "items": [
                    told("p.7", level=1, to_users=["petra"]),
                    told("p.8", level=1, to_users=["nobody"]),
                    told("p.7", level=2, to_role="underwriting-manager", freed=True),
                    told("p.7", level=3, to_role="chief", to_users=["olga"]),
                    told("p.7", level=4, to_users=["dora"], assignee="dora"),
                ]
            },
        }
    )
    show_lateness(make_lateness(server.client, NOW))
    shown = capsys.readouterr().out
    assert shown.index("alert") < shown.index("near") < shown.index("application")
    words = " ".join(shown.split())
    assert "level 1: petra; level 2: given to the role underwriting-manager; level 3: the role chief, olga" in words
    assert "level 4: given to dora" in words and "nobody" not in words


def task(atom: str, **more: Any) -> dict[str, Any]:
    usual = {"id": "p.1", "process": "p", "process_title": "B-1032, 868500", "name": "Second review", "kind": "human"}
    return usual | {"atom": atom, "role": "r", "assignee": None, "seeking": False, "ended_at": None, "input": {}} | more


def test_who_underwrote_is_refused_the_second_review_and_another_does_it(capsys: pytest.CaptureFixture[str]):
    refused = {"code": "four_eyes", "detail": "vera performed the one; somebody else must perform the other."}
    server = Told({"/api/tasks": {"items": [task("atom-bo-second-review")]}, "/api/tasks/p.1/claim": refused})
    members = [Member(user, frozenset({"r"}), server.client, 1) for user in ("ursula", "vera")]
    found = Guide(server.client, Crew({}, threading.Event()), members).lead("p", threading.Event())
    assert found and (found.user, found.code, found.done_by) == ("vera", "four_eyes", "ursula")
    show_refusal(found)
    assert "refused, four_eyes. vera performed the one" in " ".join(capsys.readouterr().out.split())


def test_the_underwriting_is_given_to_who_holds_both_roles():
    review = task("atom-bo-underwriting-review", assignee="ulf")
    server = Told({"/api/tasks": {"items": [review]}, "/api/tasks/p.1/reassign": {}})
    stopping = threading.Event()
    crew = Crew({}, stopping)

    class Last(Told):
        """Stops when it hands in."""

        def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
            stopping.set()
            return super().post(path, body, key=key)

    last = Last(server.answers)
    members = [Member(user, frozenset({"r"}), last.client, 1) for user in ("ursula", "vera")]
    assert Guide(server.client, crew, members).lead("p", stopping) is None
    assert last.asked == [("POST", "/api/tasks/p.1/reassign", {"assignee": "vera", "reason": "She knows large loans."})]
