"""Suspended, resumed, ended by hand, and not started yet (R1, R12, R13, R18)."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.api.cases import SMALL, clerk, officer, started
from tests.api.journeys import PAUSE, TRIP, begun, publish, step_of
from tests.api.people import Person, answer, person, refused

DONE = {"output": {"approved": True}}


async def test_a_suspended_process_does_not_move_and_its_task_can_be_claimed(app: FastAPI, expense: str):
    process = await started(officer(app))
    path, task = f"/api/processes/{process['id']}", process["open_tasks"][0]
    suspended = await officer(app).post(f"{path}/suspend", {"reason": "the borrower is away"})
    assert suspended["status"] == "suspended"
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE), 409, "process_suspended")
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/block", {"reason": "r"}), 409, "process_suspended")
    assert (await clerk(app).post(f"/api/tasks/{task}/claim"))["status"] == "assigned"
    assert (await officer(app).post(f"{path}/resume"))["status"] == "running"
    await clerk(app).post(f"/api/tasks/{task}/complete", DONE)


async def test_what_is_suspended_is_not_suspended_again_and_what_runs_not_resumed(app: FastAPI, expense: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}"
    wrong = refused(await officer(app).send("POST", f"{path}/resume"), 409, "invalid_transition")
    assert "suspended" in wrong["allowed"] and wrong["from"] == "running"
    await officer(app).post(f"{path}/suspend", {"reason": "r"})
    again = await officer(app).send("POST", f"{path}/suspend", {"reason": "r"})
    assert again.status_code == 409 and again.json()["code"] in {"process_suspended", "invalid_transition"}


STATUSES = ["suspended", "running", "cancelled"]


async def test_a_status_is_put_as_the_operation_that_leads_to_it(app: FastAPI, expense: str):
    process = await started(officer(app))
    for status in STATUSES:
        body = {"status": status, "reason": f"to {status}"}
        found = answer(await officer(app).send("PUT", f"/api/processes/{process['id']}/status", body))
        assert found["status"] == status
    types = [event["type"] for event in (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"]]
    assert [type for type in types if type.startswith("process.")][1:] == [
        "process.suspended",
        "process.resumed",
        "process.cancelled",
    ]


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_a_manager_ends_a_process_by_hand_with_a_reason(app: FastAPI, expense: str, status: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}/status"
    body = {"status": status, "reason": "the branch was closed"}
    refused(await officer(app).send("PUT", path, body), 403, "permission_denied")
    found = answer(await person(app, "u-manager", ["manager"]).send("PUT", path, body))
    assert (found["status"], found["outcome"]) == (status, "completed" if status == "completed" else None)
    assert found["open_tasks"] == []
    last = (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"][-1]
    assert (last["type"], last["payload"]["reason"]) == (f"process.{status}", "the branch was closed")


async def test_a_start_waits_for_its_time_and_the_time_can_be_changed(app: FastAPI, expense: str):
    body = {"journey": "expense", "context": SMALL, "not_before": "2100-01-01", "business_key": "R-1"}
    process = await officer(app).post("/api/processes", body, 201)
    path = f"/api/processes/{process['id']}"
    assert (process["status"], process["steps"]) == ("pending", [])
    assert process["not_before"] == "2100-01-01T00:00:00.000Z"
    refused(await officer(app).send("POST", "/api/processes", body), 409, "business_key_taken")
    refused(await officer(app).send("POST", f"{path}/suspend", {"reason": "r"}), 409, "invalid_transition")
    changed = {"not_before": "2100-02-01T08:00:00+01:00", "reason": "later"}
    found = answer(await officer(app).send("PATCH", path, changed))
    assert (found["status"], found["not_before"]) == ("pending", "2100-02-01T07:00:00.000Z")
    assert await officer(app).get(path) == found
    assert (await officer(app).post(f"{path}/cancel", {"reason": "r"}))["status"] == "cancelled"


async def test_the_time_of_a_process_that_has_started_is_not_changed(app: FastAPI, expense: str):
    process = await started(officer(app))
    body = {"not_before": "2100-01-01", "reason": "r"}
    path = f"/api/processes/{process['id']}"
    refused(await officer(app).send("PATCH", path, body), 409, "invalid_transition")


async def test_a_phase_or_module_is_started_by_itself(app: FastAPI, admin: Person, expense: str):
    process = await started(officer(app), at="intake")
    assert process["progress"] == {"resolved": 0, "total": 1}
    wrong = {"journey": "expense", "context": SMALL, "at": "nowhere"}
    refused(await officer(app).send("POST", "/api/processes", wrong), 404, "part_not_found")


async def test_cancelling_with_compensation_undoes_what_was_completed(app: FastAPI, admin: Person):
    await publish(admin, TRIP)
    process = await begun(officer(app), "trip")
    assert process["progress"]["total"] == 4
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {})
    path = f"/api/processes/{process['id']}"
    body = {"reason": "ill", "compensate": True}
    found = await officer(app).post(f"{path}/cancel", body)
    assert (found["status"], found["compensating"]) == ("running", True)
    assert step_of(found, "refund")["state"] == "active"
    refused(await officer(app).send("POST", f"{path}/cancel", body), 409, "invalid_transition")
    await clerk(app).post(f"/api/tasks/{found['open_tasks'][0]}/complete", {})
    found = await officer(app).get(path)
    assert (found["status"], found["compensating"]) == ("cancelled", False)


async def test_a_plain_cancel_ends_a_compensation_at_once(app: FastAPI, admin: Person):
    await publish(admin, TRIP)
    process = await begun(officer(app), "trip")
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {})
    path = f"/api/processes/{process['id']}"
    await officer(app).post(f"{path}/cancel", {"reason": "ill", "compensate": True})
    found = await officer(app).post(f"{path}/abort", {"reason": "at once"})
    assert (found["status"], found["open_tasks"]) == ("cancelled", [])


COMMANDS: list[tuple[str, str, Any]] = [
    ("POST", "/suspend", {"reason": "r"}),
    ("POST", "/resume", None),
    ("PATCH", "", {"not_before": "2100-01-01", "reason": "r"}),
    ("PUT", "/status", {"status": "failed", "reason": "r"}),
    ("POST", "/steps/enter/skip", {"reason": "r"}),
    ("POST", "/steps/enter/repeat", {"reason": "r"}),
]


@pytest.mark.parametrize(("method", "path", "body"), COMMANDS)
async def test_what_one_may_not_see_is_404_and_what_one_may_not_do_403(
    app: FastAPI, expense: str, method: str, path: str, body: Any
):
    process = await started(officer(app))
    address = f"/api/processes/{process['id']}{path}"
    refused(await officer(app, "u-stranger").send(method, address, body), 404, "process_not_found")
    refused(await clerk(app).send(method, address, body), 403, "permission_denied")


async def test_timers_of_a_process_stand_in_its_history_with_milliseconds(app: FastAPI, admin: Person):
    await publish(admin, PAUSE)
    process = await begun(officer(app), "pause")
    events = (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"]
    timer = next(event for event in events if event["type"] == "timer.set")
    assert timer["payload"]["kind"] == "for"
    due = timer["payload"]["due_at"]
    assert due.endswith("Z") and len(due) == len("2026-03-01T08:30:00.000Z")
