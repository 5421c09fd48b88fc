"""Finishes what a crash left half published, and mends versions whose graph in Neo4j differs from what runs."""

from engine.services.publishing import Publisher


class RoutesKeeper:
    """Compares every published version's routes with Neo4j's."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def run_once(self) -> bool:
        """One comparison of all; there is nothing more to find right after it.

        Raises:
            Unavailable: when Neo4j is away; nothing has changed then.
        """
        await self._publisher.recover()
        return False
