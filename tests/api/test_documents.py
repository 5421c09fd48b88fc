"""The documents of a case over HTTP (decision 0023)."""

from typing import Any, Final

import pytest
from fastapi import FastAPI

from tests.api.cases import clerk, officer
from tests.api.journeys import begun, publish
from tests.api.people import Person, answer, person, refused

SALE: Final = """
journey: sale
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
actions: {score.get: {}}
documents: {deed: {name: Deed}, report: {name: Credit report}, letter: {name: Letter}}
atoms:
  - {id: enter, name: Enter the deed, performed_by: clerk, produces: [deed], enables: [look]}
  - {id: look, kind: system, action: score.get, produces: [report], enables: [review]}
  - {id: review, name: Review, performed_by: boss, uses: [report], requires_documents: [deed]}
"""
DEED: Final = {
    "links": [
        {"name": "deed.pdf", "url": "https://files.example/1", "media_type": "application/pdf", "sha256": "a" * 64}
    ]
}


@pytest.fixture
async def sale(app: FastAPI, admin: Person) -> Any:
    """A case in which the deed is to be entered."""
    await publish(admin, SALE)
    return await begun(officer(app), "sale")


def boss(app: FastAPI) -> Person:
    return person(app, "u-boss", ["boss"])


async def reviewing(app: FastAPI, sale: Any) -> str:
    """The case once it is to be reviewed; gives the task."""
    await clerk(app).post(f"/api/tasks/{sale['open_tasks'][0]}/complete")
    worker = person(app, "u-worker", ["worker"])
    (work,) = (await worker.post("/api/work/claim", {"actions": ["score.get"]}))["items"]
    await worker.post(f"/api/work/{work['id']}/complete", {"documents": {"report": DEED["links"]}})
    return (await officer(app).get(f"/api/processes/{sale['id']}"))["open_tasks"][0]


async def documents(who: Person, sale: Any) -> dict[str, Any]:
    items = (await who.get(f"/api/processes/{sale['id']}/documents"))["items"]
    return {one["document"]: one for one in items}


async def test_a_document_comes_is_refused_comes_again_and_is_accepted(app: FastAPI, sale: Any):
    at = f"/api/processes/{sale['id']}/documents/deed"
    task = await reviewing(app, sale)
    received = await officer(app).post(at, DEED | {"note": "by mail"}, 201)
    assert (received["state"], received["version"], received["name"], received["by"]) == (
        *("received", 1, "Deed"),
        "u-officer",
    )
    await boss(app).post(f"{at}/refuse", {"reason": "page two is missing", "version": 1})
    await boss(app).post(at, {"links": [{"name": "whole", "url": "http://files.example/2"}]}, 201)
    assert (await boss(app).post(f"{at}/accept"))["state"] == "accepted"
    deed = (await documents(officer(app), sale))["deed"]
    newest, first = deed["versions"]
    assert (deed["state"], deed["version"], deed["since"], deed["who"]) == ("accepted", 2, newest["since"], [])
    assert (deed["used_by"], deed["produced_by"], deed["required_by"]) == (["review"], ["enter"], ["review"])
    assert (first["state"], first["judged_by"], first["judged_for"]) == ("refused", "u-boss", "page two is missing")
    assert (first["links"], first["note"], first["atom"], first["visit"]) == (DEED["links"], "by mail", "enter", 1)
    assert newest["links"] == [
        {"name": "whole", "url": "http://files.example/2", "media_type": None, "sha256": None},
    ]
    assert (newest["received_by"], newest["judged_by"], newest["atom"]) == ("u-boss", "u-boss", "review")
    await boss(app).post(f"/api/tasks/{task}/complete")
    history = (await officer(app).get(f"/api/processes/{sale['id']}/history"))["items"]
    told = [event["type"] for event in history if event["type"].startswith("document.")]
    assert told == ["document.received"] * 2 + ["document.refused", "document.received", "document.accepted"]


async def test_what_is_required_is_missing_until_it_is_accepted_and_everybody_is_told_so(app: FastAPI, sale: Any):
    task = await reviewing(app, sale)
    shown = await boss(app).get(f"/api/tasks/{task}")
    assert [(one["document"], one["state"], one["uses"], one["required"]) for one in shown["documents"]] == [
        ("deed", "missing", True, True),
        ("report", "received", True, False),
    ]
    problem = refused(await boss(app).send("POST", f"/api/tasks/{task}/complete"), 409, "documents_missing")
    assert problem["documents"] == [{"document": "deed", "name": "Deed", "state": "missing", "who": ["role:boss"]}]
    found = await documents(officer(app), sale)
    assert list(found) == ["deed", "report", "letter"]
    assert (found["deed"]["waiting"], found["deed"]["who"]) == ([task], ["role:boss"])
    assert (found["report"]["waiting"], found["report"]["versions"][0]["received_by"]) == ([], "u-worker")
    assert (found["letter"]["state"], found["letter"]["versions"]) == ("missing", [])
    (holder,) = (await officer(app).get(f"/api/processes/{sale['id']}/explain"))["waiting_for"]
    assert (holder["documents"], holder["needs"]) == (["deed"], "“Deed” accepted, and the task claimed and completed")


