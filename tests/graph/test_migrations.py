"""Migrations of the graph: numbered, checksummed, each applied once, under a lock."""

import asyncio
from dataclasses import replace

import pytest

from engine.statements import CYPHER_MIGRATIONS, migrations
from graph import Neo4j
from graph.migrations import MigrationRefused, migrate
from tests.graph.reading import change, rows

KNOWN = migrations(CYPHER_MIGRATIONS)


async def test_migrating_twice_applies_nothing_the_second_time(opened: Neo4j):
    assert await opened.migrate() == 0


async def test_every_node_of_the_contract_has_a_unique_key(opened: Neo4j):
    found = await rows(
        opened, "SHOW CONSTRAINTS YIELD labelsOrTypes, properties RETURN labelsOrTypes[0] AS label, properties"
    )
    keys = {row["label"]: row["properties"] for row in found}
    in_versions = (
        "Journey",
        "JourneyVersion",
        "Phase",
        "Module",
        "Atom",
        "Role",
        "Rule",
        "Field",
        "Regulation",
        "Document",
    )
    assert {label: keys[label] for label in (*in_versions, "Step")} == {
        label: ["key"] for label in (*in_versions, "Step")
    }
    assert (keys["ProcessInstance"], keys["User"]) == (["id"], ["id"])


async def test_two_that_migrate_at_once_apply_each_migration_once(opened: Neo4j):
    await change(opened, "MATCH (m:Migration) DELETE m")
    assert sorted(await asyncio.gather(*(opened.migrate() for _ in range(4)))) == [0, 0, 0, len(KNOWN)]


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(opened: Neo4j):
    with pytest.raises(MigrationRefused, match="V0001__keys was changed"):
        await migrate(opened.session, [replace(KNOWN[0], checksum="0" * 64)])


async def test_a_graph_of_a_newer_release_is_refused(opened: Neo4j):
    await change(opened, "CREATE (:Migration {version: 9999, name: 'later', checksum: 'x'})")
    with pytest.raises(MigrationRefused, match="V9999__later"):
        await opened.migrate()


async def test_the_lock_of_a_holder_that_died_is_outlived(opened: Neo4j):
    await change(
        opened,
        "MATCH (l:MigrationLock) SET l.holder = 'dead', l.expires_at = datetime() - duration('PT1S')",
    )
    assert await opened.migrate() == 0
    assert await rows(opened, "MATCH (l:MigrationLock) RETURN l.holder AS holder") == [{"holder": None}]


async def test_who_finds_the_lock_held_waits_until_it_is_free(opened: Neo4j):
    await change(
        opened,
        """MATCH (l:MigrationLock)
        SET l.holder = 'other', l.expires_at = datetime() + duration('PT1H'), l.asked_at = null""",
    )
    waiting = asyncio.create_task(opened.migrate())
    while (await rows(opened, "MATCH (l:MigrationLock) RETURN l.asked_at AS at"))[0]["at"] is None:
        assert not waiting.done()
    assert not waiting.done()
    await change(opened, "MATCH (l:MigrationLock) REMOVE l.holder, l.expires_at")
    assert await waiting == 0


async def test_a_migration_that_fails_gives_the_lock_back(opened: Neo4j):
    broken = replace(KNOWN[0], version=len(KNOWN) + 1, name="broken", statements=("THIS IS NO CYPHER",))
    with pytest.raises(Exception, match="Invalid input"):
        await migrate(opened.session, [*KNOWN, broken])
    assert await opened.migrate() == 0
