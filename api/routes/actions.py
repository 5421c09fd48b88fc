"""The addresses under /api/actions: what operators see and say of actions, over all workers."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.actions import LimitAction, PauseAction, ResumeAction
from engine import answers
from engine.services.actions import ActionAnswer

router = APIRouter(prefix="/api/actions", tags=["actions"], route_class=ExactRoute)

Name = Annotated[str, Path(description="The action's name, as in credit.pull.", max_length=200)]


@router.get("", response_model=answers.Page[ActionAnswer])
async def list_actions(door: Door, call: Reading, page: Page) -> Response:
    """By name, every action that has work, a pause or a limit; with how much of it waits and runs."""
    return ExactResponse(await door.actions.find(call, page.cursor, page.limit))


@router.post("/{name}/pause", response_model=ActionAnswer)
async def pause_action(door: Door, call: Commanding, name: Name, body: PauseAction) -> Response:
    """No worker is given work of the action until it is resumed, outside ones neither; what is under way goes on."""
    return answered(await door.actions.pause(call, name, body.reason))


@router.post("/{name}/resume", response_model=ActionAnswer)
async def resume_action(door: Door, call: Commanding, name: Name, body: ResumeAction | None = None) -> Response:
    """Work of the action is given out again, the longest due first."""
    return answered(await door.actions.resume(call, name, body.reason if body else None))


@router.post("/{name}/limit", response_model=ActionAnswer)
async def limit_action(door: Door, call: Commanding, name: Name, body: LimitAction) -> Response:
    """At most so many attempts of the action run at once, over all workers, from the next claim on."""
    return answered(await door.actions.limit(call, name, body.limit, body.reason))
