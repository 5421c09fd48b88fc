"""Roles and teams over HTTP, and files of people."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from tests.api.cases import open_task
from tests.api.people import Person, answer, person, refused
from tests.api.test_users import put, staff

SEED = (Path(__file__).resolve().parents[2] / "seed" / "people.yaml").read_bytes()
FILE = b"""
roles:
  clerk: {name: Clerk}
users:
  ann: {name: Ann, roles: [clerk], time_zone: America/Chicago, absences: [{from: 2027-01-04, until: 2027-01-11}]}
"""


async def load(who: Person, text: bytes, **query: Any) -> Any:
    return answer(await who.send("POST", "/api/people", text=text, **query))


async def test_a_role_counts_who_holds_it(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    role = await admin.get("/api/roles/clerk")
    assert (role["name"], role["holders"]) == ("Clerk", 1)
    assert [one["id"] for one in (await admin.get("/api/roles"))["items"]] == ["boss", "clerk"]
    answer(await admin.send("PATCH", "/api/users/ann", {"active": False}))
    assert (await admin.get("/api/roles/clerk"))["holders"] == 0
    refused(await admin.send("GET", "/api/roles/clark"), 404, "role_not_found")
    stale = {"If-Match": '"0"'}
    refused(await admin.send("PUT", "/api/roles/clerk", {"name": "C"}, headers=stale), 412, "stale_version")


async def test_a_role_that_work_waits_for_is_removed_only_once_somebody_has_it(
    app: FastAPI, admin: Person, expense: str
) -> None:
    await staff(admin)
    waiting, begun = await open_task(app), await open_task(app)
    ann = person(app, "ann")
    await ann.post(f"/api/tasks/{begun}/claim")
    problem = refused(await admin.send("DELETE", "/api/roles/clerk"), 409, "work_depends")
    assert (problem["count"], problem["items"][0]["task"]) == (1, waiting)
    refused(await admin.send("DELETE", "/api/roles/clerk", reroute="release"), 422, "request_invalid")
    done = answer(await admin.send("DELETE", "/api/roles/clerk", reroute="ann"))
    assert (done["removed"], done["moved"]) == (True, 1)
    assert {(await admin.get(f"/api/tasks/{task}"))["assignee"] for task in (waiting, begun)} == {"ann"}
    assert (await admin.get("/api/users/ann"))["roles"] == []
    await ann.post(f"/api/tasks/{begun}/complete", {"output": {"approved": True}})


async def test_the_members_of_a_team_are_said_as_a_whole(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    team = await put(admin, "/api/teams/desk", {"name": "Desk", "members": ["mia"]}, 200)
    assert (team["members"], team["manager"]) == (1, None)
    assert (await admin.get("/api/users/ann"))["teams"] == []
    assert (await admin.get("/api/users/mia"))["teams"] == ["desk"]
    problem = refused(
        await admin.send("PUT", "/api/teams/desk", {"name": "D", "members": ["nobody"]}), 422, "request_invalid"
    )
    assert problem["errors"] == [{"pointer": "/members", "message": "there is no user nobody"}]
    assert answer(await admin.send("DELETE", "/api/teams/desk"))["removed"]
    assert (await admin.get("/api/users/mia"))["teams"] == []
    assert (await admin.get("/api/teams"))["items"] == []


async def test_a_team_and_its_manager_see_each_other_at_once(app: FastAPI, admin: Person, expense: str) -> None:
    """api.md: a task is visible to the manager of its assignee."""
    await staff(admin)
    task = await open_task(app)
    await person(app, "ann").post(f"/api/tasks/{task}/claim")
    assert (await person(app, "mia").get(f"/api/tasks/{task}"))["assignee"] == "ann"
    answer(await admin.send("PATCH", "/api/users/ann", {"reports_to": None, "teams": []}))
    refused(await person(app, "mia").send("GET", f"/api/tasks/{task}"), 404, "task_not_found")


async def test_only_who_may_changes_roles_and_teams(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    clerk = person(app, "c-1", ["clerk"])
    for path in ("/api/roles/clerk", "/api/teams/desk"):
        refused(await clerk.send("PUT", path, {"name": "X"}), 403, "permission_denied")
        refused(await clerk.send("DELETE", path), 403, "permission_denied")
        assert (await clerk.get(path))["name"]
    refused(await clerk.send("POST", "/api/people", text=FILE), 403, "permission_denied")
    manager = person(app, "m-1", ["manager"])
    await put(admin, "/api/roles/admin", {"name": "A"})
    refused(await manager.send("DELETE", "/api/roles/admin"), 403, "permission_denied")


async def test_a_file_says_what_it_would_change_and_then_changes_it_once(app: FastAPI, admin: Person) -> None:
    tried = await load(admin, FILE, dry_run="true")
    assert [(one["kind"], one["id"], one["happened"]) for one in tried["differences"][:2]] == [
        ("role", "clerk", "added"),
        ("user", "ann", "added"),
    ]
    assert (await admin.get("/api/users"))["items"] == []
    loaded = await load(admin, FILE)
    assert (len(loaded["differences"]), loaded["same"]) == (3, 0)
    (absence,) = (await admin.get("/api/users/ann/absences"))["items"]
    assert absence["starts_at"] == "2027-01-04T06:00:00.000Z", "midnight where she is"
    again = await load(admin, FILE)
    assert (again["differences"], again["same"], again["version"]) == ([], 3, loaded["version"])
    renamed = await load(admin, FILE.replace(b"name: Ann", b"name: Anna"))
    assert [(one["id"], one["fields"]) for one in renamed["differences"]] == [("ann", ["name"])]


async def test_a_file_that_names_nobody_is_refused_with_the_line(app: FastAPI, admin: Person) -> None:
    text = FILE.replace(b"roles: [clerk]", b"roles: [clerk, clark], reports_to: nobody")
    problem = refused(await admin.send("POST", "/api/people", text=text), 422, "people_invalid")
    found = {(one["code"], one["pointer"], one["line"]) for one in problem["findings"]}
    assert found == {("unknown_name", "/users/ann/roles", 5), ("unknown_name", "/users/ann/reports_to", 5)}
    assert (await admin.get("/api/roles"))["items"] == [], "all of it or nothing"


async def test_the_file_of_the_samples_is_loaded_by_a_manager_twice_over(app: FastAPI, admin: Person) -> None:
    manager = person(app, "m-1", ["manager"])
    await put(admin, "/api/calendars/us-lending", {"zone": "America/New_York", "hours": {"mon-fri": "09:00-17:00"}})
    first = await load(admin, SEED)
    assert len(first["differences"]) > 20
    again = await load(manager, SEED)
    assert (again["differences"], again["same"]) == ([], len(first["differences"]))
