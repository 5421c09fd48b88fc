"""Reads the graph as it lies there, past the adapter, for the tests."""

from collections.abc import Mapping
from typing import Any, LiteralString

from neo4j import AsyncManagedTransaction

from graph import Neo4j


async def rows(opened: Neo4j, statement: LiteralString, **parameters: Any) -> list[Mapping[str, Any]]:
    """The rows that `statement` gives."""

    async def work(tx: AsyncManagedTransaction) -> list[Mapping[str, Any]]:
        return [record.data() async for record in await tx.run(statement, parameters)]

    return await opened.session.read(work)


async def change(opened: Neo4j, statement: LiteralString, **parameters: Any) -> None:
    """Changes the graph behind the adapter's back."""
    await opened.session.run(statement, parameters)


async def states(opened: Neo4j, process: str) -> dict[str, tuple[str, str | None]]:
    """(state, exit) of each step of a process, by atom."""
    found = await rows(
        opened,
        """MATCH (:ProcessInstance {id: $id})-[:HAS_STEP]->(s:Step)-[:OF]->(a:Atom)
        RETURN a.id AS atom, s.state AS state, s.exit AS exit""",
        id=process,
    )
    return {row["atom"]: (row["state"], row["exit"]) for row in found}


async def short_forms(opened: Neo4j, process: str) -> dict[str, str]:
    """The short form of each atom that has one."""
    found = await rows(
        opened,
        "MATCH (:ProcessInstance {id: $id})-[r]->(a:Atom) RETURN a.id AS atom, collect(type(r)) AS types",
        id=process,
    )
    assert all(len(row["types"]) == 1 for row in found), found
    return {row["atom"]: row["types"][0] for row in found}


async def led_to(opened: Neo4j, process: str) -> set[tuple[str, str]]:
    """(source, target) of each LED_TO, as atoms; each at most once for an edge."""
    found = await rows(
        opened,
        "MATCH (:ProcessInstance {id: $id})-[:HAS_STEP]->(s)-[:LED_TO]->(t) RETURN s.atom AS source, t.atom AS target",
        id=process,
    )
    pairs = [(row["source"], row["target"]) for row in found]
    assert len(pairs) == len(set(pairs))
    return set(pairs)
