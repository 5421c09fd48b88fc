"""The OpenAPI document, and a page that reads it. Everything the page needs comes from here, nothing from elsewhere."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.exchange import ExactResponse
from api.route import ExactRoute

router = APIRouter(include_in_schema=False, route_class=ExactRoute)

_PAGES: Final = Path(__file__).resolve().parent.parent / "pages"
_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"
_MEDIA: Final = {"docs.html": "text/html", "docs.js": "text/javascript", "docs.css": "text/css"}


@router.get("/")
async def root() -> Response:
    """Leads whoever opens the bare address to the page."""
    return RedirectResponse("/api/docs")


@router.get("/api/docs")
async def page() -> Response:
    """The page."""
    return _file("docs.html")


@router.get("/api/openapi.json")
async def openapi(request: Request) -> Response:
    """The document, made when it is first asked for."""
    return ExactResponse(request.app.state.openapi())


@router.get("/api/docs.js")
async def script() -> Response:
    """Its script."""
    return _file("docs.js")


@router.get("/api/docs.css")
async def style() -> Response:
    """Its style."""
    return _file("docs.css")


def _file(name: str) -> Response:
    text = (_PAGES / name).read_text("utf-8")
    return Response(text, media_type=_MEDIA[name], headers={"Content-Security-Policy": _POLICY})