async def test_documents_may_come_with_the_answer_to_a_task(app: FastAPI, sale: Any):
    task = sale["open_tasks"][0]
    done = await clerk(app).post(f"/api/tasks/{task}/complete", {"documents": {"deed": DEED["links"]}})
    assert [(one["document"], one["state"]) for one in done["task"]["documents"]] == [("deed", "received")]
    assert await clerk(app).get(f"/api/tasks/{task}") == done["task"]
    (version,) = (await documents(officer(app), sale))["deed"]["versions"]
    assert (version["received_by"], version["atom"], version["links"]) == ("u-clerk", "enter", DEED["links"])


async def test_documents_come_with_many_answers_too_and_the_key_is_that_of_the_single_one_r17(app: FastAPI, sale: Any):
    body = {"output": {}, "documents": {"deed": [{"name": "deed.pdf", "url": "https://files.example/1"}]}}
    item = {"task_id": sale["open_tasks"][0], "idempotency_key": "k1", **body}
    (one,) = (await clerk(app).post("/api/tasks/complete", {"items": [item]}))["items"]
    assert one["answer"]["task"]["documents"][0]["state"] == "received"
    assert await clerk(app).post(f"/api/tasks/{item['task_id']}/complete", body, key="k1") == one["answer"]
    assert len((await documents(officer(app), sale))["deed"]["versions"]) == 1


async def test_a_rework_leaves_a_document_of_an_earlier_visit_r7(app: FastAPI, admin: Person, sale: Any):
    at = f"/api/processes/{sale['id']}"
    await clerk(app).post(f"{at}/documents/deed", DEED, 201)
    assert not (await documents(admin, sale))["deed"]["earlier_visit"]
    await admin.post(f"{at}/steps/enter/repeat", {"reason": "another buyer"})
    deed = (await documents(admin, sale))["deed"]
    assert (deed["earlier_visit"], deed["state"], deed["versions"][0]["visit"]) == (True, "received", 1)


async def test_who_does_not_see_the_process_finds_no_document(app: FastAPI, sale: Any):
    at = f"/api/processes/{sale['id']}/documents"
    stranger = person(app, "u-stranger", ["designer"])
    refused(await stranger.send("GET", at), 404, "process_not_found")
    refused(await stranger.send("POST", f"{at}/deed", DEED), 404, "process_not_found")
    refused(await officer(app).send("POST", f"{at}/photo", DEED), 404, "document_not_found")
    problem = refused(await clerk(app).send("POST", f"{at}/deed/accept"), 403, "not_your_document")
    assert problem["who"] == ["role:boss"]


async def test_a_version_that_is_not_the_newest_is_not_judged(app: FastAPI, admin: Person, sale: Any):
    at = f"/api/processes/{sale['id']}/documents/deed"
    for _ in range(2):
        await clerk(app).post(at, DEED, 201)
    refused(await admin.send("POST", f"{at}/accept", {"version": 1}), 412, "stale_version")
    refused(await admin.send("POST", f"/api/processes/{sale['id']}/documents/letter/accept"), 409, "invalid_transition")
    assert (await admin.post(f"{at}/accept", {"version": 2, "note": "stamped"}))["version"] == 2


async def test_the_same_key_brings_one_version_r17(app: FastAPI, sale: Any):
    at = f"/api/processes/{sale['id']}/documents/deed"
    first = await clerk(app).post(at, DEED, 201, key="k1")
    assert await clerk(app).post(at, DEED, 201, key="k1") == first
    assert len((await documents(officer(app), sale))["deed"]["versions"]) == 1


@pytest.mark.parametrize(
    ("links", "pointer"),
    [
        ([], "/links"),
        ([{"name": "deed", "url": "file:///etc/passwd"}], "/links/0/url"),
        ([{"name": "deed", "url": "javascript:alert(1)"}], "/links/0/url"),
        ([{"name": "deed", "url": "https://files.example/a b"}], "/links/0/url"),
        ([{"name": "deed", "url": f"https://files.example/{'a' * 2000}"}], "/links/0/url"),
        ([{"name": "deed", "url": "https://files.example/1", "sha256": "abc"}], "/links/0/sha256"),
        ([{"name": "deed", "url": "https://files.example/1", "media_type": "a pdf"}], "/links/0/media_type"),
        ([{"name": "deed", "url": "https://files.example/1", "size": 1}], "/links/0/size"),
        ([{"name": "deed", "url": "https://files.example/1"}] * 21, "/links"),
    ],
)
async def test_a_link_that_is_none_is_refused(app: FastAPI, links: list[Any], pointer: str):
    response = await clerk(app).send("POST", "/api/processes/p1/documents/deed", {"links": links})
    assert refused(response, 422, "request_invalid")["errors"][0]["pointer"] == pointer


async def test_only_the_newest_twenty_versions_are_shown(app: FastAPI, sale: Any):
    at = f"/api/processes/{sale['id']}/documents/deed"
    for _ in range(21):
        answer(await clerk(app).send("POST", at, DEED), 201)
    deed = (await documents(officer(app), sale))["deed"]
    assert (deed["version"], [one["version"] for one in deed["versions"]]) == (21, list(range(21, 1, -1)))
