"""The switch takes each request to the route that FastAPI's own look through all routes would take it to."""

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI, Response
from starlette.types import Message, Scope

from api.app import build_app
from api.route import ExactRoute
from api.switch import Switch

app = build_app()
switch: Switch = app.switch

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SPELLED = ["1", "inbox", "complete", "stats", "start", "retry", "a b", "ü", "p.1"]
"""What parameters may be; some are the names of other operations."""


def requests() -> Iterator[tuple[str, str]]:
    """(method, path) of every operation, with each spelling of its parameters, and with methods it does not take."""
    for path, methods in app.state.openapi()["paths"].items():
        for value in SPELLED if "{" in path else [""]:
            for method in (
                ("GET", "POST", "PUT", "PATCH", "DELETE") if value in {"", "1"} else [*map(str.upper, methods)]
            ):
                yield method, re.sub(r"\{\w+\}", value, path)
    yield from (("GET", "/api/tasks/"), ("GET", "/api/nowhere"), ("GET", "/api/tasks//complete"), ("POST", "/"))


def scope_of(method: str, path: str) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"wayline.test")],
        "state": {"correlation_id": "r-1"},
    }


async def served_by_fastapi(scope: Scope) -> str | None:
    """The template of the route that answers, None where none does."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    app.state.authenticator = None  # whoever calls fails on it, in the operation
    try:
        await FastAPI.__call__(app, scope, receive, send)
    except AttributeError:
        return scope["route"].path
    return None if statuses[0] in {307, 404, 405} else scope["route"].path


async def test_every_request_comes_to_the_route_that_fastapi_would_choose():
    found = 0
    for method, path in requests():
        scope = scope_of(method, path)
        route = switch.find(scope)
        chosen = scope_of(method, path)
        template = await served_by_fastapi(chosen)
        if route is not None:
            found += 1
            assert (route.path, scope["path_params"]) == (template, chosen["path_params"]), f"{method} {path}"
    assert found > 200


def test_every_operation_is_in_the_table():
    for path, methods in app.state.openapi()["paths"].items():
        for method in methods:
            route = switch.find(scope_of(method.upper(), re.sub(r"\{\w+\}", "x", path)))
            assert route is not None, f"{method} {path}"
            assert route.path == path


def test_a_template_that_is_more_than_names_is_refused_when_the_table_is_made():
    router = APIRouter(route_class=ExactRoute)

    @router.get("/files/{path:path}")
    async def read(path: str) -> Response:
        return Response(path)

    with pytest.raises(ValueError, match="path:path"):
        Switch([router], app)


def test_below_another_root_fastapi_looks_itself():
    assert switch.find({**scope_of("GET", "/api/tasks"), "root_path": "/wayline"}) is None
