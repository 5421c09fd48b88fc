"""The addresses under /api/calendars: working time, and what it comes to."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.requests import Time
from engine import answers
from engine.core.calendars import FIRST_YEAR, LAST_YEAR
from engine.loading.load import Media
from engine.services.calendars import BetweenAnswer, CalendarAnswer, LaterAnswer

router = APIRouter(prefix="/api/calendars", tags=["calendars"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The calendar's id, as in us-lending.", max_length=200)]
From = Annotated[Time, Query(alias="from", description="The moment it counts from, RFC 3339.")]
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
_MADE: dict[int | str, dict[str, Any]] = {201: {"model": CalendarAnswer, "description": "It is new."}}


@router.get("", response_model=answers.Page[CalendarAnswer])
async def list_calendars(door: Door, call: Reading, page: Page) -> Response:
    """Calendars by id."""
    return ExactResponse(await door.calendars.find(call, page.cursor, page.limit))


@router.get("/{id}", response_model=CalendarAnswer)
async def get_calendar(
    door: Door,
    call: Reading,
    id: Id,
    year: Annotated[
        int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="List its public holidays of this year.")
    ] = None,
) -> Response:
    """One calendar as it was put."""
    return ExactResponse(await door.calendars.get(call, id, year))


@router.put("/{id}", response_model=CalendarAnswer, openapi_extra=_DOCUMENT, responses=_MADE)
async def put_calendar(request: Request, door: Door, call: Commanding, id: Id) -> Response:
    """Makes a calendar (201), or puts another in its place. Timers that are set stay where they are."""
    media: Media = "yaml" if "yaml" in request.headers.get("content-type", "") else "json"
    return answered(await door.calendars.put(call, id, await request.body(), media))


@router.delete("/{id}", response_model=CalendarAnswer)
async def delete_calendar(door: Door, call: Commanding, id: Id) -> Response:
    """Removes a calendar that no published journey counts in."""
    return answered(await door.calendars.delete(call, id))


@router.get("/{id}/add", response_model=LaterAnswer)
async def add_working_time(
    door: Door,
    call: Reading,
    id: Id,
    start: From,
    duration: Annotated[
        str, Query(max_length=100, description="Working time: `P1D` is one business day, `PT8H` are eight hours.")
    ],
) -> Response:
    """When so much working time has passed."""
    return ExactResponse(await door.calendars.later(call, id, start, duration))


@router.get("/{id}/between", response_model=BetweenAnswer)
async def measure_working_time(
    door: Door,
    call: Reading,
    id: Id,
    start: From,
    end: Annotated[Time, Query(alias="to", description="The moment it counts to, RFC 3339.")],
) -> Response:
    """How much working time lies between two moments."""
    return ExactResponse(await door.calendars.between(call, id, start, end))
