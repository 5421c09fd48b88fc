"""Journey versions in Neo4j: written whole in one transaction, read back as routes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from neo4j import AsyncManagedTransaction

from engine.core.journey import Definition, Routes
from engine.ports import GraphAnswer
from engine.statements import CYPHER_QUERIES, Question, Statements
from graph.blueprint import Blueprint, blueprint, read_routes, split_key, version_key
from graph.questions import ask
from graph.session import Session

_STATEMENTS: Final = Statements.load(CYPHER_QUERIES, ".cypher")
_PUBLISH_SECONDS: Final = 30.0


class Graph:
    """Journey versions in Neo4j, and questions to the graph: the port `GraphStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def publish(self, definition: Definition, routes: Routes) -> Routes:
        """Writes the version's graph whole, in place of what was there; gives its routes as Cypher traverses them.

        Publishing again repairs: links are drawn anew, nodes that steps of running processes hang on stay.
        """
        plan = blueprint(definition, routes)

        async def work(tx: AsyncManagedTransaction) -> Routes:
            await _write(tx, plan)
            return await _routes(tx, plan.key)

        return await self._session.write(work, seconds=_PUBLISH_SECONDS)

    async def routes(self, journey: str, version: str) -> Routes | None:
        """The routes that `cypher/queries/routes.cypher` gives; None where the version is not in the graph."""

        async def work(tx: AsyncManagedTransaction) -> Routes:
            return await _routes(tx, version_key(journey, version))

        found = await self._session.read(work)
        return found if found.routes else None

    async def versions(self) -> Sequence[tuple[str, str]]:
        """(journey, version) of every version in the graph, published or not."""

        async def work(tx: AsyncManagedTransaction) -> list[tuple[str, str]]:
            found = await tx.run(_STATEMENTS["all_versions"])
            return [split_key(row["key"]) async for row in found]

        return await self._session.read(work)

    async def withdraw(self, journey: str, version: str) -> None:
        """Removes a version that never was published, and its journey when it was the only one."""
        key = version_key(journey, version)

        async def work(tx: AsyncManagedTransaction) -> None:
            await tx.run(_STATEMENTS["withdraw_version"], key=key)
            await tx.run(_STATEMENTS["prune_version"], prefix=f"{key}/", kept=[])
            await tx.run(_STATEMENTS["prune_roles"])

        await self._session.write(work, seconds=_PUBLISH_SECONDS)

    async def set_status(self, journey: str, version: str, status: str) -> None:
        """Sets the version's status; nothing happens where the version is not in the graph."""

        async def work(tx: AsyncManagedTransaction) -> None:
            await tx.run(_STATEMENTS["set_status"], key=version_key(journey, version), status=status)

        await self._session.write(work)

    async def ask(self, question: Question, parameters: Mapping[str, Any]) -> GraphAnswer:
        """Runs a question of the library, read-only and with a time limit; defaults fill what is not given."""
        return await ask(self._session, question, parameters)

    async def ping(self) -> None:
        """Raises `Unavailable` when Neo4j is away."""
        await self._session.ping()


async def _write(tx: AsyncManagedTransaction, plan: Blueprint) -> None:
    await tx.run(_STATEMENTS["publish_version"], key=plan.key, journey=plan.facts["journey"], facts=dict(plan.facts))
    await tx.run(_STATEMENTS["unlink_version"], key=plan.key, prefix=plan.prefix)
    await tx.run(_STATEMENTS["prune_version"], prefix=plan.prefix, kept=plan.kept)
    for statement, rows in (*plan.nodes, *plan.links):
        if rows:
            await tx.run(_STATEMENTS[statement], key=plan.key, rows=rows)


async def _routes(tx: AsyncManagedTransaction, key: str) -> Routes:
    result = await tx.run(_STATEMENTS["routes"], key=key)
    return read_routes([record.data() async for record in result])
