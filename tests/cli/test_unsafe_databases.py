"""Nothing starts on a PostgreSQL that may lose what it acknowledged, unless that was accepted by name."""

from pathlib import Path

import psycopg
import pytest

from cli.machine import with_servers
from cli.main import main
from engine.settings import Settings
from local.servers import Addresses


@pytest.mark.parametrize("command", ["serve --port 0", "work", "migrate", "up --port 0"])
def test_no_part_starts_on_an_unsafe_database(
    command: str,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    monkeypatch.setenv("WAYLINE_POSTGRES_URL", postgres_url)
    monkeypatch.setenv("WAYLINE_NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.setenv("WAYLINE_DATA_DIR", str(tmp_path / "data"))
    assert main(command.split()) == 1
    told = capsys.readouterr().err
    assert "error: PostgreSQL is not safe for real work. synchronous_commit is off" in told
    assert "WAYLINE_UNSAFE_POSTGRES=" in told


def test_a_private_server_that_was_asked_to_be_unsafe_is_accepted_and_another_is_not(tmp_path: Path):
    unsafe = Addresses("postgresql://x", "", "", "", Path(), postgres_durable=False)
    accepted = Settings(unsafe_postgres=("full_page_writes",), data_dir=tmp_path)
    assert with_servers(accepted, unsafe).unsafe_postgres == ("full_page_writes", "fsync")
    durable = Addresses("postgresql://x", "", "", "", Path())
    assert with_servers(accepted, durable).unsafe_postgres == ("full_page_writes",)
