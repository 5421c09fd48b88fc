"""The inbox and the figures about tasks over HTTP."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import LARGE, SMALL, clerk, held, officer, open_task, started
from tests.api.people import Person, person, refused

DONE = {"output": {"approved": True}}
APART = """
journey: apart
version: 1.0.0
name: Apart
context: {type: object}
roles: {clerk: {name: Clerk}}
phases:
  - id: intake
    name: Intake
    modules:
      - id: desk
        name: At the desk
        atoms:
          - {id: enter, name: Enter, performed_by: clerk, enables: [check, hand-out]}
          - {id: check, name: Check, performed_by: {role: clerk, not_same_as: [enter]}}
          - {id: hand-out, name: Hand out, performed_by: {role: clerk, strategy: manual}}
"""


async def ids(who: Person, **query: Any) -> list[str]:
    return [item["id"] for item in (await who.get("/api/tasks/inbox", **query))["items"]]


async def test_a_scope_a_filter_and_an_order_say_what_is_shown(app: FastAPI, expense: str):
    low, high, mine = [
        (await started(officer(app), SMALL, priority=priority))["open_tasks"][0]
        for priority in ("low", "high", "medium")
    ]
    await clerk(app).post(f"/api/tasks/{mine}/claim")
    await clerk(app).post(f"/api/tasks/{mine}/block", {"reason": "r"})
    who = clerk(app)
    assert await ids(who) == [high, mine, low]
    assert await ids(who, sort="age") == [low, high, mine]
    assert await ids(who, scope="mine") == [mine]
    assert await ids(who, scope="roles") == [high, low]
    assert await ids(who, scope="team") == await ids(who, scope="delegated") == []
    assert await ids(who, priority="high") == [high]
    assert await ids(who, blocked="true") == await ids(who, status="blocked") == [mine]
    assert await ids(who, blocked="false", sort="age") == [low, high]
    assert await ids(who, overdue="true") == await ids(who, atom="review") == await ids(who, q="zzz") == []
    assert await ids(who, q="kim", journey="expense", role="clerk") == [high, mine, low]
    counts = await who.get("/api/tasks/inbox/count", q="KIM")
    assert {scope: tally["text"] for scope, tally in counts.items()} == {
        "mine": "1",
        "roles": "2",
        "team": "0",
        "delegated": "0",
    }
    only = await who.get("/api/tasks/inbox/count", scope="roles", priority="low")
    assert only == {"mine": None, "roles": {"count": 1, "more": False, "text": "1"}, "team": None, "delegated": None}


async def test_what_the_inbox_does_not_know_is_refused(app: FastAPI, expense: str):
    for query in ({"scope": "all"}, {"sort": "name"}, {"priority": "urgent"}, {"status": "completed"}, {"limit": 201}):
        refused(await clerk(app).send("GET", "/api/tasks/inbox", **query), 422, "request_invalid")
    refused(await clerk(app).send("GET", "/api/tasks/inbox", cursor="x"), 422, "cursor_invalid")
    refused(await clerk(app).send("GET", "/api/tasks/inbox/count", user_id="u-2"), 403, "permission_denied")


async def test_four_eyes_hide_what_only_others_may_do_and_the_rest_says_why_not(app: FastAPI, admin: Person):
    response = await admin.send("POST", "/api/journeys", text=APART.encode(), publish="true")
    assert response.status_code == 201, response.text
    process = await officer(app).post("/api/processes", {"journey": "apart"}, 201)
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete")

    async def shown(who: Person) -> dict[str, str | None]:
        items = (await who.get("/api/tasks/inbox"))["items"]
        counted = (await who.get("/api/tasks/inbox/count", scope="roles"))["roles"]["count"]
        assert counted == len(items)
        return {item["atom"]: item["not_for_you"] for item in items}

    assert await shown(clerk(app)) == {"hand-out": "given_by_hand"}
    assert await shown(clerk(app, "u-2")) == {"check": None, "hand-out": "given_by_hand"}
    for who, atom, code in ((clerk(app), 2, "four_eyes"), (clerk(app, "u-2"), 3, "given_by_hand")):
        refused(await who.send("POST", f"/api/tasks/{process['id']}.{atom}/claim"), 403, code)


async def test_an_item_has_the_shape_of_a_task(app: FastAPI, expense: str):
    await open_task(app)
    (item,) = (await clerk(app).get("/api/tasks/inbox"))["items"]
    task = await clerk(app).get(f"/api/tasks/{item['id']}")
    shared = item.keys() & task.keys() - {"form"}
    assert {key: item[key] for key in shared} == {key: task[key] for key in shared}
    fixed = "id kind process process_title journey atom visit item_index name role assignee status priority due_at sla"
    assert {*fixed.split(), "input", "output", "form", "created_at", "started_at", "ended_at", "version"} <= item.keys()


async def test_ones_own_cases_are_listed_with_where_they_stand(app: FastAPI, admin: Person, expense: str):
    large, small = await started(officer(app), LARGE), await started(officer(app), SMALL)
    await clerk(app).post(f"/api/tasks/{large['open_tasks'][0]}/claim")
    await clerk(app).post(f"/api/tasks/{small['open_tasks'][0]}/complete", DONE)
    process, incident = await held(app)
    anothers = await started(officer(app, "u-other"))
    mine = (await officer(app).get("/api/processes", mine="true"))["items"]
    found = {one["id"]: one["at"] for one in mine}
    assert anothers["id"] not in found
    assert found[small["id"]] is None
    (place,), (task,) = found[large["id"]]["places"], found[large["id"]]["tasks"]
    assert (place["atom"], place["name"], place["phase"]) == ("enter", "Enter the receipt", None)
    assert (task["id"], task["assignee"], task["status"]) == (large["open_tasks"][0], "u-clerk", "assigned")
    assert [one["id"] for one in found[process]["incidents"]] == [incident]
    assert all(one["at"] is None for one in (await officer(app).get("/api/processes"))["items"])


async def test_a_place_has_the_names_of_its_phase_and_module(app: FastAPI, admin: Person):
    await admin.send("POST", "/api/journeys", text=APART.encode(), publish="true")
    await officer(app).post("/api/processes", {"journey": "apart"}, 201)
    (one,) = (await officer(app).get("/api/processes", mine="true"))["items"]
    (place,) = one["at"]["places"]
    assert (place["name"], place["phase"], place["module"]) == ("Enter", "Intake", "At the desk")


async def test_figures_are_of_ones_own_work_and_of_all_for_who_may_read_all(app: FastAPI, expense: str):
    first, second = await open_task(app), await open_task(app)
    await clerk(app).post(f"/api/tasks/{first}/claim")
    await clerk(app).post(f"/api/tasks/{first}/start")
    await clerk(app, "u-2").post(f"/api/tasks/{second}/complete", DONE)
    analyst = person(app, "u-analyst", ["analyst"])
    figures = await analyst.get("/api/tasks/stats/assignment")
    found = {(one["role"], one["method"]): one for one in figures["items"]}
    assert set(found) == {("clerk", "claim"), ("clerk", "complete")}
    claimed = found["clerk", "claim"]
    assert (claimed["assignments"], claimed["accepted"], claimed["completed"]) == (1, 1, 0)
    assert claimed["accept_p50_seconds"] >= 0 and claimed["complete_p50_seconds"] is None
    assert figures["complete"]
    own = await clerk(app).get("/api/tasks/stats/assignment")
    assert [one["method"] for one in own["items"]] == ["claim"]
    until = {"since": "2020-01-01", "until": "2020-02-01"}
    assert (await analyst.get("/api/tasks/stats/assignment", **until))["items"] == []
    for wrong in ({"since": "2020-01-01", "until": "2022-01-01"}, {"since": "2999-01-01"}):
        refused(await analyst.send("GET", "/api/tasks/stats/assignment", **wrong), 422, "request_invalid")

    loads = (await analyst.get("/api/tasks/stats/workload"))["items"]
    assert [(one["user"], one["open"], one["in_progress"], one["weight"]) for one in loads] == [("u-clerk", 1, 1, 2)]
    own_load = (await clerk(app, "u-2").get("/api/tasks/stats/workload"))["items"]
    assert [(one["user"], one["open"], one["capacity"]) for one in own_load] == [("u-2", 0, None)]
    stats = await analyst.get("/api/tasks/stats")
    assert stats["by"]["open"]["in_progress"] == 1
