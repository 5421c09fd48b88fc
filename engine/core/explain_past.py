"""What the history says: how each step ended and what that decided, what led back, and why things stand still."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.core.events import (
    ActionAttempted,
    EdgeResult,
    Event,
    IncidentResolved,
    ProcessCompensating,
    ProcessSuspended,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReworked,
    StepSkipped,
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from engine.core.explain_held import Known, Rest
from engine.core.process import Process

Visit = tuple[str, int]

DECIDING: Final = (
    *(StepCompleted, StepFailed, StepSkipped, StepCancelled, TaskCompleted, TaskFailed, TaskCancelled),
    *(IncidentResolved, StepReworked),
)
"""The facts that decide how a step ended, and what follows from it."""


@dataclass(slots=True)
class Past:
    """What the deciding events say, by atom and visit.

    Attributes:
        edges: how the edges out of a visit went, with the traces of their rules, and the event that said so.
        ends: the event that ended it.
        skips: why it was skipped by hand, and by whom.
        reworks: the event that opened the visit.
    """

    edges: dict[Visit, tuple[Event, tuple[EdgeResult, ...]]] = field(
        default_factory=dict[Visit, tuple[Event, tuple[EdgeResult, ...]]]
    )
    ends: dict[Visit, Event] = field(default_factory=dict[Visit, Event])
    skips: dict[Visit, tuple[str, str]] = field(default_factory=dict[Visit, tuple[str, str]])
    reworks: dict[Visit, Event] = field(default_factory=dict[Visit, Event])

    @staticmethod
    def of(events: Iterable[Event]) -> "Past":
        """Reads a history, or those of its events that are `DECIDING`; oldest first."""
        past = Past()
        for event in events:
            past._note(event)
        return past

    def back(self, source: str, target: str) -> EdgeResult | None:
        """The edge by which `source` led back to `target` the last time (R7)."""
        found = [
            (event.seq, edge)
            for (atom, _), (event, edges) in self.edges.items()
            for edge in edges
            if atom == source and edge.rework and edge.taken and edge.to == target
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def _note(self, event: Event) -> None:
        match event.fact:
            case StepReworked(visits=visits):
                self.reworks |= dict.fromkeys(visits.items(), event)
                return
            case StepSkipped(atom=atom, visit=visit, reason=str(reason)):
                self.skips[atom, visit] = (event.actor, reason)
            case _:
                pass
        match event.fact:
            case (
                StepCompleted(atom=str(atom), visit=int(visit), edges=edges)
                | StepFailed(atom=str(atom), visit=int(visit), edges=edges)
                | StepSkipped(atom=str(atom), visit=int(visit), edges=edges)
                | TaskCompleted(atom=str(atom), visit=int(visit), edges=edges)
                | TaskFailed(atom=str(atom), visit=int(visit), edges=edges)
                | TaskCancelled(atom=str(atom), visit=int(visit), edges=edges)
            ):
                self.ends[atom, visit] = event
            case IncidentResolved(atom=atom, visit=visit, edges=edges):
                pass
            case StepCancelled(atom=atom, visit=visit):
                self.ends[atom, visit] = event
                return
            case _:
                return
        if edges is not None:
            self.edges[atom, visit] = (event, tuple(edges))


def known_of(
    process: Process,
    events: Iterable[Event],
    now: datetime,
    busy: frozenset[str] = frozenset(),
    resting: Mapping[str, Rest] | None = None,
) -> Known:
    """What is known of a process's open things from its events, the newest of each kind counting.

    Args:
        events: its history, or those of its events that `telling` names; oldest first.
        busy: the actions that some worker has work of just now.
        resting: the actions that operators paused.
    """
    blocked: dict[int, str] = {}
    errors: dict[int, str] = {}
    by, reason, cancelled = None, None, None
    for event in events:
        match event.fact:
            case TaskBlocked(task=task, reason=why):
                blocked[task] = why
            case ActionAttempted(task=task, error=error):
                errors[task] = error
            case ProcessSuspended(reason=why):
                by, reason = event.actor, why
            case ProcessCompensating(reason=why):
                cancelled = why
            case _:
                pass
    if process.status != "suspended":
        by, reason = None, None
    return Known(now, blocked, errors, by, reason, cancelled, busy, resting or {})


def telling(process: Process) -> tuple[str, ...]:
    """The types of event that `known_of` needs for a process as it stands."""
    tasks = list(process.open_tasks())
    wanted: Mapping[str, bool] = {
        TaskBlocked.name: any(task.status == "blocked" for task in tasks),
        ActionAttempted.name: any(task.attempts for task in tasks),
        ProcessSuspended.name: process.status == "suspended",
        ProcessCompensating.name: process.compensating,
    }
    return tuple(name for name, needed in wanted.items() if needed)
