"""The addresses of breaches: what was not done by the target of its service level."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.breaches import AcknowledgeBreach
from engine import answers
from engine.clock_answers import BreachAnswer
from engine.ports import BreachFilter

router = APIRouter(prefix="/api", tags=["service levels"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The breach's id; of a task, the task's.", max_length=100)]
Wanted = Annotated[str | None, Query(max_length=200)]


@router.get("/v1/workflow/breaches", response_model=answers.Page[BreachAnswer], operation_id="list_breaches_2")
@router.get("/workflow/breaches", response_model=answers.Page[BreachAnswer])
async def list_breaches(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    door: Door,
    call: Reading,
    page: Page,
    level: Annotated[str | None, Query(max_length=300, description="The service level's name.")] = None,
    journey: Wanted = None,
    process: Wanted = None,
    role: Wanted = None,
    assignee: Annotated[str | None, Query(max_length=200, description="A user's id, or `me`.")] = None,
    open: Annotated[bool | None, Query(description="Whether what is late is still to be done.")] = None,
    acknowledged: bool | None = None,
) -> Response:
    """What was not done by its target, newest first: of tasks, subjourneys, modules, phases and processes."""
    wanted = BreachFilter(
        level=level,
        journey=journey,
        process=process,
        role=role,
        assignee=call.caller.id if assignee == "me" else assignee,
        open=open,
        acknowledged=acknowledged,
    )
    return ExactResponse(await door.breaches.find(call, wanted, page.cursor, page.limit))


@router.get("/v1/workflow/breaches/{id}", response_model=BreachAnswer, operation_id="get_breach_2")
@router.get("/workflow/breaches/{id}", response_model=BreachAnswer)
async def get_breach(door: Door, call: Reading, id: Id) -> Response:
    """One breach, and who has acknowledged it."""
    return ExactResponse(await door.breaches.get(call, id))


@router.post("/v1/workflow/breaches/{id}/acknowledge", response_model=BreachAnswer, operation_id="acknowledge_breach_2")
@router.post("/workflow/breaches/{id}/acknowledge", response_model=BreachAnswer)
async def acknowledge_breach(door: Door, call: Commanding, id: Id, body: AcknowledgeBreach) -> Response:
    """Says that one has seen it and what is done about it: once for all (409 `already_acknowledged` says who did)."""
    return answered(await door.breaches.acknowledge(call, id, body.note))
