"""The addresses under /api/webhooks: programs that are told what people are, for administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.notifications import ChangeWebhook, CreateWebhook
from engine import answers
from engine.ports import WebhookChange
from engine.services.webhooks import DeliveryAnswer, SentAgainAnswer, WebhookAnswer

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The webhook's id.", max_length=100)]
State = Annotated[Literal["waiting", "delivered", "failed"] | None, Query(description="Only deliveries in this state.")]


@router.get("", response_model=answers.Page[WebhookAnswer])
async def list_webhooks(door: Door, call: Reading) -> Response:
    """All webhooks, oldest first, on one page."""
    return ExactResponse(await door.webhooks.find(call))


@router.post("", response_model=WebhookAnswer, status_code=201)
async def create_webhook(door: Door, call: Commanding, body: CreateWebhook) -> Response:
    """Makes a webhook. Its secret is in this answer and in no other: signatures are verified with it."""
    return answered(await door.webhooks.create(call, body.url, body.description, tuple(dict.fromkeys(body.kinds))))


@router.get("/{id}", response_model=WebhookAnswer)
async def get_webhook(door: Door, call: Reading, id: Id) -> Response:
    """One webhook: whether it answers, and why it was stopped where it was."""
    return ExactResponse(await door.webhooks.get(call, id))


@router.patch("/{id}", response_model=WebhookAnswer)
async def change_webhook(door: Door, call: Commanding, id: Id, body: ChangeWebhook) -> Response:
    """Changes what is named; made active again, it is tried at once."""
    kinds = None if body.kinds is None else tuple(dict.fromkeys(body.kinds))
    return answered(await door.webhooks.change(call, id, WebhookChange(body.url, body.description, kinds, body.active)))


@router.delete("/{id}", response_model=WebhookAnswer)
async def delete_webhook(door: Door, call: Commanding, id: Id) -> Response:
    """Removes a webhook; what waits for it is never sent."""
    return answered(await door.webhooks.delete(call, id))


@router.get("/{id}/deliveries", response_model=answers.Page[DeliveryAnswer])
async def list_deliveries(door: Door, call: Reading, page: Page, id: Id, state: State = None) -> Response:
    """What was sent to the webhook, and what waits or failed, newest first."""
    return ExactResponse(await door.webhooks.deliveries(call, id, state, page.cursor, page.limit))


@router.post("/{id}/send-again", response_model=SentAgainAnswer)
async def send_again(door: Door, call: Commanding, id: Id) -> Response:
    """Sends the failed deliveries of the webhook once more."""
    return answered(await door.webhooks.send_again(call, id))
