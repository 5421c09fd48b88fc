"""People who call the API in the tests: each with a token of the tests' secret, numbers exact both ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final, cast

import httpx
from fastapi import FastAPI

from api.auth import make_token
from engine.bootstrap import Engine
from engine.core.values import decode, encode
from engine.organisation import CurrentStaff
from engine.ports import OrganisationStore
from engine.services.callers import Callers
from tests.fakes.organisation import FixedStaff

SECRET: Final = "a secret of the tests that is long enough"
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    """Someone with a token."""

    app: FastAPI
    name: str
    roles: tuple[str, ...]

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        text: bytes | None = None,
        media: str = "application/yaml",
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        """One request; `body` goes as JSON, `text` as it is and said to be `media`."""
        sent = {"Authorization": f"Bearer {make_token(SECRET, self.name, self.roles, HOUR)}", **(headers or {})}
        if body is not None or text is not None:
            sent["Content-Type"] = media if body is None else "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        content = encode(body) if body is not None else text
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://wayline.test") as client:
            return await client.request(method, path, content=content, headers=sent, params=query)

    async def get(self, path: str, **query: Any) -> Any:
        """The answer to a read that must succeed."""
        return answer(await self.send("GET", path, **query), 200)

    async def post(self, path: str, body: Any = None, status: int = 200, key: str | None = None) -> Any:
        """The answer to a command that must succeed."""
        return answer(await self.send("POST", path, body, key=key), status)


def only_a_door() -> Engine:
    """What stands for the engine where callers do not get past the door: nobody was ever entered, and no database."""
    callers = Callers(cast("OrganisationStore", None), cast("CurrentStaff", FixedStaff()), "both", enters=False)
    return cast("Engine", SimpleNamespace(callers=callers))


def answer(response: httpx.Response, status: int = 200) -> Any:
    """The exact value of a response with this status."""
    assert response.status_code == status, response.text
    return decode(response.content)


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a response with this status and code, in its one shape."""
    body: dict[str, Any] = decode(response.content)
    assert (response.status_code, body["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["type"].endswith(f"#{code}")
    assert body["title"]
    assert body["detail"]
    return body


def person(app: FastAPI, name: str, roles: Sequence[str] = ()) -> Person:
    """Someone who holds these roles."""
    return Person(app, name, tuple(roles))
