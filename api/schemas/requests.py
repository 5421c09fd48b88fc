"""What all requests have in common."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from engine.core.durations import parse
from engine.core.times import parse_time

Values = dict[str, Any]
"""A JSON object; its numbers are int or Decimal."""

Reason = Annotated[str, Field(min_length=1, max_length=2000, description="Why; it is kept in the history.")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _time(value: object) -> object:
    return parse_time(value) if isinstance(value, str) else value


def _length(value: object) -> object:
    return parse(value).as_timedelta() if isinstance(value, str) else value


Time = Annotated[
    datetime,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339, or a date (midnight UTC)."}),
]
Length = Annotated[
    timedelta,
    BeforeValidator(_length),
    WithJsonSchema({"type": "string", "format": "duration", "description": "ISO 8601, without months and years."}),
]


class RequestBody(BaseModel):
    """A body that takes no other keys than its own and turns no value into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ReasonGiven(RequestBody):
    """A command that needs a reason."""

    reason: Reason


class ReasonIfAny(RequestBody):
    """A command that may have a reason."""

    reason: Reason | None = None
