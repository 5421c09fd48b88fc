"""Requests of those who send messages."""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from api.schemas.requests import Length, Name, RequestBody, Values

LONGEST_TTL: Final = timedelta(days=365)


class SendMessage(RequestBody):
    """R16. It goes to the oldest waiting step whose name and key match; with none it is kept for its `ttl`.

    The same `id` twice is one message; without one it is the request's own. `key` is any JSON value, compared as such.
    """

    name: Name
    key: Any = None
    id: Name | None = None
    body: Values = Field(default_factory=dict)
    ttl: Annotated[Length, Field(ge=timedelta(), le=LONGEST_TTL)] = timedelta(hours=1)
