"""No orphans: whatever is killed, the servers end, and nothing else does."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest

from local.errors import LocalError
from local.identity import born
from local.processes import LAUNCHER, Launch, Processes, Record, end_recorded
from local.servers import Servers

OWNER = """
import sys, pathlib, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits SIGINT as ignored
from local.servers import Servers
servers = Servers.start(pathlib.Path(sys.argv[1]), neo4j=sys.argv[2] == "both")
print(servers._guard.process.pid, flush=True)
sys.stdin.read()
"""
SLEEPER = "import sys; sys.stdin.read()"


@contextlib.contextmanager
def owner_of(data_dir: Path, which: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """A process that started servers, and the pid of its guard."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir), which],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=LAUNCHER.parent.parent,
    ) as owner:
        assert owner.stdout is not None
        yield owner, int(owner.stdout.readline())
        owner.kill()


@contextlib.contextmanager
def sleeper(*arguments: str) -> Generator[subprocess.Popen[bytes]]:
    """An innocent process, whatever its arguments say."""
    with subprocess.Popen([sys.executable, "-c", SLEEPER, *arguments], stdin=subprocess.PIPE) as innocent:
        yield innocent
        innocent.kill()


def recorded(data_dir: Path) -> list[Record]:
    return [Record(**row) for row in json.loads((data_dir / "servers.json").read_text())]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_servers_of_a_killed_owner_end_by_themselves(tmp_path: Path) -> None:
    with owner_of(tmp_path, "both") as (owner, _):
        servers = recorded(tmp_path)
        assert sorted(server.name for server in servers) == ["neo4j", "postgres"]
        assert all(server.runs() for server in servers)
        owner.kill()
        eventually(lambda: not any(server.runs() for server in servers))


def test_a_start_right_after_the_kill_waits_for_the_old_servers(tmp_path: Path) -> None:
    with owner_of(tmp_path, "postgres") as (owner, _):
        with psycopg.connect(_url(tmp_path)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        owner.kill()
        owner.wait()
        with Servers.start(tmp_path, neo4j=False) as servers, psycopg.connect(servers.addresses.postgres_url) as again:
            assert again.execute("SELECT one FROM kept").fetchone() == (1,)


def test_ctrl_c_during_the_start_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), "both"]
    with subprocess.Popen(command, cwd=LAUNCHER.parent.parent, stderr=subprocess.DEVNULL) as owner:
        eventually(lambda: (tmp_path / "servers.json").exists() and bool(recorded(tmp_path)))
        servers = recorded(tmp_path)
        owner.send_signal(signal.SIGINT)
        assert owner.wait(30) != 0
    assert not any(server.runs() for server in servers)
    Servers.start(tmp_path, postgres=False, neo4j=False).stop()


def test_with_the_guard_killed_too_the_next_start_ends_the_servers_and_nothing_else(tmp_path: Path) -> None:
    with (
        sleeper(f"-D {tmp_path}/postgres", str(tmp_path / "postgres")) as innocent,
        owner_of(tmp_path, "postgres") as (owner, guard),
    ):
        (server,) = recorded(tmp_path)
        os.kill(guard, signal.SIGKILL)
        owner.kill()
        owner.wait()
        assert server.runs()
        told: list[str] = []
        with Servers.start(tmp_path, neo4j=False, on_progress=told.append):
            assert not server.runs()
        assert f"ending postgres (process {server.pid}), left by a run that was killed" in told
        assert innocent.poll() is None


def test_a_later_process_with_the_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "servers.json"
    with sleeper(str(tmp_path)) as innocent:
        other_birth = Record("postgres", innocent.pid, born(os.getpid()), str(tmp_path), signal.SIGTERM)
        other_command = Record("neo4j", innocent.pid, born(innocent.pid), "--home-dir=elsewhere", signal.SIGTERM)
        for record in (other_birth, other_command):
            state.write_text(json.dumps([{name: getattr(record, name) for name in record.__slots__}]))
            assert end_recorded(state, 5) == []
            assert innocent.poll() is None


def test_a_server_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    processes = Processes(tmp_path / "servers.json")
    log = tmp_path / "log"
    launch = Launch("stubborn", (sys.executable, "-c", stubborn, str(tmp_path)), str(tmp_path), log)
    child = processes.start(launch)
    eventually(lambda: log.read_text() == "1\n")
    processes.end_all(0.2)
    assert child.process.returncode == -signal.SIGKILL
    assert recorded(tmp_path) == []
    with pytest.raises(LocalError, match="being stopped"):
        processes.start(launch)


def test_a_server_whose_owner_dies_before_recording_it_never_starts(tmp_path: Path) -> None:
    go_read, go_write = os.pipe()
    command = [sys.executable, str(LAUNCHER), str(go_read), "-", "/bin/sh", "-c", f"touch {tmp_path}/started"]
    with subprocess.Popen(command, pass_fds=(go_read,)) as launched:
        os.close(go_write)
        assert launched.wait(30) == 125
    os.close(go_read)
    assert not (tmp_path / "started").exists()


def test_a_damaged_record_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text('[{"pid": 1')
    with pytest.raises(LocalError, match="cannot be read") as raised:
        Servers.start(tmp_path, neo4j=False)
    assert "delete the file" in raised.value.fix
    (tmp_path / "servers.json").unlink()
    Servers.start(tmp_path, postgres=False, neo4j=False).stop()


def test_the_death_of_a_running_server_is_noticed(tmp_path: Path) -> None:
    with Servers.start(tmp_path, neo4j=False) as servers:
        (server,) = recorded(tmp_path)
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: servers.poll() is not None)
        assert "postgres was ended by signal 9" in str(servers.poll())


def test_a_crash_at_the_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    Servers.start(tmp_path, neo4j=False).stop()
    (tmp_path / "postgres" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(LocalError, match=r"(?s)postgres was ended by signal 6.*PANIC.*pg_control"):
        Servers.start(tmp_path, neo4j=False)
    with pytest.raises(LocalError, match="PANIC"):
        Servers.start(tmp_path, neo4j=False)  # and nothing holds the folder


def test_a_lock_file_of_postgres_that_names_a_stranger_is_removed(tmp_path: Path) -> None:
    Servers.start(tmp_path, neo4j=False).stop()
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n{tmp_path}/postgres\n")
    with Servers.start(tmp_path, neo4j=False) as servers:
        assert servers.poll() is None


def test_data_of_another_postgres_is_refused(tmp_path: Path) -> None:
    Servers.start(tmp_path, neo4j=False).stop()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(LocalError, match="was written by PostgreSQL 16, and this is 18"):
        Servers.start(tmp_path, neo4j=False)


def test_a_first_start_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    Servers.start(tmp_path, neo4j=False).stop()
    (tmp_path / "postgres").rename(tmp_path / "postgres.new")  # as if killed before the last step
    with Servers.start(tmp_path, neo4j=False) as servers:
        psycopg.connect(servers.addresses.postgres_url).close()


def _url(data_dir: Path) -> str:
    password = (data_dir / "postgres.password").read_text().strip()
    return f"postgresql://wayline:{password}@/wayline?host={data_dir}/postgres"
