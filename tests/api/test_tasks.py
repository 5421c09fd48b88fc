"""Finding and doing tasks."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from engine.core.values import decode
from tests.api.cases import LARGE, SMALL, clerk, officer, open_task, started
from tests.api.people import Person, person, refused

DONE = {"output": {"approved": True}}


async def test_a_task_has_its_form_and_its_input(app: FastAPI, expense: str):
    process = await started(officer(app))
    task = await clerk(app).get(f"/api/tasks/{process['open_tasks'][0]}")
    assert (task["kind"], task["atom"], task["visit"], task["role"]) == ("human", "enter", 1, "clerk")
    assert (task["process"], task["process_title"], task["journey"]) == (process["id"], "Kim: 20", "expense")
    assert (task["status"], task["assignee"], task["name"]) == ("pending", None, "Enter the receipt")
    assert task["input"] == SMALL
    assert task["form"]["required"] == ["approved"]
    assert task["version"] == 1


async def test_claim_start_release_and_complete_walk_the_table_of_states(app: FastAPI, expense: str):
    task = await open_task(app)
    who = clerk(app)

    async def step(verb: str, body: Any = None) -> Any:
        done = await who.post(f"/api/tasks/{task}/{verb}", body)
        assert await who.get(f"/api/tasks/{task}") == done
        return done["status"], done["assignee"]

    assert await step("claim") == ("assigned", "u-clerk")
    assert await step("start") == ("in_progress", "u-clerk")
    assert await step("release", {"reason": "lunch"}) == ("pending", None)
    done = await who.post(f"/api/tasks/{task}/complete", DONE)
    assert (done["task"]["status"], done["task"]["output"]) == ("completed", {"approved": True})
    assert await who.get(f"/api/tasks/{task}") == done["task"]


async def test_a_refused_transition_says_what_is_allowed_from_here(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    problem = refused(await clerk(app).send("POST", f"/api/tasks/{task}/claim"), 409, "invalid_transition")
    assert (problem["from"], problem["to"]) == ("assigned", "assigned")
    assert "in_progress" in problem["allowed"]


async def test_the_table_of_states_is_served_as_the_one_piece_of_data_it_is(app: FastAPI):
    table = await person(app, "u-1").get("/api/tasks/transitions")
    assert table["pending"]["claim"] == "assigned"
    assert table["completed"] == {}


async def test_a_claimed_task_is_not_a_colleagues(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    problem = refused(await clerk(app, "u-2").send("POST", f"/api/tasks/{task}/complete", DONE), 403, "not_your_task")
    assert problem["assignee"] == "u-clerk"


async def test_admin_acts_on_any_task(app: FastAPI, admin: Person, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    await admin.post(f"/api/tasks/{task}/complete", DONE)


async def test_a_manager_gives_a_task_to_another_person(app: FastAPI, expense: str):
    task = await open_task(app)
    manager = person(app, "u-manager", ["manager"])
    given = await manager.post(f"/api/tasks/{task}/reassign", {"assignee": "u-new", "reason": "holiday"})
    assert (given["status"], given["assignee"]) == ("assigned", "u-new")
    await person(app, "u-new").post(f"/api/tasks/{task}/complete", DONE)


async def test_output_that_breaks_the_schema_changes_nothing(app: FastAPI, expense: str):
    task = await open_task(app)
    wrong = {"output": {"approved": "yes", "extra": 1}}
    response = await clerk(app).send("POST", f"/api/tasks/{task}/complete", wrong)
    errors = refused(response, 422, "output_invalid")["errors"]
    assert {error["pointer"] for error in errors} >= {"/approved"}
    assert (await clerk(app).get(f"/api/tasks/{task}"))["status"] == "pending"


@pytest.mark.parametrize("context", [SMALL, LARGE], ids=["the process ends", "the process goes on"])
async def test_a_completed_task_again_is_a_conflict(app: FastAPI, expense: str, context: Any):
    task = await open_task(app, context)
    await clerk(app).post(f"/api/tasks/{task}/complete", DONE)
    response = await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE)
    assert response.status_code == 409
    assert decode(response.content)["code"] in {"invalid_transition", "process_ended"}


async def test_two_who_complete_the_same_task_at_once_one_wins(app: FastAPI, expense: str):
    for _ in range(5):
        task = await open_task(app, LARGE)
        both = await asyncio.gather(
            *(clerk(app, name).send("POST", f"/api/tasks/{task}/complete", DONE) for name in ("u-1", "u-2"))
        )
        assert sorted(response.status_code for response in both) == [200, 409]
        process = task.rpartition(".")[0]
        history = (await officer(app).get(f"/api/processes/{process}/history"))["items"]
        assert [event["type"] for event in history].count("task.completed") == 1


async def test_many_tasks_are_completed_in_one_request_with_a_result_each(app: FastAPI, expense: str):
    tasks = [await open_task(app) for _ in range(3)]
    items = [
        {"task_id": tasks[0], "output": {"approved": True}},
        {"task_id": tasks[1], "output": {"approved": "no"}},
        {"task_id": "unknown.1", "output": {}},
        {"task_id": "nonsense", "output": {}},
        {"task_id": tasks[0], "output": {"approved": True}},
        {"task_id": tasks[2], "output": {"approved": True}},
    ]
    results = (await clerk(app).post("/api/tasks/complete", {"items": items}))["items"]
    assert [result["task_id"] for result in results] == [item["task_id"] for item in items]
    assert [result["status"] for result in results] == [200, 422, 404, 404, 409, 200]
    assert results[0]["answer"]["process"]["status"] == "completed"
    assert results[1]["problem"]["code"] == "output_invalid"
    assert (await clerk(app).get(f"/api/tasks/{tasks[1]}"))["status"] == "pending"


async def test_one_request_takes_a_bounded_number_of_tasks(app: FastAPI, expense: str):
    items = [{"task_id": "p.1", "output": {}}] * 501
    response = await clerk(app).send("POST", "/api/tasks/complete", {"items": items})
    assert refused(response, 422, "request_invalid")["errors"][0]["pointer"] == "/items"
    refused(await clerk(app).send("POST", "/api/tasks/complete", {"items": []}), 422, "request_invalid")


async def test_the_inbox_holds_ones_own_and_ones_roles_work_most_urgent_first(app: FastAPI, expense: str):
    who = officer(app)
    low, high, mine, other = [
        (await started(who, SMALL, priority=priority))["open_tasks"][0]
        for priority in ("low", "high", "medium", "critical")
    ]
    await clerk(app).post(f"/api/tasks/{mine}/claim")
    await clerk(app, "u-2").post(f"/api/tasks/{other}/claim")
    inbox = await clerk(app).get("/api/tasks/inbox")
    assert [task["id"] for task in inbox["items"]] == [high, mine, low]
    first = await clerk(app).get("/api/tasks/inbox", limit=2)
    second = await clerk(app).get("/api/tasks/inbox", limit=2, cursor=first["next_cursor"])
    assert [task["id"] for page in (first, second) for task in page["items"]] == [high, mine, low]
    assert await clerk(app).get("/api/tasks/my-tasks/u-clerk") == inbox


async def test_anothers_inbox_is_for_those_who_may_read_all_tasks(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app).post(f"/api/tasks/{task}/claim")
    manager = person(app, "u-manager", ["manager"])
    for answer in (
        await manager.get("/api/tasks/inbox", user_id="u-clerk"),
        await manager.get("/api/tasks/my-tasks/u-clerk"),
    ):
        assert [item["id"] for item in answer["items"]] == [task]
    refused(await clerk(app, "u-2").send("GET", "/api/tasks/inbox", user_id="u-clerk"), 403, "permission_denied")
    refused(await clerk(app, "u-2").send("GET", "/api/tasks/my-tasks/u-clerk"), 403, "permission_denied")


async def test_lists_of_tasks_are_filtered_and_paged(app: FastAPI, admin: Person, expense: str):
    tasks = [await open_task(app, context) for context in (SMALL, LARGE, SMALL)]
    await clerk(app).post(f"/api/tasks/{tasks[1]}/complete", DONE)
    await clerk(app).post(f"/api/tasks/{tasks[2]}/claim")

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in (await admin.get("/api/tasks", **query))["items"]]

    review = f"{tasks[1].rpartition('.')[0]}.2"
    assert sorted(await found()) == sorted([*tasks, review])
    assert await found(status="completed") == [tasks[1]]
    assert await found(role="boss") == [review]
    assert await found(assignee="u-clerk", status="assigned") == [tasks[2]]
    assert await found(process=tasks[0].rpartition(".")[0]) == [tasks[0]]
    assert await found(atom="review", journey="expense") == [review]
    assert await found(overdue="true") == []
    assert [item["id"] for item in (await clerk(app).get("/api/tasks", assignee="me", status="assigned"))["items"]] == [
        tasks[2]
    ]
    ids, cursor = [], None
    while True:
        page = await admin.get("/api/tasks", limit=1, **({"cursor": cursor} if cursor else {}))
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert ids == await found()


async def test_tasks_are_counted_by_status_and_role(app: FastAPI, admin: Person, expense: str):
    await open_task(app)
    await clerk(app).post(f"/api/tasks/{await open_task(app, LARGE)}/complete", DONE)
    counts = await admin.get("/api/tasks/stats")
    assert counts["by"]["status"] == {"pending": 2, "completed": 1}
    assert counts["by"]["role"] == {"clerk": 1, "boss": 1}
    assert (await person(app, "u-nobody").get("/api/tasks/stats"))["total"] == 0
