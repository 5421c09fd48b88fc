"""The address /api/sandbox/clock."""

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Commanding, Door
from api.exchange import answered
from api.route import ExactRoute
from api.schemas.sandbox import AdvanceClock
from engine.answers import ClockAnswer

router = APIRouter(prefix="/api/sandbox", tags=["sandbox"], route_class=ExactRoute)


@router.post("/clock", response_model=ClockAnswer)
async def advance_clock(door: Door, call: Commanding, body: AdvanceClock) -> Response:
    """Moves every `now` on; each timer on the way fires at its due time before the answer. Only with `--sandbox`.

    With `at_once` nothing fires on the way, but all of it after, as where nothing ran meanwhile.
    """
    return answered(await door.sandbox.advance(call, body.advance, at_once=body.at_once))
