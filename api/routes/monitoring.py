"""The addresses under /api/monitoring."""

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Door, Given, Page, Reading
from api.exchange import ExactResponse
from api.route import ExactRoute
from engine import answers
from engine.answers import ProcessSummary
from engine.services.monitoring import BottlenecksAnswer

router = APIRouter(prefix="/api/monitoring", tags=["monitoring"], route_class=ExactRoute)


@router.get("/active-processes", response_model=answers.Page[ProcessSummary])
async def list_active_processes(door: Door, call: Reading, page: Page) -> Response:
    """Every process that has not ended, longest running first."""
    return ExactResponse(await door.monitoring.active_processes(call, page.cursor, page.limit))


@router.get("/bottlenecks", response_model=BottlenecksAnswer)
async def find_bottlenecks(door: Door, call: Reading, given: Given) -> Response:
    """Where work waits and blocks most, asked of the graph; it takes that question's parameters."""
    return ExactResponse(await door.monitoring.bottlenecks(call, given))
