"""The Neo4j adapter: journey versions as graphs, the live execution beside them, and questions to both."""

from graph.database import Neo4j

__all__ = ["Neo4j"]
