"""The addresses under /api/incidents."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Changing, Commanding, Door, Page, Reading
from api.errors import problem, status_of
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.incidents import RetryIncidents, RetryResult, RetryResults, SkipIncident
from api.schemas.requests import ReasonGiven
from engine import answers
from engine.answers import IncidentAnswer
from engine.core.errors import EngineError
from engine.ports import IncidentFilter
from engine.services.incidents import Retried

router = APIRouter(prefix="/api/incidents", tags=["incidents"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The incident's id.", max_length=100)]
Wanted = Annotated[str | None, Query(max_length=200)]


@router.get("", response_model=answers.Page[IncidentAnswer])
async def list_incidents(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    door: Door,
    call: Reading,
    page: Page,
    process: Wanted = None,
    status: Literal["open", "resolved"] | None = None,
    code: Wanted = None,
    journey: Wanted = None,
    atom: Wanted = None,
) -> Response:
    """Incidents of the processes that the caller may see, newest first."""
    wanted = IncidentFilter(process=process, status=status, code=code, journey=journey, atom=atom)
    return ExactResponse(await door.incidents.find(call, wanted, page.cursor, page.limit))


@router.post("/retry", response_model=RetryResults)
async def retry_incidents(door: Door, call: Commanding, body: RetryIncidents) -> Response:
    """Retries the open incidents that match, at most `limit`: one result for each, none depending on another."""
    wanted = IncidentFilter(body.process, "open", body.code, body.journey, body.atom)
    if body.dry_run:
        found, more = await door.incidents.open(call, wanted, body.limit)
        listed = tuple(RetryResult(one.id, None, one) for one in found)
        return ExactResponse(RetryResults(listed, more, dry_run=True))
    return answered(await door.incidents.retry_many(call, wanted, body.reason, body.limit, _results))


@router.get("/{id}", response_model=IncidentAnswer)
async def get_incident(door: Door, call: Reading, id: Id) -> Response:
    """One incident."""
    return ExactResponse(await door.incidents.get(call, id))


@router.post("/{id}/retry", response_model=IncidentAnswer)
async def retry_incident(door: Door, call: Changing, id: Id, body: ReasonGiven) -> Response:
    """Starts the held work again, or goes on where it failed (R18)."""
    return answered(await door.incidents.retry(call, id, body.reason))


@router.post("/{id}/skip", response_model=IncidentAnswer)
async def skip_incident(door: Door, call: Changing, id: Id, body: SkipIncident) -> Response:
    """Skips the step that it holds; `take` names the edges that are taken all the same (R18)."""
    return answered(await door.incidents.skip(call, id, body.reason, tuple(body.take)))


def _results(retried: Sequence[Retried], more: bool) -> RetryResults:
    return RetryResults(tuple(map(_result, retried)), more, dry_run=False)


def _result(retried: Retried) -> RetryResult:
    match retried.answer:
        case EngineError() as refusal:
            return RetryResult(retried.incident.id, status_of(refusal), problem=problem(refusal))
        case answer:
            return RetryResult(retried.incident.id, answer.status, answer.body)
