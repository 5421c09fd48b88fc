"""The last of the invariants: the live graph, followed through every harm, is what the events alone would make."""

from chaos.invariants import Finding
from engine.bootstrap import open_engine, rebuild_graph
from engine.settings import Settings


async def same_as_rebuilt(settings: Settings, place: str) -> list[Finding]:
    """Compares the digest of the graph as it was followed with that of one made anew; the latter stays."""
    async with open_engine(settings, workers=False) as engine:
        await engine.projector.catch_up()
        followed = await engine.projector.digest()
    rebuilt = await rebuild_graph(settings)
    if followed == rebuilt:
        return []
    return [Finding("graph", place, f"its digest is {followed[:16]}…, and {rebuilt[:16]}… once it is made anew")]
