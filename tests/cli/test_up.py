"""`wayline up` as its users run it: a process that starts servers, and leaves nothing behind however it ends."""

import json
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.cli.running import gone, inside, running, wait_until, wayline

JOURNEY = Path(__file__).resolve().parents[2] / "seed" / "journeys" / "leave-approval.yaml"


@pytest.fixture
def taken_port():
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.timeout(300)  # three starts of the servers, a dozen commands
def test_up_serves_a_case_from_its_start_to_its_end_and_a_signal_stops_everything(tmp_path: Path):
    data = str(tmp_path / "data")
    with running("up", "--port", "0", "--data", data, "--actions", "seed.actions", "--json") as up:
        place = up.answer()
        assert httpx.get(f"{place['url']}/health").json() == {"status": "alive"}
        assert httpx.get(place["docs"]).status_code == 200
        assert Path(place["neo4j_password_file"]).stat().st_mode & 0o777 == 0o600
        children = up.children()
        assert {"postgres", "java"} <= {child.name() for child in children}

        assert "published, 7 atoms" in _told("load", str(JOURNEY), "--publish", "--data", data)
        pairs = ("employee_id=E-101", "department=Closing", "leave_type=annual", "first_day=2026-07-06", "days=5")
        sets = [part for pair in pairs for part in ("--set", pair)]
        process = json.loads(_told("start", "leave-approval", *sets, "--data", data, "--json"))["id"]
        task = _open_task(data, process)
        assert "atom-bo-manager-approval" in _told("explain", process, "--data", data)
        assert "completed" in _told("complete", task, "--set", "manager_approves=true", "--data", data)
        wait_until(lambda: _status(data, process) == "completed", "the end of the process")
        assert "leave_type" in _told("show", process, "--data", data)
        digest = wayline("rebuild-graph", "--data", data)
        assert digest.returncode == 0 and len(digest.stdout.strip()) == 64
        assert "a second" in digest.stderr
        resumed = json.loads(_told("rebuild-graph", "--resume", "--data", data, "--json"))
        assert (resumed["digest"], resumed["events"]) == (digest.stdout.strip(), 0)

        second = wayline("up", "--port", "0", "--data", data)
        assert second.returncode == 1 and f"in use by process {up.process.pid}" in second.stderr

        assert up.end(signal.SIGTERM) == 0
        assert gone(children)
        assert "error" not in up.told
    assert wayline("rebuild-graph", "--data", data).stdout == digest.stdout


def test_a_taken_port_is_refused_before_anything_is_started(taken_port: int, tmp_path: Path):
    refused = wayline("up", "--port", str(taken_port), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert f"error: Port {taken_port} of 127.0.0.1 is taken." in refused.stderr and "--port" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    refused = wayline("up", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert refused.returncode == 1
    assert "cannot be used: Not a directory" in refused.stderr and "--data" in refused.stderr


@pytest.mark.timeout(300)
def test_up_that_is_killed_leaves_no_server_comes_up_again_and_ends_with_a_message_when_a_server_dies(tmp_path: Path):
    data = str(tmp_path / "data")
    with running("up", "--port", "0", "--data", data, "--json") as up:
        up.answer()
        children = up.children()
        assert len(children) >= 3
        up.process.kill()
        up.process.wait()
        wait_until(lambda: gone(children), "the end of all that the killed one had started")
    with running("up", "--port", "0", "--data", data, "--json") as again:
        assert httpx.get(f"{again.answer()['url']}/health/ready").json()["status"] == "ready"
        children = again.children()
        next(child for child in children if child.name() == "java").kill()
        assert again.process.wait(60) == 1
        assert gone(children)
    assert "error: neo4j was ended by signal 9" in again.told


def test_ctrl_c_while_the_servers_start_leaves_nothing(tmp_path: Path):
    with running("up", "--port", "0", "--data", str(tmp_path / "data")) as up:
        wait_until(lambda: "Neo4j: starting" in up.told, "the start of Neo4j")
        children = up.children()
        assert up.end(signal.SIGINT) == 0
        assert gone(children)


def _told(*arguments: str) -> str:
    """What a command that must succeed shows."""
    status, told, errors = inside(*arguments)
    assert status == 0, errors
    return told


def _open_task(data: str, process: str) -> str:
    found: list[str] = []

    def look() -> bool:
        tasks = json.loads(_told("tasks", "--process", process, "--role", "manager", "--data", data, "--json"))
        found.extend(task["id"] for task in tasks)
        return bool(found)

    wait_until(look, "the task of the manager")
    return found[0]


def _status(data: str, process: str) -> str:
    shown = json.loads(_told("show", process, "--data", data, "--json"))
    return str(shown["process"]["status"])
