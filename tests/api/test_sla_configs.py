"""Service levels over the API: configured, held against journeys, and counted from then on."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fastapi import FastAPI

from engine.core.times import parse_time
from tests.api.cases import officer
from tests.api.journeys import begun
from tests.api.people import Person, answer, person, refused

PATH = "/api/workflow/sla-configs"
OFFICE = {"zone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}
QUICK = {
    "name": "Quick intake",
    "for": {"task_type": "intake"},
    "target": {"working": "PT45M"},
    "slo": {"percent": Decimal("97.5"), "window": "P28D"},
}
JOURNEY = """
journey: desk
version: 1.0.0
calendar: office
roles: {clerk: {}}
sla: {target: P1M, warn_before: P3D}
phases:
  - id: front
    atoms:
      - {id: take-in, performed_by: clerk, task_type: intake, enables: [check]}
      - {id: check, performed_by: clerk, task_type: review, enables: [sign]}
      - {id: sign, performed_by: clerk, sla: {target: PT1H, escalate_after: PT2H, pauses_on: [blocked]}}
"""


def boss(app: FastAPI) -> Person:
    return person(app, "m-1", ["manager"])


async def put(who: Person, document: Any, id: str = "quick", status: int = 201, **headers: Any) -> Any:
    return answer(await who.send("PUT", f"{PATH}/{id}", document, **headers), status)


async def load(admin: Person, app: FastAPI) -> None:
    answer(await boss(app).send("PUT", "/api/calendars/office", OFFICE), 201)
    answer(await admin.send("POST", "/api/journeys", text=JOURNEY.encode(), publish="true"), 201)


async def held(who: Person, journey: str = "desk") -> dict[str, tuple[Any, ...]]:
    path = f"/api/journeys/{journey}/versions/1.0.0/service-levels"
    items = (await who.get(path))["items"]
    return {f"{one['of']}:{one['id'] or ''}": (one["level"], one["source"], one["target"]) for one in items}


async def test_a_manager_configures_service_levels_and_everyone_reads_them(app: FastAPI) -> None:
    made = await put(boss(app), QUICK)
    assert (made["id"], made["name"], made["configuration"], made["changed_by"]) == (
        "quick",
        "Quick intake",
        QUICK,
        "m-1",
    )
    assert await put(boss(app), QUICK, status=200) == made, "the same once more changes nothing"
    await put(boss(app), {"for": {}, "target": "P1D"}, "all")
    anybody = person(app, "anybody")
    page = await anybody.get(PATH, limit=1)
    assert [one["id"] for one in page["items"]] == ["all"]
    assert [one["id"] for one in (await anybody.get(PATH, cursor=page["next_cursor"]))["items"]] == ["quick"]
    assert await anybody.get(f"{PATH}/quick") == made
    refused(await anybody.send("PUT", f"{PATH}/quick", QUICK), 403, "permission_denied")
    refused(await anybody.send("DELETE", f"{PATH}/quick"), 403, "permission_denied")
    assert answer(await boss(app).send("DELETE", f"{PATH}/quick"), 200) == made
    refused(await boss(app).send("DELETE", f"{PATH}/quick"), 404, "sla_config_not_found")
    refused(await anybody.send("GET", f"{PATH}/quick"), 404, "sla_config_not_found")


async def test_one_with_errors_is_refused_with_all_of_them(app: FastAPI) -> None:
    bad = {"for": {"of": "phase", "role": "x"}, "target": {"working": "P1D", "calendar": "no"}, "slo": {"percent": 95}}
    problem = refused(await boss(app).send("PUT", f"{PATH}/quick", bad), 422, "sla_config_invalid")
    found = {(one["code"], one["pointer"]) for one in problem["findings"]}
    assert found == {("bad_value", "/for/role"), ("unknown_name", "/target/calendar"), ("missing_key", "/slo/window")}
    for id in ("Big%20One", "usual", "usual-intake"):
        refused(await boss(app).send("PUT", f"{PATH}/{id}", QUICK), 422, "request_invalid")


async def test_a_calendar_that_one_counts_in_stays(app: FastAPI) -> None:
    answer(await boss(app).send("PUT", "/api/calendars/office", OFFICE), 201)
    await put(boss(app), QUICK | {"target": {"working": "PT45M", "calendar": "office"}})
    assert (await boss(app).get("/api/calendars/office"))["configurations"] == ["quick"]
    problem = refused(await boss(app).send("DELETE", "/api/calendars/office"), 409, "calendar_in_use")
    assert (problem["used_by"], problem["configurations"]) == ([], ["quick"])
    await put(boss(app), QUICK, status=200)
    answer(await boss(app).send("DELETE", "/api/calendars/office"), 200)


async def test_a_version_says_which_service_level_holds_for_what(app: FastAPI, admin: Person) -> None:
    await load(admin, app)
    usual = {"working": "PT8H", "calendar": "office"}
    own = {"process:": ("desk", "journey", "P1M"), "task:sign": ("desk/sign", "journey", "PT1H")}
    assert await held(person(app, "anybody")) == own | {
        "task:take-in": ("usual-intake", "usual", {"working": "PT1H", "calendar": "office"}),
        "task:check": ("usual-review", "usual", {"working": "PT2H", "calendar": "office"}),
        "task:": ("usual", "usual", usual),
    }
    await put(boss(app), QUICK)
    await put(boss(app), {"for": {"of": "phase", "journey": "desk"}, "target": "P3D"}, "fronts")
    await put(boss(app), {"for": {"role": "clerk"}, "target": "PT7H"}, "clerks")
    assert await held(person(app, "anybody")) == own | {
        "phase:front": ("fronts", "configuration", "P3D"),
        "task:take-in": ("quick", "configuration", {"working": "PT45M", "calendar": "office"}),
        "task:check": ("clerks", "configuration", "PT7H"),
        "task:": ("usual", "usual", usual),
    }, "the type of a task is closer than its role; what the journey says goes before both"
    (sign,) = [
        one
        for one in (await admin.get("/api/journeys/desk/versions/1.0.0/service-levels"))["items"]
        if one["id"] == "sign"
    ]
    assert (sign["name"], sign["warn_before"], sign["pauses_on"]) == ("sign", "PT15M", ["blocked"])
    assert sign["escalations"] == [
        {"after": "PT2H", "role": None, "manager": False, "reassign": False, "priority": None}
    ]
    missing = "/api/journeys/desk/versions/9.0.0/service-levels"
    refused(await admin.send("GET", missing), 404, "version_not_found")


async def test_what_begins_once_it_is_configured_has_it_and_what_runs_keeps_its_target(
    app: FastAPI, admin: Person
) -> None:
    await load(admin, app)

    async def target(process: str) -> timedelta:
        (made,) = [
            one
            for one in (await admin.get(f"/api/processes/{process}/history"))["items"]
            if one["type"] == "task.created"
        ]
        return parse_time(made["payload"]["sla"]["target_at"]) - parse_time(made["at"])

    await put(boss(app), {"for": {"journey": "desk"}, "target": "PT20M"})
    first = (await begun(officer(app), "desk"))["id"]
    assert await target(first) == timedelta(minutes=20)
    await put(boss(app), {"for": {"journey": "desk"}, "target": "PT10M"}, status=200)
    assert await target((await begun(officer(app), "desk"))["id"]) == timedelta(minutes=10)
    assert await target(first) == timedelta(minutes=20)


async def test_the_same_command_twice_is_done_once(app: FastAPI) -> None:
    one = await put(boss(app), QUICK, key="k")
    await put(boss(app), QUICK | {"target": "P1D"}, status=200)
    assert await put(boss(app), QUICK, key="k") == one
    assert (await boss(app).get(f"{PATH}/quick"))["configuration"]["target"] == "P1D"
