"""How JSON goes in and out: bounded, with exact numbers, never through a float."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from api.errors import Refused
from engine.commit import Answer
from engine.core.errors import Invalid, NotFound
from engine.core.values import canonical, decode, encode, entering

MOST_BYTES: Final = 1024 * 1024
"""The largest body that is read."""


class ExactRequest(Request):
    """A request whose body is at most 1 MiB, and whose JSON keeps every number as it was written."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces.

        Raises:
            Refused: `too_large`, at the first byte beyond, whatever the length was said to be.
        """
        said = self.headers.get("content-length", "")
        received = int(said) if said.isdecimal() else 0
        if received > MOST_BYTES:
            raise Refused(Invalid("too_large"))
        received = 0
        async for piece in super().stream():
            received += len(piece)
            if received > MOST_BYTES:
                raise Refused(Invalid("too_large"))
            yield piece

    async def json(self) -> Any:
        """The body as a value within the contract's bounds.

        Raises:
            Refused: `request_invalid`, where it is no JSON, or with the pointer of each value that is beyond them.
        """
        if not hasattr(self, "_json"):
            self._json: Any = _entered(await self.body())
        return self._json

    async def fingerprint(self) -> str:
        """The SHA-256, in hex, of method, address and body; JSON bodies that are equal as values are the same (R17)."""
        body = await self.body()
        if body and "json" in self.headers.get("content-type", ""):
            body = canonical(await self.json())
        query = f"?{self.url.query}" if self.url.query else ""
        return fingerprint(self.method, self.url.path + query, body)


class ExactRoute(APIRoute):
    """A route that reads its requests as `ExactRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given the exact request."""
        handle = super().get_route_handler()

        async def handle_exactly(request: Request) -> Response:
            _refuse_nul(request)
            return await handle(ExactRequest(request.scope, request.receive))

        return handle_exactly


class ExactResponse(JSONResponse):
    """A body written by `engine.core.values.encode`."""

    def render(self, content: Any) -> bytes:
        """The JSON text of a value or a dataclass."""
        return encode(content)


def fingerprint(method: str, address: str, body: bytes) -> str:
    """The SHA-256, in hex, of a request; `body` is canonical where it is JSON."""
    return hashlib.sha256(f"{method} {address}\n".encode() + body).hexdigest()


def answered(answer: Answer) -> ExactResponse:
    """The response to a command."""
    return ExactResponse(answer.body, answer.status)


TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "Its version, for `If-Match`."}}}
}
"""How OpenAPI tells of a `tagged` response."""


def tagged(content: object, version: int) -> ExactResponse:
    """The response to a read of one thing, with its version as the ETag that `If-Match` takes."""
    return ExactResponse(content, headers={"ETag": f'"{version}"'})


def _refuse_nul(request: Request) -> None:
    """Refuses an address with a NUL: no text that the engine keeps holds one."""
    if "\0" in request.scope["path"]:
        raise NotFound("path_not_found")
    for name, value in request.query_params.multi_items():
        if "\0" in name or "\0" in value:
            wrong = [{"parameter": name.replace("\0", ""), "message": "holds a NUL character"}]
            raise Invalid("request_invalid", errors=wrong)


def _entered(body: bytes) -> Any:
    try:
        value = decode(body)
    except ValueError as error:
        wrong = [{"pointer": "", "message": f"is no JSON: {error}"}]
        raise Refused(Invalid("request_invalid", "The body is no JSON.", errors=wrong)) from None
    if errors := entering(value):
        raise Refused(Invalid("request_invalid", "The body holds what cannot be kept.", errors=errors))
    return value
