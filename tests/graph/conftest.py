"""An open, migrated Neo4j for the tests of the graph."""

from collections.abc import AsyncIterator

import pytest

from graph import Neo4j
from local.servers import Addresses


@pytest.fixture
async def opened(neo4j: Addresses) -> AsyncIterator[Neo4j]:
    """The adapter on the run's Neo4j, with its constraints and without a node but those of the migrations."""
    async with Neo4j.open(neo4j.neo4j_uri, (neo4j.neo4j_user, neo4j.neo4j_password)) as opened:
        await opened.migrate()
        yield opened
