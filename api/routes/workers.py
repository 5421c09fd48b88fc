"""The addresses under /api/workers: the pause of all workers."""

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Commanding, Door, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.workers import PauseWorkers
from engine.services.workers import WorkersAnswer

router = APIRouter(prefix="/api/workers", tags=["workers"], route_class=ExactRoute)


@router.get("", response_model=WorkersAnswer)
async def get_workers(door: Door, call: Reading) -> Response:
    """Whether all workers are paused, and how much waits for them."""
    return ExactResponse(await door.workers.state(call))


@router.post("/pause", response_model=WorkersAnswer)
async def pause_workers(door: Door, call: Commanding, body: PauseWorkers) -> Response:
    """Nothing is claimed, no timer fires, until they are resumed; people's work goes on. A restore leaves it so."""
    return answered(await door.workers.pause(call, body.reason))


@router.post("/resume", response_model=WorkersAnswer)
async def resume_workers(door: Door, call: Commanding) -> Response:
    """Workers take up what waits for them."""
    return answered(await door.workers.resume(call))
