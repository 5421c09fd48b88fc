"""The shapes of the clocks of service levels, for the answers that show them."""

from dataclasses import dataclass
from typing import Final

from engine.core.clocks import Clock
from engine.core.durations import WorkingTime
from engine.core.times import format_if_any


@dataclass(frozen=True, slots=True)
class SlaAnswer:
    """Where something stands against its service level, `level`: on_track, at_risk, breached or met; null without one.

    Of what was given up it is how it stood then. While the clock is `standing` it has no target ahead, but so much of
    it `left` (ISO 8601; of working time where the level is counted so).
    """

    status: str | None = None
    target_at: str | None = None
    level: str | None = None
    standing: bool = False
    left: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessSlaAnswer:
    """Where the process as a whole stands, as `SlaAnswer`; and how many clocks in it are at risk and breached now.

    These are of its open tasks, subjourneys, modules and phases, and its own.
    """

    status: str | None = None
    target_at: str | None = None
    level: str | None = None
    standing: bool = False
    left: str | None = None
    at_risk: int = 0
    breached: int = 0


NO_SLA: Final = SlaAnswer()


def sla_answer(clock: Clock | None) -> SlaAnswer:
    """A clock as its readers see it."""
    if clock is None:
        return NO_SLA
    return SlaAnswer(
        clock.state,
        format_if_any(clock.target_at),
        clock.level,
        clock.standing,
        None if clock.target_left is None else str(WorkingTime(span=clock.target_left)),
    )


def process_sla(own: Clock | None, at_risk: int, breached: int) -> ProcessSlaAnswer:
    """The clock of a process, and how many of all that run in it are at risk and breached."""
    shown = sla_answer(own)
    return ProcessSlaAnswer(
        shown.status,
        shown.target_at,
        shown.level,
        shown.standing,
        shown.left,
        at_risk,
        breached,
    )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has seen a breach, when, and what they say of it."""

    by: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class BreachAnswer:
    """Something that was not done by its target, which passed at `breached_at` exactly.

    It is `of` a task (then the id is the task's), or of a step, module, phase or process, with its `atom` or `part`.
    What is late and still to be done has no `ended_at`; `status` is that of a task.
    """

    id: str
    of: str
    process: str
    process_title: str
    journey: str | None
    atom: str | None
    visit: int | None
    part: str | None
    name: str | None
    role: str | None
    assignee: str | None
    status: str | None
    level: str
    started_at: str
    breached_at: str
    ended_at: str | None
    escalated: int
    acknowledged: Acknowledgement | None = None
