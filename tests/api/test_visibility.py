"""What one may not see does not exist (404); what one sees and may not do is 403 (api.md, Who calls)."""

import itertools
from typing import Any

from fastapi import FastAPI

from tests.api.cases import clerk, held, officer, open_task, started
from tests.api.people import Person, person, refused

READS = ["", "/history", "/events", "/visualize", "/explain"]


async def test_a_process_does_not_exist_for_strangers(app: FastAPI, expense: str):
    process = await started(officer(app))
    for path in READS:
        response = await officer(app, "u-stranger").send("GET", f"/api/processes/{process['id']}{path}")
        refused(response, 404, "process_not_found")
        refused(await officer(app).send("GET", f"/api/processes/unknown{path}"), 404, "process_not_found")


async def test_who_may_read_all_processes_sees_them(app: FastAPI, expense: str):
    process = await started(officer(app))
    for role, path in itertools.product(("manager", "analyst", "admin"), READS):
        await person(app, "u-other", [role]).get(f"/api/processes/{process['id']}{path}")


async def test_whoever_sees_one_of_its_tasks_sees_the_process(app: FastAPI, expense: str):
    process = await started(officer(app))
    assert (await clerk(app).get(f"/api/processes/{process['id']}"))["id"] == process["id"]
    items = (await clerk(app).get("/api/processes"))["items"]
    assert [item["id"] for item in items] == [process["id"]]


COMMANDS: list[tuple[str, str, Any]] = [
    ("POST", "/cancel", {"reason": "r"}),
    ("POST", "/abort", {"reason": "r"}),
    ("PUT", "/status", {"status": "cancelled", "reason": "r"}),
    ("PATCH", "/context", {"patch": {}, "reason": "r"}),
]


async def test_a_command_on_what_one_may_not_see_is_404_and_on_what_one_sees_only_403(app: FastAPI, expense: str):
    process = await started(officer(app))
    for method, path, body in COMMANDS:
        address = f"/api/processes/{process['id']}{path}"
        for unseen in (officer(app, "u-stranger"), person(app, "u-nobody")):
            refused(await unseen.send(method, address, body), 404, "process_not_found")
        for seen in (clerk(app), person(app, "u-analyst", ["analyst"])):
            refused(await seen.send(method, address, body), 403, "permission_denied")


TASK_COMMANDS: list[tuple[str, Any]] = [
    ("claim", None),
    ("start", None),
    ("release", None),
    ("complete", {"output": {"approved": True}}),
    ("assign", {"assignee": "u-new"}),
    ("reassign", {"assignee": "u-new"}),
    ("delegate", {"assignee": "u-new"}),
    ("return", None),
    ("escalate", {"reason": "late"}),
    ("comments", {"text": "?"}),
]


async def test_a_task_does_not_exist_for_strangers(app: FastAPI, expense: str):
    task = await open_task(app)
    stranger = person(app, "u-stranger", ["boss"])
    for verb, body in TASK_COMMANDS:
        refused(await stranger.send("POST", f"/api/tasks/{task}/{verb}", body), 404, "task_not_found")
    refused(await stranger.send("GET", f"/api/tasks/{task}"), 404, "task_not_found")
    assert (await stranger.get("/api/tasks"))["items"] == []


async def test_a_task_that_one_sees_but_that_is_anothers_is_403(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    for who, verb in itertools.product(
        (person(app, "u-analyst", ["analyst"]), clerk(app, "u-2")), ("complete", "release")
    ):
        body = {"output": {"approved": True}} if verb == "complete" else None
        refused(await who.send("POST", f"/api/tasks/{task}/{verb}", body), 403, "not_your_task")


async def test_a_task_of_an_ended_process_does_not_exist_for_strangers_either(app: FastAPI, expense: str):
    process = await started(officer(app))
    task = process["open_tasks"][0]
    await officer(app).post(f"/api/processes/{process['id']}/cancel", {"reason": "r"})
    refused(await person(app, "u-stranger").send("POST", f"/api/tasks/{task}/claim"), 404, "task_not_found")
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/claim"), 409, "process_ended")


async def test_reassigning_is_404_for_strangers_and_403_for_colleagues(app: FastAPI, expense: str):
    task = await open_task(app)
    body = {"assignee": "u-new"}
    refused(await person(app, "u-stranger").send("POST", f"/api/tasks/{task}/reassign", body), 404, "task_not_found")
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/reassign", body), 403, "permission_denied")


async def test_an_id_that_was_never_given_is_not_found(admin: Person):
    for id in ("x", "unknown.1", "a.b.c", "1.0", "é"):
        refused(await admin.send("GET", f"/api/tasks/{id}"), 404, "task_not_found")
        refused(await admin.send("POST", f"/api/tasks/{id}/claim"), 404, "task_not_found")
        refused(await admin.send("GET", f"/api/incidents/{id}"), 404, "incident_not_found")
        refused(await admin.send("GET", f"/api/processes/{id}"), 404, "process_not_found")


async def test_incidents_are_seen_with_their_process_and_retried_by_those_who_may(app: FastAPI, expense: str):
    _, incident = await held(app)
    stranger = person(app, "u-stranger", ["boss"])
    refused(await stranger.send("GET", f"/api/incidents/{incident}"), 404, "incident_not_found")
    body = {"reason": "r"}
    refused(await stranger.send("POST", f"/api/incidents/{incident}/retry", body), 404, "incident_not_found")
    refused(await officer(app).send("POST", f"/api/incidents/{incident}/retry", body), 403, "permission_denied")
    assert (await stranger.get("/api/incidents"))["items"] == []


async def test_only_those_with_the_permission_start_processes(app: FastAPI, expense: str):
    body = {"journey": "expense", "context": {}}
    response = await clerk(app).send("POST", "/api/processes", body)
    assert refused(response, 403, "permission_denied")["permission"] == "process:start"


async def test_figures_and_the_graph_are_for_managers_and_analysts(app: FastAPI):
    figures = ["/api/monitoring/active-processes", "/api/monitoring/bottlenecks"]
    for path in [*figures, "/api/graph/questions", "/api/graph/questions/bottlenecks"]:
        for roles in (["clerk"], ["officer"], ["designer"]):
            refused(await person(app, "u-1", roles).send("GET", path), 403, "permission_denied")
        for roles in (["analyst"], ["manager"]):
            await person(app, "u-1", roles).get(path)
