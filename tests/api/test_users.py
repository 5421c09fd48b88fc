"""Users over HTTP: entered, listed, changed, removed; what one may not give, and whose email one sees."""

import asyncio
from typing import Any

import psycopg
from fastapi import FastAPI

from engine.settings import Settings
from tests.api.cases import open_task, started
from tests.api.people import Person, answer, person, refused

ANN: dict[str, Any] = {
    "name": "Ann",
    "email": "ann@bank.example",
    "roles": ["clerk"],
    "teams": ["desk"],
    "reports_to": "mia",
    "skills": [{"skill": "fha", "level": 2, "expires_on": "2099-06-30"}],
    "capacity": 5,
    "time_zone": "America/Chicago",
}


async def put(who: Person, path: str, body: dict[str, Any], status: int = 201, **more: Any) -> Any:
    return answer(await who.send("PUT", path, body, **more), status)


async def staff(admin: Person) -> None:
    """A desk of clerks, Ann among them, whom Mia manages."""
    for role in ("clerk", "boss"):
        await put(admin, f"/api/roles/{role}", {"name": role.title()})
    await put(admin, "/api/users/mia", {"name": "Mia", "roles": ["boss"]})
    await put(admin, "/api/teams/desk", {"name": "Desk", "manager": "mia"})
    await put(admin, "/api/users/ann", ANN)


