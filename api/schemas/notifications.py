"""Requests about notifications and webhooks."""

import re
from datetime import time
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.requests import Name, RequestBody, Time
from engine.core.kinds import CHANNELS, Channel

_CLOCK: Final = re.compile("^([01][0-9]|2[0-3]):[0-5][0-9]$")


def _time_of_day(value: object) -> object:
    # What is of another shape goes on as it is: Pydantic says that it is no time.
    return time.fromisoformat(value) if isinstance(value, str) and _CLOCK.fullmatch(value) else value


TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    WithJsonSchema({"type": "string", "pattern": _CLOCK.pattern, "description": "Hours and minutes, as in 08:00."}),
]
Kinds = Annotated[list[Name], Field(max_length=50, description="Kinds of notices; all where there are none.")]
Url = Annotated[str, Field(min_length=1, max_length=2000, description="https, at a public host or an allowed one.")]
Description = Annotated[str, Field(max_length=500)]


class ReadAll(RequestBody):
    """Which are marked as read: those from `until` or before; all where it is left out."""

    until: Time | None = None


class PutPreferences(RequestBody):
    """Takes the place of all preferences. `channels` names those kinds that are to be told otherwise than usual."""

    channels: Annotated[dict[Name, Annotated[list[Channel], Field(max_length=len(CHANNELS))]], Field(max_length=50)] = (
        Field(default_factory=dict)
    )
    digest_at: TimeOfDay | None = None
    time_zone: Name | None = None


class CreateWebhook(RequestBody):
    """A program that is told what people are."""

    url: Url
    kinds: Kinds = Field(default_factory=list)
    description: Description = ""


class ChangeWebhook(RequestBody):
    """What is to be another one; what is left out stays."""

    url: Url | None = None
    kinds: Kinds | None = None
    description: Description | None = None
    active: bool | None = None
