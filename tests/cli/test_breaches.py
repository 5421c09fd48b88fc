"""`wayline sla breaches`, `acknowledge` and `compliance`: what they ask, and what people read of the answer."""

import json
from decimal import Decimal
from typing import Any

import pytest

from cli.main import main

LATE: dict[str, Any] = {
    "id": "p1.3",
    "of": "task",
    "name": "Check the deed",
    "process_title": "Kim: 320000",
    "assignee": None,
    "role": "clerk",
    "status": "pending",
    "level": "loan/check",
    "breached_at": "2020-01-01T00:00:00.000Z",
    "ended_at": None,
    "acknowledged": None,
}
PHASE = LATE | {
    "id": "p1.w2",
    "of": "phase",
    "name": "closing",
    "role": None,
    "status": None,
    "ended_at": "2020-01-02T00:00:00.000Z",
    "acknowledged": {"by": "mona", "at": "2020-01-03T00:00:00.000Z", "note": "The court was closed."},
}
NEAR: dict[str, Any] = {
    "id": "p2.1",
    "name": "Call back",
    "process_title": "Lee",
    "assignee": "carl",
    "role": "clerk",
    "status": "assigned",
    "ended_at": None,
    "sla": {"level": "usual", "status": "at_risk", "target_at": "2999-01-01T00:00:00.000Z", "left": None},
}
BURN = {"window": "PT1H", "rate": Decimal("15.2"), "too_fast": True}
SLO = {
    "percent": Decimal(95),
    "window": "P28D",
    "met": False,
    "value": Decimal("93.1"),
    "budget": Decimal(5),
    "breached": 7,
    "burning": [BURN, BURN | {"window": "P3D", "too_fast": False}],
}
LEVEL: dict[str, Any] = {
    "level": "quick",
    "of": "task",
    "met": 93,
    "breached": 7,
    "percent": Decimal(93),
    "p50_seconds": 7200.0,
    "p90_seconds": None,
    "open_at_risk": 1,
    "open_breached": 2,
    "slo": SLO,
}


class Server:
    """Answers what it is asked, and knows it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, path: str, **parameters: Any) -> Any:
        self.asked.append((path, {name: value for name, value in parameters.items() if value is not None}))
        if path.endswith("compliance"):
            times = {"since": "2026-10-01T00:00:00.000Z", "until": "2026-11-01T00:00:00.000Z"}
            return times | {"complete": False, "items": [LEVEL]}
        if path.endswith("breaches"):
            return {"items": [LATE, PHASE]}
        standing = NEAR["sla"] | {"target_at": None, "left": "PT2H", "level": "other"}
        done = NEAR | {"id": "p9.9", "ended_at": "2020-01-01T00:00:00.000Z"}
        return {"items": [NEAR | {"id": "p3.1", "sla": standing}, done, NEAR]}

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        self.asked.append((path, {**body, "key": key}))
        return LATE


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr("cli.breaches.connect", lambda *_: made)
    return made


def test_what_is_late_and_what_is_at_risk_is_shown_with_who_has_it_and_who_has_seen_it(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sla", "breaches", "--role", "clerk", "--unseen"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in ("Check the deed", "any clerk", "phase closing", "mona: The court was closed.", "p1.w2", "Call back"):
        assert part in said
    assert "stands still, PT2H left" in said
    assert said.index("p2.1") < said.index("p3.1"), "the nearest target first"
    assert "p9.9" not in said, "what is over is at risk no more"
    assert server.asked == [
        ("/api/workflow/breaches", {"limit": 20, "role": "clerk", "open": True, "acknowledged": False}),
        ("/api/tasks", {"sla": "at_risk", "limit": 200, "role": "clerk"}),
    ]


def test_programs_get_both_lists(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "breaches", "--all", "--level", "usual", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in found["breached"]] == ["p1.3", "p1.w2"]
    assert [one["id"] for one in found["at_risk"]] == ["p2.1"]
    assert "open" not in server.asked[0][1]


def test_a_breach_is_acknowledged_with_a_note(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "acknowledge", "p1.3", "booked for Monday", "--key", "k"]) == 0
    assert capsys.readouterr().out == "Acknowledged: Check the deed of Kim: 320000.\n"
    assert server.asked == [("/api/workflow/breaches/p1.3/acknowledge", {"note": "booked for Monday", "key": "k"})]


def test_compliance_shows_the_objective_and_what_burns(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "compliance", "--journey", "card"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "93 %" in said and "2.0 h" in said
    assert "95 % over P28D: missed at 93.1 %, 7 of 5 spent" in said
    assert "quick spends its budget 15.2 times as fast as it may, over PT1H." in said
    assert "the oldest are not counted" in said
