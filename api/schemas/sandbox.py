"""Requests to a sandbox."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from api.schemas.requests import Length, RequestBody

LONGEST: Final = timedelta(days=3660)


class AdvanceClock(RequestBody):
    """How far the clock moves on."""

    advance: Annotated[Length, Field(gt=timedelta(), le=LONGEST)]
