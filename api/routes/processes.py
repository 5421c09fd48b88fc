"""The addresses under /api/processes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import PlainTextResponse, Response

from api.deps import Changing, Commanding, Door, Given, Page, Reading
from api.exchange import TAGGED, ExactResponse, answered, tagged
from api.route import ExactRoute
from api.schemas.processes import (
    CancelProcess,
    ChangeContext,
    ChangeStatus,
    PutOffProcess,
    SkipStep,
    StartProcess,
)
from api.schemas.requests import ReasonGiven, ReasonIfAny
from engine import answers
from engine.answers import Counted, EventAnswer, ProcessAnswer, ProcessSummary
from engine.explained import ExplainAnswer
from engine.ports import ProcessFilter
from engine.services.pictures import Picture, mermaid

router = APIRouter(prefix="/api/processes", tags=["processes"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The process's id.", max_length=64)]
Atom = Annotated[str, Path(description="The atom's id.", max_length=200)]
Wanted = Annotated[str | None, Query(max_length=200)]
_MERMAID: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
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
    parent: Annotated[str | None, Query(max_length=64, description="The process whose children to list.")] = None,
    mine: Annotated[bool, Query(description="Those that I started or own, with where they stand.")] = False,
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
        parent=parent,
        involved=me if mine else None,
        context=_context(given),
    )
    return ExactResponse(await door.processes.find(call, wanted, page.cursor, page.limit))


@router.get("/stats/summary", response_model=Counted)
async def count_processes(door: Door, call: Reading) -> Response:
    """How many processes there are, by status, journey and outcome."""
    return ExactResponse(await door.processes.stats(call))


@router.get("/{id}", response_model=ProcessAnswer, responses=TAGGED)
async def get_process(
    door: Door,
    call: Reading,
    id: Id,
    visits: Annotated[Literal["all"] | None, Query(description="Every visit of every atom.")] = None,
) -> Response:
    """One process."""
    process = await door.processes.get(call, id, all_visits=visits == "all")
    return tagged(process, process.seq)


@router.patch("/{id}", response_model=ProcessAnswer)
async def put_off_process(door: Door, call: Changing, id: Id, body: PutOffProcess) -> Response:
    """Changes the time before which a pending process does not start (R1)."""
    return answered(await door.processes.put_off(call, id, body.not_before, body.reason))


@router.post("/{id}/suspend", response_model=ProcessAnswer)
async def suspend_process(door: Door, call: Changing, id: Id, body: ReasonGiven) -> Response:
    """Starts nothing and fires no timer until it is resumed; its children alike (R12)."""
    return answered(await door.processes.suspend(call, id, body.reason))


@router.post("/{id}/resume", response_model=ProcessAnswer)
async def resume_process(door: Door, call: Changing, id: Id, body: ReasonIfAny | None = None) -> Response:
    """Goes on: durations with the time that was left, dates as they are (R12)."""
    return answered(await door.processes.resume(call, id, body.reason if body else None))


@router.post("/{id}/abort", response_model=ProcessAnswer, operation_id="cancel_process_2")
@router.post("/{id}/cancel", response_model=ProcessAnswer)
async def cancel_process(door: Door, call: Changing, id: Id, body: CancelProcess) -> Response:
    """Ends all that is open; with `compensate` what was completed is undone first (R13)."""
    return answered(await door.processes.cancel(call, id, body.reason, body.compensate))


@router.put("/{id}/status", response_model=ProcessAnswer)
async def change_status(door: Door, call: Changing, id: Id, body: ChangeStatus) -> Response:
    """Suspends, resumes (`running`) or cancels a process, or ends it by hand (`completed`, `failed`; R18)."""
    return answered(await door.processes.put_into(call, id, body.status, body.reason))


@router.patch("/{id}/context", response_model=ProcessAnswer)
async def change_context(door: Door, call: Changing, id: Id, body: ChangeContext) -> Response:
    """Changes the case data (R18)."""
    return answered(await door.processes.change_context(call, id, body.patch, body.reason))


@router.post("/{id}/steps/{atom}/skip", response_model=ProcessAnswer)
async def skip_step(door: Door, call: Changing, id: Id, atom: Atom, body: SkipStep) -> Response:
    """Skips an active or held step by hand; `take` names the edges that are taken all the same (R18)."""
    return answered(await door.processes.skip_step(call, id, atom, body.reason, tuple(body.take)))


@router.post("/{id}/steps/{atom}/repeat", response_model=ProcessAnswer)
async def repeat_atom(door: Door, call: Changing, id: Id, atom: Atom, body: ReasonGiven) -> Response:
    """Goes back to an atom by hand, in its next visit (R7, R18)."""
    return answered(await door.processes.repeat_atom(call, id, atom, body.reason))


@router.get("/{id}/events", response_model=answers.Page[EventAnswer], operation_id="get_history_2")
@router.get("/{id}/history", response_model=answers.Page[EventAnswer])
async def get_history(door: Door, call: Reading, id: Id, page: Page) -> Response:
    """Everything that happened, oldest first."""
    return ExactResponse(await door.processes.history(call, id, page.cursor, page.limit))


@router.get("/{id}/visualize", response_model=Picture, responses=_MERMAID)
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
async def explain_process(
    door: Door,
    call: Reading,
    id: Id,
    atom: Annotated[
        str | None, Query(max_length=200, description="Why this atom has not started, started or was skipped.")
    ] = None,
) -> Response:
    """Why it is not moving: everything that is open, who would move it, and what that would unblock."""
    return ExactResponse(await door.explaining.explain(call, id, atom))


def _context(given: Mapping[str, str]) -> Mapping[str, str] | None:
    named = {key.removeprefix("context."): value for key, value in given.items() if key.startswith("context.")}
    return named or None
