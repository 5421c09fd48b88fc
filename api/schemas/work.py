"""Requests of outside workers."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from api.schemas.documents import Brought
from api.schemas.requests import Length, Name, RequestBody, Values

LONGEST_LEASE: Final = timedelta(days=30)
LONGEST_WAIT: Final = timedelta(minutes=1)

Lease = Annotated[Length, Field(gt=timedelta(), le=LONGEST_LEASE)]
Token = Annotated[int, Field(ge=1, le=2**63 - 1, description="That of the lease; a later lease refuses it (R10).")]


class ClaimWork(RequestBody):
    """R10. The actions that the worker can do, how much it takes, for how long, and how long it waits for some."""

    actions: Annotated[list[Name], Field(min_length=1, max_length=200)]
    limit: Annotated[int, Field(ge=1, le=200)] = 1
    lease: Lease = timedelta(minutes=1)
    wait: Annotated[Length, Field(ge=timedelta(), le=LONGEST_WAIT)] = timedelta()


class ExtendWork(RequestBody):
    """The work is held for `lease` from now on."""

    lease: Lease = timedelta(minutes=1)
    token: Token | None = None


class CompleteWork(RequestBody):
    """What the action gave (R9)."""

    output: Values = Field(default_factory=dict)
    documents: Brought = Field(default_factory=dict)
    token: Token | None = None


class FailWork(RequestBody):
    """Why the attempt failed; not `retryable` says that further attempts are useless (R10)."""

    error: Annotated[str, Field(min_length=1, max_length=2000)]
    retryable: bool = True
    token: Token | None = None
