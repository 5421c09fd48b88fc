"""Calendars over the API: put, asked, counted in, and kept while published journeys count in them."""

from decimal import Decimal
from typing import Any

from fastapi import FastAPI

from tests.api.cases import officer
from tests.api.journeys import begun
from tests.api.people import Person, answer, person, refused

OFFICE = {
    "name": "Office",
    "zone": "America/New_York",
    "hours": {"mon-fri": "09:00-17:00"},
    "holidays": {"country": "US"},
    "days_off": ["2026-03-10"],
}
JOURNEY = """
journey: callback
version: 1.0.0
calendar: office
roles: {clerk: {name: Clerk}}
atoms:
  - id: call
    performed_by: clerk
    due: {working: P1D}
    timeout: {after: {working: PT16H}}
    enables: [{to: late, on: timeout}, {to: late, on: done}]
  - {id: late, kind: milestone}
"""


def boss(app: FastAPI) -> Person:
    return person(app, "m-1", ["manager"])


async def put(who: Person, document: Any, id: str = "office", status: int = 200) -> Any:
    return answer(await who.send("PUT", f"/api/calendars/{id}", document), status)


async def test_a_manager_puts_a_calendar_and_everyone_asks_it(app: FastAPI) -> None:
    made = await put(boss(app), OFFICE, status=201)
    assert (made["id"], made["calendar"], made["changed_by"], made["used_by"]) == ("office", OFFICE, "m-1", [])
    assert made["source"].startswith("holidays ")
    assert (await put(boss(app), OFFICE))["version"] == made["version"], "the same once more changes nothing"
    anybody = person(app, "anybody")
    assert [one["id"] for one in (await anybody.get("/api/calendars"))["items"]] == ["office"]
    year = await anybody.get("/api/calendars/office", year=2026)
    assert {"date": "2026-07-03", "name": "Independence Day (observed)"} in year["holidays"]
    friday = {"from": "2026-03-06T21:00:00Z"}
    later = await anybody.get("/api/calendars/office/add", **friday, duration="P1DT2H")
    assert (later["end"], later["clock"]) == ("2026-03-11T14:00:00.000Z", "2026-03-11T10:00:00-04:00")
    worked = await anybody.get("/api/calendars/office/between", **friday, to="2026-03-11T14:00:00.500Z")
    assert worked["seconds"] == Decimal("36000.5")
    refused(await anybody.send("PUT", "/api/calendars/office", OFFICE), 403, "permission_denied")
    refused(await anybody.send("DELETE", "/api/calendars/office"), 403, "permission_denied")


async def test_a_calendar_with_errors_is_refused_with_all_of_them(app: FastAPI) -> None:
    bad = {"zone": "Mars/Olympus", "hours": {"mon": "9-17"}, "holidays": {"country": "ZZ"}, "hollidays": 1}
    problem = refused(await boss(app).send("PUT", "/api/calendars/office", bad), 422, "calendar_invalid")
    found = {finding["pointer"] for finding in problem["findings"]}
    assert found == {"/zone", "/hours/mon", "/holidays/country", "/hollidays"}
    refused(await boss(app).send("PUT", "/api/calendars/Big%20One", OFFICE), 422, "request_invalid")
    refused(await boss(app).send("GET", "/api/calendars/office"), 404, "calendar_not_found")
    refused(await boss(app).send("DELETE", "/api/calendars/office"), 404, "calendar_not_found")
    await put(boss(app), OFFICE, status=201)
    for start, duration in (
        ("2026-03-06T21:00:00Z", "P1W"),
        ("2026-03-06T21:00:00Z", "-PT1H"),
        ("yesterday", "P1D"),
        ("2200-01-01", "PT1H"),
    ):
        asked = await boss(app).send("GET", "/api/calendars/office/add", **{"from": start}, duration=duration)
        refused(asked, 422, "request_invalid")


async def test_somebody_counts_in_a_calendar_which_then_stays(app: FastAPI, admin: Person) -> None:
    ann: dict[str, Any] = {"name": "Ann", "calendar": "office"}
    problem = refused(await admin.send("PUT", "/api/users/ann", ann), 422, "request_invalid")
    assert problem["errors"] == [{"pointer": "/calendar", "message": "there is no calendar office"}]
    await put(boss(app), OFFICE, status=201)
    answer(await admin.send("PUT", "/api/users/ann", ann), 201)
    problem = refused(await boss(app).send("DELETE", "/api/calendars/office"), 409, "calendar_in_use")
    assert (problem["used_by"], problem["users"]) == ([], ["ann"])
    answer(await admin.send("PATCH", "/api/users/ann", {"calendar": None}))
    answer(await boss(app).send("DELETE", "/api/calendars/office"))


async def test_a_journey_counts_in_a_calendar_which_then_stays(app: FastAPI, admin: Person) -> None:
    loading = {"text": JOURNEY.encode(), "publish": "true"}
    problem = refused(await admin.send("POST", "/api/journeys", **loading), 422, "journey_invalid")
    assert [(one["code"], one["pointer"]) for one in problem["findings"]] == [("unknown_name", "/calendar")]
    await put(boss(app), OFFICE, status=201)
    answer(await admin.send("POST", "/api/journeys", **loading), 201)
    assert (await admin.get("/api/calendars/office"))["used_by"] == ["callback@1.0.0"]
    problem = refused(await boss(app).send("DELETE", "/api/calendars/office"), 409, "calendar_in_use")
    assert problem["used_by"] == ["callback@1.0.0"]
    process = await begun(officer(app), "callback")
    (task,) = (await admin.get("/api/tasks", process=process["id"]))["items"]
    start = {"from": process["started_at"]}
    assert task["due_at"] == (await admin.get("/api/calendars/office/add", **start, duration="P1D"))["end"]
    explained = await officer(app).get(f"/api/processes/{process['id']}/explain")
    (timer,) = [one for one in explained["waiting_for"] if one["kind"] == "timer"]
    assert timer["due_at"] == (await admin.get("/api/calendars/office/add", **start, duration="PT16H"))["end"]
    assert "counted in working time, Office" in timer["text"]
    await put(boss(app), OFFICE, "unused", 201)
    assert (await boss(app).send("DELETE", "/api/calendars/unused")).status_code == 200
