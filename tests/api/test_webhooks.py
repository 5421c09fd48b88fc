"""Webhooks are the administrators'; their secrets are shown once and kept nowhere (issue 6, point 8)."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from api.app import create_app
from engine.bootstrap import open_engine
from engine.services.webhooks import MOST
from engine.settings import Settings
from tests.api.people import Person, answer, person, refused

KEY = "a key of the tests that is long enough"
HOOK = {"url": "https://hooks.example.org/x", "kinds": ["incident", "incident", "breached"], "description": "Pager"}
PATH = "/api/webhooks"


@pytest.fixture
async def keyed(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app of an installation with a key for webhooks."""
    more = Settings(**{**settings.model_dump(), "webhook_key": KEY, "webhook_hosts": ("hooks.inside",)})
    async with open_engine(more, workers=False) as opened:
        yield create_app(more, engine=opened)


@pytest.fixture
def ada(keyed: FastAPI) -> Person:
    return person(keyed, "ada", ["admin"])


def everything(settings: Settings) -> str:
    """Every row of every table, as text."""
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value()) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = [str(row[0]) for row in names.fetchall()]
        return "".join(str(connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall()) for name in tables)


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once_and_kept_nowhere(ada: Person, settings: Settings):
    made = await ada.post(PATH, HOOK, 201, key="k1")
    assert made["secret"].startswith("whsec_")
    shown = {**made, "secret": None}
    assert (shown["url"], shown["kinds"], shown["active"]) == (HOOK["url"], ["incident", "breached"], True)
    assert await ada.post(PATH, HOOK, 201, key="k1") == shown
    assert await ada.get(f"{PATH}/{made['id']}") == shown
    assert (await ada.get(PATH))["items"] == [shown]
    assert made["secret"] not in everything(settings)


async def test_webhooks_are_changed_stopped_and_removed_and_that_is_audited(ada: Person, settings: Settings):
    made = await ada.post(PATH, HOOK, 201)
    path = f"{PATH}/{made['id']}"
    changed = answer(await ada.send("PATCH", path, {"active": False, "kinds": []}))
    assert (changed["active"], changed["kinds"], changed["url"]) == (False, [], HOOK["url"])
    assert answer(await ada.send("PATCH", path, {}))["active"] is False
    assert answer(await ada.send("PATCH", path, {"active": True, "url": "http://hooks.inside:9/"}))["active"] is True
    answer(await ada.send("DELETE", path))
    for method in ("GET", "PATCH", "DELETE"):
        body = {} if method == "PATCH" else None
        refused(await ada.send(method, path, body), 404, "webhook_not_found")
    refused(await ada.send("GET", f"{path}/deliveries"), 404, "webhook_not_found")
    refused(await ada.send("POST", f"{path}/send-again"), 404, "webhook_not_found")
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value()) as connection:
        rows = connection.execute("SELECT type, actor FROM audit_events WHERE subject = %s ORDER BY id", [made["id"]])
        assert [row[0] for row in rows.fetchall()] == ["webhook.created", *["webhook.changed"] * 3, "webhook.deleted"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "http://hooks.example.org/"}, "/url"),
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "https://hooks.example.org/", "kinds": ["fame"]}, "/kinds/0"),
        ({"url": "https://hooks.example.org/", "secret": "mine"}, "/secret"),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused_at_its_place(ada: Person, body: Any, pointer: str):
    problem = refused(await ada.send("POST", PATH, body), 422, "request_invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("id", ["x", "%ED%A0%80", "00000000-0000-0000-0000-000000000000"])
async def test_what_is_no_webhook_is_not_found(ada: Person, id: str):
    refused(await ada.send("GET", f"{PATH}/{id}"), 404, "webhook_not_found")
    refused(await ada.send("PATCH", f"{PATH}/{id}", {"active": True}), 404, "webhook_not_found")
    refused(await ada.send("DELETE", f"{PATH}/{id}"), 404, "webhook_not_found")


async def test_only_administrators_have_to_do_with_webhooks(ada: Person, keyed: FastAPI):
    made = await ada.post(PATH, HOOK, 201)
    mona, path = person(keyed, "mona", ["manager", "designer", "officer"]), f"{PATH}/{made['id']}"
    for method, place, body in (
        ("GET", PATH, None),
        ("POST", PATH, HOOK),
        ("GET", path, None),
        ("PATCH", path, {}),
        ("DELETE", path, None),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/send-again", None),
    ):
        refused(await mona.send(method, place, body), 403, "permission_denied")


async def test_there_are_no_more_webhooks_than_there_may_be(ada: Person):
    for _ in range(MOST):
        await ada.post(PATH, HOOK, 201)
    refused(await ada.send("POST", PATH, HOOK), 409, "too_many_webhooks")
    assert len((await ada.get(PATH))["items"]) == MOST


async def test_without_a_key_there_are_no_webhooks(admin: Person):
    refused(await admin.send("POST", PATH, HOOK), 409, "webhooks_off")
    assert (await admin.get(PATH))["items"] == []


async def test_deliveries_are_listed_newest_first_and_the_failed_are_sent_again(ada: Person, settings: Settings):
    made = await ada.post(PATH, HOOK, 201)
    path = f"{PATH}/{made['id']}/deliveries"
    statement = """
        INSERT INTO deliveries (id, channel, webhook_id, kind, message, state, attempts, why, created_at, ended_at)
        SELECT gen_random_uuid(), 'webhook', %s, 'incident', '{}',
            CASE WHEN n < 3 THEN 'failed' ELSE 'delivered' END, n, 'It answered 500.',
            '2026-03-01T12:00:00Z'::timestamptz + n * interval '1 s', wayline_now()
        FROM generate_series(1, 4) AS n"""
    assert settings.postgres_url
    with psycopg.connect(settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        connection.execute(statement, [made["id"]])
    first = await ada.get(path, limit=3)
    rest = await ada.get(path, limit=3, cursor=first["next_cursor"])
    assert [item["attempts"] for item in first["items"] + rest["items"]] == [4, 3, 2, 1]
    failed = await ada.get(path, state="failed")
    assert [(item["attempts"], item["why"]) for item in failed["items"]] == [
        (2, "It answered 500."),
        (1, "It answered 500."),
    ]
    assert await ada.post(f"{PATH}/{made['id']}/send-again") == {"deliveries": 2}
    assert len((await ada.get(path, state="waiting"))["items"]) == 2
    assert (await ada.get(path, state="failed"))["items"] == []
