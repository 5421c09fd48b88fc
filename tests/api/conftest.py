"""An app on real servers for each test, its databases empty but for what the test puts in."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI

from api.app import create_app
from engine.bootstrap import Engine, migrate, open_engine
from engine.logs import configure_logs
from engine.settings import Settings
from local.servers import Addresses
from tests.api.people import SECRET, Person, person

DOCUMENT = (Path(__file__).parent / "expense.yaml").read_text("utf-8")


@pytest.fixture(scope="session", autouse=True)
def _plain_log() -> Iterator[None]:
    # The log as it comes without being set up draws every variable of a traceback, which takes seconds.
    configure_logs(Settings())
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings(postgres_url: str, neo4j: Addresses) -> Settings:
    """Settings on an empty database of each kind."""
    return Settings(
        postgres_url=postgres_url,
        neo4j_uri=neo4j.neo4j_uri,
        neo4j_user=neo4j.neo4j_user,
        neo4j_password=neo4j.neo4j_password,
        jwt_secret=SECRET,
        postgres_pool_max=4,
    )


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    """An engine without workers."""
    await migrate(settings)
    async with open_engine(settings, workers=False) as opened:
        yield opened


@pytest.fixture
def app(settings: Settings, engine: Engine) -> FastAPI:
    """The app on that engine."""
    return create_app(settings, engine=engine)


@pytest.fixture
async def admin(app: FastAPI) -> Person:
    """Someone who holds every permission."""
    return person(app, "u-admin", ["admin"])


@pytest.fixture
async def expense(admin: Person) -> str:
    """A published journey: a clerk enters, above a limit a boss reviews, then it is paid."""
    response = await admin.send("POST", "/api/journeys", text=DOCUMENT.encode(), publish="true")
    assert response.status_code == 201, response.text
    return "expense"
