"""What holds a process, over HTTP: with its history, its workers and its children; and why an atom is where it is."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import SMALL, clerk, held, officer, started
from tests.api.conftest import DOCUMENT
from tests.api.journeys import FAMILY, begun, publish
from tests.api.people import Person, person, refused
from tests.waiting import until


async def told(who: Person, process: str, **query: Any) -> Any:
    return await who.get(f"/api/processes/{process}/explain", **query)


async def test_an_open_task_is_told_with_its_id_and_the_name_of_its_role(app: FastAPI, expense: str):
    process = await started(officer(app))
    answer = await told(officer(app), process["id"])
    (one,) = answer["waiting_for"]
    assert (answer["title"], answer["status"], answer["atom"]) == (process["title"], "running", None)
    assert (one["kind"], one["id"], one["who"]) == ("task", process["open_tasks"][0], ["role:clerk"])
    assert one["text"].endswith("to take it.")
    assert one["child"] is None


async def test_a_blocked_task_and_a_suspended_process_tell_the_reasons_that_were_given(app: FastAPI, expense: str):
    process = await started(officer(app))
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/claim")
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/block", {"reason": "The receipt is missing."})
    await officer(app).post(f"/api/processes/{process['id']}/suspend", {"reason": "the borrower asked"})
    suspended, task = (await told(officer(app), process["id"]))["waiting_for"]
    assert suspended["text"] == "The process was suspended by u-officer: the borrower asked."
    assert task["text"].endswith("is blocked: The receipt is missing.")
    assert task["who"] == ["u-clerk"]


async def test_a_missing_name_is_told_with_its_incident_and_who_may_mend_it(app: FastAPI, expense: str):
    process, incident = await held(app)
    (one,) = (await told(officer(app), process))["waiting_for"]
    assert (one["kind"], one["id"]) == ("incident", incident)
    assert "because limit has no value" in one["text"] and one["text"].endswith(".")
    assert one["needs"].startswith("Give limit a value")
    assert "permission:process:change_context" in one["who"]


async def test_an_atom_tells_why_it_has_not_started_and_then_why_it_did(app: FastAPI, expense: str):
    process = await started(officer(app), {**SMALL, "amount": 500})
    answer = await told(officer(app), process["id"], atom="paid")
    assert answer["atom"]["state"] == "waiting"
    assert [link["state"] for link in answer["atom"]["path"]] == ["open"] * 3
    assert [one["atom"] for one in answer["waiting_for"]] == ["enter"]
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    review = (await told(officer(app), process["id"], atom="review"))["atom"]
    assert review["state"] == "active"
    assert "amount 500" in review["text"] and "limit 100" in review["text"]


async def test_an_atom_that_was_skipped_tells_the_rule_values_also_when_the_process_has_ended(
    app: FastAPI, expense: str
):
    process = await started(officer(app))
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    answer = await told(officer(app), process["id"], atom="review")
    assert answer["waiting_for"] == []
    assert answer["atom"]["state"] == "skipped"
    assert "amount 20" in answer["atom"]["text"]
    assert (await told(officer(app), process["id"]))["waiting_for"] == []


async def test_an_atom_that_does_not_exist_and_a_process_of_others_are_not_found(app: FastAPI, expense: str):
    process = await started(officer(app))
    path = f"/api/processes/{process['id']}/explain"
    refused(await officer(app).send("GET", path, atom="nowhere"), 404, "atom_not_found")
    refused(await officer(app, "u-other").send("GET", path, atom="enter"), 404, "process_not_found")


async def test_r15_a_waiting_child_is_told_with_what_holds_it_to_those_who_may_see_it(working: FastAPI):
    admin = person(working, "u-admin", ["admin"])
    await publish(admin, DOCUMENT)
    await publish(admin, FAMILY)
    process = await begun(admin, "family")

    async def both() -> bool:
        found = (await told(admin, process["id"]))["waiting_for"]
        return len(found) == 2 and all(one["child"] for one in found)

    await until(both)
    found = (await told(admin, process["id"]))["waiting_for"]
    assert [(one["kind"], one["item_index"]) for one in found] == [("child", 0), ("child", 1)]
    assert [one["child"]["process"] for one in found] == [one["id"] for one in found]
    inner = [one["child"]["waiting_for"][0] for one in found]
    assert [(one["kind"], one["atom"], one["who"]) for one in inner] == [("task", "enter", ["role:clerk"])] * 2


async def test_r12_a_child_says_that_its_parent_is_suspended(working: FastAPI):
    admin = person(working, "u-admin", ["admin"])
    await publish(admin, DOCUMENT)
    await publish(admin, FAMILY)
    process = await begun(admin, "family")
    await admin.post(f"/api/processes/{process['id']}/suspend", {"reason": "on hold"})

    async def stands() -> bool:
        found = (await told(admin, process["id"]))["waiting_for"]
        children = [one["child"] for one in found if one["kind"] == "child"]
        return bool(children) and all(child and child["status"] == "suspended" for child in children)

    await until(stands)
    suspended, child, _ = (await told(admin, process["id"]))["waiting_for"]
    assert suspended["text"] == "The process was suspended by u-admin: on hold."
    by_parent = child["child"]["waiting_for"][0]
    assert by_parent["kind"] == "suspension"
    assert by_parent["who"][0] == f"process:{process['id']}"
