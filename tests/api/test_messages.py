"""Messages: delivered once to the step that has waited longest, or kept until one waits (R12, R16, R17)."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import officer
from tests.api.journeys import DEED, begun, publish, step_of
from tests.api.people import Person, person, refused
from tests.waiting import until

RECORDED: dict[str, Any] = {"name": "deed-recorded", "key": "B-1", "body": {"book": 117}}


async def test_a_message_goes_to_the_step_that_waits_for_its_name_and_key(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    other = await begun(officer(app), "deed", case="B-2")
    process = await begun(officer(app), "deed", case="B-1")
    sent = await officer(app).post("/api/messages", RECORDED)
    assert (sent["status"], sent["process"], sent["atom"], sent["visit"]) == ("delivered", process["id"], "recorded", 1)
    assert (sent["name"], sent["key"], sent["kept_until"]) == ("deed-recorded", "B-1", None)
    found = await officer(app).get(f"/api/processes/{process['id']}")
    assert (found["context"]["book"], step_of(found, "file")["state"]) == (117, "active")
    assert step_of(await officer(app).get(f"/api/processes/{other['id']}"), "recorded")["state"] == "active"


async def test_of_two_that_wait_the_first_one_gets_it(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    ids = [(await begun(officer(app), "deed", case="B-1"))["id"] for _ in range(2)]
    assert [(await officer(app).post("/api/messages", RECORDED))["process"] for _ in range(2)] == ids


async def test_the_same_id_twice_is_one_message(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    for _ in range(2):
        await begun(officer(app), "deed", case="B-1")
    first = await officer(app).post("/api/messages", {**RECORDED, "id": "m-1"})
    again = await person(app, "u-other", ["officer"]).post(
        "/api/messages", {**RECORDED, "id": "m-1", "body": {"book": 2}}
    )
    assert first == again and first["id"] == "m-1"


async def test_a_body_that_the_step_cannot_take_is_refused_and_leaves_the_id_free(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    process = await begun(officer(app), "deed", case="B-1")
    wrong = {**RECORDED, "id": "m-1", "body": {"book": "one hundred"}}
    errors = refused(await officer(app).send("POST", "/api/messages", wrong), 422, "output_invalid")["errors"]
    assert errors[0]["pointer"] == "/book"
    sent = await officer(app).post("/api/messages", {**RECORDED, "id": "m-1"})
    assert (sent["status"], sent["process"]) == ("delivered", process["id"])


async def test_a_message_that_nobody_waits_for_is_kept_until_a_step_does(working: FastAPI):
    admin = person(working, "u-admin", ["admin"])
    await publish(admin, DEED)
    kept = await admin.post("/api/messages", {**RECORDED, "id": "m-1", "ttl": "PT2H"})
    assert (kept["status"], kept["process"]) == ("kept", None)
    assert kept["kept_until"].endswith("Z")
    assert await admin.post("/api/messages", {**RECORDED, "id": "m-1"}) == kept
    process = await begun(admin, "deed", case="B-1")

    async def delivered() -> bool:
        return (await admin.get(f"/api/processes/{process['id']}"))["context"].get("book") == 117

    await until(delivered)
    second = await begun(admin, "deed", case="B-1")
    assert (await admin.post("/api/messages", RECORDED))["process"] == second["id"]  # the kept one is used up


async def test_a_message_without_time_to_live_is_not_kept(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    await officer(app).post("/api/messages", {**RECORDED, "ttl": "PT0S"})
    process = await begun(officer(app), "deed", case="B-1")
    sent = await officer(app).post("/api/messages", {**RECORDED, "body": {"book": 2}})
    assert sent["process"] == process["id"]
    assert (await officer(app).get(f"/api/processes/{process['id']}"))["context"]["book"] == 2


async def test_a_suspended_process_has_its_message_bound(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    process = await begun(officer(app), "deed", case="B-1")
    path = f"/api/processes/{process['id']}"
    await officer(app).post(f"{path}/suspend", {"reason": "r"})
    sent = await officer(app).post("/api/messages", RECORDED)
    assert (sent["status"], sent["process"]) == ("bound", process["id"])
    assert (await officer(app).post("/api/messages", RECORDED))["status"] == "kept"
    resumed = await officer(app).post(f"{path}/resume")
    assert (resumed["context"]["book"], step_of(resumed, "file")["state"]) == (117, "active")


async def test_keys_are_equal_as_json_values(app: FastAPI, admin: Person):
    await publish(admin, DEED.replace("correlate: {var: case}", "correlate: {'*': [{var: book}, 1.0]}"))
    process = await begun(officer(app), "deed", case="B-1", book=7)
    sent = await officer(app).post("/api/messages", {**RECORDED, "key": 7})
    assert sent["process"] == process["id"]


async def test_the_same_idempotency_key_gives_the_first_answer(app: FastAPI, admin: Person):
    await publish(admin, DEED)
    for _ in range(2):
        await begun(officer(app), "deed", case="B-1")
    first = await officer(app).post("/api/messages", RECORDED, key="k-1")
    assert await officer(app).post("/api/messages", RECORDED, key="k-1") == first
    other = {**RECORDED, "body": {"book": 1}}
    refused(await officer(app).send("POST", "/api/messages", other, key="k-1"), 409, "idempotency_mismatch")


async def test_a_key_beyond_its_bounds_and_a_caller_without_permission_are_refused(app: FastAPI, admin: Person):
    long = {**RECORDED, "key": "x" * 1000}
    assert refused(await officer(app).send("POST", "/api/messages", long), 422, "request_invalid")["errors"][0] == {
        "pointer": "/key",
        "message": "is longer than 1000 bytes as JSON",
    }
    refused(await person(app, "u-1").send("POST", "/api/messages", RECORDED), 403, "permission_denied")
