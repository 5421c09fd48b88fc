"""A database is away: what can go on goes on, the rest is told to come back (issue: Bad input, in particular)."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql

from api.app import create_app
from engine.bootstrap import open_engine
from engine.settings import Settings
from tests.api.cases import clerk, officer, open_task, started
from tests.api.conftest import DOCUMENT
from tests.api.people import Person, answer, person, refused

DONE = {"output": {"approved": True}}
NEXT = DOCUMENT.replace("version: 1.0.0", "version: 1.1.0").encode()


def without_neo4j(settings: Settings) -> Settings:
    """The same, but where Neo4j should be there is nothing."""
    given = settings.model_dump(exclude_unset=True)
    return Settings(**{**given, "neo4j_uri": "bolt://127.0.0.1:9", "neo4j_connect_timeout": 0.2})


@contextmanager
def postgres_away(postgres_server: str, url: str) -> Iterator[None]:
    """The database of `url` refuses everybody for a while, and has thrown out who was in it."""
    name = urlsplit(url).path.removeprefix("/")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


async def test_with_neo4j_away_work_goes_on_also_after_a_restart(settings: Settings, admin: Person, expense: str):
    async with open_engine(without_neo4j(settings), workers=False) as engine:
        app = create_app(settings, engine=engine)
        task = await open_task(app)
        await clerk(app).post(f"/api/tasks/{task}/complete", DONE)
        ready = await officer(app).get("/health/ready")
        assert (ready["status"], ready["postgres"], ready["neo4j"]) == ("degraded", "there", "away")
        analyst = person(app, "u-analyst", ["analyst"])
        refused(await analyst.send("GET", "/api/monitoring/bottlenecks"), 503, "unavailable")
        text = (await officer(app).send("GET", "/metrics")).text
        assert 'wayline_database_up{database="neo4j"} 0.0' in text


async def test_with_neo4j_away_publishing_is_told_to_come_back_and_nothing_half_done_is_seen(
    settings: Settings, admin: Person, expense: str
):
    async with open_engine(without_neo4j(settings), workers=False) as engine:
        boss = person(create_app(settings, engine=engine), "u-admin", ["admin"])
        response = await boss.send("POST", "/api/journeys", text=NEXT, publish="true")
        refused(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
        assert (await boss.get("/api/journeys/expense/versions/1.1.0"))["status"] == "draft"
        assert (await boss.get("/api/journeys/expense"))["latest"] == "1.0.0"
    assert (await admin.post("/api/journeys/expense/versions/1.1.0/publish"))["status"] == "published"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with which a connection is not waited for so long."""
    return Settings(**{**settings.model_dump(exclude_unset=True), "postgres_connect_timeout": 1})


async def test_with_postgresql_away_everything_comes_back_when_it_is_back(
    app: FastAPI, postgres_server: str, postgres_url: str, expense: str
):
    process = await started(officer(app))
    with postgres_away(postgres_server, postgres_url):
        response = await officer(app).send("GET", f"/api/processes/{process['id']}")
        refused(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
        task = process["open_tasks"][0]
        refused(await clerk(app).send("POST", f"/api/tasks/{task}/complete", DONE, key="k-1"), 503, "unavailable")
        ready = answer(await officer(app).send("GET", "/health/ready"), 503)
        assert (ready["status"], ready["postgres"]) == ("unavailable", "away")
        assert (await officer(app).send("GET", "/metrics")).status_code == 200
        assert (await officer(app).get("/health")) == {"status": "alive"}
    await clerk(app).post(f"/api/tasks/{task}/complete", DONE, key="k-1")
    assert (await officer(app).get("/health/ready"))["status"] == "ready"
