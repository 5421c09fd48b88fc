"""The addresses under /api/processes."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import PlainTextResponse, Response

from api.deps import Commanding, Door, Given, Page, Reading
from api.exchange import ExactResponse, ExactRoute, answered
from api.schemas.processes import CancelProcess, ChangeContext, ChangeStatus, StartProcess
from engine import answers
from engine.answers import Counted, EventAnswer, ExplainAnswer, ProcessAnswer, ProcessSummary
from engine.ports import ProcessFilter
from engine.services.pictures import Picture, mermaid

router = APIRouter(prefix="/api/processes", tags=["processes"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The process's id.", max_length=64)]
Wanted = Annotated[str | None, Query(max_length=200)]
Status = Literal["pending", "running", "suspended", "completed", "failed", "cancelled"]


@router.post("/start", status_code=201, response_model=ProcessAnswer, operation_id="start_process_2")
@router.post("", status_code=201, response_model=ProcessAnswer)
async def start_process(door: Door, call: Commanding, body: StartProcess) -> Response:
    """Starts a process (R1)."""
    return answered(await door.processes.start(call, body.opening()))


@router.get("", response_model=answers.Page[ProcessSummary])
async def list_processes(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    door: Door,
    call: Reading,
    page: Page,
    given: Given,
    status: Status | None = None,
    journey: Wanted = None,
    business_key: Wanted = None,
    initiated_by: Annotated[str | None, Query(max_length=200, description="A user's id, or `me`.")] = None,
    owner: Annotated[str | None, Query(max_length=200, description="A user's id, or `me`.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the title or the business key.")] = None,
) -> Response:
    """Processes, newest first. `context.NAME=VALUE` asks for those whose case data have this value."""
    me = call.caller.id
    wanted = ProcessFilter(
        status=status,
        journey=journey,
        business_key=business_key,
        initiated_by=me if initiated_by == "me" else initiated_by,
        owner=me if owner == "me" else owner,
        q=q,
        context=_context(given),
    )
    return ExactResponse(await door.processes.find(call, wanted, page.cursor, page.limit))


@router.get("/stats/summary", response_model=Counted)
async def count_processes(door: Door, call: Reading) -> Response:
    """How many processes there are, by status, journey and outcome."""
    return ExactResponse(await door.processes.stats(call))


@router.get("/{id}", response_model=ProcessAnswer)
async def get_process(
    door: Door,
    call: Reading,
    id: Id,
    visits: Annotated[Literal["all"] | None, Query(description="Every visit of every atom.")] = None,
) -> Response:
    """One process."""
    return ExactResponse(await door.processes.get(call, id, all_visits=visits == "all"))


@router.post("/{id}/abort", response_model=ProcessAnswer, operation_id="cancel_process_2")
@router.post("/{id}/cancel", response_model=ProcessAnswer)
async def cancel_process(door: Door, call: Commanding, id: Id, body: CancelProcess) -> Response:
    """Ends all that is open (R13)."""
    return answered(await door.processes.cancel(call, id, body.reason))


@router.put("/{id}/status", response_model=ProcessAnswer)
async def change_status(door: Door, call: Commanding, id: Id, body: ChangeStatus) -> Response:
    """Cancels a process, as `/cancel` does."""
    return answered(await door.processes.cancel(call, id, body.reason))


@router.patch("/{id}/context", response_model=ProcessAnswer)
async def change_context(door: Door, call: Commanding, id: Id, body: ChangeContext) -> Response:
    """Changes the case data (R18)."""
    return answered(await door.processes.change_context(call, id, body.patch, body.reason))


@router.get("/{id}/events", response_model=answers.Page[EventAnswer], operation_id="get_history_2")
@router.get("/{id}/history", response_model=answers.Page[EventAnswer])
async def get_history(door: Door, call: Reading, id: Id, page: Page) -> Response:
    """Everything that happened, oldest first."""
    return ExactResponse(await door.processes.history(call, id, page.cursor, page.limit))


@router.get("/{id}/visualize", response_model=Picture)
async def visualize_process(
    door: Door,
    call: Reading,
    id: Id,
    format: Annotated[Literal["json", "mermaid"], Query(description="`mermaid`: a flowchart as text.")] = "json",
) -> Response:
    """Its atoms with state and visit, its edges with their result, for drawing."""
    picture = await door.processes.visualize(call, id)
    return PlainTextResponse(mermaid(picture)) if format == "mermaid" else ExactResponse(picture)


@router.get("/{id}/explain", response_model=ExplainAnswer)
async def explain_process(door: Door, call: Reading, id: Id) -> Response:
    """Why it is not moving: everything that is open, and who would move it."""
    return ExactResponse(await door.processes.explain(call, id))


def _context(given: Mapping[str, str]) -> Mapping[str, str] | None:
    named = {key.removeprefix("context."): value for key, value in given.items() if key.startswith("context.")}
    return named or None
