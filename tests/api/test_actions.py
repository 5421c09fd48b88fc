"""Actions as operators see them: paused, limited, and told of wherever somebody waits for them (R10)."""

from typing import Any

import psycopg
from fastapi import FastAPI

from engine.settings import Settings
from tests.api.cases import officer
from tests.api.journeys import LOOKUP, begun, publish
from tests.api.people import Person, person, refused

CLAIM = {"actions": ["score.get", "other"]}


def worker(app: FastAPI) -> Person:
    return person(app, "w-1", ["worker"])


def boss(app: FastAPI) -> Person:
    return person(app, "m-1", ["manager"])


async def test_a_paused_action_is_given_to_no_outside_worker_and_the_answer_says_why(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    paused = await boss(app).post("/api/actions/score.get/pause", {"reason": "the bureau is down"})
    assert (paused["action"], paused["paused"]["by"], paused["paused"]["reason"]) == (
        *("score.get", "m-1"),
        "the bureau is down",
    )
    assert (paused["waiting"], paused["running"]) == (1, 0)
    assert await worker(app).post("/api/work/claim", CLAIM) == {"items": [], "paused": ["score.get"]}
    resumed = await boss(app).post("/api/actions/score.get/resume")
    assert resumed["paused"] is None
    claimed = await worker(app).post("/api/work/claim", CLAIM)
    assert (len(claimed["items"]), claimed["paused"]) == (1, [])


async def test_explain_says_that_the_action_rests_and_who_can_let_it_go_on(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    process = await begun(officer(app), "lookup", who="Kim")
    await boss(app).post("/api/actions/score.get/pause", {"reason": "the bureau is down"})
    (held,) = (await officer(app).get(f"/api/processes/{process['id']}/explain"))["waiting_for"]
    assert "m-1 paused the action score.get: the bureau is down." in held["text"]
    assert (held["needs"], held["who"]) == ("the action resumed", ["permission:action:resume"])


async def test_a_limit_holds_for_outside_workers_too(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    for who in ("Kim", "Lee"):
        await begun(officer(app), "lookup", who=who)
    limited = await boss(app).post("/api/actions/score.get/limit", {"limit": 1, "reason": "one line"})
    assert limited["limit"] == 1
    assert len((await worker(app).post("/api/work/claim", CLAIM | {"limit": 5}))["items"]) == 1
    assert (await worker(app).post("/api/work/claim", CLAIM)) == {"items": [], "paused": []}
    await boss(app).post("/api/actions/score.get/limit", {"limit": None})
    assert len((await worker(app).post("/api/work/claim", CLAIM))["items"]) == 1


async def test_actions_are_listed_by_name_page_by_page(app: FastAPI, admin: Person):
    for name in ("c", "a", "b"):
        await boss(app).post(f"/api/actions/{name}/limit", {"limit": 2})
    first = await boss(app).get("/api/actions", limit=2)
    assert [one["action"] for one in first["items"]] == ["a", "b"]
    second = await boss(app).get("/api/actions", limit=2, cursor=first["next_cursor"])
    assert ([one["action"] for one in second["items"]], second["next_cursor"]) == (["c"], None)


async def test_who_said_what_and_why_is_kept(app: FastAPI, admin: Person, settings: Settings):
    await boss(app).post("/api/actions/score.get/pause", {"reason": "the bureau is down"})
    await admin.post("/api/actions/score.get/pause", {"reason": "again"})
    await admin.post("/api/actions/score.get/limit", {"limit": 3})
    await admin.post("/api/actions/score.get/resume", {"reason": "it is back"})
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value()) as connection:
        found: list[Any] = connection.execute(
            "SELECT type, actor, payload FROM audit_events WHERE subject = 'score.get' ORDER BY id"
        ).fetchall()
    assert found == [
        ("action.paused", "m-1", {"reason": "the bureau is down"}),
        ("action.limited", "u-admin", {"most": 3, "reason": ""}),
        ("action.resumed", "u-admin", {"reason": "it is back"}),
    ]


async def test_the_same_key_says_it_once(app: FastAPI, admin: Person):
    """R17."""
    first = await admin.post("/api/actions/score.get/pause", {"reason": "r"}, key="k-1")
    await admin.post("/api/actions/score.get/resume")
    assert await admin.post("/api/actions/score.get/pause", {"reason": "r"}, key="k-1") == first
    found = (await admin.get("/api/actions"))["items"]
    assert not [one for one in found if one["paused"]], "the second time changed nothing"


async def test_only_who_may_pauses_and_nobody_without_a_reason(app: FastAPI, admin: Person):
    for verb, body in (("pause", {"reason": "r"}), ("resume", {}), ("limit", {"limit": 1})):
        path = f"/api/actions/score.get/{verb}"
        refused(await officer(app).send("POST", path, body), 403, "permission_denied")
        refused(await worker(app).send("POST", path, body), 403, "permission_denied")
    refused(await worker(app).send("GET", "/api/actions"), 403, "permission_denied")
    refused(await boss(app).send("POST", "/api/actions/score.get/pause", {}), 422, "request_invalid")
    refused(await boss(app).send("POST", "/api/actions/score.get/limit", {"limit": 0}), 422, "request_invalid")
