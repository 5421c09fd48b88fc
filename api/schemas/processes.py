"""Requests about processes."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.requests import Name, Reason, RequestBody, Time, Values
from engine.services.processes import Opening


class StartProcess(RequestBody):
    """R1. Without a `version` it is the latest published one; `at` names a phase or module to start.

    With `not_before` the process is pending until then.
    """

    journey: Name
    version: Name | None = None
    at: Name | None = None
    business_key: Name | None = None
    context: Values = Field(default_factory=dict)
    priority: Literal["low", "medium", "high", "critical"] = "medium"
    due: Time | None = None
    not_before: Time | None = None

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
            not_before=self.not_before,
        )


class PutOffProcess(RequestBody):
    """R1. A pending process starts at this time and not before; a time that is past starts it at once."""

    not_before: Time
    reason: Reason


class CancelProcess(RequestBody):
    """R13. With `compensate` what was completed is undone before the process is cancelled."""

    reason: Reason
    compensate: bool = False


class ChangeStatus(RequestBody):
    """Another spelling of suspending, resuming, cancelling and ending by hand, by the state they lead to."""

    status: Literal["running", "suspended", "cancelled", "completed", "failed"]
    reason: Reason


class ChangeContext(RequestBody):
    """R18. `patch` is a JSON merge patch (RFC 7396): null removes a name."""

    patch: Values
    reason: Reason


class SkipStep(RequestBody):
    """R18. `take` are targets of its outgoing forward edges that are taken all the same; the others are not."""

    reason: Reason
    take: Annotated[list[Name], Field(max_length=200)] = Field(default_factory=list)
