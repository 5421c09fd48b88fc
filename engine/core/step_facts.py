"""Facts about steps, and the incidents that hold them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from engine.core.facts import (
    Began,
    EdgeResult,
    IncidentCode,
    Resolution,
    Severity,
    Stage,
    StepFact,
)


class StepStarted(StepFact, frozen=True):
    """A step became active and is not one task: `began` is None where a rule before its start is held (R9)."""

    name: ClassVar[str] = "step.started"
    ready_at: datetime
    began: Began | None = None


class StepCompleted(StepFact, frozen=True):
    """A step that is not one task exited `done`: with a list of outputs (R14), a message's body, a child's fields."""

    name: ClassVar[str] = "step.completed"
    ready_at: datetime
    output: Any = None
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = {}


class StepFailed(StepFact, frozen=True):
    """A step that is not one open task exited `error` or `timeout` (R10, R11)."""

    name: ClassVar[str] = "step.failed"
    severity: ClassVar[Severity] = "warning"
    exit: Literal["error", "timeout"]
    edges: tuple[EdgeResult, ...] | None = None
    reason: str | None = None


class StepSkipped(StepFact, frozen=True):
    """R3, R4: it will not start in this visit; its edges are not taken (R5). With a `reason` by hand (R18)."""

    name: ClassVar[str] = "step.skipped"
    edges: tuple[EdgeResult, ...]
    reason: str | None = None


class StepCancelled(StepFact, frozen=True):
    """An active step that is not one open task was ended with its process (R13)."""

    name: ClassVar[str] = "step.cancelled"


class StepReworked(StepFact, frozen=True):
    """R7: the region of `atom` was reset, and it is ready in this visit.

    `region` are the members in file order, `visits` the new visit of those that had been started or resolved. `source`
    is the atom whose exit led back; with a `reason` it was repeated by hand (R18).
    """

    name: ClassVar[str] = "step.reworked"
    region: tuple[str, ...]
    visits: Mapping[str, int]
    source: str | None = None
    reason: str | None = None


class IncidentRaised(StepFact, frozen=True):
    """Something a person must look at; `message` names the cause, `fix` what would resolve it."""

    name: ClassVar[str] = "incident.raised"
    severity: ClassVar[Severity] = "error"
    incident: int
    code: IncidentCode
    stage: Stage
    message: str
    fix: str
    task: int | None = None
    item_index: int | None = None


class IncidentResolved(StepFact, frozen=True):
    """The incident is closed. A retry says what the step `began` with, or how its exit went on (R9, R18)."""

    name: ClassVar[str] = "incident.resolved"
    incident: int
    how: Resolution
    reason: str | None = None
    began: Began | None = None
    sets: tuple[tuple[str, Any], ...] = ()
    edges: tuple[EdgeResult, ...] | None = None
    dimensions: Mapping[str, Any] = {}
