"""SIGTERM: what is under way ends, what is new is sent elsewhere, work is given back, all within ten seconds."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.auth import make_token
from engine import clock
from engine.bootstrap import Engine
from engine.services.processes import Opening
from engine.services.work import Wanted
from engine.settings import Settings
from local.servers import Addresses
from tests.cli.running import Running, gone, running
from tests.system.conftest import ADMIN, SECRET, publish
from tests.system.slow_actions import FOLDER
from tests.waiting import until

Connection = psycopg.AsyncConnection[Any]

IN_TIME = 10.0
JOURNEY = """
journey: stopping
version: 1.0.0
name: Stopping
context: {type: object}
actions: {do.stuck: {}, do.outside: {}}
roles: {clerk: {name: Clerk}}
atoms:
  - {id: person, performed_by: clerk, entry: true}
  - {id: inside, kind: system, action: do.stuck, entry: true, saves: result, retry: {timeout: PT1H}}
  - {id: outside, kind: system, action: do.outside, entry: true}
"""


@pytest.fixture
async def process(engine: Engine) -> str:
    """A process with work for a person, for this engine's workers and for outside ones."""
    await publish(engine, JOURNEY)
    answer = await engine.processes.start(ADMIN, Opening("stopping"))
    return answer.body.id  # type: ignore[attr-defined]


def environment(settings: Settings, **more: str) -> dict[str, str]:
    assert settings.postgres_url
    return {
        "WAYLINE_POSTGRES_URL": settings.postgres_url.get_secret_value(),
        "WAYLINE_UNSAFE_POSTGRES": "fsync",
        "WAYLINE_NEO4J_URI": settings.neo4j_uri or "",
        "WAYLINE_NEO4J_USER": settings.neo4j_user,
        "WAYLINE_NEO4J_PASSWORD": settings.read_neo4j_password() or "",
        "WAYLINE_JWT_SECRET": SECRET,
        **more,
    }


def ended(run: Running, since: float) -> int:
    """The exit status of a process that was told to stop at `since`; it ends in time."""
    status = run.process.wait(IN_TIME)
    assert clock.monotonic() - since < IN_TIME
    return status


