"""Requests about incidents, and the answer to retrying many."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from api.schemas.requests import Name, Reason, RequestBody
from engine.answers import IncidentAnswer


class SkipIncident(RequestBody):
    """R18. `take` are targets of the held step's outgoing forward edges that are taken all the same."""

    reason: Reason
    take: Annotated[list[Name], Field(max_length=200)] = Field(default_factory=list)


class RetryIncidents(RequestBody):
    """Which open incidents to retry, newest first; what is left out is of any. `dry_run` only lists them."""

    process: Name | None = None
    journey: Name | None = None
    atom: Name | None = None
    code: Name | None = None
    reason: Reason
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What became of one incident: the `incident` after its retry, or a `problem` as the single operation gives.

    For a dry run it is the incident as it stands, and `status` is null.
    """

    id: str
    status: int | None
    incident: IncidentAnswer | Any = None
    problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RetryResults:
    """One result for each incident; `more` says whether others match that the limit left out."""

    items: tuple[RetryResult, ...]
    more: bool
    dry_run: bool
