"""Incidents: found, understood, retried (R9, R18)."""

from fastapi import FastAPI

from tests.api.cases import held, officer
from tests.api.people import Person, answer, refused


async def test_an_incident_names_its_cause_and_what_would_resolve_it(app: FastAPI, expense: str):
    process, incident = await held(app)
    found = await officer(app).get(f"/api/incidents/{incident}")
    assert (found["process"], found["atom"], found["visit"]) == (process, "enter", 1)
    assert (found["code"], found["status"]) == ("unresolved", "open")
    assert "limit" in found["message"]
    assert found["fix"]
    (waiting,) = (await officer(app).get(f"/api/processes/{process}/explain"))["waiting_for"]
    assert (waiting["kind"], waiting["id"]) == ("incident", incident)


async def test_a_retry_goes_on_where_it_was_held(app: FastAPI, admin: Person, expense: str):
    process, incident = await held(app)
    body = {"patch": {"limit": 100}, "reason": "known now"}
    answer(await officer(app).send("PATCH", f"/api/processes/{process}/context", body))
    retried = await admin.post(f"/api/incidents/{incident}/retry", {"reason": "known now"})
    assert (retried["id"], retried["status"]) == (incident, "resolved")
    found = await officer(app).get(f"/api/processes/{process}")
    assert (found["status"], found["outcome"], found["incidents"]) == ("completed", "paid", [])


async def test_a_retry_that_fails_again_raises_another_incident(app: FastAPI, admin: Person, expense: str):
    process, incident = await held(app)
    await admin.post(f"/api/incidents/{incident}/retry", {"reason": "just try"})
    found = await officer(app).get(f"/api/processes/{process}")
    assert found["incidents"] == [f"{process}.2"]


async def test_a_resolved_incident_is_not_retried_again(app: FastAPI, admin: Person, expense: str):
    _, incident = await held(app)
    await admin.post(f"/api/incidents/{incident}/retry", {"reason": "just try"})
    response = await admin.send("POST", f"/api/incidents/{incident}/retry", {"reason": "again"})
    assert refused(response, 409, "invalid_transition")["from"] == "resolved"


async def test_incidents_are_listed_by_process_status_and_code(app: FastAPI, admin: Person, expense: str):
    (first, one), (_, other) = await held(app), await held(app)
    await admin.post(f"/api/incidents/{one}/retry", {"reason": "just try"})

    async def found(**query: str) -> list[str]:
        return [item["id"] for item in (await admin.get("/api/incidents", **query))["items"]]

    assert sorted(await found()) == sorted([one, other, f"{first}.2"])
    assert await found(process=first, status="resolved") == [one]
    assert set(await found(status="open", code="unresolved")) == {other, f"{first}.2"}
    assert await found(code="no_path") == []
    assert len((await admin.get("/api/incidents", limit=2))["items"]) == 2


async def test_a_retry_needs_a_reason(app: FastAPI, admin: Person, expense: str):
    _, incident = await held(app)
    response = await admin.send("POST", f"/api/incidents/{incident}/retry", {})
    assert refused(response, 422, "request_invalid")["errors"][0]["pointer"] == "/reason"
