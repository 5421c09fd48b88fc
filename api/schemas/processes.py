"""Requests about processes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.requests import Name, Reason, RequestBody, Values
from engine.core.times import parse_time
from engine.services.processes import Opening


def _time(value: object) -> object:
    return parse_time(value) if isinstance(value, str) else value


Time = Annotated[
    datetime,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339, or a date (midnight UTC)."}),
]


class StartProcess(RequestBody):
    """R1. Without a `version` it is the latest published one; `at` names a phase or module to start."""

    journey: Name
    version: Name | None = None
    at: Name | None = None
    business_key: Name | None = None
    context: Values = Field(default_factory=dict)
    priority: Literal["low", "medium", "high", "critical"] = "medium"
    due: Time | None = None

    def opening(self) -> Opening:
        """As the service takes it."""
        return Opening(
            journey=self.journey,
            version=self.version,
            part=self.at,
            business_key=self.business_key,
            context=self.context,
            priority=self.priority,
            due_at=self.due,
        )


class CancelProcess(RequestBody):
    """R13. `compensate: true` is not supported yet."""

    reason: Reason
    compensate: Literal[False] = False


class ChangeStatus(RequestBody):
    """Another spelling of cancelling."""

    status: Literal["cancelled"]
    reason: Reason


class ChangeContext(RequestBody):
    """R18. `patch` is a JSON merge patch (RFC 7396): null removes a name."""

    patch: Values
    reason: Reason
