"""What service levels come to, over HTTP: states of tasks and processes, breaches, compliance, explain and metrics."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from engine.bootstrap import open_engine
from engine.settings import Settings
from tests.api.journeys import begun, publish
from tests.api.people import Person, answer, person, refused

LOAN = """
journey: loan
version: 1.0.0
name: Loan
context: {type: object}
sla: {target: P1D}
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
phases:
  - id: intake
    name: Intake
    sla: {target: PT3H}
    atoms:
      - {id: enter, name: Enter it, performed_by: clerk, sla: {target: PT1H}, enables: [check]}
  - id: rest
    atoms:
      - {id: check, name: Check it, performed_by: boss, sla: {target: PT2H, pauses_on: [blocked]}}
"""
QUICK = {
    "name": "Quick cards",
    "for": {"journey": "card"},
    "target": "PT1H",
    "slo": {"percent": 80, "window": "P30D"},
}
CARD = """
journey: card
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}}
atoms: [{id: issue, performed_by: clerk}]
"""


@pytest.fixture
async def sandbox(settings: Settings) -> AsyncIterator[FastAPI]:
    """An app with workers whose clock may be moved."""
    whole = settings.model_copy(update={"sandbox": True})
    async with open_engine(whole, workers=True) as engine:
        yield create_app(whole, engine=engine)


@pytest.fixture
def chief(sandbox: FastAPI) -> Person:
    """Someone who holds every permission there."""
    return person(sandbox, "u-admin", ["admin"])


async def later(chief: Person, length: str) -> None:
    await chief.post("/api/sandbox/clock", {"advance": length})


async def test_tasks_inbox_and_processes_tell_how_they_stand(sandbox: FastAPI, chief: Person) -> None:
    await publish(chief, LOAN)
    process = await begun(chief, "loan")
    (id,) = process["open_tasks"]
    clerk = person(sandbox, "u-clerk", ["clerk"])
    (item,) = (await clerk.get("/api/tasks/inbox"))["items"]
    task = await clerk.get(f"/api/tasks/{id}")
    assert item["sla"] == task["sla"]
    assert task["sla"] | {"target_at": ""} == {
        "status": "on_track", "target_at": "", "level": "loan/enter", "standing": False, "left": None,
    }  # fmt: skip
    assert process["sla"]["level"] == "loan" and process["sla"]["status"] == "on_track"
    assert (await clerk.get("/api/tasks/inbox/count", sla="at_risk"))["roles"]["count"] == 0

    await later(chief, "PT50M")
    assert [one["id"] for one in (await clerk.get("/api/tasks/inbox", sla="at_risk"))["items"]] == [id]
    assert (await clerk.get("/api/tasks/inbox/count", sla="at_risk"))["roles"]["count"] == 1
    assert (await chief.get(f"/api/processes/{process['id']}"))["sla"]["at_risk"] == 1
    assert (await clerk.get("/api/tasks", overdue="true"))["items"] == []

    await later(chief, "PT20M")
    for path in ("/api/tasks", "/api/tasks/inbox"):
        assert (await clerk.get(path, sla="at_risk"))["items"] == []
        (late,) = (await clerk.get(path, sla="breached"))["items"]
        assert late["sla"] == task["sla"] | {"status": "breached"}
        assert [one["id"] for one in (await clerk.get(path, overdue="true"))["items"]] == [id]
    shown = (await chief.get(f"/api/processes/{process['id']}"))["sla"]
    assert (shown["status"], shown["at_risk"], shown["breached"]) == ("on_track", 0, 1)

    done = await clerk.post(f"/api/tasks/{id}/complete", {"output": {}})
    assert done["task"]["sla"]["status"] == "breached"
    second = person(sandbox, "u-boss", ["boss"])
    next_id = done["started"][0]["task"]
    blocked = await second.post(f"/api/tasks/{next_id}/block", {"reason": "waits"})
    assert (blocked["sla"]["standing"], blocked["sla"]["target_at"]) == (True, None)
    (item,) = (await second.get("/api/tasks/inbox"))["items"]
    assert item["sla"] == blocked["sla"] and blocked["sla"]["left"].startswith("PT1H59M")
    await second.post(f"/api/tasks/{next_id}/unblock")
    met = await second.post(f"/api/tasks/{next_id}/complete", {"output": {}})
    assert met["task"]["sla"]["status"] == "met"
    assert (await chief.get(f"/api/processes/{process['id']}"))["sla"]["status"] == "met", "after its end, too"


async def test_explain_says_it_in_words(sandbox: FastAPI, chief: Person) -> None:
    await publish(chief, LOAN)
    process = await begun(chief, "loan")
    await later(chief, "PT2H50M")
    told = await chief.get(f"/api/processes/{process['id']}/explain")
    (one,) = told["waiting_for"]
    assert one["sla"]["status"] == "breached" and one["sla"]["text"].startswith("It is late: its target was ")
    texts = {(level["of"], level["name"]): level["text"] for level in told["service_levels"]}
    assert texts["process", None].startswith("The process is on track: its target is ")
    assert texts["phase", "intake"].startswith("The phase “Intake” is at risk: its target is ")


async def test_breaches_are_listed_and_acknowledged_once(sandbox: FastAPI, chief: Person) -> None:
    await publish(chief, LOAN)
    process = await begun(chief, "loan")
    await later(chief, "PT4H")
    listed = (await chief.get("/api/workflow/breaches"))["items"]
    assert [(one["of"], one["part"], one["level"]) for one in listed] == [
        ("phase", "intake", "loan/intake"), ("task", None, "loan/enter"),
    ]  # fmt: skip
    phase, task = listed
    assert task["id"] == process["open_tasks"][0] and task["ended_at"] is None
    assert (task["name"], task["role"], task["status"]) == ("Enter it", "clerk", "pending")
    assert await chief.get("/api/v1/workflow/breaches", role="clerk") == {"items": [task], "next_cursor": None}

    clerk, stranger = person(sandbox, "u-clerk", ["clerk"]), person(sandbox, "u-x", ["poet"])
    assert (await clerk.get("/api/workflow/breaches"))["items"] == listed, "whoever sees a task sees its process"
    assert (await stranger.get("/api/workflow/breaches"))["items"] == []
    path, note = f"/api/workflow/breaches/{task['id']}/acknowledge", {"note": "Kim was ill."}
    refused(await stranger.send("POST", path, note), 404, "breach_not_found")
    refused(await clerk.send("POST", path, note), 403, "permission_denied")
    refused(await chief.send("POST", path, {"note": ""}), 422, "request_invalid")
    seen = await chief.post(path, note, key="k1")
    assert (seen["acknowledged"]["by"], seen["acknowledged"]["note"]) == ("u-admin", "Kim was ill.")
    assert await chief.post(path, note, key="k1") == seen
    again = refused(await person(sandbox, "u-m", ["manager"]).send("POST", path, note), 409, "already_acknowledged")
    assert (again["by"], again["note"], again["at"]) == ("u-admin", "Kim was ill.", seen["acknowledged"]["at"])
    assert (await chief.get("/api/workflow/breaches", acknowledged="false"))["items"] == [phase]
    assert await clerk.get(f"/api/workflow/breaches/{task['id']}") == seen
    for unknown in ("x", f"{process['id']}.w99", f"{process['id']}.w1"):
        refused(await chief.send("GET", f"/api/workflow/breaches/{unknown}"), 404, "breach_not_found")


async def test_compliance_counts_verdicts_and_tells_how_an_objective_stands(sandbox: FastAPI, chief: Person) -> None:
    answer(await chief.send("PUT", "/api/workflow/sla-configs/quick", QUICK), 201)
    await publish(chief, CARD)
    for late in (False, False, False, True):
        (id,) = (await begun(chief, "card"))["open_tasks"]
        await later(chief, "PT2H" if late else "PT1M")
        await chief.post(f"/api/tasks/{id}/complete", {"output": {}})
    await begun(chief, "card")
    await later(chief, "PT50M")
    figures = await chief.get("/api/monitoring/sla-compliance", journey="card")
    (quick,) = figures["items"]
    assert {name: quick[name] for name in ("level", "of", "source", "name", "met", "breached", "percent")} == {
        "level": "quick", "of": "task", "source": "configuration", "name": "Quick cards", "met": 3, "breached": 1,
        "percent": 75,
    }  # fmt: skip
    assert (quick["open_at_risk"], quick["open_breached"], figures["complete"]) == (1, 0, True)
    assert 60 <= quick["p50_seconds"] < 70 and quick["p90_seconds"] > 3000
    slo: Any = quick["slo"]
    assert (slo["value"], slo["met"], slo["verdicts"], str(slo["budget"]), str(slo["left"])) == (
        75, False, 4, "0.8", "-0.2",
    )  # fmt: skip
    assert str(slo["burn_rate"]) == "1.25"
    assert [(burn["window"], str(burn["threshold"]), burn["too_fast"]) for burn in slo["burning"]] == [
        ("PT1H", "14.4", False), ("PT6H", "6", False), ("P3D", "1", True),
    ]  # fmt: skip
    assert (await chief.get("/api/monitoring/sla-compliance", level="nothing"))["items"] == []
    text = (await chief.send("GET", "/metrics")).text
    assert 'wayline_sla_open{status="at_risk"} 1.0' in text
    assert 'wayline_sla_open{status="breached"} 0.0' in text
    assert "wayline_sla_lag_seconds 0.0" in text


@pytest.mark.parametrize("query", [{"since": "2026-01-02", "until": "2026-01-01"}, {"since": "2020-01-01"}])
async def test_a_stretch_that_is_none_or_too_long_is_refused(admin: Person, query: Any) -> None:
    response = await admin.send("GET", "/api/monitoring/sla-compliance", **query)
    assert refused(response, 422, "request_invalid")["errors"][0]["parameter"] == "since"


async def test_figures_are_for_who_looks_after_the_whole(app: FastAPI, admin: Person) -> None:
    clerk = person(app, "u-clerk", ["clerk"])
    refused(await clerk.send("GET", "/api/monitoring/sla-compliance"), 403, "permission_denied")
    refused(await admin.send("GET", "/api/monitoring/sla-compliance", cursor="x"), 422, "cursor_invalid")
