"""kill -9 in an action, and of the projector before and after its commit: nothing is lost, nothing done twice."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.bootstrap import Engine, open_engine, rebuild_graph
from engine.services.processes import Opening
from engine.settings import Settings
from tests.system.conftest import ADMIN, publish
from tests.system.slow_actions import FOLDER
from tests.waiting import until

JOURNEY = """
journey: slow
version: 1.0.0
name: Slow
context: {type: object}
actions: {do.slow: {}}
atoms:
  - id: work
    kind: system
    action: do.slow
    saves: result
    retry: {max_attempts: 3, backoff: PT0.1S, timeout: PT1.5S}
    enables: [end]
  - {id: end, kind: milestone, outcome: finished}
"""


@asynccontextmanager
async def worker(part: str, settings: Settings, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own; ended on leaving if it has not been."""
    environment = {
        **os.environ,
        "WAYLINE_POSTGRES_URL": settings.postgres_url.get_secret_value() if settings.postgres_url else "",
        "WAYLINE_NEO4J_URI": settings.neo4j_uri or "",
        "WAYLINE_NEO4J_USER": settings.neo4j_user,
        "WAYLINE_NEO4J_PASSWORD": settings.read_neo4j_password() or "",
        "WAYLINE_ACTIONS": "tests.system.slow_actions",
        "WAYLINE_RESCUER_INTERVAL": "0.1",
        FOLDER: str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.system.worker_process", part, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def begun(engine: Engine, settings: Settings, folder: Path) -> str:
    await publish(engine, JOURNEY)
    answer = await engine.processes.start(ADMIN, Opening("slow"))
    return answer.body.id  # type: ignore[attr-defined]


def begun_by(folder: Path) -> list[str]:
    """The idempotency keys of the attempts that began."""
    return [file.read_text() for file in folder.glob("begun-*")]


def let_go(folder: Path) -> None:
    (folder / "go").touch()


async def test_r10_a_worker_killed_in_an_action_loses_its_lease_and_another_finishes_the_work_once(
    engine: Engine, settings: Settings, tmp_path: Path
):
    id = await begun(engine, settings, tmp_path)

    async def someone_began() -> bool:
        return any(begun_by(tmp_path))

    async with worker("actions", settings, tmp_path) as first:
        await until(someone_began)
        first.kill()
        await first.wait()
    let_go(tmp_path)
    async with worker("actions", settings, tmp_path) as second:

        async def over() -> bool:
            return (await engine.processes.get(ADMIN, id)).status == "completed"

        await until(over)
        found = await engine.processes.get(ADMIN, id)
        assert found.context["result"] == {"done_by": second.pid}
    events = (await engine.processes.history(ADMIN, id, None, 100)).items
    types = [event.type for event in events]
    assert types.count("action.attempted") == 1
    assert types.count("task.completed") == 1
    assert set(begun_by(tmp_path)) == {f"{id}/work/1"}, "every attempt has the step's id as its idempotency key"


async def test_the_graph_is_right_after_a_projector_was_killed_before_and_after_its_commit(
    engine: Engine, settings: Settings, tmp_path: Path
):
    id = await begun(engine, settings, tmp_path)
    for part in ("projector-before", "projector-after"):
        async with worker(part, settings, tmp_path) as killed, asyncio.timeout(30):
            assert await killed.wait() == -9
        await engine.processes.cancel(ADMIN, id, "enough") if part == "projector-before" else None
    async with open_engine(settings, workers=False) as healed:
        await healed.projector.catch_up()
        incremental = await healed.projector.digest()
    assert incremental == await rebuild_graph(settings)
