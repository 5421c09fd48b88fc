"""Requests about breaches."""

from typing import Annotated

from pydantic import Field

from api.schemas.requests import RequestBody


class AcknowledgeBreach(RequestBody):
    """What is said of a breach by who looks after it."""

    note: Annotated[str, Field(min_length=1, max_length=2000, description="What is done about it, or why it came so.")]
