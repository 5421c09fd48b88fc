"""The addresses under /api/workflow/sla-configs: service levels by configuration."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.deps import Commanding, Door, Page, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from engine import answers
from engine.loading.load import Media
from engine.services.configurations import ConfigurationAnswer

router = APIRouter(prefix="/api/workflow/sla-configs", tags=["service levels"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The configuration's id, as in quick-intake.", max_length=200)]
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
_MADE: dict[int | str, dict[str, Any]] = {201: {"model": ConfigurationAnswer, "description": "It is new."}}


@router.get("", response_model=answers.Page[ConfigurationAnswer])
async def list_sla_configs(door: Door, call: Reading, page: Page) -> Response:
    """Configurations by id."""
    return ExactResponse(await door.configurations.find(call, page.cursor, page.limit))


@router.get("/{id}", response_model=ConfigurationAnswer)
async def get_sla_config(door: Door, call: Reading, id: Id) -> Response:
    """One configuration as it was put."""
    return ExactResponse(await door.configurations.get(call, id))


@router.put("/{id}", response_model=ConfigurationAnswer, openapi_extra=_DOCUMENT, responses=_MADE)
async def put_sla_config(request: Request, door: Door, call: Commanding, id: Id) -> Response:
    """Makes a configuration (201), or puts another in its place. Clocks that run keep their marks."""
    media: Media = "yaml" if "yaml" in request.headers.get("content-type", "") else "json"
    return answered(await door.configurations.put(call, id, await request.body(), media))


@router.delete("/{id}", response_model=ConfigurationAnswer)
async def delete_sla_config(door: Door, call: Commanding, id: Id) -> Response:
    """Removes a configuration. Clocks that run keep their marks."""
    return answered(await door.configurations.delete(call, id))
