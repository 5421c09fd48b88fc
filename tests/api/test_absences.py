"""Absences over HTTP: who says them, what becomes of work, and what makes no sense."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import open_task
from tests.api.people import Person, answer, person, refused
from tests.api.test_users import put, staff

AWAY: dict[str, Any] = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z", "reason": "Leave"}
TO_COME = AWAY | {"starts_at": "2098-01-01T00:00:00Z"}


async def add(who: Person, body: dict[str, Any] = AWAY, status: int = 201, **query: Any) -> Any:
    return answer(await who.send("POST", "/api/users/ann/absences", body, **query), status)


async def test_everybody_says_it_themselves_and_managers_for_their_people(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    for place, name in enumerate(("ann", "mia", "u-admin")):
        who = admin if name == "u-admin" else person(app, name)
        absence = await add(who, TO_COME | {"starts_at": f"2098-01-0{place + 1}"})
        assert (absence["user"], absence["reason"]) == ("ann", "Leave")
    clerk = person(app, "zoe", ["clerk"])
    refused(await clerk.send("POST", "/api/users/ann/absences", AWAY), 403, "permission_denied")
    ann = person(app, "ann")
    refused(await ann.send("POST", "/api/users/mia/absences", AWAY), 403, "permission_denied")
    refused(await admin.send("POST", "/api/users/nobody/absences", AWAY), 404, "user_not_found")


async def test_an_absence_is_read_changed_and_taken_back(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    ann = person(app, "ann")
    made = await add(ann, TO_COME)
    path = f"/api/users/ann/absences/{made['id']}"
    assert (await ann.get("/api/users/ann"))["away"] is None
    changed = answer(await ann.send("PUT", path, AWAY | {"substitute": "mia", "roles": ["clerk"]}))
    assert (changed["id"], changed["substitute"], changed["roles"]) == (made["id"], "mia", ["clerk"])
    assert (await ann.get(path))["starts_at"] == "2020-01-01T00:00:00.000Z"
    assert (await ann.get("/api/users/ann"))["away"] is None, "of some roles only"
    answer(await ann.send("PUT", path, AWAY | {"substitute": "mia"}))
    assert (await ann.get("/api/users/ann"))["away"] == {"until": "2099-01-01T00:00:00.000Z", "substitute": "mia"}
    assert answer(await ann.send("DELETE", path)) == {"id": made["id"], "user": "ann", "removed": True}
    assert (await ann.get("/api/users/ann"))["away"] is None
    for method, body in (("GET", None), ("PUT", AWAY), ("DELETE", None)):
        refused(await ann.send(method, path, body), 404, "absence_not_found")


async def test_absences_are_listed_the_latest_first_page_by_page(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    for year in (2090, 2019, 2050):
        await add(admin, AWAY | {"starts_at": f"{year}-01-01", "ends_at": f"{year}-02-01"})
    first = await admin.get("/api/users/ann/absences", limit=2)
    second = await admin.get("/api/users/ann/absences", limit=2, cursor=first["next_cursor"])
    shown = [one["starts_at"][:4] for page in (first, second) for one in page["items"]]
    assert (shown, second["next_cursor"]) == (["2090", "2050", "2019"], None)


async def test_the_same_time_said_twice_is_one_absence(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    first = await add(admin)
    again = await add(admin, AWAY | {"reason": "Ill"}, 200)
    assert (again["id"], again["reason"]) == (first["id"], "Ill")
    other = await add(admin, TO_COME)
    problem = await admin.send("PUT", f"/api/users/ann/absences/{other['id']}", AWAY)
    refused(problem, 409, "absence_taken")


async def test_what_makes_no_sense_is_refused_with_its_place(app: FastAPI, admin: Person) -> None:
    await staff(admin)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"ends_at": AWAY["starts_at"]}, "/ends_at"),
        ({"substitute": "ann"}, "/substitute"),
        ({"substitute": "nobody"}, "/substitute"),
        ({"roles": ["clark"]}, "/roles"),
        ({"roles": []}, "/roles"),
        ({"until": "2099-01-01"}, "/until"),
    ]
    for change, pointer in wrong:
        problem = refused(await admin.send("POST", "/api/users/ann/absences", AWAY | change), 422, "request_invalid")
        assert [one["pointer"] for one in problem["errors"]] == [pointer], change
    assert (await admin.get("/api/users/ann/absences"))["items"] == []


async def test_work_that_is_not_started_stays_unless_the_request_moves_it(
    app: FastAPI, admin: Person, expense: str
) -> None:
    await staff(admin)
    await put(admin, "/api/users/ben", {"name": "Ben", "roles": ["clerk"]})
    ann = person(app, "ann")
    begun, first, second = [await open_task(app) for _ in range(3)]
    for task in (begun, first, second):
        await ann.post(f"/api/tasks/{task}/claim")
    await ann.post(f"/api/tasks/{begun}/start")
    away = await add(ann)
    assert (away["waiting"], away["moved"]) == (2, None)
    refused(await ann.send("POST", "/api/users/ann/absences", AWAY, reroute="substitute"), 422, "request_invalid")
    moved = await add(admin, AWAY | {"substitute": "ben"}, 200, reroute="substitute")
    assert (moved["waiting"], moved["moved"]["moved"]) == (0, 2)
    assert [(await admin.get(f"/api/tasks/{task}"))["assignee"] for task in (begun, first, second)] == [
        "ann",
        "ben",
        "ben",
    ]


async def test_who_goes_away_hands_their_own_work_over_or_back(app: FastAPI, admin: Person, expense: str) -> None:
    await staff(admin)
    await put(admin, "/api/users/ben", {"name": "Ben", "roles": ["clerk"]})
    ann = person(app, "ann")
    task, other = await open_task(app), await open_task(app)
    await ann.post(f"/api/tasks/{task}/claim")
    given = await add(ann, AWAY, reroute="ben")
    assert given["moved"] == {"moved": 1, "left": 0, "refused": []}
    assert (await ann.get(f"/api/tasks/{task}"))["assignee"] == "ben", "she still sees what she delegated"
    await ann.post(f"/api/tasks/{other}/claim")
    released = await add(ann, AWAY, 200, reroute="release")
    assert released["moved"]["moved"] == 1
    assert (await admin.get(f"/api/tasks/{other}"))["status"] == "pending"


async def test_work_of_roles_they_still_do_is_not_touched(app: FastAPI, admin: Person, expense: str) -> None:
    await staff(admin)
    task = await open_task(app)
    await person(app, "ann").post(f"/api/tasks/{task}/claim")
    away = await add(admin, AWAY | {"roles": ["boss"]}, reroute="release")
    assert (away["waiting"], away["moved"]["moved"]) == (0, 0)
    assert (await admin.get(f"/api/tasks/{task}"))["assignee"] == "ann"
