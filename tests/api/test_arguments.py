"""What operations are given: the values and the errors that FastAPI itself would give them, by a plan made once."""

from datetime import timedelta
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Cookie, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.responses import JSONResponse

from api.errors import add_error_answers
from api.route import ExactRoute
from api.schemas.requests import RequestBody


class Given(RequestBody):
    name: Annotated[str, Field(min_length=1, max_length=5)]
    times: Annotated[int, Field(ge=1)] = 1


async def inner(x_inner: Annotated[str | None, Header(max_length=3)] = None) -> str | None:
    return x_inner


async def outer(
    inner: Annotated[str | None, Depends(inner)], x_outer: Annotated[int, Header(alias="X-Outer", ge=0)]
) -> list[Any]:
    return [inner, x_outer]


async def page(limit: Annotated[int, Query(ge=1, le=9)] = 5, kind: Literal["a", "b"] | None = None) -> list[Any]:
    return [limit, kind]


Short = Annotated[str, Path(max_length=4)]


def app_of(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)

    @router.post("/required/{id}/{n}")
    async def required(
        id: Short, n: int, held: Annotated[Any, Depends(outer)], paged: Annotated[Any, Depends(page)], body: Given
    ) -> Response:
        return JSONResponse([id, n, held, paged, body.model_dump()])

    @router.post("/optional/{id}")
    async def optional(request: Request, id: Short, flag: bool = False, body: Given | None = None) -> Response:
        return JSONResponse([request.method, id, flag, body.model_dump() if body else None])

    app = FastAPI()
    app.include_router(router)
    add_error_answers(app)
    return app


JSON = {"Content-Type": "application/json"}
Headers = dict[str, str] | list[tuple[str, str]]
TWICE = [("X-Outer", "7"), ("X-Outer", "8"), *JSON.items()]
REQUESTS: dict[str, tuple[str, Headers, bytes]] = {
    "whole": ("/required/a/1?limit=3&kind=b", {"X-Outer": "2", "X-Inner": "i", **JSON}, b'{"name":"n","times":2}'),
    "defaults": ("/required/a/1", {"X-Outer": "0", **JSON}, b'{"name":"n"}'),
    "a header twice": ("/required/a/1?limit=2&limit=3", TWICE, b'{"name":"n"}'),
    "everything wrong": ("/required/abcde/x?limit=0&kind=c", {"X-Outer": "-1", "X-Inner": "long", **JSON}, b'{"n":1}'),
    "a header is missing": ("/required/a/1", JSON, b'{"name":"n"}'),
    "the body is missing": ("/required/a/1", {"X-Outer": "0", **JSON}, b""),
    "the body is null": ("/required/a/1", {"X-Outer": "0", **JSON}, b"null"),
    "the body is a list": ("/required/a/1", {"X-Outer": "0", **JSON}, b"[]"),
    "the body is of another type": ("/required/a/1", {"X-Outer": "0", "Content-Type": "text/plain"}, b'{"name":"n"}'),
    "the body has no type": ("/required/a/1", {"X-Outer": "0"}, b'{"name":"n"}'),
    "a type of its own": ("/required/a/1", {"X-Outer": "0", "Content-Type": "application/x+json"}, b'{"name":"n"}'),
    "a charset": ("/optional/a", {"Content-Type": "Application/JSON; charset=utf-8"}, b'{"name":"n"}'),
    "an optional body": ("/optional/a?flag=true", JSON, b'{"name":"n"}'),
    "no body": ("/optional/a?flag=1", {}, b""),
    "an optional body is null": ("/optional/a", JSON, b"null"),
    "an unknown key": ("/optional/a", JSON, b'{"name":"n","nme":1}'),
    "another type": ("/optional/a?flag=perhaps", JSON, b'{"name":5,"times":"1"}'),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_plan_gives_the_values_and_errors_that_fastapi_gives(name: str):
    path, headers, body = REQUESTS[name]
    answers: list[tuple[int, bytes]] = []
    for route_class in (APIRoute, ExactRoute):
        transport = httpx.ASGITransport(app_of(route_class))
        async with httpx.AsyncClient(transport=transport, base_url="http://wayline.test") as client:
            response = await client.post(path, headers=headers, content=body)
        answers.append((response.status_code, response.content))
    assert answers[0] == answers[1]
    assert answers[0][0] in {200, 422}


async def with_a_cookie(session: Annotated[str, Cookie()]) -> Response:
    return Response(session)


async def with_a_list(names: Annotated[list[str] | None, Query()] = None) -> Response:
    return Response(str(names))


async def with_a_model(given: Annotated[Given, Query()]) -> Response:
    return Response(str(given))


async def with_a_default_to_share(at: timedelta = timedelta(1)) -> Response:
    return Response(str(at))


async def with_two_bodies(one: Given, other: Given) -> Response:
    return Response(f"{one}{other}")


async def with_something_afterwards(tasks: BackgroundTasks) -> Response:
    return Response(str(tasks))


@pytest.mark.parametrize(
    "operation",
    [
        with_a_cookie,
        with_a_list,
        with_a_model,
        with_a_default_to_share,
        with_two_bodies,
        with_something_afterwards,
    ],
)
def test_an_operation_that_asks_for_what_plans_do_not_give_is_refused_when_it_is_written(operation: Any):
    with pytest.raises(TypeError):
        APIRouter(route_class=ExactRoute).post("/x")(operation)
