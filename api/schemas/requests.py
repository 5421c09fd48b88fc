"""What all requests have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Values = dict[str, Any]
"""A JSON object; its numbers are int or Decimal."""

Reason = Annotated[str, Field(min_length=1, max_length=2000, description="Why; it is kept in the history.")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class RequestBody(BaseModel):
    """A body that takes no other keys than its own and turns no value into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ReasonGiven(RequestBody):
    """A command that needs a reason."""

    reason: Reason


class ReasonIfAny(RequestBody):
    """A command that may have a reason."""

    reason: Reason | None = None