async def test_a_user_is_entered_and_read_as_a_whole(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    response = await admin.send("GET", "/api/users/ann")
    found = answer(response)
    assert {name: found[name] for name in ANN} == ANN
    assert (found["id"], found["active"], found["away"]) == ("ann", True, None)
    assert response.headers["ETag"] == f'"{found["version"]}"'
    again = await put(admin, "/api/users/ann", ANN, 200)
    assert again == found, "what is said twice changes nothing, not even the version"
    less = await put(admin, "/api/users/ann", {"name": "Ann"}, 200)
    assert (less["roles"], less["teams"], less["skills"], less["capacity"]) == ([], [], [], None)


async def test_some_fields_are_changed_and_the_others_stay(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    changed = answer(await admin.send("PATCH", "/api/users/ann", {"capacity": None, "roles": ["boss"]}))
    assert (changed["capacity"], changed["roles"], changed["email"]) == (None, ["boss"], ANN["email"])
    refused(await admin.send("PATCH", "/api/users/nobody", {"capacity": 1}), 404, "user_not_found")


async def test_what_another_changed_since_is_not_overwritten(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    seen = (await admin.get("/api/users/ann"))["version"]
    stale = {"If-Match": f'"{seen}"'}
    answer(await admin.send("PATCH", "/api/users/ann", {"capacity": 7}, headers=stale))
    for method, body in (("PATCH", {"capacity": 8}), ("PUT", ANN), ("DELETE", None)):
        refused(await admin.send(method, "/api/users/ann", body, headers=stale), 412, "stale_version")
    assert (await admin.get("/api/users/ann"))["capacity"] == 7


async def test_changes_of_one_user_side_by_side_are_all_kept(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    changes = [{"capacity": 9}, {"name": "Anna"}, {"time_zone": "Europe/Paris"}]
    await asyncio.gather(*(admin.send("PATCH", "/api/users/ann", one) for one in changes))
    found = await admin.get("/api/users/ann")
    assert (found["capacity"], found["name"], found["time_zone"]) == (9, "Anna", "Europe/Paris")


async def test_names_that_lead_nowhere_are_refused_with_their_places(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    body = ANN | {"roles": ["clerk", "clark"], "teams": ["dusk"], "reports_to": "nobody"}
    problem = refused(await admin.send("PUT", "/api/users/ben", body), 422, "request_invalid")
    assert {(one["pointer"], one["message"]) for one in problem["errors"]} == {
        ("/roles", "there is no role clark"),
        ("/teams", "there is no team dusk"),
        ("/reports_to", "there is no user nobody"),
    }
    for wrong in (
        {"time_zone": "Chicago"},
        {"capacity": -1},
        {"email": "ann"},
        {"skills": [{"skill": "f", "level": 0}]},
    ):
        refused(await admin.send("PUT", "/api/users/ben", ANN | wrong), 422, "request_invalid")
    for id in ("system", " x", "x " * 3):
        refused(await admin.send("PUT", f"/api/users/{id}", {"name": "X"}), 422, "request_invalid")
    refused(await admin.send("GET", "/api/users/ben"), 404, "user_not_found")


async def test_nobody_is_above_themselves_and_the_circle_is_named(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    await put(admin, "/api/users/top", {"name": "Top"})
    answer(await admin.send("PATCH", "/api/users/mia", {"reports_to": "top"}))
    problem = refused(await admin.send("PATCH", "/api/users/top", {"reports_to": "ann"}), 422, "manager_circle")
    assert problem["circle"] == ["top", "ann", "mia", "top"]
    assert "top → ann → mia → top" in problem["detail"]
    refused(await admin.send("PATCH", "/api/users/top", {"reports_to": "top"}), 422, "manager_circle")
    assert (await admin.get("/api/users/top"))["reports_to"] is None


async def test_users_are_listed_by_id_and_by_what_is_asked(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    await put(admin, "/api/users/zoe", {"name": "Zoe Ann", "roles": ["clerk"], "active": False})
    away = {"starts_at": "2020-01-01", "ends_at": "2099-01-01"}
    answer(await admin.send("POST", "/api/users/mia/absences", away), 201)

    async def ids(**wanted: Any) -> list[str]:
        return [one["id"] for one in (await admin.get("/api/users", **wanted))["items"]]

    assert await ids() == ["ann", "mia", "zoe"]
    assert await ids(role="clerk") == ["ann", "zoe"]
    assert await ids(role="clerk", active="true") == ["ann"]
    assert await ids(team="desk") == await ids(manager="mia") == await ids(skill="fha") == ["ann"]
    assert await ids(absent="true") == ["mia"]
    assert await ids(absent="false") == ["ann", "zoe"]
    assert await ids(q="ANN") == ["ann", "zoe"]
    assert await ids(q="%") == []
    first = await admin.get("/api/users", limit=2)
    second = await admin.get("/api/users", limit=2, cursor=first["next_cursor"])
    assert ([one["id"] for one in second["items"]], second["next_cursor"]) == (["zoe"], None)


async def test_emails_and_reasons_are_told_to_those_they_concern_only(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    away = {"starts_at": "2020-01-01", "ends_at": "2099-01-01", "reason": "an operation"}
    answer(await person(app, "ann").send("POST", "/api/users/ann/absences", away), 201)
    for name, sees in (("ann", True), ("mia", True), ("u-admin", True), ("zoe", False)):
        who = admin if name == "u-admin" else person(app, name)
        email = (await who.get("/api/users/ann"))["email"]
        listed = (await who.get("/api/users", team="desk"))["items"][0]["email"]
        (absence,) = (await who.get("/api/users/ann/absences"))["items"]
        assert (email, listed) == ((ANN["email"],) * 2 if sees else (None, None)), name
        assert absence["reason"] == ("an operation" if sees else None), name
        assert absence["starts_at"] == "2020-01-01T00:00:00.000Z"


async def test_only_who_may_writes_and_nobody_gives_more_than_they_hold(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    await put(admin, "/api/roles/admin", {"name": "Administrator"})
    manager, clerk = person(app, "m-1", ["manager"]), person(app, "c-1", ["clerk"])
    refused(await clerk.send("PUT", "/api/users/c-1", {"name": "C"}), 403, "permission_denied")
    refused(await clerk.send("DELETE", "/api/users/ann"), 403, "permission_denied")
    raised = {"name": "M", "roles": ["admin"]}
    problem = refused(await manager.send("PUT", "/api/users/m-1", raised), 403, "permission_denied")
    assert problem["role"] == "admin"
    await put(admin, "/api/users/boss-of-all", {"name": "B", "roles": ["admin"]})
    for method, body in (("PATCH", {"active": False}), ("PATCH", {"roles": []}), ("DELETE", None)):
        refused(await manager.send(method, "/api/users/boss-of-all", body), 403, "permission_denied")
    answer(await manager.send("PATCH", "/api/users/boss-of-all", {"capacity": 3}))
    await put(manager, "/api/users/ben", {"name": "Ben", "roles": ["clerk"]})


async def test_a_user_with_open_work_is_removed_only_once_it_is_elsewhere(
    app: FastAPI, admin: Person, expense: str
) -> None:
    await staff(admin)
    tasks = [await open_task(app) for _ in range(3)]
    ann = person(app, "ann")
    for task in tasks:
        await ann.post(f"/api/tasks/{task}/claim")
    problem = refused(await admin.send("DELETE", "/api/users/ann"), 409, "work_depends")
    assert problem["count"] == 3
    assert {one["task"] for one in problem["items"]} == set(tasks)
    listed = (await ann.get("/api/users/ann/work", limit=2)), (await person(app, "mia").get("/api/users/ann/work"))
    assert (len(listed[0]["items"]), len(listed[1]["items"])) == (2, 3)
    refused(await person(app, "zoe").send("GET", "/api/users/ann/work"), 404, "user_not_found")
    refused(await admin.send("DELETE", "/api/users/ann", reroute="nobody"), 422, "request_invalid")
    refused(await admin.send("DELETE", "/api/users/ann", reroute="ann"), 422, "request_invalid")

    await ann.post(f"/api/tasks/{tasks[0]}/start")
    held = answer(await admin.send("DELETE", "/api/users/ann", reroute="mia"))
    assert (held["removed"], held["moved"], held["left"]) == (False, 0, 3)
    assert {one["detail"] for one in held["refused"]} == {"mia does not have the role clerk."}
    gone = answer(await admin.send("DELETE", "/api/users/ann", reroute="release"))
    assert gone == {"kind": "user", "id": "ann", "removed": True, "moved": 3, "left": 0, "refused": []}
    assert {(await admin.get(f"/api/tasks/{task}"))["status"] for task in tasks} == {"pending"}
    refused(await admin.send("GET", "/api/users/ann"), 404, "user_not_found")


async def test_work_goes_to_who_is_named(app: FastAPI, admin: Person, expense: str) -> None:
    await staff(admin)
    await put(admin, "/api/users/ben", {"name": "Ben", "roles": ["clerk"]})
    task = await open_task(app)
    await person(app, "ann").post(f"/api/tasks/{task}/claim")
    answer(await admin.send("DELETE", "/api/users/ann", reroute="ben", reason="she left"))
    assert (await admin.get(f"/api/tasks/{task}"))["assignee"] == "ben"
    process = task.rpartition(".")[0]
    history = (await admin.get(f"/api/processes/{process}/history"))["items"]
    (event,) = [one for one in history if one["type"] == "task.reassigned"]
    assert event["payload"]["reason"] == "she left"


async def test_what_somebody_delegated_keeps_them_until_another_gets_it_back(
    app: FastAPI, admin: Person, expense: str
) -> None:
    await staff(admin)
    for id in ("ben", "cem"):
        await put(admin, f"/api/users/{id}", {"name": id, "roles": ["clerk"]})
    task = await open_task(app)
    await person(app, "ann").post(f"/api/tasks/{task}/claim")
    await person(app, "ann").post(f"/api/tasks/{task}/delegate", {"assignee": "ben"})
    assert refused(await admin.send("DELETE", "/api/users/ann"), 409, "work_depends")["count"] == 1
    assert (await person(app, "ann").get("/api/users/ann/work"))["items"] == [], "she has none herself"
    gone = answer(await admin.send("DELETE", "/api/users/ann", reroute="cem"))
    assert (gone["removed"], gone["moved"]) == (True, 1)
    found = await admin.get(f"/api/tasks/{task}")
    assert (found["assignee"], found["delegated_by"]) == ("ben", "cem")


async def test_who_reported_to_the_removed_reports_to_their_manager_then(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    await put(admin, "/api/users/top", {"name": "Top"})
    answer(await admin.send("PATCH", "/api/users/mia", {"reports_to": "top"}))
    away = {"starts_at": "2020-01-01", "ends_at": "2099-01-01", "substitute": "mia"}
    answer(await admin.send("POST", "/api/users/ann/absences", away), 201)
    answer(await admin.send("DELETE", "/api/users/mia"))
    assert (await admin.get("/api/users/ann"))["reports_to"] == "top"
    assert (await admin.get("/api/teams/desk"))["manager"] == "top"
    assert (await admin.get("/api/users/ann/absences"))["items"][0]["substitute"] is None
    organisation = await app.state.engine.callers.organisation()
    assert organisation.managed_by("top") == {"ann"}
    assert "mia" not in organisation.users


async def test_the_history_tells_who_changed_what_but_no_emails(
    app: FastAPI, admin: Person, settings: Settings
) -> None:
    await staff(admin)
    answer(await admin.send("PATCH", "/api/users/ann", {"roles": [], "email": "a@b.example"}))
    answer(await admin.send("DELETE", "/api/users/ann"))
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value()) as connection:
        found: list[Any] = connection.execute(
            "SELECT type, actor, payload FROM audit_events WHERE subject = 'ann' ORDER BY id"
        ).fetchall()
    assert [row[:2] for row in found] == [
        ("user.added", "u-admin"),
        ("user.changed", "u-admin"),
        ("user.removed", "u-admin"),
    ]
    assert found[1][2] == {"fields": ["email", "roles"], "before": {"roles": ["clerk"]}, "after": {"roles": []}}
    assert not [row for row in found if "@" in str(row)]


async def test_the_same_key_says_it_once(app: FastAPI, admin: Person) -> None:
    """R17."""
    await staff(admin)
    first = await put(admin, "/api/users/ben", {"name": "Ben"}, key="k-1")
    answer(await admin.send("DELETE", "/api/users/ben", key="k-2"))
    assert await put(admin, "/api/users/ben", {"name": "Ben"}, key="k-1") == first
    refused(await admin.send("GET", "/api/users/ben"), 404, "user_not_found")


async def test_a_removal_that_is_not_done_goes_on_with_the_same_key(app: FastAPI, admin: Person, expense: str) -> None:
    await staff(admin)
    task = await open_task(app)
    await person(app, "ann").post(f"/api/tasks/{task}/claim")
    for _ in range(2):
        held = answer(await admin.send("DELETE", "/api/users/ann", reroute="mia", key="k-1"))
        assert (held["removed"], held["left"]) == (False, 1)
    answer(await admin.send("PATCH", "/api/users/mia", {"roles": ["boss", "clerk"]}))
    done = answer(await admin.send("DELETE", "/api/users/ann", reroute="mia", key="k-1"))
    assert (done["removed"], done["moved"]) == (True, 1)
    assert answer(await admin.send("DELETE", "/api/users/ann", reroute="mia", key="k-1")) == done


async def test_work_that_ended_meanwhile_holds_nobody_back(app: FastAPI, admin: Person, expense: str) -> None:
    await staff(admin)
    process = await started(admin)
    await person(app, "ann").post(f"/api/tasks/{process['open_tasks'][0]}/claim")
    await admin.post(f"/api/processes/{process['id']}/cancel", {"reason": "r"})
    assert answer(await admin.send("DELETE", "/api/users/ann"))["removed"]
