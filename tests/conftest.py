"""Servers for the tests: started at the first test that asks, once a run; a fresh database for each test.

`postgres_url`, `empty_postgres_url`, `neo4j` and `servers` are what tests ask for. Servers named by
WAYLINE_POSTGRES_URL (its role needs CREATEDB) and WAYLINE_NEO4J_URI (which is wiped!) are used instead of private ones.

With `-n` the run is shared by several workers, each with servers of its own; a file's tests stay together.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog
from neo4j import Driver, GraphDatabase
from psycopg import sql

from engine.settings import Settings
from engine.statements import CYPHER_MIGRATIONS, migrations
from engine.store import migrate
from local.neo4j import FIRST_PORT
from local.servers import Addresses, Servers, ServerSettings

_MOST_WORKERS = 4  # each has a Neo4j of its own, of three quarters of a gigabyte
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_LONGEST_FIRST = ("cli", "graph", "model", "system", "local", "api/test_schemathesis.py", "api", "conformance")
"""Parts that take long; begun at the end, one would keep its worker while the others have nothing left."""
_numbers = itertools.count(1)
os.environ["WAYLINE_BOLT_PORT"] = str(FIRST_PORT + 1 + _WORKER)  # the workers' servers do not race for one port
os.environ.setdefault("WAYLINE_NEO4J_SHORT_LIVED", "yes")
os.environ.setdefault("WAYLINE_UNSAFE_POSTGRES", "fsync")  # as the tests' own server runs, see `postgres_server`


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: as many as there are cores. A Neo4j that is given is wiped by each test, so one has it for itself."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = 1 if "WAYLINE_NEO4J_URI" in os.environ else min(cores, _MOST_WORKERS)
    return 0 if workers == 1 else workers  # 0: in this process


def pytest_configure(config: pytest.Config) -> None:
    if "WAYLINE_NEO4J_URI" in os.environ and (config.getoption("numprocesses", None) or 1) > 1:
        raise pytest.UsageError("WAYLINE_NEO4J_URI names one Neo4j, which each test wipes: run one worker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(folder).as_posix()
        found = (n for n, part in enumerate(_LONGEST_FIRST) if path == part or path.startswith(f"{part}/"))
        return next(found, len(_LONGEST_FIRST))

    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=place)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command that a test runs says where its log goes; that place is closed when the test is over."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database `wayline` on a server for the whole run, from which tests may create others."""
    if given := os.environ.get("WAYLINE_POSTGRES_URL"):
        yield given
        return
    # Dropping a database waits for the disk, which takes longer than most tests; no test pulls the machine's plug.
    settings = dataclasses.replace(
        ServerSettings.from_environment(), postgres_may_create_databases=True, postgres_durable=False
    )
    with Servers.start(tmp_path_factory.mktemp("postgres"), neo4j=False, settings=settings) as started:
        yield started.addresses.postgres_url


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A Neo4j for the whole run; only the `neo4j_*` fields are set. Tests want `neo4j`, which is empty."""
    if given := os.environ.get("WAYLINE_NEO4J_URI"):
        user, password = os.environ.get("WAYLINE_NEO4J_USER", "neo4j"), os.environ.get("WAYLINE_NEO4J_PASSWORD", "")
        yield Addresses("", given, user, password, Path())
        return
    with Servers.start(tmp_path_factory.mktemp("neo4j"), postgres=False) as started:
        yield started.addresses


@pytest.fixture(scope="session")
def servers(postgres_server: str, neo4j_server: Addresses) -> Addresses:
    """Both servers of the run."""
    return dataclasses.replace(neo4j_server, postgres_url=postgres_server)


@pytest.fixture(scope="session")
def _postgres_admin(postgres_server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty_postgres_url(postgres_server: str, _postgres_admin: psycopg.Connection) -> Iterator[str]:
    """URL of an empty database of this test's own, owned by the role of the URL and dropped afterwards."""
    with _database(postgres_server, _postgres_admin, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def _migrated(postgres_server: str, _postgres_admin: psycopg.Connection) -> Iterator[str]:
    """The name of a database with every migration, which nobody is connected to."""
    with _database(postgres_server, _postgres_admin, "template0") as url:
        with ThreadPoolExecutor(1) as aside:  # a test's own loop may be running here
            aside.submit(lambda: asyncio.run(migrate(url, Settings()))).result()
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(scope="session")
def migrated_database(
    postgres_server: str, _postgres_admin: psycopg.Connection, _migrated: str
) -> Callable[[], contextlib.AbstractContextManager[str]]:
    """Makes a migrated database, owned by the role of its URL and dropped when it is left."""
    return lambda: _database(postgres_server, _postgres_admin, _migrated)


@pytest.fixture
def postgres_url(migrated_database: Callable[[], contextlib.AbstractContextManager[str]]) -> Iterator[str]:
    """URL of a migrated database of this test's own."""
    with migrated_database() as url:
        yield url


@contextlib.contextmanager
def _database(server: str, admin: psycopg.Connection, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    """Drops a database; an autovacuum worker in it may not be ended by us, and is soon gone by itself."""
    deadline = time.monotonic() + 30
    while True:
        try:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="session")
def _neo4j_admin(neo4j_server: Addresses) -> Iterator[Driver]:
    credentials = (neo4j_server.neo4j_user, neo4j_server.neo4j_password)
    with GraphDatabase.driver(neo4j_server.neo4j_uri, auth=credentials) as driver:
        yield driver


@pytest.fixture
def neo4j(neo4j_server: Addresses, _neo4j_admin: Driver) -> Addresses:
    """The run's Neo4j without a node in it but what tells that it is migrated, once it is.

    Migrated again for each test it would also plan each statement again: that takes longer than most tests.
    """
    applied = [[migration.version, migration.checksum] for migration in migrations(CYPHER_MIGRATIONS)]
    with _neo4j_admin.session() as session:
        session.run(
            "MATCH (n) WHERE NOT (n:Migration AND [n.version, n.checksum] IN $applied)"
            " CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS",
            applied=applied,
        ).consume()
    return neo4j_server
