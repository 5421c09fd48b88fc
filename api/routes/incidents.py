"""The addresses under /api/incidents."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, ExactRoute, answered
from api.schemas.requests import ReasonGiven
from engine import answers
from engine.answers import IncidentAnswer

router = APIRouter(prefix="/api/incidents", tags=["incidents"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The incident's id.", max_length=100)]
Wanted = Annotated[str | None, Query(max_length=200)]


@router.get("", response_model=answers.Page[IncidentAnswer])
async def list_incidents(
    door: Door,
    call: Reading,
    page: Page,
    process: Wanted = None,
    status: Literal["open", "resolved"] | None = None,
    code: Wanted = None,
) -> Response:
    """Incidents of the processes that the caller may see, newest first."""
    return ExactResponse(await door.incidents.find(call, (process, status, code), page.cursor, page.limit))


@router.get("/{id}", response_model=IncidentAnswer)
async def get_incident(door: Door, call: Reading, id: Id) -> Response:
    """One incident."""
    return ExactResponse(await door.incidents.get(call, id))


@router.post("/{id}/retry", response_model=IncidentAnswer)
async def retry_incident(door: Door, call: Commanding, id: Id, body: ReasonGiven) -> Response:
    """Starts the held work again, or goes on where it failed (R18)."""
    return answered(await door.incidents.retry(call, id, body.reason))
