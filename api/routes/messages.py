"""The address /api/messages."""

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Commanding, Door
from api.exchange import answered
from api.route import ExactRoute
from api.schemas.messages import SendMessage
from engine.answers import MessageAnswer
from engine.services.messages import Sent

router = APIRouter(prefix="/api/messages", tags=["messages"], route_class=ExactRoute)


@router.post("", response_model=MessageAnswer)
async def send_message(door: Door, call: Commanding, body: SendMessage) -> Response:
    """Goes to the step that has waited longest for this name and key, once; with none it is kept (R16)."""
    sent = Sent(name=body.name, key=body.key, id=body.id, body=body.body, ttl=body.ttl)
    return answered(await door.messages.send(call, sent))
