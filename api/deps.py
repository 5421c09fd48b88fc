"""What handlers are given: the engine, who calls and in which request, and the page they want. The only Depends.

All are coroutines, though some wait for nothing: FastAPI sends a plain function to a thread, which costs more than it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, cast

from fastapi import Depends, Header, Query
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from api.auth import Authenticator
from api.exchange import ExactRequest
from engine.bootstrap import Engine
from engine.core.callers import Caller
from engine.core.clocks import Alert
from engine.ports import Key, WorkFilter
from engine.services.calls import Call
from engine.services.powers import Powers


class _Bearer(SecurityBase):
    """Who calls, by a bearer token; OpenAPI tells of it as its security scheme."""

    def __init__(self) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description="`sub` is the user, `roles` the roles.")
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: ExactRequest) -> Caller:
        """The caller; refuses those without a valid token."""
        state = request.app.state
        authenticator: Authenticator = state.authenticator
        return await authenticator.caller(request.fields.get("authorization"), cast("Engine", state.engine).callers)


caller: Final = _Bearer()


async def engine(request: ExactRequest) -> Engine:
    """The engine that the app opened when it started."""
    return cast("Engine", request.app.state.engine)


async def powers(request: ExactRequest) -> Powers:
    """What the table of permissions says of roles."""
    return cast("Authenticator", request.app.state.authenticator).powers


async def reading(request: ExactRequest, caller: Annotated[Caller, Depends(caller)]) -> Call:
    """The request of an operation that changes nothing."""
    return Call(caller, request.scope["state"]["correlation_id"])


async def commanding(
    request: ExactRequest,
    caller: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern="^[!-~]([ -~]*[!-~])?$",
            description="The same key with the same request gives the first answer again, for 7 days (R17).",
        ),
    ] = None,
) -> Call:
    """The request of a command, with its idempotency key."""
    key = None
    if idempotency_key is not None:
        key = Key(caller.id, idempotency_key, await request.fingerprint())
    return Call(caller, request.scope["state"]["correlation_id"], key)


async def changing(
    call: Annotated[Call, Depends(commanding)],
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=100,
            description="The ETag of what is changed, as GET gave it; refused with `stale_version` once it is another.",
        ),
    ] = None,
) -> Call:
    """The request of a command on one task or process, with the version that its caller has seen."""
    if if_match is None or if_match.strip() == "*":
        return call
    tag = _ETAG.fullmatch(if_match.strip())
    return replace(call, if_match=int(tag["version"]) if tag else _NEVER)


_ETAG: Final = re.compile(r'"(?P<version>[0-9]{1,18})"')
_NEVER: Final = -1
"""What no version is: a tag that is none of ours matches nothing (RFC 9110, 13.1.1)."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is wanted: at most `limit` items after `cursor`."""

    limit: int
    cursor: str | None


async def paging(
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of the page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")] = None,
) -> Paging:
    """The page that the address asks for."""
    return Paging(limit, cursor)


async def work(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    journey: Annotated[str | None, Query(max_length=200)] = None,
    atom: Annotated[str | None, Query(max_length=200)] = None,
    role: Annotated[str | None, Query(max_length=200)] = None,
    priority: Literal["low", "medium", "high", "critical"] | None = None,
    status: Literal["pending", "assigned", "in_progress", "blocked"] | None = None,
    overdue: Annotated[bool | None, Query(description="Past its due date, or the target of its service level.")] = None,
    blocked: bool | None = None,
    delegated: bool | None = None,
    q: Annotated[
        str | None, Query(max_length=200, description="Part of the task's name, the case's title or business key.")
    ] = None,
    sla: Annotated[Alert | None, Query(description="Where it stands against its service level.")] = None,
) -> WorkFilter:
    """Which open work the address asks for."""
    return WorkFilter(journey, atom, role, priority, status, overdue, blocked, delegated, q or None, sla)


async def given(request: ExactRequest) -> Mapping[str, str]:
    """Every parameter in the address, by name."""
    return request.query_params


Door = Annotated[Engine, Depends(engine)]
Granting = Annotated[Powers, Depends(powers)]
Reading = Annotated[Call, Depends(reading)]
Commanding = Annotated[Call, Depends(commanding)]
Changing = Annotated[Call, Depends(changing)]
Page = Annotated[Paging, Depends(paging)]
Work = Annotated[WorkFilter, Depends(work)]
Given = Annotated[Mapping[str, str], Depends(given)]
