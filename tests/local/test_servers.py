"""The private servers, started for real: who may use them, what they keep, how they end."""

import dataclasses
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError

from local.servers import Addresses, LocalError, Servers, ServerSettings


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "data"


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    """A port on which somebody listens, which Neo4j was told to take at its first start."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the first start said."""
    return []


@pytest.fixture(scope="module")
def first_port(data_dir: Path, taken_port: int, told: list[str]) -> int:
    """Both servers were started once and left data; gives Neo4j's port."""
    wishing = dataclasses.replace(ServerSettings.from_environment(), neo4j_bolt_port=taken_port)
    with Servers.start(data_dir, settings=wishing, on_progress=told.append) as first:
        with psycopg.connect(first.addresses.postgres_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        run_cypher(first.addresses, "CREATE (:Kept {answer: 42})")
        return port_of(first)


@pytest.fixture(scope="module")
def started(data_dir: Path, first_port: int) -> Iterator[Servers]:
    """Both servers, started a second time on what the first left, with no port wished for."""
    settings = dataclasses.replace(ServerSettings.from_environment(), neo4j_bolt_port=0)
    with Servers.start(data_dir, settings=settings) as second:
        yield second


def port_of(servers: Servers) -> int:
    return int(servers.addresses.neo4j_uri.rsplit(":", 1)[1])


def run_cypher(addresses: Addresses, statement: LiteralString, password: str | None = None) -> list[object]:
    credentials = (addresses.neo4j_user, addresses.neo4j_password if password is None else password)
    with GraphDatabase.driver(addresses.neo4j_uri, auth=credentials) as driver:
        return [record.value() for record in driver.execute_query(statement).records]


def test_data_of_both_servers_survives_a_stop_and_a_start(started: Servers) -> None:
    with psycopg.connect(started.addresses.postgres_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert run_cypher(started.addresses, "MATCH (k:Kept) RETURN k.answer") == [42]
    assert started.poll() is None


def test_the_application_role_owns_its_database_and_is_no_superuser(started: Servers) -> None:
    with psycopg.connect(started.addresses.postgres_url) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolbypassrls, pg_get_userbyid(datdba) FROM pg_roles, pg_database"
            " WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()
    assert row == (False, False, False, "wayline")


def test_a_commit_is_durable(started: Servers) -> None:
    with psycopg.connect(started.addresses.postgres_url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            assert row == ("on",), setting


def test_nobody_enters_without_the_password(started: Servers) -> None:
    url = started.addresses.postgres_url
    password = url.split("wayline:")[1].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "0" * 48))
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(url.replace(f"wayline:{password}", f"postgres:{password}"))
    with pytest.raises(AuthError):
        run_cypher(started.addresses, "RETURN 1", password="neo4j")


def test_passwords_are_readable_by_their_owner_only(started: Servers, data_dir: Path) -> None:
    files = sorted(data_dir.glob("*.password"))
    assert [file.name for file in files] == ["neo4j.password", "postgres.password"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert started.addresses.neo4j_password_file.read_text().strip() == started.addresses.neo4j_password


def test_a_second_owner_of_the_folder_is_refused(started: Servers, data_dir: Path) -> None:
    with pytest.raises(LocalError, match="in use by process"):
        Servers.start(data_dir)
    assert started.poll() is None


def test_a_taken_bolt_port_is_replaced_by_a_free_one_and_that_is_remembered(
    started: Servers, taken_port: int, first_port: int, told: list[str]
) -> None:
    assert first_port != taken_port
    assert f"Neo4j is ready (port {taken_port} is taken, Bolt is on {first_port})" in told
    assert port_of(started) == first_port


def test_a_path_too_long_for_a_socket_is_served_on_loopback(tmp_path: Path) -> None:
    with Servers.start(tmp_path / ("long" * 25), neo4j=False) as servers:
        assert "@127.0.0.1:" in servers.addresses.postgres_url
        assert servers.addresses.neo4j_uri == ""
        with psycopg.connect(servers.addresses.postgres_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
