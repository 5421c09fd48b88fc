"""If-Match: a command on what has changed since its caller read it is refused (api.md)."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.cases import clerk, officer, open_task, started
from tests.api.people import Person, answer, person, refused


async def etag(who: Person, path: str) -> str:
    response = await who.send("GET", path)
    answer(response)
    return response.headers["etag"]


async def if_match(who: Person, tag: str, path: str, body: Any = None) -> httpx.Response:
    return await who.send("POST", path, body, headers={"If-Match": tag})


async def test_a_task_that_was_changed_since_is_not_completed(app: FastAPI, expense: str):
    task = await open_task(app)
    path = f"/api/tasks/{task}"
    tag = await etag(clerk(app), path)
    assert tag == '"1"'
    claimed = answer(await if_match(clerk(app), tag, f"{path}/claim"))
    stale = refused(await if_match(clerk(app), tag, f"{path}/start"), 412, "stale_version")
    assert claimed["version"] == stale["version"] == 2
    answer(await if_match(clerk(app), await etag(clerk(app), path), f"{path}/start"))


async def test_a_process_that_has_moved_since_is_not_suspended(app: FastAPI, expense: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}"
    tag = await etag(officer(app), path)
    assert tag == f'"{process["seq"]}"'
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/claim")
    refused(await if_match(officer(app), tag, f"{path}/suspend", {"reason": "r"}), 412, "stale_version")
    answer(await if_match(officer(app), await etag(officer(app), path), f"{path}/suspend", {"reason": "r"}))


@pytest.mark.parametrize("tag", ['"x"', "1", 'W/"1"', '"99"', ""])
async def test_a_tag_that_is_not_of_this_version_matches_nothing(app: FastAPI, expense: str, tag: str):
    task = await open_task(app)
    refused(await if_match(clerk(app), tag, f"/api/tasks/{task}/claim"), 412, "stale_version")


async def test_a_star_matches_whatever_is_there(app: FastAPI, expense: str):
    task = await open_task(app)
    answer(await if_match(clerk(app), "*", f"/api/tasks/{task}/claim"))


async def test_who_may_not_see_a_task_does_not_learn_its_version(app: FastAPI, expense: str):
    task = await open_task(app)
    refused(await if_match(person(app, "u-stranger"), '"9"', f"/api/tasks/{task}/claim"), 404, "task_not_found")


async def test_the_same_key_again_is_answered_though_the_version_is_another_now(app: FastAPI, expense: str):
    path = f"/api/tasks/{await open_task(app)}/claim"
    first = await clerk(app).send("POST", path, key="k-1", headers={"If-Match": '"1"'})
    again = await clerk(app).send("POST", path, key="k-1", headers={"If-Match": '"1"'})
    assert (first.status_code, again.status_code) == (200, 200) and first.content == again.content
