"""The same command twice (R17)."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from tests.api.cases import LARGE, SMALL, clerk, held, officer, open_task, started
from tests.api.people import Person, answer, person, refused

DONE = {"output": {"approved": True}}


async def test_the_same_key_again_gives_the_same_bytes_and_changes_nothing(app: FastAPI, expense: str):
    task = await open_task(app, LARGE)
    first = await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE, key="k-1")
    second = await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE, key="k-1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content


async def test_a_start_with_the_same_key_is_the_same_process(app: FastAPI, admin: Person, expense: str):
    body = {"journey": "expense", "context": SMALL, "business_key": "R-1"}
    first = await officer(app).send("POST", "/api/processes", body, key="k-1")
    assert first.status_code == 201
    await admin.post("/api/journeys/expense/pause")
    second = await officer(app).send("POST", "/api/processes", body, key="k-1")
    assert (second.status_code, second.content) == (201, first.content)


async def test_the_body_counts_as_json_values(app: FastAPI, expense: str):
    who = officer(app)
    first = '{"journey": "expense", "context": {"who": "Kim", "amount": 1.50, "limit": 10}}'
    again = '{ "context": {"limit": 1e1, "amount": 1.5, "who": "\\u004bim"}, "journey": "expense" }'
    responses = [await _post_text(who, "/api/processes", text, "k-1") for text in (first, again)]
    assert responses[0].status_code == 201
    assert responses[0].content == responses[1].content


async def test_the_same_key_with_another_request_is_a_mismatch(app: FastAPI, expense: str):
    tasks = [await open_task(app, LARGE) for _ in range(2)]
    await clerk(app).post(f"/api/tasks/{tasks[0]}/complete", DONE, key="k-1")
    other = {"output": {"approved": False}}
    for path, body in ((f"/api/tasks/{tasks[0]}/complete", other), (f"/api/tasks/{tasks[1]}/complete", DONE)):
        refused(await clerk(app).send("POST", path, body, key="k-1"), 409, "idempotency_mismatch")


async def test_keys_are_each_callers_own(app: FastAPI, expense: str):
    tasks = [await open_task(app) for _ in range(2)]
    await clerk(app, "u-1").post(f"/api/tasks/{tasks[0]}/complete", DONE, key="k-1")
    await clerk(app, "u-2").post(f"/api/tasks/{tasks[1]}/complete", DONE, key="k-1")


async def test_a_refusal_is_judged_afresh(app: FastAPI, expense: str):
    task = await open_task(app)
    await clerk(app, "u-2").post(f"/api/tasks/{task}/claim")
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE, key="k-1"), 403, "not_your_task")
    await clerk(app, "u-2").post(f"/api/tasks/{task}/release")
    await clerk(app).post(f"/api/tasks/{task}/complete", DONE, key="k-1")


async def test_the_same_key_at_the_same_time_does_it_once(app: FastAPI, expense: str):
    task = await open_task(app, LARGE)
    send = [clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE, key="k-1") for _ in range(4)]
    responses = await asyncio.gather(*send)
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1


async def test_every_kind_of_command_takes_a_key(app: FastAPI, admin: Person, expense: str):
    process = await started(officer(app), LARGE)
    id, task = process["id"], process["open_tasks"][0]
    manager = person(app, "u-manager", ["manager"])
    commands: list[tuple[Person, str, str, Any]] = [
        (clerk(app), "POST", f"/api/tasks/{task}/claim", None),
        (clerk(app), "POST", f"/api/tasks/{task}/start", None),
        (clerk(app), "POST", f"/api/tasks/{task}/release", {"reason": "r"}),
        (manager, "POST", f"/api/tasks/{task}/reassign", {"assignee": "u-clerk"}),
        (officer(app), "PATCH", f"/api/processes/{id}/context", {"patch": {"note": "n"}, "reason": "r"}),
        (admin, "POST", "/api/journeys/expense/pause", None),
        (admin, "POST", "/api/journeys/expense/unpause", None),
        (admin, "POST", "/api/journeys/expense/versions/1.0.0/publish", None),
        (admin, "POST", "/api/journeys/expense/versions/1.0.0/retire", None),
        (officer(app), "POST", f"/api/processes/{id}/cancel", {"reason": "r"}),
    ]
    for place, (who, method, path, body) in enumerate(commands):
        first = await who.send(method, path, body, key=f"k-{place}")
        second = await who.send(method, path, body, key=f"k-{place}")
        assert (first.status_code, second.content) == (200, first.content), path
    types = [event["type"] for event in (await officer(app).get(f"/api/processes/{id}/history"))["items"]]
    assert [types.count(name) for name in ("task.assigned", "task.started", "task.released")] == [1, 1, 1]
    assert types.count("process.cancelled") == 1


async def test_a_retry_with_the_same_key_is_one_retry(app: FastAPI, admin: Person, expense: str):
    process, incident = await held(app)
    body = {"patch": {"limit": 100}, "reason": "known now"}
    answer(await officer(app).send("PATCH", f"/api/processes/{process}/context", body))
    responses = [
        await admin.send("POST", f"/api/incidents/{incident}/retry", {"reason": "r"}, key="k-1") for _ in range(2)
    ]
    assert responses[0].status_code == 200
    assert responses[0].content == responses[1].content


async def test_many_at_once_with_keys_of_their_own_or_of_the_request(app: FastAPI, expense: str):
    tasks = [await open_task(app, LARGE) for _ in range(3)]
    items = [{"task_id": task, **DONE} for task in tasks]
    items[0]["idempotency_key"] = "own-1"
    first = await clerk(app).send("POST", "/api/tasks/complete", {"items": items}, key="k-1")
    second = await clerk(app).send("POST", "/api/tasks/complete", {"items": items}, key="k-1")
    assert [item["status"] for item in answer(first)["items"]] == [200, 200, 200]
    assert first.content == second.content
    single = await clerk(app).post(f"/api/tasks/{tasks[0]}/complete", DONE, key="own-1")
    assert single == answer(first)["items"][0]["answer"]


@pytest.mark.parametrize("spelling", ["/api/processes", "/api/processes/start"])
async def test_the_address_counts_as_it_is_spelled(app: FastAPI, expense: str, spelling: str):
    body = {"journey": "expense", "context": SMALL}
    await officer(app).post(spelling, body, 201, key="k-1")
    other = {"/api/processes", "/api/processes/start"} - {spelling}
    refused(await officer(app).send("POST", other.pop(), body, key="k-1"), 409, "idempotency_mismatch")


async def _post_text(who: Person, path: str, text: str, key: str) -> Any:
    return await who.send("POST", path, text=text.encode(), media="application/json", key=key)
