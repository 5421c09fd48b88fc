"""A database that goes away: what needs it says so, what does not goes on, and all goes on when it is back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx
import pytest

from api.app import create_app
from api.auth import make_token
from engine.bootstrap import migrate, open_engine
from engine.settings import Settings
from local.servers import Addresses
from tests.system.conftest import SECRET, settings_for
from tests.system.proxy import Proxy, proxied
from tests.waiting import until

JOURNEY = """
journey: away
version: {version}
name: Away
context: {{type: object}}
roles: {{clerk: {{name: Clerk}}}}
atoms:
  - {{id: first, performed_by: clerk, enables: [second]}}
  - {{id: second, performed_by: clerk}}
"""


@pytest.fixture
async def postgres_wire(postgres_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A wire to PostgreSQL, and the URL through it."""
    parts = urlsplit(postgres_url)
    folder = parse_qs(parts.query).get("host", [""])[0] or unquote(parts.hostname or "")

    async def dial() -> Any:
        if folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parts.port or 5432}")
        return await asyncio.open_connection(folder, parts.port or 5432)

    async with proxied(dial) as proxy:
        user = f"{quote(unquote(parts.username or ''))}:{quote(unquote(parts.password or ''))}"
        yield proxy, f"postgresql://{user}@127.0.0.1:{proxy.port}{parts.path}"


@pytest.fixture
async def neo4j_wire(neo4j: Addresses) -> AsyncIterator[tuple[Proxy, str]]:
    """A wire to Neo4j, and the address through it."""
    parts = urlsplit(neo4j.neo4j_uri)

    async def dial() -> Any:
        return await asyncio.open_connection(parts.hostname, parts.port)

    async with proxied(dial) as proxy:
        yield proxy, f"bolt://127.0.0.1:{proxy.port}"


def client_of(app: Any) -> httpx.AsyncClient:
    token = make_token(SECRET, "ada", ["admin"], timedelta(hours=1))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://wayline", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


async def load(client: httpx.AsyncClient, version: str) -> httpx.Response:
    return await client.post(
        "/api/journeys",
        params={"publish": "true"},
        content=JOURNEY.format(version=version),
        headers={"Content-Type": "application/yaml"},
    )


async def run_one(client: httpx.AsyncClient) -> None:
    """Starts a process and completes its first task."""
    started = await client.post("/api/processes", json={"journey": "away"})
    assert started.status_code == 201, started.text
    (task,) = started.json()["open_tasks"]
    completed = await client.post(f"/api/tasks/{task}/complete", json={"output": {}})
    assert completed.status_code == 200, completed.text
    assert completed.json()["started"][0]["atom"] == "second"


async def test_without_neo4j_work_goes_on_even_after_a_restart_and_only_publishing_waits(
    postgres_url: str, neo4j: Addresses, neo4j_wire: tuple[Proxy, str]
):
    wire, uri = neo4j_wire
    settings: Settings = settings_for(postgres_url, neo4j).model_copy(update={"neo4j_uri": uri})
    await migrate(settings)
    async with open_engine(settings, workers=False) as engine, client_of(create_app(settings, engine=engine)) as client:
        assert (await load(client, "1.0.0")).status_code == 201
        await wire.cut()
        await run_one(client)
    async with open_engine(settings, workers=False) as engine, client_of(create_app(settings, engine=engine)) as client:
        await run_one(client)
        refused = await load(client, "1.1.0")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["code"] == "unavailable"
        versions = (await client.get("/api/journeys/away")).json()
        assert versions["latest"] == "1.0.0"
        assert (await client.get("/health/ready")).json()["status"] == "degraded"
        await wire.mend()
        assert (await load(client, "1.1.0")).status_code in (200, 201)
        await engine.projector.catch_up()
        rows = (await client.get("/api/monitoring/bottlenecks")).json()["items"]
        assert {row["atom"]: row["waiting"] for row in rows}["second"] == 2


async def test_without_postgresql_every_answer_is_503_with_retry_after_until_it_is_back(
    postgres_wire: tuple[Proxy, str], neo4j: Addresses
):
    wire, url = postgres_wire
    settings = settings_for(url, neo4j, postgres_connect_timeout=1)
    await migrate(settings)
    async with open_engine(settings, workers=False) as engine, client_of(create_app(settings, engine=engine)) as client:
        assert (await load(client, "1.0.0")).status_code == 201
        await run_one(client)
        await wire.cut()
        for call in (client.get("/api/processes"), client.post("/api/processes", json={"journey": "away"})):
            refused = await call
            assert refused.status_code == 503, refused.text
            assert int(refused.headers["Retry-After"]) > 0
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503
        await wire.mend()

        async def back() -> bool:
            reads = await client.get("/api/processes")
            writes = await client.post("/api/processes", json={"journey": "away"})
            return (reads.status_code, writes.status_code) == (200, 201)

        await until(back)
        await run_one(client)
