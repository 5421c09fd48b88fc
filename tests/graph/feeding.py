"""Feeds events to the live graph, as the projector does."""

from collections.abc import Sequence

from engine.core.events import Event
from engine.ports import Batch, Cursor
from graph import Neo4j


async def feed(opened: Neo4j, events: Sequence[Event], cuts: Sequence[int] = ()) -> None:
    """Applies `events` in batches that end after each of `cuts` of them, and a last one."""
    after, start = await opened.projection.checkpoint(), 0
    for end in [*sorted(cuts), len(events)]:
        if end > start:
            cursor = Cursor("one", 1, (after.id if after else 0) + end - start)
            assert await opened.projection.apply(Batch(tuple(events[start:end]), cursor), after)
            after, start = cursor, end
