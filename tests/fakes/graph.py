"""The port `GraphStore` in memory."""

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Unavailable
from engine.core.journey import Definition, Routes
from engine.ports import GraphAnswer
from engine.statements import Question


class FakeGraph:
    """Keeps routes and statuses; gives the `answers` it was told to give, by the name of the question."""

    def __init__(self) -> None:
        self.away = False
        self.published: dict[tuple[str, str], tuple[Definition, Routes]] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.answers: dict[str, GraphAnswer] = {}

    async def publish(self, definition: Definition, routes: Routes) -> Routes:
        await self.ping()
        self.published[definition.key, definition.version] = (definition, routes)
        self.statuses.setdefault((definition.key, definition.version), "draft")
        return routes

    async def routes(self, journey: str, version: str) -> Routes | None:
        await self.ping()
        found = self.published.get((journey, version))
        return found[1] if found else None

    async def versions(self) -> list[tuple[str, str]]:
        await self.ping()
        return sorted(self.published)

    async def withdraw(self, journey: str, version: str) -> None:
        await self.ping()
        self.published.pop((journey, version), None)
        self.statuses.pop((journey, version), None)

    async def set_status(self, journey: str, version: str, status: str) -> None:
        await self.ping()
        if (journey, version) in self.statuses:
            self.statuses[journey, version] = status

    async def ask(self, question: Question, parameters: Mapping[str, Any]) -> GraphAnswer:
        await self.ping()
        return self.answers.get(question.name, GraphAnswer(rows=(), as_of=None))

    async def ping(self) -> None:
        if self.away:
            raise Unavailable("unavailable", "Neo4j is away.", retry_after=2, part="neo4j")
