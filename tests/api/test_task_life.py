"""Tasks from hand to hand over HTTP: given, delegated, returned, escalated, changed and talked about."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.api.cases import LARGE, clerk, officer, open_task, started
from tests.api.journeys import begun, publish
from tests.api.people import Person, answer, person, refused
from tests.api.staff import employ

DONE = {"output": {"approved": True}}
REPORT = """
journey: report
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
atoms:
  - {id: write, performed_by: clerk, escalates_to: boss, enables: [check]}
  - {id: check, performed_by: {role: clerk, not_same_as: [write]}, enables: [seal]}
  - {id: seal, performed_by: {role: clerk, skills: [{skill: latin, level: 2}]}}
"""


def manager(app: FastAPI) -> Person:
    return person(app, "u-manager", ["manager"])


async def whose(who: Person, task: str) -> tuple[str, str | None, str | None]:
    found = await who.get(f"/api/tasks/{task}")
    return found["status"], found["assignee"], found["delegated_by"]


@pytest.fixture
async def report(admin: Person) -> str:
    """A published report: written, then checked by another person."""
    await publish(admin, REPORT)
    return "report"


async def writing(app: FastAPI, **context: Any) -> str:
    """The id of the first task of a new report."""
    return (await begun(officer(app), "report", **context))["open_tasks"][0]


async def test_assigning_is_reassigning_and_who_may_not_hears_who_could(app: FastAPI, expense: str):
    task = await open_task(app)
    to = {"assignee": "u-ann", "reason": "she knows them"}
    refusal = refused(await clerk(app).send("POST", f"/api/tasks/{task}/assign", to), 403, "permission_denied")
    assert refusal["permission"] == "task:reassign"
    refused(await person(app, "u-x").send("POST", f"/api/tasks/{task}/assign", to), 404, "task_not_found")
    given = await manager(app).post(f"/api/tasks/{task}/assign", to)
    assert (given["status"], given["assignee"], given["version"]) == ("assigned", "u-ann", 2)
    refused(await manager(app).send("POST", f"/api/tasks/{task}/assign", to), 409, "invalid_transition")
    await manager(app).post(f"/api/tasks/{task}/reassign", {"assignee": "u-ben"})
    assert await whose(manager(app), task) == ("assigned", "u-ben", None)


async def test_a_task_is_delegated_on_returned_to_the_first_and_done_by_whoever_has_it(app: FastAPI, expense: str):
    task = await open_task(app, LARGE)
    ann, ben, cleo = (clerk(app, name) for name in ("u-ann", "u-ben", "u-cleo"))
    refused(await ann.send("POST", f"/api/tasks/{task}/delegate", {"assignee": "u-ben"}), 409, "invalid_transition")
    await ann.post(f"/api/tasks/{task}/claim")
    refused(await ben.send("POST", f"/api/tasks/{task}/delegate", {"assignee": "u-cleo"}), 403, "not_your_task")
    await ann.post(f"/api/tasks/{task}/delegate", {"assignee": "u-ben", "reason": "too much to do"})
    await ben.post(f"/api/tasks/{task}/delegate", {"assignee": "u-cleo"})
    assert await whose(cleo, task) == ("assigned", "u-cleo", "u-ann")
    refused(await ben.send("POST", f"/api/tasks/{task}/return"), 403, "not_your_task")
    back = await cleo.post(f"/api/tasks/{task}/return", {"reason": "here"}, key="k-1")
    assert (back["assignee"], back["delegated_by"]) == ("u-ann", None)
    assert await cleo.post(f"/api/tasks/{task}/return", {"reason": "here"}, key="k-1") == back
    refused(await ann.send("POST", f"/api/tasks/{task}/return"), 409, "invalid_transition")
    await ann.post(f"/api/tasks/{task}/delegate", {"assignee": "u-outsider"})
    await person(app, "u-outsider").post(f"/api/tasks/{task}/complete", DONE)
    history = (await officer(app).get(f"/api/processes/{task.rpartition('.')[0]}/history"))["items"]
    types = [event["type"] for event in history if event["type"].startswith("task.")]
    ways = ["created", "assigned", "delegated", "delegated", "returned", "delegated", "completed"]
    assert types[: len(ways)] == [f"task.{way}" for way in ways]


async def test_a_released_task_seeks_somebody_only_if_that_is_asked_and_the_engine_gives_out_its_work(
    app: FastAPI, admin: Person
):
    text = REPORT.replace(
        "{id: write, performed_by: clerk", "{id: write, performed_by: {role: clerk, strategy: round_robin}"
    )
    await publish(admin, text)
    task = await writing(app)
    assert (await clerk(app).get(f"/api/tasks/{task}"))["seeking"] is True
    for body, seeking in ((None, False), ({"reason": "not mine"}, False), ({"seek": True}, True)):
        await clerk(app).post(f"/api/tasks/{task}/claim")
        released = await clerk(app).post(f"/api/tasks/{task}/release", body)
        assert (released["status"], released["seeking"]) == ("pending", seeking)


async def test_what_has_changed_since_it_was_read_is_not_handed_over(app: FastAPI, expense: str):
    task = await open_task(app)
    for verb, body in (("assign", {"assignee": "u-ann"}), ("escalate", {"reason": "late", "to_role": "boss"})):
        response = await manager(app).send("POST", f"/api/tasks/{task}/{verb}", body, headers={"If-Match": '"7"'})
        refused(response, 412, "stale_version")
    response = await manager(app).send("PATCH", f"/api/tasks/{task}", {"priority": "high"}, headers={"If-Match": '"1"'})
    assert answer(response)["version"] == 2


async def test_priority_and_due_date_are_changed_by_who_shares_tasks_out(app: FastAPI, expense: str):
    task, path = await open_task(app), "/api/tasks/"
    late = {"due_at": "2026-03-01T09:30:00Z", "reason": "promised"}
    refused(await clerk(app).send("PATCH", path + task, late), 403, "permission_denied")
    refused(await person(app, "u-x").send("PATCH", path + task, late), 404, "task_not_found")
    changed = answer(await manager(app).send("PATCH", path + task, late))
    assert (changed["due_at"], changed["priority"]) == ("2026-03-01T09:30:00.000Z", "medium")
    changed = answer(await manager(app).send("PATCH", path + task, {"priority": "critical"}))
    assert (changed["due_at"], changed["priority"]) == ("2026-03-01T09:30:00.000Z", "critical")
    changed = answer(await manager(app).send("PATCH", path + task, {"due_at": None}))
    assert (changed["due_at"], changed["priority"]) == (None, "critical")
    for nothing in ({}, {"reason": "none"}, {"priority": "urgent"}, {"due_at": "soon"}):
        refused(await manager(app).send("PATCH", path + task, nothing), 422, "request_invalid")


async def test_an_escalation_goes_to_the_role_of_the_atom_which_then_finds_the_task_and_shares_it_out(
    app: FastAPI, report: str
):
    task = await writing(app)
    boss = person(app, "u-boss", ["boss"])
    refused(await boss.send("GET", f"/api/tasks/{task}"), 404, "task_not_found")
    escalated = await clerk(app).post(f"/api/tasks/{task}/escalate", {"reason": "nobody takes it"})
    assert (escalated["escalations"], escalated["status"]) == (1, "pending")
    assert (await boss.get(f"/api/tasks/{task}"))["escalations"] == 1
    assert [item["id"] for item in (await boss.get("/api/tasks"))["items"]] == [task]
    await boss.post(f"/api/tasks/{task}/assign", {"assignee": "u-ann"})
    event = (await officer(app).get(f"/api/processes/{task.rpartition('.')[0]}/history"))["items"][-2]
    assert (event["type"], event["severity"], event["actor"]) == ("task.escalated", "warning", "u-clerk")
    assert (event["payload"]["to_role"], event["payload"]["level"]) == ("boss", 1)


async def test_an_escalation_to_nobody_is_refused_and_says_what_to_do(app: FastAPI, expense: str):
    task, path = await open_task(app), "escalate"
    refusal = refused(
        await clerk(app).send("POST", f"/api/tasks/{task}/{path}", {"reason": "late"}), 409, "nobody_above"
    )
    assert "say to whom" in refusal["detail"]
    both = {"reason": "late", "to_role": "boss", "assignee": "u-ann"}
    for body in ({}, both, {"reason": ""}, {"reason": "late", "to": "boss"}):
        refused(await clerk(app).send("POST", f"/api/tasks/{task}/{path}", body), 422, "request_invalid")
    raised = {"reason": "late", "to_role": "boss", "priority": "critical"}
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/{path}", raised), 403, "permission_denied")
    assert (await manager(app).post(f"/api/tasks/{task}/{path}", raised))["priority"] == "critical"
    given = await manager(app).post(f"/api/tasks/{task}/{path}", {"reason": "late", "assignee": "u-ann"})
    assert (given["assignee"], given["escalations"]) == ("u-ann", 2)


async def test_comments_are_read_oldest_first_page_by_page_also_once_the_task_is_over(app: FastAPI, expense: str):
    task = await open_task(app, LARGE)
    path = f"/api/tasks/{task}/comments"
    link = {"name": "Deed", "url": "https://deeds.test/7?x=1"}
    first = await clerk(app).post(path, {"text": "see there", "links": [link]}, 201, key="k-1")
    assert await clerk(app).post(path, {"text": "see there", "links": [link]}, 201, key="k-1") == first
    assert (first["task"], first["by"], first["links"], first["mentions"]) == (task, "u-clerk", [link], [])
    for number in range(3):
        said = {"text": f"remark {number}", "mentions": ["u-ann", "u-ann"]}
        assert (await manager(app).post(path, said, 201))["mentions"] == ["u-ann"]
    await clerk(app).post(f"/api/tasks/{task}/complete", DONE)
    found, cursor = [], None
    while True:
        page = await clerk(app).get(path, limit=2, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert [one["text"] for one in found] == ["see there", "remark 0", "remark 1", "remark 2"]
    assert found[0] == first
    refused(await clerk(app).send("POST", path, {"text": "too late"}), 409, "invalid_transition")
    refused(await clerk(app).send("GET", path, cursor="abc"), 422, "cursor_invalid")
    for method, body in (("GET", None), ("POST", {"text": "?"})):
        refused(await person(app, "u-x").send(method, path, body), 404, "task_not_found")


LINK = {"name": "n", "url": "https://deeds.test"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": " \n"}, "/text"),
        ({"text": "x" * 10_001}, "/text"),
        ({"text": "x", "mentions": [""]}, "/mentions/0"),
        ({"text": "x", "mentions": ["u"] * 21}, "/mentions"),
        ({"text": "x", "links": [LINK] * 21}, "/links"),
        ({"text": "x", "links": [{**LINK, "url": "javascript:alert(1)"}]}, "/links/0/url"),
        ({"text": "x", "links": [{**LINK, "url": "https://u:p@deeds.test/"}]}, "/links/0/url"),
        ({"text": "x", "links": [{**LINK, "url": "https:///deed"}]}, "/links/0/url"),
        ({"text": "x", "links": [{**LINK, "url": "https://deeds.test/ a"}]}, "/links/0/url"),
        ({"text": "x", "links": [{"url": "https://deeds.test"}]}, "/links/0/name"),
    ],
)
async def test_a_comment_says_something_within_bounds_and_links_to_pages_alone(app: FastAPI, body: Any, pointer: str):
    errors = refused(await clerk(app).send("POST", "/api/tasks/p.1/comments", body), 422, "request_invalid")["errors"]
    assert [error["pointer"] for error in errors] == [pointer]


async def test_nobody_gets_a_task_whom_the_organisation_does_not_know_as_active_there_and_of_its_role(
    app: FastAPI, admin: Person, expense: str
):
    await employ(admin)
    task = await open_task(app)
    path = f"/api/tasks/{task}/assign"
    for name, why in (("u-x", "unknown"), ("u-gone", "inactive"), ("u-out", "absent"), ("u-boss", "role")):
        refusal = refused(await manager(app).send("POST", path, {"assignee": name}), 422, "assignee_unfit")
        assert (refusal["assignee"], refusal["why"]) == (name, why)
        forced = {"assignee": name, "force": True}
        assert (await manager(app).post(path, forced))["assignee"] == name
    await manager(app).post(path, {"assignee": "u-ann"})
    ann = clerk(app, "u-ann")
    refused(await ann.send("POST", f"/api/tasks/{task}/delegate", {"assignee": "u-out"}), 422, "assignee_unfit")
    forced = {"assignee": "u-out", "force": True}
    refused(await ann.send("POST", f"/api/tasks/{task}/delegate", forced), 403, "permission_denied")
    await ann.post(f"/api/tasks/{task}/delegate", {"assignee": "u-ben"})
    refused(
        await ann.send("POST", f"/api/tasks/{task}/comments", {"text": "?", "mentions": ["u-y"]}),
        422,
        "request_invalid",
    )
    await ann.post(f"/api/tasks/{task}/comments", {"text": "?", "mentions": ["u-out"]}, 201)


async def test_force_passes_neither_four_eyes_nor_missing_skills(app: FastAPI, admin: Person, report: str):
    await employ(admin)
    task = await writing(app)
    await clerk(app, "u-ann").post(f"/api/tasks/{task}/complete", {})
    check, ben = task.removesuffix("1") + "2", clerk(app, "u-ben")
    forced = {"assignee": "u-ann", "force": True}
    assert refused(await manager(app).send("POST", f"/api/tasks/{check}/assign", forced), 403, "four_eyes")
    await ben.post(f"/api/tasks/{check}/complete", {})
    seal = task.removesuffix("1") + "3"
    forced = {"assignee": "u-ben", "force": True}
    refused(await manager(app).send("POST", f"/api/tasks/{seal}/assign", forced), 403, "not_skilled")
    await manager(app).post(f"/api/tasks/{seal}/assign", {"assignee": "u-ann"})


async def test_without_a_role_to_escalate_to_the_manager_of_who_has_it_is_told(
    app: FastAPI, admin: Person, expense: str
):
    await employ(admin)
    task = await open_task(app)
    for verb in (None, "claim"):
        if verb:
            await clerk(app, "u-ann").post(f"/api/tasks/{task}/{verb}")
        await clerk(app, "u-ann").post(f"/api/tasks/{task}/escalate", {"reason": "too long"})
        event = (await officer(app).get(f"/api/processes/{task.rpartition('.')[0]}/history"))["items"][-1]
        assert event["payload"]["to_users"] == ["u-lead"]
    unknown = {"reason": "late", "to_role": "emperor"}
    errors = refused(await clerk(app).send("POST", f"/api/tasks/{task}/escalate", unknown), 422, "request_invalid")
    assert errors["errors"][0]["pointer"] == "/to_role"


async def test_managers_share_out_the_work_of_those_who_report_to_them_and_are_named_where_others_may_not(
    app: FastAPI, admin: Person, expense: str
):
    await employ(admin)
    task = await open_task(app)
    lead, ann = person(app, "u-lead"), clerk(app, "u-ann")
    refusal = refused(
        await ann.send("POST", f"/api/tasks/{task}/assign", {"assignee": "u-ben"}), 403, "permission_denied"
    )
    assert (refusal["who"], refusal["permission"]) == (["u-lead"], "task:reassign")
    assert (await lead.post(f"/api/tasks/{task}/assign", {"assignee": "u-ben"}))["assignee"] == "u-ben"
    assert answer(await lead.send("PATCH", f"/api/tasks/{task}", {"priority": "high"}))["priority"] == "high"
    assert (await lead.post(f"/api/tasks/{task}/release"))["status"] == "pending"


async def test_a_task_is_not_returned_to_who_has_left(app: FastAPI, admin: Person, expense: str):
    task = await open_task(app)
    await clerk(app, "u-gone").post(f"/api/tasks/{task}/claim")
    await clerk(app, "u-gone").post(f"/api/tasks/{task}/delegate", {"assignee": "u-ben"})
    await employ(admin)
    refusal = refused(await clerk(app, "u-ben").send("POST", f"/api/tasks/{task}/return"), 409, "invalid_transition")
    assert refusal["delegated_by"] == "u-gone"
    await clerk(app, "u-ben").post(f"/api/tasks/{task}/release")


async def test_a_suspended_process_lets_its_tasks_be_handed_over_r12(app: FastAPI, expense: str):
    process = await started(officer(app))
    task = process["open_tasks"][0]
    await clerk(app).post(f"/api/tasks/{task}/claim")
    await officer(app).post(f"/api/processes/{process['id']}/suspend", {"reason": "on hold"})
    await clerk(app).post(f"/api/tasks/{task}/delegate", {"assignee": "u-ben"})
    await clerk(app, "u-ben").post(f"/api/tasks/{task}/return")
    await clerk(app).post(f"/api/tasks/{task}/comments", {"text": "waiting"}, 201)
    await manager(app).post(f"/api/tasks/{task}/reassign", {"assignee": "u-ben"})
    await clerk(app, "u-ben").post(f"/api/tasks/{task}/release")
    refused(await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE), 409, "process_suspended")
