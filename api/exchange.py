"""How JSON goes in and out: bounded, with exact numbers, never through a float."""

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from engine.commit import Answer
from engine.core.errors import Invalid
from engine.core.values import canonical, decode, encode, entering, harmless

MOST_BYTES: Final = 1024 * 1024
"""The largest body that is read."""


NOTHING: Final = object()
"""What an empty body holds, which is not null."""


class ExactRequest(Request):
    """A request whose body is at most 1 MiB, and whose JSON keeps every number as it was written."""

    _whole: bytes | None = None
    _value: Any = NOTHING

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The headers by their names in small letters; of one that comes twice the first, as in `headers`."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self.scope["headers"])}

    async def body(self) -> bytes:
        """The body, whole.

        Raises:
            Invalid: `too_large`, at the first byte beyond, whatever the length was said to be.
            ClientDisconnect: where the caller is gone before its end.
        """
        if self._whole is None:
            said = self.fields.get("content-length", "")
            if said.isdecimal() and int(said) > MOST_BYTES:
                raise Invalid("too_large")
            self._whole = await self._received()
        return self._whole

    async def _received(self) -> bytes:
        received = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            received += message.get("body", b"")
            if len(received) > MOST_BYTES:
                raise Invalid("too_large")
            if not message.get("more_body", False):
                return bytes(received)

    async def content(self) -> Any:
        """The value of a JSON body within the contract's bounds, the bytes of any other, `NOTHING` where it is empty.

        Raises:
            Invalid: `request_invalid`, where it is no JSON, or with the pointer of each value that is beyond them.
        """
        body = await self.body()
        if not body or not _is_json(self.fields.get("content-type", "")):
            return body or NOTHING
        if self._value is NOTHING:
            self._value = _entered(body)
        return self._value

    async def fingerprint(self) -> str:
        """The SHA-256, in hex, of method, address and body; JSON bodies that are equal as values are the same (R17)."""
        content = await self.content()
        text = b"" if content is NOTHING else content if isinstance(content, bytes) else canonical(content)
        address: str = self.scope["path"].replace("?", "%3F")
        if query := self.scope["query_string"]:
            address += f"?{query.decode('latin-1')}"
        return fingerprint(self.method, address, text)


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


@lru_cache(256)
def _is_json(content_type: str) -> bool:
    """Whether a body is JSON by its media type: `application/json`, or another that ends in `+json` (RFC 6839)."""
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def _entered(body: bytes) -> Any:
    try:
        value = decode(body)
    except ValueError as error:
        wrong = [{"pointer": "", "message": f"is no JSON: {error}"}]
        raise Invalid("request_invalid", "The body is no JSON.", errors=wrong) from None
    if not harmless(body) and (errors := entering(value)):
        raise Invalid("request_invalid", "The body holds what cannot be kept.", errors=errors)
    return value
