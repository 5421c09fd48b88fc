"""What the facts of a process have in common: their kinds, and the values they carry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from engine.core.frozen import Frozen

Severity = Literal["info", "warning", "error", "critical"]
Stage = Literal["input", "table", "sets", "edges", "work", "assignment"]
"""Where a step is held by an incident: before its start (`input`), in its work, or after its exit.

One of the stage `assignment` holds nothing: nobody could be chosen for a task, and its role may still take it.
"""

TaskKind = Literal["human", "system", "ad_hoc"]
Method = Literal["claim", "round_robin", "load_balanced", "skill_based", "same_as", "substitute"]
"""How a task came to its assignee: taken, or given by the atom's strategy, `same_as`, or in the place of another."""

TimerKind = Literal["timeout", "for", "until", "not_before"]
ClockOf = Literal["task", "step", "module", "phase", "process"]
"""What a service level is of; a step is a subjourney."""

Resolution = Literal["retried", "skipped", "reworked", "step_ended", "process_ended", "assigned"]

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


class EdgeResult(Frozen, frozen=True):
    """How one ENABLES was resolved: `trace` holds the values read and the comparisons, where a rule was looked at."""

    to: str
    on: str
    taken: bool
    rule: str | None = None
    trace: Mapping[str, Any] | None = None
    rework: bool = False


class Parent(Frozen, frozen=True):
    """The step that a process is a child of, and the fields of its context that the step wants back (R15)."""

    process: str
    atom: str
    visit: int
    item_index: int | None
    returns: tuple[str, ...]


class Ended(Frozen, frozen=True):
    """How a child ended: `output` holds the fields of its context that its parent wants back, those it has.

    `told` is the number of the event by which a suspended parent noted it (R12).
    """

    status: Literal["completed", "failed", "cancelled"]
    outcome: str | None
    output: Mapping[str, Any]
    told: int = 0


class Began(Frozen, frozen=True):
    """What a step began with, once the rules before its start had values: its list (R14), its message (R16)."""

    items: tuple[Any, ...] | None = None
    message: str | None = None
    key: Any = None
    due_at: datetime | None = None


class Marks(Frozen, frozen=True):
    """When a clock comes to each mark of its service level, `level`; None for one it has passed, or does not have.

    `calendar` is what its target is counted in: while it stands still, what it has left is working time of that.
    """

    level: str
    target_at: datetime | None
    warn_at: datetime | None = None
    escalate_at: datetime | None = None
    calendar: str | None = None


class Fact(Frozen, frozen=True):
    """A fact about a process. `name` is its type on the outside."""

    name: ClassVar[str]
    severity: ClassVar[Severity] = "info"
    v: ClassVar[int] = 1


class StepFact(Fact, frozen=True):
    """A fact about one visit of one atom."""

    atom: str
    visit: int


class TaskFact(Fact, frozen=True):
    """A fact about a task, by its number in the process; off the graph it has no atom."""

    atom: str | None
    visit: int | None
    task: int


class ClockFact(Fact, frozen=True):
    """A fact about a clock: a task's, by its number, or that of a step, a phase or module (`part`), or the process."""

    of: ClockOf
    atom: str | None
    visit: int | None
    task: int | None
    part: str | None


class TimerFact(Fact, frozen=True):
    """A fact about a timer, by its number in the process."""

    atom: str | None
    visit: int | None
    timer: int
