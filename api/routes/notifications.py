"""The addresses under /api/notifications: what the caller was told, and how."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.notifications import PutPreferences, ReadAll
from engine.services.notifications import NotificationAnswer, NotificationPage, PreferencesAnswer, ReadAnswer

router = APIRouter(prefix="/api/notifications", tags=["notifications"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The notification's id.", max_length=100)]
Unread = Annotated[bool, Query(description="Only those that were not read.")]


@router.get("", response_model=NotificationPage)
async def list_notifications(door: Door, call: Reading, page: Page, unread: Unread = False) -> Response:
    """What the caller was told, newest first, and how much of it is unread."""
    return ExactResponse(await door.notifications.find(call, page.cursor, page.limit, unread=unread))


@router.post("/read-all", response_model=ReadAnswer)
async def read_all_notifications(door: Door, call: Commanding, body: ReadAll | None = None) -> Response:
    """Marks the caller's as read: all, or those from `until` or before."""
    return answered(await door.notifications.read_all(call, body.until if body else None))


@router.get("/preferences", response_model=PreferencesAnswer)
async def get_preferences(door: Door, call: Reading) -> Response:
    """Every kind of notice with the channels by which it comes to the caller, and when the digest does."""
    return ExactResponse(await door.notifications.preferences(call))


@router.put("/preferences", response_model=PreferencesAnswer)
async def put_preferences(door: Door, call: Commanding, body: PutPreferences) -> Response:
    """Takes the place of all preferences of the caller; kinds that are not named come as usual."""
    channels = {kind: tuple(dict.fromkeys(named)) for kind, named in body.channels.items()}
    return answered(await door.notifications.prefer(call, channels, body.digest_at, body.time_zone))


@router.post("/{id}/read", response_model=NotificationAnswer)
async def read_notification(door: Door, call: Commanding, id: Id) -> Response:
    """Marks one of the caller's as read."""
    return answered(await door.notifications.read(call, id))