async def held(client: Connection) -> bool:
    """Whether somebody waits for a lock that others hold."""
    row = await (await client.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")).fetchone()
    return bool(row and row[0])


@asynccontextmanager
async def connections(settings: Settings) -> AsyncIterator[tuple[Connection, Connection]]:
    """One that holds locks until it is rolled back, and one that looks."""
    assert settings.postgres_url
    url = settings.postgres_url.get_secret_value()
    async with (
        await psycopg.AsyncConnection.connect(url) as lock,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as looking,
    ):
        yield lock, looking


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[tuple[Running, httpx.AsyncClient]]:
    """`wayline serve`, and somebody who calls it as admin."""
    with running("serve", "--port", "0", "--json", **environment(settings)) as run:
        url = json.loads(await asyncio.to_thread(lambda: json.dumps(run.answer())))["url"]
        token = make_token(SECRET, "ada", ["admin"], timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
            yield run, client


async def test_a_server_told_to_stop_answers_who_is_inside_and_sends_others_elsewhere(
    settings: Settings, process: str, api: tuple[Running, httpx.AsyncClient]
):
    run, client = api
    async with connections(settings) as (lock, looking):
        await lock.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [process])
        under_way = asyncio.create_task(client.post(f"/api/tasks/{process}.1/complete", json={"output": {}}))
        waiting = asyncio.create_task(client.post("/api/work/claim", json={"actions": ["none"], "wait": "PT30S"}))
        await until(lambda: held(looking))
        run.process.send_signal(signal.SIGTERM)
        since = clock.monotonic()

        async def refused() -> bool:
            return (await client.get("/health/ready")).status_code == 503

        await until(refused)
        nothing = await waiting
        assert (nothing.status_code, nothing.json()["items"]) == (200, []), "who waits for work waits no longer"
        sent_away = await client.post("/api/processes", json={"journey": "stopping"})
        assert (sent_away.status_code, sent_away.json()["code"]) == (503, "unavailable")
        assert int(sent_away.headers["Retry-After"]) > 0
        assert sent_away.headers["Connection"] == "close"
        assert (await client.get("/health")).status_code == 200
        assert not under_way.done()
        await lock.rollback()
        done = await under_way
    assert (done.status_code, done.headers["Connection"]) == (200, "close")
    assert ended(run, since) == 0
    assert "did not end in time" not in run.told


async def test_a_request_that_does_not_end_keeps_no_server_from_stopping(
    settings: Settings, process: str, api: tuple[Running, httpx.AsyncClient]
):
    run, client = api
    async with connections(settings) as (lock, looking):
        await lock.execute("LOCK TABLE process_instances IN ACCESS EXCLUSIVE MODE")
        lost = asyncio.create_task(client.post(f"/api/tasks/{process}.1/complete", json={"output": {}}))
        await until(lambda: held(looking))
        run.process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(ended, run, clock.monotonic())
        await asyncio.wait([lost])
    assert status == 0


def begun(folder: Path) -> Awaitable[bool]:
    return asyncio.to_thread(lambda: any(folder.glob("begun-*")))


def worker(settings: Settings, folder: Path, grace: float) -> Any:
    """`wayline work`, which does `do.stuck` until the file `go` is in the folder."""
    more = {"WAYLINE_ACTIONS": "tests.system.slow_actions", FOLDER: str(folder), "WAYLINE_STOP_GRACE": str(grace)}
    return running("work", **environment(settings, **more))


def wanted(action: str) -> Wanted:
    return Wanted((action,), 1, timedelta(minutes=5), timedelta())


async def claimed(engine: Engine, action: str) -> Any:
    async def here() -> bool:
        return False

    (work,) = (await engine.work.claim(ADMIN, wanted(action), here)).body.items  # type: ignore[attr-defined]
    return work


async def test_r10_what_a_stopped_worker_did_not_finish_is_anothers_at_once_and_no_attempt_is_counted(
    engine: Engine, settings: Settings, process: str, tmp_path: Path
):
    outside = await claimed(engine, "do.outside")
    with worker(settings, tmp_path, grace=0.1) as run:
        await until(lambda: begun(tmp_path))
        since = clock.monotonic()
        run.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(ended, run, since) == 0, run.told
    work = await claimed(engine, "do.stuck")
    assert (work.atom, work.attempt, work.token) == ("inside", 1, 2), "its lease of an hour was given back"
    await engine.work.complete(ADMIN, outside.id, {}, outside.token)
    types = [event.type for event in (await engine.processes.history(ADMIN, process, None, 100)).items]
    assert "action.attempted" not in types


async def test_what_ends_in_its_time_is_handed_in_before_the_worker_stops(
    engine: Engine, settings: Settings, process: str, tmp_path: Path
):
    with worker(settings, tmp_path, grace=6) as run:
        await until(lambda: begun(tmp_path))
        since = clock.monotonic()
        run.process.send_signal(signal.SIGTERM)
        (tmp_path / "go").touch()
        assert await asyncio.to_thread(ended, run, since) == 0, run.told
        assert (await engine.processes.get(ADMIN, process)).context["result"] == {"done_by": run.process.pid}


async def test_a_second_signal_ends_it_at_once(settings: Settings, process: str, tmp_path: Path):
    with worker(settings, tmp_path, grace=6) as run:
        await until(lambda: begun(tmp_path))
        since = clock.monotonic()

        async def over() -> bool:
            if run.process.poll() is None:
                run.process.send_signal(signal.SIGTERM)
            return run.process.poll() is not None

        await until(over)
        assert clock.monotonic() - since < 5, "the action under way was not waited for"
        assert run.process.returncode == 128 + signal.SIGTERM
    assert "Stopped at once." in run.told


def test_everything_on_one_machine_stops_in_time_and_a_private_server_that_was_asked_to_be_unsafe_is_accepted(
    neo4j: Addresses, tmp_path: Path
):
    named = {
        "WAYLINE_NEO4J_URI": neo4j.neo4j_uri,
        "WAYLINE_NEO4J_USER": neo4j.neo4j_user,
        "WAYLINE_NEO4J_PASSWORD": neo4j.neo4j_password,
    }
    data = str(tmp_path / "data")
    with running("up", "--port", "0", "--data", data, "--json", **named, WAYLINE_POSTGRES_DURABLE="no") as run:
        place = run.answer()
        assert httpx.get(f"{place['url']}/health/ready").status_code == 200
        children = run.children()
        assert "postgres" in {child.name() for child in children}
        since = clock.monotonic()
        run.process.send_signal(signal.SIGTERM)
        assert ended(run, since) == 0
        assert gone(children)
