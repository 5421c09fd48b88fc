"""Drafts: what a performer has not finished, kept for them alone until the task is over."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from engine.settings import Settings
from engine.store import Postgres
from tests.api.cases import LARGE, clerk, officer, open_task, started
from tests.api.people import Person, answer, person, refused

DONE = {"output": {"approved": True}}
HALF = {"output": {"share": Decimal("0.10"), "note": "not all yet"}}


async def keep(who: Person, task: str, body: Any = HALF, **more: Any) -> Any:
    return answer(await who.send("PUT", f"/api/tasks/{task}/draft", body, **more))


async def test_a_draft_is_kept_read_replaced_and_removed_and_need_not_fit_the_form(app: FastAPI, expense: str):
    task, who = await open_task(app), clerk(app)
    path = f"/api/tasks/{task}/draft"
    refused(await who.send("GET", path), 404, "draft_not_found")
    kept = await keep(who, task)
    assert (kept["task"], kept["output"], kept["version"]) == (task, HALF["output"], 1)
    read = await who.send("GET", path)
    assert answer(read) == kept
    assert read.headers["etag"] == '"1"'
    assert (await keep(who, task, {"output": {}}))["version"] == 2
    for _ in range(2):
        assert (await who.send("DELETE", path)).status_code == 204
    refused(await who.send("GET", path), 404, "draft_not_found")


async def test_a_draft_comes_with_its_task_to_its_author_alone(app: FastAPI, admin: Person, expense: str):
    task, who = await open_task(app), clerk(app)
    kept = await keep(who, task)
    assert (await who.get(f"/api/tasks/{task}"))["draft"] == kept
    assert (await who.get("/api/tasks"))["items"][0]["draft"] is None
    for other in (admin, clerk(app, "u-other")):
        assert (await other.get(f"/api/tasks/{task}"))["draft"] is None
        refused(await other.send("GET", f"/api/tasks/{task}/draft"), 404, "draft_not_found")
    await keep(clerk(app, "u-other"), task, {"output": {"note": "mine"}})
    assert (await who.get(f"/api/tasks/{task}/draft")) == kept


async def test_what_another_window_kept_meanwhile_is_not_overwritten(app: FastAPI, expense: str):
    task, who = await open_task(app), clerk(app)
    path = f"/api/tasks/{task}/draft"
    first = await who.send("PUT", path, HALF, headers={"If-Match": '"1"'})
    assert refused(first, 412, "stale_version")["version"] is None, "there is none to be of that version"
    await keep(who, task)
    await keep(who, task, {"output": {"note": "in the other window"}}, headers={"If-Match": '"1"'})
    stale = await who.send("PUT", path, HALF, headers={"If-Match": '"1"'})
    assert refused(stale, 412, "stale_version")["version"] == 2
    assert (await who.get(path))["output"] == {"note": "in the other window"}
    both = await asyncio.gather(*(who.send("PUT", path, HALF, headers={"If-Match": '"2"'}) for _ in range(4)))
    assert sorted(response.status_code for response in both) == [200, 412, 412, 412]


async def test_the_same_key_keeps_a_draft_once(app: FastAPI, expense: str):
    task, who = await open_task(app), clerk(app)
    first = await keep(who, task, key="k-1")
    assert await keep(who, task, key="k-1") == first
    assert (await who.get(f"/api/tasks/{task}/draft"))["version"] == 1


async def test_only_who_may_perform_a_task_has_a_draft_of_it(app: FastAPI, expense: str):
    task, path = await open_task(app), "/draft"
    await clerk(app).post(f"/api/tasks/{task}/claim")
    for who, status, code in (
        (person(app, "u-x"), 404, "task_not_found"),
        (clerk(app, "u-other"), 403, "not_your_task"),
        (person(app, "u-analyst", ["analyst"]), 403, "not_your_task"),
    ):
        refused(await who.send("PUT", f"/api/tasks/{task}{path}", HALF), status, code)
    for method in ("GET", "DELETE"):
        refused(await person(app, "u-x").send(method, f"/api/tasks/{task}{path}"), 404, "task_not_found")


async def test_a_draft_waits_while_the_task_is_anothers_and_is_gone_once_it_is_over(
    app: FastAPI, settings: Settings, expense: str
):
    task, who = await open_task(app, LARGE), clerk(app)
    path = f"/api/tasks/{task}/draft"
    await who.post(f"/api/tasks/{task}/claim")
    kept = await keep(who, task)
    await who.post(f"/api/tasks/{task}/delegate", {"assignee": "u-ben"})
    refused(await who.send("GET", path), 404, "draft_not_found")
    await clerk(app, "u-ben").post(f"/api/tasks/{task}/return")
    assert await who.get(path) == kept
    await who.post(f"/api/tasks/{task}/complete", DONE)
    assert (await who.get(f"/api/tasks/{task}"))["draft"] is None
    refused(await who.send("GET", path), 404, "draft_not_found")
    refused(await who.send("PUT", path, HALF), 409, "invalid_transition")
    await keep(who, await open_task(app))
    url = str(settings.postgres_url and settings.postgres_url.get_secret_value())
    async with Postgres.open(url, settings) as postgres:
        assert [await postgres.drafts.forget(10) for _ in range(2)] == [1, 0], "what is open is kept"


@pytest.mark.parametrize(
    "body",
    [{}, {"output": []}, {"output": {}, "more": 1}, {"output": {"note": "x" * 256 * 1024}}],
    ids=["nothing", "a list", "another key", "too long"],
)
async def test_a_draft_is_an_object_of_at_most_256_kib(app: FastAPI, expense: str, body: Any):
    task = await open_task(app)
    response = await clerk(app).send("PUT", f"/api/tasks/{task}/draft", body)
    assert refused(response, 422, "request_invalid")["errors"][0]["pointer"].startswith(("/output", "/more"))


async def test_a_draft_is_kept_while_the_process_is_suspended_r12(app: FastAPI, expense: str):
    process = await started(officer(app))
    await officer(app).post(f"/api/processes/{process['id']}/suspend", {"reason": "on hold"})
    await keep(clerk(app), process["open_tasks"][0])
