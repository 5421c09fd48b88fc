"""What happened, one class each. The marking of a process is the fold of its events (`engine.core.fold`).

A fact is written once and never changed; `TYPES` maps the name it has in PostgreSQL, Neo4j and the API to its class.
Times inside payloads are the envelope's `at` unless named otherwise. `edges` lists every outgoing ENABLES of a step
that has exited or was skipped, in the order of `Route.enables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

import msgspec

from engine.core.journey import Priority

Severity = Literal["info", "warning", "error", "critical"]
Stage = Literal["input", "table", "sets", "edges", "work"]
"""Where a step is held by an incident: before its start (`input`), in its work, or after its exit."""

IncidentCode = Literal[
    "unresolved",
    "rule_failed",
    "no_path",
    "rework_limit",
    "action_failed",
    "task_failed",
    "child_failed",
    "nobody_eligible",
]


@dataclass(frozen=True, slots=True)
class EdgeResult:
    """How one ENABLES was resolved: `trace` holds the values read and the comparisons, where a rule was looked at."""

    to: str
    on: str
    taken: bool
    rule: str | None = None
    trace: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a process. `name` is its type on the outside."""

    name: ClassVar[str]
    severity: ClassVar[Severity] = "info"
    v: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class StepFact(Fact):
    """A fact about one visit of one atom."""

    atom: str
    visit: int


@dataclass(frozen=True, slots=True)
class TaskFact(StepFact):
    """A fact about a task, by its number in the process."""

    task: int


@dataclass(frozen=True, slots=True)
class ProcessStarted(Fact):
    """R1. `entries` are the entry atoms in scope, ready from now on; `part` is the phase or module it started at."""

    name: ClassVar[str] = "process.started"
    journey: str
    version: str
    part: str | None
    business_key: str | None
    context: Mapping[str, Any]
    dimensions: Mapping[str, Any]
    priority: Priority
    due_at: datetime | None
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProcessCompleted(Fact):
    """R8."""

    name: ClassVar[str] = "process.completed"
    outcome: str


@dataclass(frozen=True, slots=True)
class ProcessFailed(Fact):
    """R10, `on_failure: fail`."""

    name: ClassVar[str] = "process.failed"
    severity: ClassVar[Severity] = "error"
    reason: str


@dataclass(frozen=True, slots=True)
class ProcessCancelled(Fact):
    """R13."""

    name: ClassVar[str] = "process.cancelled"
    severity: ClassVar[Severity] = "warning"
    reason: str


@dataclass(frozen=True, slots=True)
class ProcessContextChanged(Fact):
    """R18. `patch` is a JSON merge patch (RFC 7396)."""

    name: ClassVar[str] = "process.context_changed"
    patch: Mapping[str, Any]
    reason: str
    dimensions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StepStarted(StepFact):
    """A step became active without a task: a rule before its start is held by an incident (R9)."""

    name: ClassVar[str] = "step.started"
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class StepCompleted(StepFact):
    """An instant atom exited `done` (R6). `edges` is None while an incident holds it after its exit (R9)."""

    name: ClassVar[str] = "step.completed"
    ready_at: datetime
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StepSkipped(StepFact):
    """R3, R4: it will not start in this visit; its edges are not taken (R5)."""

    name: ClassVar[str] = "step.skipped"
    edges: tuple[EdgeResult, ...]


@dataclass(frozen=True, slots=True)
class StepCancelled(StepFact):
    """An active step without a task was ended with its process (R13)."""

    name: ClassVar[str] = "step.cancelled"


@dataclass(frozen=True, slots=True)
class TaskCreated(TaskFact):
    """A human or system step started with this work.

    `input` is None where the performer sees the whole context. `next_at` is when a worker may take it, and
    `timeout_seconds` for how long (system only).
    """

    name: ClassVar[str] = "task.created"
    kind: Literal["human", "system"]
    title: str
    role: str | None
    action: str | None
    input: Mapping[str, Any] | None
    priority: Priority
    ready_at: datetime
    next_at: datetime | None = None
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TaskAssigned(TaskFact):
    """`assignee` took the task (`claim`)."""

    name: ClassVar[str] = "task.assigned"
    assignee: str
    method: Literal["claim"] = "claim"


@dataclass(frozen=True, slots=True)
class TaskStarted(TaskFact):
    """`assignee` began to work; starting implies claiming."""

    name: ClassVar[str] = "task.started"
    assignee: str


@dataclass(frozen=True, slots=True)
class TaskReleased(TaskFact):
    """The task went back to its role."""

    name: ClassVar[str] = "task.released"
    was: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TaskReassigned(TaskFact):
    """The task went to another person."""

    name: ClassVar[str] = "task.reassigned"
    was: str | None
    assignee: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TaskCompleted(TaskFact):
    """The step exited `done` with `output` (R9). `edges` is None while an incident holds it after its exit."""

    name: ClassVar[str] = "task.completed"
    assignee: str | None
    output: Mapping[str, Any]
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class TaskCancelled(TaskFact):
    """Open work was ended with its process (R13)."""

    name: ClassVar[str] = "task.cancelled"


@dataclass(frozen=True, slots=True)
class ActionAttempted(TaskFact):
    """An attempt failed (R10). `next_at` is when the next may start, None after the last."""

    name: ClassVar[str] = "action.attempted"
    severity: ClassVar[Severity] = "warning"
    attempt: int
    error: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentRaised(StepFact):
    """Something a person must look at; `message` names the cause, `fix` what would resolve it."""

    name: ClassVar[str] = "incident.raised"
    severity: ClassVar[Severity] = "error"
    incident: int
    code: IncidentCode
    stage: Stage
    message: str
    fix: str
    task: int | None = None


@dataclass(frozen=True, slots=True)
class IncidentResolved(StepFact):
    """The incident is closed.

    A retry says what it did: the `input` that the work starts again with, and when; or how the exit went on (R9, R18).
    `completed`: someone did the held work by hand.
    """

    name: ClassVar[str] = "incident.resolved"
    incident: int
    how: Literal["retried", "completed", "process_ended"]
    reason: str | None = None
    task: int | None = None
    next_at: datetime | None = None
    input: Mapping[str, Any] | None = None
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = field(default_factory=dict[str, Any])


_FACTS: tuple[type[Fact], ...] = (
    ProcessStarted,
    ProcessCompleted,
    ProcessFailed,
    ProcessCancelled,
    ProcessContextChanged,
    StepStarted,
    StepCompleted,
    StepSkipped,
    StepCancelled,
    TaskCreated,
    TaskAssigned,
    TaskStarted,
    TaskReleased,
    TaskReassigned,
    TaskCompleted,
    TaskCancelled,
    ActionAttempted,
    IncidentRaised,
    IncidentResolved,
)
TYPES: Mapping[str, type[Fact]] = {fact.name: fact for fact in _FACTS}


@dataclass(frozen=True, slots=True)
class Event:
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
