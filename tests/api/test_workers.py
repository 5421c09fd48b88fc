"""/api/workers: all workers rest until they are resumed; people go on, and everybody is told."""

from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from tests.api.cases import officer
from tests.api.journeys import LOOKUP, begun, publish
from tests.api.people import Person, person, refused

CLAIM = {"actions": ["score.get"], "lease": "PT5M"}


async def test_a_pause_keeps_work_from_every_worker_until_it_is_resumed(app: FastAPI, admin: Person):
    await publish(admin, LOOKUP)
    paused = await admin.post("/api/workers/pause", {"reason": "the bureau charges twice"})
    process = await begun(officer(app), "lookup", who="Kim")
    worker = person(app, "w-1", ["worker"])
    assert (await worker.post("/api/work/claim", CLAIM))["items"] == []
    state = await admin.get("/api/workers")
    assert state == paused | {"backlog": {"work": 1, "timers": 0, "commands": 0, "held": 0}}
    assert (state["paused"], state["by"], state["reason"]) == (True, "u-admin", "the bureau charges twice")
    told = (await officer(app).get(f"/api/processes/{process['id']}/explain"))["workers_paused"]
    assert "by u-admin: the bureau charges twice" in told
    resumed = await admin.post("/api/workers/resume")
    assert (resumed["paused"], resumed["since"]) == (False, None)
    assert len((await worker.post("/api/work/claim", CLAIM))["items"]) == 1
    assert (await admin.get("/api/workers"))["backlog"]["held"] == 1


async def test_pausing_twice_keeps_the_first_reason_and_resuming_twice_is_no_error(admin: Person):
    first = await admin.post("/api/workers/pause", {"reason": "one"})
    assert await admin.post("/api/workers/pause", {"reason": "two"}) == first
    for _ in range(2):
        assert not (await admin.post("/api/workers/resume"))["paused"]


async def test_readiness_and_metrics_tell_of_it(app: FastAPI, admin: Person):
    for paused, word in ((False, "running"), (True, "paused")):
        if paused:
            await admin.post("/api/workers/pause", {"reason": "to look"})
        ready = await admin.get("/health/ready")
        assert (ready["status"], ready["workers"]) == ("ready", word)
        text = (await admin.send("GET", "/metrics")).text
        found = {family.name: family.samples for family in text_string_to_metric_families(text)}
        assert [sample.value for sample in found["wayline_workers_paused"]] == [float(paused)]


async def test_only_an_admin_pauses_and_resumes_all_workers(app: FastAPI, admin: Person):
    manager = person(app, "mia", ["manager"])
    refused(await manager.send("POST", "/api/workers/pause", {"reason": "x"}), 403, "permission_denied")
    refused(await manager.send("POST", "/api/workers/resume", {}), 403, "permission_denied")
    assert not (await manager.get("/api/workers"))["paused"]
