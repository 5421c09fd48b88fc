"""Who could be given a task, who is, and who had it, over HTTP with the workers running (issue 6)."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

from tests.api.people import Person, answer, person, refused
from tests.waiting import until

JOURNEY = """
journey: review
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}, boss: {name: Boss}, notary: {name: Notary}}
atoms:
  - {id: enter, name: Enter, performed_by: {role: clerk, strategy: round_robin}, enables: [check]}
  - {id: check, performed_by: {role: clerk, strategy: load_balanced, not_same_as: [enter]}, enables: [sign]}
  - {id: sign, name: Sign, performed_by: notary}
"""
PEOPLE = """
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
users:
  u-lead: {name: Lena, roles: [boss]}
  u-ann: {name: Ann, roles: [clerk], reports_to: u-lead, capacity: 5}
  u-out:
    name: Otto
    roles: [clerk]
    reports_to: u-lead
    absences: [{from: 2020-01-01, until: 2199-01-01}]
"""


async def opened(app: FastAPI, people: str | None = PEOPLE) -> tuple[Person, str]:
    """An administrator, and a process of the journey that has started; with these people."""
    admin = person(app, "u-admin", ["admin"])
    answer(await admin.send("POST", "/api/journeys", text=JOURNEY.encode(), publish="true"), 201)
    if people:
        answer(await admin.send("POST", "/api/people", text=people.encode()))
    started = await admin.post("/api/processes", {"journey": "review", "context": {}}, 201)
    return admin, started["id"]


async def soon(look: Callable[[], Awaitable[Any]]) -> Any:
    """The first value that is something."""
    found: list[Any] = []

    async def there() -> bool:
        found.append(await look())
        return bool(found[-1])

    await until(there)
    return found[-1]


def assigned(admin: Person, task: str) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        return (await admin.get(f"/api/tasks/{task}"))["assignee"]

    return look


async def test_a_task_is_given_out_and_tells_who_could_have_it_and_who_had_it(working: FastAPI) -> None:
    admin, process = await opened(working)
    assert await soon(assigned(admin, f"{process}.1")) == "u-ann"
    ann, lead = person(working, "u-ann"), person(working, "u-lead")
    found = await lead.get(f"/api/tasks/{process}.1/candidates")
    assert (found["role"], found["strategy"], found["total"], found["why"]) == ("clerk", "round_robin", 2, None)
    otto, own = found["items"]
    assert (own["user"], own["eligible"], own["next"], own["open_tasks"], own["load"], own["capacity"]) == (
        *("u-ann", True, True),
        *(1, 2, 5),
    )
    assert (otto["user"], otto["eligible"], otto["bar"]) == ("u-out", False, "absent")
    assert otto["why"].startswith("Otto (u-out) is away until 1 January 2199")
    refused(await ann.send("GET", f"/api/tasks/{process}.1/candidates"), 403, "permission_denied")
    refused(await person(working, "u-out").send("GET", "/api/tasks/nothing.1/candidates"), 404, "task_not_found")
    await ann.post(f"/api/tasks/{process}.1/start")
    await ann.post(f"/api/tasks/{process}.1/complete", {"output": {}})
    (row,) = (await ann.get(f"/api/tasks/{process}.1/assignments"))["items"]
    assert (row["user"], row["method"], row["assigned_by"], row["role"]) == ("u-ann", "round_robin", "system", "clerk")
    assert row["at"] <= row["accepted_at"] <= row["completed_at"] == row["released_at"]
    refused(await lead.send("GET", f"/api/tasks/{process}.1/candidates"), 409, "invalid_transition")


async def test_nobody_for_it_is_an_incident_and_explain_says_why_for_each(working: FastAPI) -> None:
    admin, process = await opened(working)
    await soon(assigned(admin, f"{process}.1"))
    await person(working, "u-ann").post(f"/api/tasks/{process}.1/complete", {"output": {}})

    async def incident() -> Any:
        return (await admin.get("/api/incidents", process=process))["items"]

    (raised,) = await soon(incident)
    assert raised["code"] == "nobody_eligible"
    assert "Ann (u-ann) performed enter, and somebody else must perform this." in raised["message"]
    assert "Otto (u-out) is away until" in raised["message"]
    found = await admin.get(f"/api/tasks/{process}.2/candidates")
    assert (found["why"], found["fix"]) == (raised["message"], raised["fix"])
    told = (await admin.get(f"/api/processes/{process}/explain"))["waiting_for"]
    assert [one["kind"] for one in told] == ["task", "incident"]
    assert all("Ann (u-ann) performed enter" in one["text"] for one in told)
    otto = {"name": "Otto", "roles": ["clerk"]}
    answer(await admin.send("PUT", "/api/users/u-out2", otto), 201)
    assert await soon(assigned(admin, f"{process}.2")) == "u-out2", "at once, though it had been looked at in vain"
    assert (await incident())[0]["status"] == "resolved"


async def test_explain_names_the_role_that_nobody_holds_where_a_task_is_offered(app: FastAPI) -> None:
    admin, process = await opened(app)
    for task in (1, 2):
        await person(app, f"u-{task}", ["clerk"]).post(f"/api/tasks/{process}.{task}/complete", {"output": {}})
    (told,) = (await admin.get(f"/api/processes/{process}/explain"))["waiting_for"]
    assert told["text"] == "“Sign” waits for someone with the role Notary to take it. Nobody holds the role notary."


async def test_without_an_organisation_what_is_offered_is_offered_as_ever(app: FastAPI) -> None:
    admin, process = await opened(app, people=None)
    (told,) = (await admin.get(f"/api/processes/{process}/explain"))["waiting_for"]
    assert told["text"] == ("“Enter” waits to be given to someone with the role Clerk. Nobody holds the role clerk."), (
        "it is to be given out, and there is nobody"
    )
    for task in (1, 2):
        await person(app, f"u-{task}", ["clerk"]).post(f"/api/tasks/{process}.{task}/complete", {"output": {}})
    (told,) = (await admin.get(f"/api/processes/{process}/explain"))["waiting_for"]
    assert told["text"] == "“Sign” waits for someone with the role Notary to take it."
