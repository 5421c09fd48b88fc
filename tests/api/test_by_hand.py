"""Steps skipped and atoms repeated by hand; incidents skipped, and many retried at once (R7, R18)."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import clerk, held, officer, started
from tests.api.journeys import TRIP, begun, publish, step_of
from tests.api.people import Person, answer, person, refused


def manager(app: FastAPI) -> Person:
    return person(app, "u-manager", ["manager"])


async def test_a_skipped_step_takes_the_edges_that_are_named(app: FastAPI, expense: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}/steps/enter/skip"
    found = await manager(app).post(path, {"reason": "on paper", "take": ["review"]})
    assert step_of(found, "enter")["state"] == "skipped"
    assert step_of(found, "review")["state"] == "active"
    last = (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"]
    skipped = next(event for event in last if event["type"] == "step.skipped")
    assert (skipped["actor"], skipped["payload"]["reason"]) == ("u-manager", "on paper")


async def test_a_skip_without_edges_lets_the_paths_die(app: FastAPI, expense: str):
    process = await started(officer(app))
    found = await manager(app).post(f"/api/processes/{process['id']}/steps/enter/skip", {"reason": "r"})
    assert {step["atom"]: step["state"] for step in found["steps"]} == dict.fromkeys(
        ("enter", "review", "paid"), "skipped"
    )
    assert found["status"] == "completed"


async def test_what_does_not_stand_in_the_journey_is_not_skipped(app: FastAPI, expense: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}/steps"
    refused(await manager(app).send("POST", f"{path}/nowhere/skip", {"reason": "r"}), 404, "atom_not_found")
    take = {"reason": "r", "take": ["nowhere"]}
    assert (
        "review"
        in refused(await manager(app).send("POST", f"{path}/enter/skip", take), 404, "atom_not_found")["detail"]
    )
    refused(await manager(app).send("POST", f"{path}/paid/skip", {"reason": "r"}), 409, "invalid_transition")


async def test_a_repeated_atom_is_done_again_in_its_next_visit(app: FastAPI, admin: Person):
    await publish(admin, TRIP)
    process = await begun(officer(app), "trip")
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {})
    path = f"/api/processes/{process['id']}"
    found = await manager(app).post(f"{path}/steps/flight/repeat", {"reason": "the wrong day"})
    assert (step_of(found, "flight")["visit"], step_of(found, "flight")["state"]) == (2, "active")
    assert (step_of(found, "hotel")["visit"], step_of(found, "hotel")["state"]) == (2, "waiting")
    every = await officer(app).get(path, visits="all")
    assert [(step["atom"], step["visit"]) for step in every["steps"]][:3] == [
        ("flight", 1),
        ("flight", 2),
        ("hotel", 1),
    ]


async def test_a_skipped_incident_lets_its_step_go_on(app: FastAPI, expense: str):
    process, incident = await held(app)
    path = f"/api/incidents/{incident}/skip"
    refused(await officer(app).send("POST", path, {"reason": "r"}), 403, "permission_denied")
    refused(await officer(app, "u-stranger").send("POST", path, {"reason": "r"}), 404, "incident_not_found")
    found = await manager(app).post(path, {"reason": "paid by hand", "take": ["paid"]})
    assert (found["id"], found["status"]) == (incident, "resolved")
    shown = await officer(app).get(f"/api/processes/{process}")
    assert (shown["status"], shown["outcome"]) == ("completed", "paid")
    assert step_of(shown, "enter")["state"] == "completed"  # a step that has exited keeps its state
    refused(await manager(app).send("POST", path, {"reason": "r"}), 409, "process_ended")


async def test_many_incidents_are_retried_with_one_result_each(app: FastAPI, expense: str):
    (first, one), (_, other), (_, third) = await held(app), await held(app), await held(app)
    for process in (first,):
        body = {"patch": {"limit": 100}, "reason": "known now"}
        answer(await manager(app).send("PATCH", f"/api/processes/{process}/context", body))
    wanted: dict[str, Any] = {"journey": "expense", "code": "unresolved", "reason": "try", "dry_run": True}
    listed = await manager(app).post("/api/incidents/retry", wanted)
    assert [item["id"] for item in listed["items"]] == [third, other, one]
    assert {item["status"] for item in listed["items"]} == {None}
    assert (await officer(app).get(f"/api/incidents/{one}"))["status"] == "open"
    done = await manager(app).post("/api/incidents/retry", {**wanted, "dry_run": False}, key="all")
    assert [(item["id"], item["status"], item["incident"]["status"]) for item in done["items"]] == [
        (id, 200, "resolved") for id in (third, other, one)
    ]
    assert (await officer(app).get(f"/api/processes/{first}"))["outcome"] == "paid"
    assert await manager(app).post("/api/incidents/retry", {**wanted, "dry_run": False}, key="all") == done


async def test_a_bulk_retry_is_bounded_and_says_that_more_match(app: FastAPI, expense: str):
    for _ in range(3):
        await held(app)
    body = {"reason": "try", "limit": 2, "dry_run": True}
    found = await manager(app).post("/api/incidents/retry", body)
    assert (len(found["items"]), found["more"]) == (2, True)
    assert (await manager(app).post("/api/incidents/retry", {**body, "limit": 3}))["more"] is False
    refused(await manager(app).send("POST", "/api/incidents/retry", {**body, "limit": 501}), 422, "request_invalid")


async def test_an_incident_of_a_suspended_process_refuses_only_itself(app: FastAPI, expense: str):
    (process, one), (_, other) = await held(app), await held(app)
    await manager(app).post(f"/api/processes/{process}/suspend", {"reason": "r"})
    done = await manager(app).post("/api/incidents/retry", {"atom": "enter", "reason": "try"})
    assert {item["id"]: item["status"] for item in done["items"]} == {one: 409, other: 200}
    problem = next(item["problem"] for item in done["items"] if item["id"] == one)
    assert problem["code"] == "process_suspended"


async def test_only_who_may_retry_an_incident_may_retry_many(app: FastAPI, expense: str):
    for dry_run in (True, False):
        body = {"reason": "r", "dry_run": dry_run}
        refused(await officer(app).send("POST", "/api/incidents/retry", body), 403, "permission_denied")
