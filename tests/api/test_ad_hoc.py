"""Tasks off the graph (R18), and tasks that fail or are blocked."""

from fastapi import FastAPI

from tests.api.cases import clerk, officer, open_task, started
from tests.api.people import Person, person, refused

CALL = {"name": "Call back", "role": "clerk", "description": "At noon.", "due": "2100-01-01", "priority": "high"}


async def test_a_task_off_the_graph_keeps_its_process_open(app: FastAPI, expense: str):
    process = await started(officer(app))
    task = await officer(app).post("/api/tasks", {**CALL, "process": process["id"]}, 201)
    assert (task["kind"], task["process"], task["atom"], task["visit"]) == ("ad_hoc", process["id"], None, None)
    assert (task["name"], task["description"], task["priority"]) == ("Call back", "At noon.", "high")
    assert (task["due_at"], task["optional"], task["form"]) == ("2100-01-01T00:00:00.000Z", False, None)
    assert await clerk(app).get(f"/api/tasks/{task['id']}") == task
    assert task["id"] in [one["id"] for one in (await clerk(app).get("/api/tasks/inbox"))["items"]]
    done = await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    assert done["process"]["status"] == "running"
    assert (await officer(app).get(f"/api/processes/{process['id']}"))["open_tasks"] == [task["id"]]
    last = await clerk(app).post(f"/api/tasks/{task['id']}/complete", {"output": {"reached": True}})
    assert last["process"] == {"id": process["id"], "status": "completed", "outcome": "paid"}


async def test_an_optional_task_is_cancelled_with_its_process(app: FastAPI, expense: str):
    process = await started(officer(app))
    task = await officer(app).post("/api/tasks", {**CALL, "process": process["id"], "optional": True}, 201)
    done = await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    assert done["process"]["status"] == "completed"
    assert (await clerk(app).get(f"/api/tasks/{task['id']}"))["status"] == "cancelled"


async def test_a_task_that_belongs_to_no_case_gets_a_process_without_a_journey(app: FastAPI, admin: Person):
    task = await officer(app).post("/api/tasks", CALL, 201)
    assert (task["kind"], task["journey"]) == ("ad_hoc", None)
    process = await officer(app).get(f"/api/processes/{task['process']}")
    assert (process["journey"], process["version"], process["status"]) == (None, None, "running")
    assert process["open_tasks"] == [task["id"]]
    assert process["progress"] == {"resolved": 0, "total": 0}
    assert (await officer(app).get(f"/api/processes/{task['process']}/explain"))["waiting_for"]
    assert (await officer(app).get(f"/api/processes/{task['process']}/visualize"))["nodes"] == []
    assert task["process"] in [one["id"] for one in (await officer(app).get("/api/processes"))["items"]]
    done = await clerk(app).post(f"/api/tasks/{task['id']}/complete")
    assert done["process"]["status"] == "completed"


async def test_a_task_is_added_only_to_what_one_sees_and_by_who_may(app: FastAPI, expense: str):
    process = await started(officer(app))
    body = {**CALL, "process": process["id"]}
    refused(await officer(app, "u-stranger").send("POST", "/api/tasks", body), 404, "process_not_found")
    refused(await clerk(app).send("POST", "/api/tasks", body), 403, "permission_denied")
    refused(await clerk(app).send("POST", "/api/tasks", CALL), 403, "permission_denied")


async def test_the_same_key_adds_one_task(app: FastAPI, expense: str):
    first = await officer(app).post("/api/tasks", CALL, 201, key="k-1")
    assert await officer(app).post("/api/tasks", CALL, 201, key="k-1") == first
    assert len((await clerk(app).get("/api/tasks", process=first["process"]))["items"]) == 1


async def test_a_failed_task_holds_its_step_and_retrying_makes_a_new_one(app: FastAPI, admin: Person, expense: str):
    process = await started(officer(app))
    task = process["open_tasks"][0]
    failed = await clerk(app).post(f"/api/tasks/{task}/fail", {"reason": "the receipt is not legible"})
    assert (failed["status"], failed["assignee"]) == ("failed", "u-clerk")
    shown = await officer(app).get(f"/api/processes/{process['id']}")
    assert shown["open_tasks"] == [] and len(shown["incidents"]) == 1
    incident = await officer(app).get(f"/api/incidents/{shown['incidents'][0]}")
    assert (incident["code"], incident["atom"]) == ("task_failed", "enter")
    assert "not legible" in incident["message"]
    await admin.post(f"/api/incidents/{incident['id']}/retry", {"reason": "there is a better copy"})
    assert (await officer(app).get(f"/api/processes/{process['id']}"))["open_tasks"] == [f"{process['id']}.2"]


async def test_a_blocked_task_says_so_and_goes_on_from_where_it_was(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    blocked = await clerk(app).post(f"/api/tasks/{task}/block", {"reason": "waits for the deed"})
    assert (blocked["status"], blocked["assignee"]) == ("blocked", "u-clerk")
    problem = refused(await clerk(app).send("POST", f"/api/tasks/{task}/complete"), 409, "invalid_transition")
    assert problem["from"] == "blocked"
    again = await clerk(app).post(f"/api/tasks/{task}/unblock")
    assert again["status"] == "assigned"


async def test_a_task_of_another_is_not_blocked_or_failed(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    for verb in ("fail", "block"):
        path, body = f"/api/tasks/{task}/{verb}", {"reason": "r"}
        refused(await clerk(app, "u-2").send("POST", path, body), 403, "not_your_task")
        refused(await person(app, "u-3").send("POST", path, body), 404, "task_not_found")
