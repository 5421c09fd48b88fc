"""/health, /health/ready and /metrics: for whoever keeps the servers running. They tell nothing of any case."""

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from api.deps import Door
from api.exchange import ExactResponse
from api.metrics import Metrics
from api.route import ExactRoute
from engine.core.errors import Unavailable
from engine.services.monitoring import Readiness

router = APIRouter(tags=["health"], route_class=ExactRoute)

_AWAY: dict[int | str, dict[str, Any]] = {503: {"model": Readiness, "description": "PostgreSQL is away."}}


@router.get("/health")
async def alive() -> Response:
    """The process answers."""
    return ExactResponse({"status": "alive"})


@router.get("/health/ready", response_model=Readiness, responses=_AWAY)
async def ready(door: Door) -> Response:
    """`ready`; `degraded` while Neo4j is away or stands still and work goes on; 503 without PostgreSQL."""
    state = await door.monitoring.readiness()
    return ExactResponse(state, 503 if state.status == "unavailable" else 200)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request, door: Door) -> Response:
    """For Prometheus; while a database is away, what only it knows keeps its last value."""
    kept: Metrics = request.app.state.metrics
    state = await door.monitoring.readiness()
    kept.databases({"postgres": state.postgres == "there", "neo4j": state.neo4j == "there"})
    if state.workers != "unknown":
        kept.workers(state.workers == "paused")
    if state.projection:
        kept.lag(state.projection)
    try:
        for what, counts in (await door.monitoring.counts()).items():
            kept.count(what, counts)
        kept.clocks(await door.compliance.standing())
    except Unavailable:
        pass
    return Response(kept.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
