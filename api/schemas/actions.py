"""Requests about actions."""

from typing import Annotated

from pydantic import Field

from api.schemas.requests import Reason, RequestBody


class PauseAction(RequestBody):
    """Why nobody is to be given work of the action."""

    reason: Reason


class ResumeAction(RequestBody):
    """Work of the action is given out again."""

    reason: Reason | None = None


class LimitAction(RequestBody):
    """How many attempts run at once over all workers; null for as many as there are workers for."""

    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None
    reason: Reason | None = None
