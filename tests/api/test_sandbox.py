"""The clock of a sandbox: what is due on the way has happened before the answer (R11, R16)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from api.app import create_app
from engine.bootstrap import open_engine
from engine.core.times import parse_time
from engine.settings import Settings
from tests.api.journeys import PAUSE, begun, publish, step_of
from tests.api.people import Person, person, refused

LATE = """
journey: late
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}, chief: {name: Chief}}
atoms: [{id: work, performed_by: clerk, sla: {target: PT1H, escalations: [{after: PT2H, role: chief}]}}]
"""


@pytest.fixture
async def sandbox(settings: Settings) -> AsyncIterator[FastAPI]:
    """An app with workers whose clock may be moved."""
    whole = settings.model_copy(update={"sandbox": True})
    async with open_engine(whole, workers=True) as engine:
        yield create_app(whole, engine=engine)


async def test_waits_and_timeouts_on_the_way_happen_at_their_time(sandbox: FastAPI):
    admin = person(sandbox, "u-admin", ["admin"])
    await publish(admin, PAUSE)
    process = await begun(admin, "pause")
    path = f"/api/processes/{process['id']}"
    moved = await admin.post("/api/sandbox/clock", {"advance": "P2DT23H"})
    assert moved["stops"] == 0
    assert step_of(await admin.get(path), "cool-off")["state"] == "active"
    moved = await admin.post("/api/sandbox/clock", {"advance": "PT90M"})
    assert moved["stops"] == 1
    assert step_of(await admin.get(path), "sign")["state"] == "active"
    moved = await admin.post("/api/sandbox/clock", {"advance": "P1D"})
    shown = await admin.get(path)
    assert (moved["stops"], shown["status"], shown["outcome"]) == (1, "completed", "lapsed")
    started = parse_time(shown["started_at"])
    assert parse_time(shown["ended_at"]) - started < timedelta(days=3, hours=1, minutes=1)
    assert parse_time(moved["now"]) - started > timedelta(days=4)


async def test_one_move_fires_timers_that_come_of_timers(sandbox: FastAPI):
    admin = person(sandbox, "u-admin", ["admin"])
    await publish(admin, PAUSE)
    process = await begun(admin, "pause")
    moved = await admin.post("/api/sandbox/clock", {"advance": "P30D"})
    assert moved["stops"] == 2
    assert (await admin.get(f"/api/processes/{process['id']}"))["outcome"] == "lapsed"


async def test_it_stops_at_every_mark_of_a_service_level_and_each_is_noted_as_it_comes(sandbox: FastAPI):
    admin = person(sandbox, "u-admin", ["admin"])
    await publish(admin, LATE)
    process = await begun(admin, "late")
    moved = await admin.post("/api/sandbox/clock", {"advance": "PT4H"})
    assert moved["stops"] == 3
    history = (await admin.get(f"/api/processes/{process['id']}/history"))["items"]
    marks = [(event["type"], parse_time(event["payload"]["reached_at"]), event) for event in history[-3:]]
    started = parse_time(process["started_at"])
    assert [(name, at - started) for name, at, _ in marks] == [
        ("sla.at_risk", timedelta(minutes=45)),
        ("sla.breached", timedelta(hours=1)),
        ("task.escalated", timedelta(hours=2)),
    ]
    assert all(parse_time(event["at"]) - at < timedelta(minutes=1) for _, at, event in marks)


async def test_moved_at_once_it_stops_nowhere_and_what_came_due_is_done_after_it(sandbox: FastAPI):
    admin = person(sandbox, "u-admin", ["admin"])
    await publish(admin, PAUSE)
    process = await begun(admin, "pause")
    moved = await admin.post("/api/sandbox/clock", {"advance": "P4D", "at_once": True})
    assert moved["stops"] == 0
    (task,) = (await admin.get("/api/tasks", process=process["id"]))["items"]
    assert task["atom"] == "sign"
    assert parse_time(task["created_at"]) - parse_time(process["started_at"]) >= timedelta(days=4)


async def test_the_same_key_moves_the_clock_once(sandbox: FastAPI):
    admin = person(sandbox, "u-admin", ["admin"])
    first = await admin.post("/api/sandbox/clock", {"advance": "P1D"}, key="k-1")
    assert await admin.post("/api/sandbox/clock", {"advance": "P1D"}, key="k-1") == first


@pytest.mark.parametrize("advance", ["PT0S", "-PT1H", "P1M", "P9999Y", "soon", 60])
async def test_a_length_that_leads_nowhere_is_refused(app: FastAPI, admin: Person, advance: object):
    response = await admin.send("POST", "/api/sandbox/clock", {"advance": advance})
    assert refused(response, 422, "request_invalid")["errors"][0]["pointer"] == "/advance"


async def test_a_server_that_is_no_sandbox_refuses(app: FastAPI, admin: Person):
    response = await admin.send("POST", "/api/sandbox/clock", {"advance": "PT1H"})
    assert "--sandbox" in refused(response, 409, "not_a_sandbox")["detail"]
    officer = person(app, "u-officer", ["officer"])
    refused(await officer.send("POST", "/api/sandbox/clock", {"advance": "PT1H"}), 403, "permission_denied")
