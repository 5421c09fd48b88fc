"""What one was told: one's own and nobody else's (issue 6, point 8)."""

from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from engine.core.kinds import KINDS
from engine.settings import Settings
from tests.api.people import Person, answer, person, refused
from tests.waiting import until

ROW = """
    INSERT INTO notifications (id, user_id, kind, process_id, task, atom, text, at)
    SELECT gen_random_uuid(), %(user)s, 'assigned', 'p1', n, 'a', 'Text ' || n, '2026-03-01T12:00:00Z'::timestamptz
        + n * interval '1 minute'
    FROM generate_series(1, %(count)s) AS n"""


def told(settings: Settings, user: str, count: int) -> None:
    """So many notifications of a user, the later the higher their number."""
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        connection.execute(ROW, {"user": user, "count": count})


@pytest.fixture
def uma(app: FastAPI) -> Person:
    return person(app, "uma")


async def test_the_list_is_newest_first_in_pages_and_counts_what_is_unread(settings: Settings, uma: Person):
    told(settings, "uma", 5)
    first = await uma.get("/api/notifications", limit=3)
    rest = await uma.get("/api/notifications", limit=3, cursor=first["next_cursor"])
    assert [item["text"] for item in first["items"] + rest["items"]] == [f"Text {n}" for n in (5, 4, 3, 2, 1)]
    assert (first["unread"], rest["next_cursor"]) == (5, None)
    assert first["items"][0] | {"id": ""} == {
        "id": "",
        "kind": "assigned",
        "text": "Text 5",
        "process": "p1",
        "task": "p1.5",
        "incident": None,
        "atom": "a",
        "at": "2026-03-01T12:05:00.000Z",
        "read_at": None,
    }


async def test_one_is_marked_as_read_once_and_leaves_the_unread(settings: Settings, uma: Person):
    told(settings, "uma", 2)
    newest = (await uma.get("/api/notifications", unread="true"))["items"][0]
    read = await uma.post(f"/api/notifications/{newest['id']}/read", key="k1")
    assert read["read_at"]
    assert await uma.post(f"/api/notifications/{newest['id']}/read") == read
    unread = await uma.get("/api/notifications", unread="true")
    assert ([item["text"] for item in unread["items"]], unread["unread"]) == (["Text 1"], 1)
    assert len((await uma.get("/api/notifications"))["items"]) == 2


async def test_nobody_sees_or_marks_what_another_was_told(settings: Settings, uma: Person, admin: Person):
    told(settings, "uma", 1)
    (mine,) = (await uma.get("/api/notifications"))["items"]
    assert (await admin.get("/api/notifications"))["items"] == []
    refused(await admin.send("POST", f"/api/notifications/{mine['id']}/read"), 404, "notification_not_found")
    assert await admin.post("/api/notifications/read-all") == {"read": 0, "unread": 0}
    assert (await uma.get("/api/notifications"))["unread"] == 1


@pytest.mark.parametrize("id", ["x", "00000000-0000-0000-0000-000000000000", "{1}", "%ED%A0%80", "A" * 36])
async def test_what_is_no_notification_is_not_found(uma: Person, id: str):
    refused(await uma.send("POST", f"/api/notifications/{id}/read"), 404, "notification_not_found")


async def test_all_are_marked_up_to_what_was_looked_at(settings: Settings, uma: Person):
    told(settings, "uma", 4)
    path, body = "/api/notifications/read-all", {"until": "2026-03-01T12:02:00Z"}
    assert await uma.post(path, body) == {"read": 2, "unread": 2}
    assert await uma.post(path) == {"read": 2, "unread": 0}
    assert await uma.post(path, {}) == {"read": 0, "unread": 0}


async def test_the_unread_are_counted_to_a_thousand(settings: Settings, uma: Person):
    told(settings, "uma", 1003)
    assert (await uma.get("/api/notifications", limit=1))["unread"] == 1000


async def test_preferences_are_as_usual_until_they_are_said_and_are_replaced_whole(uma: Person, admin: Person):
    path = "/api/notifications/preferences"
    usual = await uma.get(path)
    assert [kind["kind"] for kind in usual["kinds"]] == list(KINDS)
    assert all(kind["channels"] == kind["usual"] for kind in usual["kinds"])
    assert (usual["digest_at"], usual["time_zone"]) == (None, None)
    wanted: dict[str, Any] = {"channels": {"assigned": ["email", "email"], "incident": []}, "digest_at": "08:30"}
    said = answer(await uma.send("PUT", path, {**wanted, "time_zone": "Europe/Berlin"}))
    assert said == await uma.get(path)
    channels = {kind["kind"]: kind["channels"] for kind in said["kinds"]}
    assert (channels["assigned"], channels["incident"], channels["mentioned"]) == (["email"], [], ["inbox", "email"])
    assert (said["digest_at"], said["time_zone"]) == ("08:30", "Europe/Berlin")
    assert await admin.get(path) == usual
    assert answer(await uma.send("PUT", path, {})) == usual


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channels": {"fame": ["inbox"]}}, "/channels/fame"),
        ({"channels": {"assigned": ["pigeon"]}}, "/channels/assigned/0"),
        ({"digest_at": "25:00"}, "/digest_at"),
        ({"digest_at": "8:00"}, "/digest_at"),
        ({"digest_at": "08:00:30"}, "/digest_at"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"speed": 3}, "/speed"),
    ],
)
async def test_preferences_that_cannot_be_are_refused_at_their_place(uma: Person, body: Any, pointer: str):
    problem = refused(await uma.send("PUT", "/api/notifications/preferences", body), 422, "request_invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_who_is_given_a_task_by_another_finds_it_there_without_anybody_doing_more(working: FastAPI):
    admin, uma = person(working, "ada", ["admin"]), person(working, "uma", ["clerk"])
    document = (
        b"{journey: one, version: 1.0.0, name: One, context: {type: object}, roles: {clerk: {}}, "
        b"atoms: [{id: a, performed_by: clerk}]}"
    )
    answer(await admin.send("POST", "/api/journeys", text=document, publish="true"), 201)
    case = await admin.post("/api/processes", {"journey": "one", "business_key": "LN-7"}, 201)
    await admin.post(f"/api/tasks/{case['id']}.1/reassign", {"assignee": "uma"})

    async def told() -> bool:
        return (await uma.get("/api/notifications"))["unread"] == 1

    await until(told)
    (item,) = (await uma.get("/api/notifications"))["items"]
    assert item["text"] == "ada gave you “a” of LN-7."
    assert item["task"] == f"{case['id']}.1"
