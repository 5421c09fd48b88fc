"""Neo4j as the rest of the engine sees it: one driver, and the ports behind it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from graph.migrations import migrate
from graph.organisation import OrganisationGraph
from graph.projection import LiveGraph
from graph.session import Session
from graph.versions import Graph


@dataclass(frozen=True, slots=True)
class Neo4j:
    """An open driver; `graph` is the port `GraphStore`, `projection` the port `Projection`, `organisation` the port
    `OrganisationProjection`.
    """

    session: Session
    graph: Graph
    projection: LiveGraph
    organisation: OrganisationGraph

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        uri: str,
        auth: tuple[str, str] | None,
        *,
        database: str = "neo4j",
        pool_max: int = 20,
        connect_timeout: float = 2,
        query_timeout: float = 10,
    ) -> AsyncGenerator["Neo4j"]:
        """Opens the driver, which the server need not be there for, and closes it on leaving.

        Args:
            uri: `bolt://host:port` or `neo4j://…`.
            auth: (user, password); None for a server without accounts.
            database: its name; Community has one.
            pool_max: most connections of this process.
            connect_timeout: seconds for a new or a free connection.
            query_timeout: seconds for one statement of a reader.
        """
        async with Session.open(
            uri,
            auth,
            database=database,
            pool_max=pool_max,
            connect_timeout=connect_timeout,
            query_timeout=query_timeout,
        ) as session:
            yield cls(session, Graph(session), LiveGraph(session), OrganisationGraph(session))

    async def migrate(self) -> int:
        """Applies the migrations that the graph does not have yet; gives their number. See `graph.migrations`."""
        return await migrate(self.session)
