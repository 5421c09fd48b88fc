"""Requests to a sandbox."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from api.schemas.requests import Length, RequestBody

LONGEST: Final = timedelta(days=3660)


class AdvanceClock(RequestBody):
    """How far the clock moves on; `at_once`: as if nothing had run meanwhile, what came due is done after it."""

    advance: Annotated[Length, Field(gt=timedelta(), le=LONGEST)]
    at_once: bool = False
