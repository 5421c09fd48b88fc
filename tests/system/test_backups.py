"""A restored PostgreSQL and the Neo4j of another time: the graph is made again, whichever of the two is the newer."""

import json
from pathlib import Path
from typing import Any

from neo4j import GraphDatabase

from engine.bootstrap import Engine, open_engine, rebuild_graph
from engine.services.processes import Opening
from engine.settings import Settings
from engine.store.backups import Restoring, restore_backup, take_backup
from local.postgres import binaries
from local.servers import Addresses
from tests.cli.running import wayline
from tests.system.conftest import ADMIN, publish, settings_for
from tests.waiting import until

JOURNEY = """
journey: kept
version: {}
name: Kept
context: {{type: object}}
roles: {{clerk: {{name: Clerk}}}}
atoms:
  - {{id: first, performed_by: clerk, entry: true, enables: [second]}}
  - {{id: second, performed_by: clerk}}
  - {{id: shortly, kind: wait, for: PT0.01S, entry: true}}
"""


def silent(what: str, done: int, total: int | None) -> None:
    """Nobody watches."""


def url_of(settings: Settings) -> str:
    assert settings.postgres_url
    return settings.postgres_url.get_secret_value()


async def take(settings: Settings, place: Path) -> None:
    await take_backup(url_of(settings), settings, place, binaries(), silent)


async def restore(settings: Settings, place: Path) -> None:
    await restore_backup(url_of(settings), settings, Restoring(place, True, "rita", binaries()), silent)


async def begin(engine: Engine) -> str:
    answer: Any = await engine.processes.start(ADMIN, Opening("kept"))
    return str(answer.body.id)


async def projected(engine: Engine) -> str:
    """The graph's digest, when every event is in it."""
    await engine.projector.catch_up()
    return await engine.projector.digest()


def versions_in(neo4j: Addresses) -> list[str]:
    with GraphDatabase.driver(neo4j.neo4j_uri, auth=(neo4j.neo4j_user, neo4j.neo4j_password)) as driver:
        rows, _, _ = driver.execute_query("MATCH (v:JourneyVersion) RETURN v.key AS key ORDER BY key")
        return [row["key"] for row in rows]


async def test_a_graph_that_is_newer_is_made_again_as_it_was_when_the_backup_was_taken(
    settings: Settings, neo4j: Addresses, tmp_path: Path
):
    place = tmp_path / "monday.backup"
    async with open_engine(settings, workers=False) as engine:
        await publish(engine, JOURNEY.format("1.0.0"))
        process = await begin(engine)
        then = await projected(engine)
        await take(settings, place)
        await publish(engine, JOURNEY.format("1.1.0"))
        await engine.tasks.complete(ADMIN, f"{process}.1", {})
        await begin(engine)
        assert await projected(engine) != then
    await restore(settings, place)
    async with open_engine(settings, workers=False) as engine:
        assert await projected(engine) == then
        await engine.tasks.complete(ADMIN, f"{process}.1", {})
        assert await projected(engine) != then, "it goes on from there"
        now = await engine.projector.digest()
    assert versions_in(neo4j) == ["kept@1.0.0", "kept@1.1.0"]
    assert await rebuild_graph(settings) == now
    assert versions_in(neo4j) == ["kept@1.0.0"], "what PostgreSQL does not have is taken out"


async def test_a_graph_that_is_older_is_made_again_by_the_worker_while_all_others_are_paused(
    settings: Settings, neo4j: Addresses, empty_postgres_url: str, tmp_path: Path
):
    place = tmp_path / "monday.backup"
    async with open_engine(settings, workers=False) as engine:
        await publish(engine, JOURNEY.format("1.0.0"))
        process = await begin(engine)
        await projected(engine)
        await engine.tasks.complete(ADMIN, f"{process}.1", {})
        await begin(engine)
    await take(settings, place)
    elsewhere = settings_for(empty_postgres_url, neo4j)
    await restore(elsewhere, place)
    async with open_engine(elsewhere, workers=True) as engine:

        async def caught_up() -> bool:
            return (await engine.monitoring.lag()).events == 0

        async def fired() -> bool:
            history = await engine.processes.history(ADMIN, process, None, 100)
            return "timer.fired" in [event.type for event in history.items]

        await until(caught_up)
        made = await engine.projector.digest()
        assert (await engine.monitoring.readiness()).workers == "paused"
        state = await engine.workers.state(ADMIN)
        assert state.backlog.timers == 2
        assert not await fired()
        assert made == await rebuild_graph(elsewhere)
        await engine.workers.resume(ADMIN)
        await until(fired)


async def test_two_commands_take_everything_away_and_bring_it_back(settings: Settings, tmp_path: Path):
    place = str(tmp_path / "monday.backup")
    environment = {
        "WAYLINE_POSTGRES_URL": url_of(settings),
        "WAYLINE_NEO4J_URI": settings.neo4j_uri or "",
        "WAYLINE_NEO4J_PASSWORD": settings.read_neo4j_password() or "",
        "WAYLINE_UNSAFE_POSTGRES": ",".join(settings.unsafe_postgres),
    }
    async with open_engine(settings, workers=False) as engine:
        await publish(engine, JOURNEY.format("1.0.0"))
        process = await begin(engine)
        taken = wayline("backup", place, **environment)
        assert taken.returncode == 0, taken.stderr
        assert "Holds    1 journey, 1 process, " in taken.stdout
        await engine.tasks.complete(ADMIN, f"{process}.1", {})
        refused = wayline("restore", place, "--replace", **environment)
        assert refused.returncode == 1
        assert "error: Others are connected to the database" in refused.stderr
    restored = wayline("restore", place, "--replace", "--json", **environment)
    assert restored.returncode == 0, restored.stderr
    answer = json.loads(restored.stdout)
    assert answer["events_lost"] > 0
    async with open_engine(settings, workers=False) as engine:
        assert (await engine.processes.get(ADMIN, process)).open_tasks == (f"{process}.1",)
        assert await projected(engine) == answer["digest"]
