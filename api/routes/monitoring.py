"""The addresses under /api/monitoring."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.deps import Door, Given, Page, Reading
from api.exchange import ExactResponse
from api.route import ExactRoute
from api.schemas.requests import Time
from engine import answers
from engine.answers import ProcessSummary
from engine.ports import LevelFilter
from engine.services.compliance import ComplianceAnswer
from engine.services.monitoring import BottlenecksAnswer

router = APIRouter(prefix="/api/monitoring", tags=["monitoring"], route_class=ExactRoute)

Moment = Annotated[Time | None, Query()]


@router.get("/active-processes", response_model=answers.Page[ProcessSummary])
async def list_active_processes(door: Door, call: Reading, page: Page) -> Response:
    """Every process that has not ended, longest running first."""
    return ExactResponse(await door.monitoring.active_processes(call, page.cursor, page.limit))


@router.get("/bottlenecks", response_model=BottlenecksAnswer)
async def find_bottlenecks(door: Door, call: Reading, given: Given) -> Response:
    """Where work waits and blocks most, asked of the graph; it takes that question's parameters."""
    return ExactResponse(await door.monitoring.bottlenecks(call, given))


@router.get("/sla-compliance", response_model=ComplianceAnswer)
async def get_compliance(
    door: Door,
    call: Reading,
    page: Page,
    since: Moment = None,
    until: Moment = None,
    level: Annotated[str | None, Query(max_length=300, description="The service level's name.")] = None,
    journey: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """How well service levels are kept, by level: met and breached, how long it took, late now, and its objective.

    Of the last 30 days, or of at most 366. An objective is looked at over its own window until now, in all journeys.
    """
    wanted = LevelFilter(level, journey)
    return ExactResponse(await door.compliance.look(call, (since, until), wanted, page.cursor, page.limit))
