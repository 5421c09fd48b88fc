"""Outside workers: work claimed for a time, extended, handed in; a late answer is refused (R10)."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from engine import clock
from engine.core.times import parse_time
from tests.api.cases import officer
from tests.api.journeys import LOOKUP, begun, publish, step_of
from tests.api.people import Person, person, refused

CLAIM = {"actions": ["score.get"], "lease": "PT5M"}


def worker(app: FastAPI, name: str = "w-1") -> Person:
    return person(app, name, ["worker"])


async def claimed(who: Person, **more: Any) -> Any:
    return (await who.post("/api/work/claim", CLAIM | more))["items"]


async def test_work_is_claimed_and_handed_in_by_an_outside_worker(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    process = await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app), actions=["other", "score.get"], limit=10)
    assert (work["process"], work["atom"], work["visit"], work["item_index"]) == (process["id"], "look", 1, None)
    assert (work["action"], work["input"], work["attempt"]) == ("score.get", {"name": "Kim"}, 1)
    assert work["idempotency_key"] == f"{process['id']}/look/1"
    left = parse_time(work["deadline"]) - clock.now()
    assert timedelta(minutes=4) < left < timedelta(minutes=6)
    assert await claimed(worker(app, "w-2")) == []
    done = await worker(app).post(f"/api/work/{work['id']}/complete", {"output": {"score": 700}})
    assert [step["atom"] for step in done["started"]] == ["decide"]
    found = await officer(app).get(f"/api/processes/{process['id']}")
    assert (found["context"]["score"], step_of(found, "look")["state"]) == (700, "completed")
    history = (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"]
    assert next(event["actor"] for event in history if event["type"] == "task.completed") == "w-1"


async def test_without_a_token_only_the_holder_hands_in(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app))
    for verb, body in (("complete", {"output": {"score": 1}}), ("fail", {"error": "e"}), ("extend", {})):
        refused(await worker(app, "w-2").send("POST", f"/api/work/{work['id']}/{verb}", body), 409, "lease_lost")
    await worker(app).post(f"/api/work/{work['id']}/complete", {"output": {"score": 1}})


async def test_a_late_answer_is_refused_by_its_token(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    (first,) = await claimed(worker(app))
    path = f"/api/work/{first['id']}"
    await worker(app).post(f"{path}/fail", {"error": "the bureau is away", "token": first["token"]})
    (second,) = await claimed(worker(app))
    assert (second["id"], second["attempt"]) == (first["id"], 2)
    assert second["token"] > first["token"]
    late = {"output": {"score": 1}, "token": first["token"]}
    refused(await worker(app).send("POST", f"{path}/complete", late), 409, "lease_lost")
    await worker(app).post(f"{path}/complete", {"output": {"score": 2}, "token": second["token"]})


async def test_a_failure_that_is_not_retryable_is_an_incident_at_once(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    process = await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app))
    failed = await worker(app).post(f"/api/work/{work['id']}/fail", {"error": "no such person", "retryable": False})
    assert failed["status"] == "failed"
    (incident,) = (await officer(app).get("/api/incidents", process=process["id"]))["items"]
    assert incident["code"] == "action_failed" and "no such person" in incident["message"]
    assert await claimed(worker(app)) == []


async def test_output_that_breaks_the_schema_leaves_the_work_with_its_worker(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app))
    wrong = {"output": {"score": "high"}}
    refused(await worker(app).send("POST", f"/api/work/{work['id']}/complete", wrong), 422, "output_invalid")
    await worker(app).post(f"/api/work/{work['id']}/complete", {"output": {"score": 1}})


async def test_a_lease_is_extended_up_to_thirty_days(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app))
    held = await worker(app).post(f"/api/work/{work['id']}/extend", {"lease": "P30D"})
    assert held["id"] == work["id"]
    assert parse_time(held["deadline"]) - clock.now() > timedelta(days=29)
    for lease in ("P31D", "PT0S", "P1M", "soon"):
        response = await worker(app).send("POST", f"/api/work/{work['id']}/extend", {"lease": lease})
        assert refused(response, 422, "request_invalid")["errors"][0]["pointer"] == "/lease"


async def test_a_claim_waits_for_work_to_come(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    waiting = asyncio.create_task(claimed(worker(app), wait="PT30S"))
    process = await begun(officer(app), "lookup", who="Kim")
    (work,) = await waiting
    assert work["process"] == process["id"]


async def test_many_waiting_workers_hold_no_connection(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    waiting = [asyncio.create_task(claimed(worker(app, f"w-{n}"), wait="PT30S")) for n in range(20)]
    # The pool has four connections: twenty that held one each would leave none for those who start these.
    ids = {(await begun(officer(app), "lookup", who=str(n)))["id"] for n in range(20)}
    found = [work["process"] for items in await asyncio.gather(*waiting) for work in items]
    assert sorted(found) == sorted(ids)


async def test_a_claim_with_the_same_key_gives_the_same_work_again(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    assert (await worker(app).post("/api/work/claim", CLAIM, key="k-1"))["items"] == []
    await begun(officer(app), "lookup", who="Kim")
    first = await worker(app).post("/api/work/claim", CLAIM, key="k-1")  # an empty answer changed nothing
    assert len(first["items"]) == 1
    assert await worker(app).post("/api/work/claim", CLAIM, key="k-1") == first


async def test_completing_with_the_same_key_gives_the_first_answer_though_the_lease_is_gone(
    app: FastAPI, admin: Person
):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    (work,) = await claimed(worker(app))
    path, body = f"/api/work/{work['id']}/complete", {"output": {"score": 1}}
    first = await worker(app).post(path, body, key="k-1")
    assert await worker(app).post(path, body, key="k-1") == first
    refused(await worker(app).send("POST", path, body), 409, "lease_lost")


async def test_work_of_a_suspended_process_is_not_given_out(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    process = await begun(officer(app), "lookup", who="Kim")
    await officer(app).post(f"/api/processes/{process['id']}/suspend", {"reason": "r"})
    assert await claimed(worker(app)) == []
    await officer(app).post(f"/api/processes/{process['id']}/resume")
    assert len(await claimed(worker(app))) == 1


async def test_only_workers_ask_for_work(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    await begun(officer(app), "lookup", who="Kim")
    refused(await officer(app).send("POST", "/api/work/claim", CLAIM), 403, "permission_denied")
    for verb, body in (("complete", {}), ("fail", {"error": "e"}), ("extend", {})):
        refused(await officer(app).send("POST", f"/api/work/x.1/{verb}", body), 403, "permission_denied")
        refused(await worker(app).send("POST", f"/api/work/nothing/{verb}", body), 404, "task_not_found")
        token = body | {"token": 1}
        assert (await worker(app).send("POST", f"/api/work/unknown.1/{verb}", token)).status_code in {404, 409}
