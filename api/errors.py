"""Every refusal as RFC 9457 problem details; the one table from an error's class to its HTTP status.

::

    {type, title, status, code, detail, …the error's facts}       application/problem+json
"""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from engine.core.errors import (
    CODES,
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    Unauthenticated,
    Unavailable,
)
from engine.core.values import encode, escape

STATUS: Final[Mapping[type[EngineError], int]] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Invalid: 422,
    Unavailable: 503,
}
STATUS_OF_CODE: Final[Mapping[str, int]] = {"method_not_allowed": 405, "too_large": 413, "internal_error": 500}
"""Where the protocol has a status of its own for a code."""

_SAID: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "this operation takes no such key",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} elements",
    "too_long": "must have at most {max_length} elements",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "datetime_type": "must be a time, such as 2026-03-01T09:30:00Z",
    "time_type": "must be a time of day, such as 08:00",
    "time_delta_type": "must be a duration, such as PT1H",
}
"""What Pydantic finds, by its type, in our words; `{…}` are its facts."""

PROBLEM: Final = "application/problem+json"
_RETRY_AFTER: Final = 2
_FIXED: Final = frozenset({"type", "title", "status", "code", "detail"})


def status_of(error: EngineError) -> int:
    """The HTTP status of an error."""
    return STATUS_OF_CODE.get(error.code) or next(status for kind, status in STATUS.items() if isinstance(error, kind))


def problem(error: EngineError) -> dict[str, Any]:
    """The body that tells of an error."""
    return {
        "type": f"/api/docs#{error.code}",
        "title": CODES[error.code],
        "status": status_of(error),
        "code": error.code,
        "detail": error.detail,
        **{name: value for name, value in error.details.items() if name not in _FIXED},
    }


def refusal(error: EngineError) -> Response:
    """The response that tells of an error."""
    headers: dict[str, str] = {}
    match error:
        case Unauthenticated():
            headers["WWW-Authenticate"] = "Bearer"
        case Unavailable():
            headers["Retry-After"] = str(error.details.get("retry_after", _RETRY_AFTER))
        case _:
            pass
    return Response(encode(problem(error)), status_of(error), headers, media_type=PROBLEM)


def internal_error(correlation_id: str) -> Response:
    """The response where something failed that should not; it tells nothing of the inside."""
    failure = Conflict("internal_error", correlation_id=correlation_id)
    return refusal(failure)


def answer_to(error: Exception) -> Response | None:
    """The response to what was raised on a request's way; None where it is no refusal, but a failure of ours."""
    match error:
        case EngineError():
            return refusal(error)
        case RequestValidationError():
            return refusal(Invalid("request_invalid", errors=[_place(one) for one in error.errors()]))
        case HTTPException(status_code=404):
            return refusal(NotFound("path_not_found"))
        case HTTPException(status_code=405):
            response = refusal(Conflict("method_not_allowed"))
            response.headers.update(error.headers or {})
            return response
        case HTTPException():
            return refusal(Invalid("request_invalid", str(error.detail)))
        case ClientDisconnect():
            return refusal(Invalid("request_invalid", "The connection was lost before the end of the body."))
        case _:
            return None


async def _answer(_: Request, error: Exception) -> Response:
    response = answer_to(error)
    assert response, "only refusals are registered"
    return response


def _place(found: Mapping[str, Any]) -> dict[str, str]:
    """One of Pydantic's errors: a pointer into the body, or the name of a parameter."""
    where, *path = found["loc"]
    if where != "body":
        return {"parameter": ".".join(map(str, path)), "message": _message(found)}
    if not path and isinstance(found.get("input"), bytes):
        return {"pointer": "", "message": "the body must be JSON, sent as Content-Type: application/json"}
    return {"pointer": "".join(f"/{escape(str(part))}" for part in path), "message": _message(found)}


def _message(found: Mapping[str, Any]) -> str:
    """What is wrong with a value, in our words where the table has some; a validator of ours says it in its own."""
    kind, facts = found["type"], found.get("ctx", {})
    if kind == "string_too_short" and facts["min_length"] == 1:
        return "must not be empty"
    if kind == "value_error":
        return str(facts["error"])
    return _SAID[kind].format_map(facts) if kind in _SAID else str(found["msg"])


def add_error_answers(app: FastAPI) -> None:
    """Makes every refusal of `app` a problem, FastAPI's own included."""
    for kind in (EngineError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
