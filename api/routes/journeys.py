"""The addresses under /api/journeys."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from engine import answers
from engine.answers import JourneyAnswer, VersionAnswer
from engine.loading.load import Media
from engine.services.journeys import Received
from engine.services.levels import LevelAnswer
from engine.services.pictures import Drawing

router = APIRouter(prefix="/api/journeys", tags=["journeys"], route_class=ExactRoute)

Key = Annotated[str, Path(description="The journey's key.", max_length=200)]
Number = Annotated[str, Path(description="The version, as in 1.4.0.", max_length=200)]

_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/yaml": {}, "application/json": {}}, "description": "The text as loaded."}
}
_MEDIA = {"yaml": "application/yaml", "json": "application/json"}


@router.post("", status_code=201, response_model=VersionAnswer, openapi_extra=_DOCUMENT)
async def load_journey(
    request: Request,
    door: Door,
    call: Commanding,
    publish: Annotated[bool, Query(description="Publish it at once.")] = False,
    dry_run: Annotated[bool, Query(description="Only look for findings; keep nothing.")] = False,
) -> Response:
    """Loads a journey version. 201; 200 where the same content was there already, and for a dry run."""
    media: Media = "json" if "json" in request.headers.get("content-type", "") else "yaml"
    received = Received(await request.body(), media)
    return answered(await door.journeys.load(call, received, publish, dry_run))


@router.get("", response_model=answers.Page[JourneyAnswer])
async def list_journeys(door: Door, call: Reading, page: Page) -> Response:
    """Journeys by key."""
    return ExactResponse(await door.journeys.find(call, page.cursor, page.limit))


@router.get("/{journey}", response_model=JourneyAnswer)
async def get_journey(door: Door, call: Reading, journey: Key) -> Response:
    """One journey and its versions."""
    return ExactResponse(await door.journeys.journey(call, journey))


@router.get("/{journey}/versions/{version}", response_model=VersionAnswer)
async def get_version(door: Door, call: Reading, journey: Key, version: Number) -> Response:
    """One version."""
    return ExactResponse(await door.journeys.version(call, journey, version))


@router.get("/{journey}/versions/{version}/document", response_class=Response, responses=_TEXT)
async def get_document(door: Door, call: Reading, journey: Key, version: Number) -> Response:
    """The version's text as it was loaded."""
    document = await door.journeys.document(call, journey, version)
    return Response(document.text, media_type=_MEDIA[document.media])


@router.get("/{journey}/versions/{version}/graph", response_model=Drawing)
async def get_graph(door: Door, call: Reading, journey: Key, version: Number) -> Response:
    """The version's nodes and edges, for drawing."""
    return ExactResponse(await door.journeys.graph(call, journey, version))


@router.get("/{journey}/versions/{version}/service-levels", response_model=answers.Page[LevelAnswer])
async def get_service_levels(door: Door, call: Reading, journey: Key, version: Number) -> Response:
    """The service level that holds for each thing of the version as of now, and whether the journey says it."""
    return ExactResponse(await door.journeys.service_levels(call, journey, version))


@router.post("/{journey}/versions/{version}/publish", response_model=VersionAnswer)
async def publish_version(door: Door, call: Commanding, journey: Key, version: Number) -> Response:
    """Publishes a draft, to PostgreSQL and Neo4j; published already is no error."""
    return answered(await door.journeys.publish(call, journey, version))


@router.post("/{journey}/versions/{version}/retire", response_model=VersionAnswer)
async def retire_version(door: Door, call: Commanding, journey: Key, version: Number) -> Response:
    """Stops new starts of a version; what runs goes on."""
    return answered(await door.journeys.retire(call, journey, version))


@router.post("/{journey}/pause", response_model=JourneyAnswer)
async def pause_journey(door: Door, call: Commanding, journey: Key) -> Response:
    """Stops new starts of every version."""
    return answered(await door.journeys.pause(call, journey, paused=True))


@router.post("/{journey}/unpause", response_model=JourneyAnswer)
async def unpause_journey(door: Door, call: Commanding, journey: Key) -> Response:
    """Allows new starts again."""
    return answered(await door.journeys.pause(call, journey, paused=False))
