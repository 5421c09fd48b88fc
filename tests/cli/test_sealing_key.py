"""What a private PostgreSQL seals sensitive data with, where nobody chose a key."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli import databases
from cli.machine import with_servers
from engine.settings import Settings
from engine.store.sealing import keys_of
from local.secret import record_address
from local.servers import Addresses

PRIVATE = Addresses("postgresql://x", "", "", "", Path())
ELSEWHERE = Addresses("", "", "", "", Path())
CHOSEN = base64.b64encode(bytes(range(32))).decode()


def test_it_is_drawn_once_and_kept_for_its_owner_alone(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    (key,) = with_servers(settings, PRIVATE).read_sensitive_keys()
    assert len(base64.b64decode(key)) == 32
    assert (tmp_path / "new" / "sealing.key").stat().st_mode & 0o777 == 0o600
    assert with_servers(settings, PRIVATE).read_sensitive_keys() == (key,)


def test_those_that_are_given_seal_and_it_goes_on_opening_what_it_sealed(tmp_path: Path):
    (key,) = with_servers(Settings(data_dir=tmp_path), PRIVATE).read_sensitive_keys()
    file = tmp_path / "keys"
    file.write_text(CHOSEN + "\n")
    whole = with_servers(Settings(data_dir=tmp_path, sensitive_keys_file=file), PRIVATE)
    assert whole.read_sensitive_keys() == (CHOSEN, key)
    assert keys_of(whole) is not None


def test_none_is_drawn_where_some_are_given_or_the_database_is_elsewhere(tmp_path: Path):
    given = Settings(data_dir=tmp_path, sensitive_keys=SecretStr(CHOSEN))
    assert with_servers(given, PRIVATE).read_sensitive_keys() == (CHOSEN,)
    assert with_servers(Settings(data_dir=tmp_path), ELSEWHERE).read_sensitive_keys() == ()
    assert not (tmp_path / "sealing.key").exists()


def test_a_command_beside_a_running_server_opens_what_that_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(data_dir=tmp_path)
    (key,) = with_servers(settings, PRIVATE).read_sensitive_keys()
    record_address(tmp_path, {"url": "http://127.0.0.1:9", "postgres_url": "postgresql://x"})
    monkeypatch.setattr(databases.httpx, "get", lambda *_, **__: databases.httpx.Response(200, request=_request()))
    with databases.databases(settings, neo4j=False) as whole:
        assert whole.read_sensitive_keys() == (key,)


def _request() -> databases.httpx.Request:
    return databases.httpx.Request("GET", "http://127.0.0.1:9/health")
