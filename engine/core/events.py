"""What happened, one class each. The marking of a process is the fold of its events (`engine.core.fold`).

A fact is written once and never changed; `TYPES` maps the name it has in PostgreSQL, Neo4j and the API to its class.
Times inside payloads are the envelope's `at` unless named otherwise. `edges` lists every outgoing ENABLES of a step
that has exited or was skipped, in the order of `Route.enables`; None while an incident holds it after its exit (R9), or
where it ended the process.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from engine.core.clock_facts import AtRisk, Breached, ClockEnded, ClockPaused, ClockSet, Escalated, Met
from engine.core.document_facts import DocumentAccepted, DocumentFact, DocumentReceived, DocumentRefused
from engine.core.facts import (
    Began,
    ClockFact,
    EdgeResult,
    Ended,
    Fact,
    IncidentCode,
    Parent,
    Resolution,
    Severity,
    Stage,
    StepFact,
    TaskFact,
    TaskKind,
    TimerFact,
    TimerKind,
)
from engine.core.frozen import Frozen
from engine.core.process_facts import (
    ChildEnded,
    ChildStarted,
    MessageDelivered,
    MessageRefused,
    ProcessCancelled,
    ProcessCompensating,
    ProcessCompleted,
    ProcessContextChanged,
    ProcessFailed,
    ProcessResumed,
    ProcessStarted,
    ProcessSuspended,
    TimerCancelled,
    TimerFired,
    TimerSet,
)
from engine.core.step_facts import (
    IncidentRaised,
    IncidentResolved,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReworked,
    StepSkipped,
    StepStarted,
)
from engine.core.task_facts import (
    ActionAttempted,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskChanged,
    TaskCommented,
    TaskCompleted,
    TaskCreated,
    TaskDelegated,
    TaskEscalated,
    TaskFailed,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
    TaskStarted,
    TaskUnblocked,
)

__all__ = [
    "TYPES",
    "ActionAttempted",
    "AtRisk",
    "Began",
    "Breached",
    "ChildEnded",
    "ChildStarted",
    "ClockEnded",
    "ClockFact",
    "ClockPaused",
    "ClockSet",
    "DocumentAccepted",
    "DocumentFact",
    "DocumentReceived",
    "DocumentRefused",
    "EdgeResult",
    "Ended",
    "Escalated",
    "Event",
    "Fact",
    "IncidentCode",
    "IncidentRaised",
    "IncidentResolved",
    "MessageDelivered",
    "MessageRefused",
    "Met",
    "Parent",
    "ProcessCancelled",
    "ProcessCompensating",
    "ProcessCompleted",
    "ProcessContextChanged",
    "ProcessFailed",
    "ProcessResumed",
    "ProcessStarted",
    "ProcessSuspended",
    "Resolution",
    "Severity",
    "Stage",
    "StepCancelled",
    "StepCompleted",
    "StepFact",
    "StepFailed",
    "StepReworked",
    "StepSkipped",
    "StepStarted",
    "TaskAssigned",
    "TaskBlocked",
    "TaskCancelled",
    "TaskChanged",
    "TaskCommented",
    "TaskCompleted",
    "TaskCreated",
    "TaskDelegated",
    "TaskEscalated",
    "TaskFact",
    "TaskFailed",
    "TaskKind",
    "TaskReassigned",
    "TaskReleased",
    "TaskReturned",
    "TaskStarted",
    "TaskUnblocked",
    "TimerCancelled",
    "TimerFact",
    "TimerFired",
    "TimerKind",
    "TimerSet",
    "read_fact",
]

_FACTS: tuple[type[Fact], ...] = (
    ProcessStarted,
    ProcessSuspended,
    ProcessResumed,
    ProcessCompensating,
    ProcessCompleted,
    ProcessFailed,
    ProcessCancelled,
    ProcessContextChanged,
    StepStarted,
    StepCompleted,
    StepFailed,
    StepSkipped,
    StepCancelled,
    StepReworked,
    TaskCreated,
    TaskAssigned,
    TaskStarted,
    TaskBlocked,
    TaskUnblocked,
    TaskReleased,
    TaskReassigned,
    TaskDelegated,
    TaskReturned,
    TaskEscalated,
    TaskChanged,
    TaskCommented,
    TaskCompleted,
    TaskFailed,
    TaskCancelled,
    ActionAttempted,
    TimerSet,
    TimerFired,
    TimerCancelled,
    MessageDelivered,
    MessageRefused,
    ChildStarted,
    ChildEnded,
    DocumentReceived,
    DocumentAccepted,
    DocumentRefused,
    IncidentRaised,
    IncidentResolved,
    ClockSet,
    ClockPaused,
    AtRisk,
    Breached,
    Met,
    ClockEnded,
    Escalated,
)
TYPES: Mapping[str, type[Fact]] = {fact.name: fact for fact in _FACTS}


class Event(Frozen, frozen=True):
    """One immutable fact in a process's history: `seq` counts from 1 without gaps, `at` never goes back."""

    process: str
    seq: int
    at: datetime
    actor: str
    fact: Fact

    @property
    def payload(self) -> dict[str, Any]:
        """The fact as JSON values (decimals kept exact); times are RFC 3339 texts."""
        payload: dict[str, Any] = msgspec.to_builtins(self.fact, builtin_types=(Decimal,))
        return payload


def read_fact(name: str, payload: Mapping[str, Any]) -> Fact:
    """The fact that was stored as `name` with `payload`.

    Raises:
        KeyError: when there is no such type.
        msgspec.ValidationError: when the payload is not of this type.
    """
    return msgspec.convert(dict(payload), TYPES[name])
