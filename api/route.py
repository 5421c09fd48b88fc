"""A route of the API: it takes a request to its operation and gives the response."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.arguments import Plan
from api.exchange import ExactRequest
from engine.core.errors import Invalid, NotFound


class ExactRoute(APIRoute):
    """A route that reads its requests as `ExactRequest`, by a plan of its own; OpenAPI is FastAPI's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI calls with a request that comes to it."""
        self._plan = Plan.of(self.dependant)
        return self.serve

    async def serve(self, request: Request) -> Response:
        """The response of the operation.

        Raises:
            EngineError: where the request is refused.
            RequestValidationError: with everything that is wrong with its values.
        """
        _refuse_nul(request)
        exact = request if isinstance(request, ExactRequest) else ExactRequest(request.scope, request.receive)
        errors: list[Any] = []
        response: Response = await self._plan.result(exact, errors)
        if errors:
            raise RequestValidationError(errors)
        return response


def _refuse_nul(request: Request) -> None:
    """Refuses an address with a NUL: no text that the engine keeps holds one."""
    if "\0" in request.scope["path"]:
        raise NotFound("path_not_found")
    if not request.scope["query_string"]:
        return
    for name, value in request.query_params.multi_items():
        if "\0" in name or "\0" in value:
            wrong = [{"parameter": name.replace("\0", ""), "message": "holds a NUL character"}]
            raise Invalid("request_invalid", errors=wrong)
