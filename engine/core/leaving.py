"""How a step exits: its output saved, what follows from it decided, and whether it leads on, back or to the end.

R2, R5, R7, R9.
"""

from collections.abc import Callable
from typing import Any

from engine.core import context
from engine.core.departure import Departure, depart
from engine.core.ending import clear, end, the_task
from engine.core.events import (
    Fact,
    Stage,
    StepCompleted,
    StepFailed,
    StepReworked,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from engine.core.frozen import changed
from engine.core.journey import Exit
from engine.core.process import Step
from engine.core.settling import settle
from engine.core.turn import Turn


def complete(turn: Turn, atom: str, output: Any = None) -> None:
    """A step that is not one task exits `done` (R9)."""
    step = turn.process.steps[atom]
    _leave(
        turn,
        step,
        "done",
        output,
        lambda departure, dimensions: StepCompleted(
            atom,
            step.visit,
            ready_at=step.ready_at or turn.now,
            output=output,
            sets=departure.sets,
            edges=departure.edges,
            dimensions=dimensions,
        ),
    )


def complete_task(turn: Turn, atom: str, task: int, output: Any, assignee: str | None) -> None:
    """A step that is one task exits `done` (R9)."""
    step = turn.process.steps[atom]
    _leave(
        turn,
        step,
        "done",
        output,
        lambda departure, dimensions: TaskCompleted(
            atom,
            step.visit,
            task,
            assignee=assignee,
            output=output,
            sets=departure.sets,
            edges=departure.edges,
            dimensions=dimensions,
        ),
        task,
    )


def fail_task(turn: Turn, atom: str, task: int, reason: str, assignee: str | None) -> None:
    """A step that is one task exits `error` (R10)."""
    step = turn.process.steps[atom]
    _leave(
        turn,
        step,
        "error",
        None,
        lambda departure, _: TaskFailed(atom, step.visit, task, assignee, reason, "error", departure.edges),
        task,
    )


def fail(turn: Turn, atom: str, reason: str) -> None:
    """A step that is not one task exits `error` (R10)."""
    step = turn.process.steps[atom]
    _leave(
        turn, step, "error", None, lambda departure, _: StepFailed(atom, step.visit, "error", departure.edges, reason)
    )


def time_out(turn: Turn, atom: str) -> None:
    """Its work, and an incident that holds it, is cancelled, and it exits `timeout` (R11)."""
    step = turn.process.steps[atom]
    task = the_task(turn, step)
    n = task.n if task else None

    def fact(departure: Departure, _: dict[str, Any]) -> Fact:
        if n is None:
            return StepFailed(atom, step.visit, "timeout", departure.edges)
        return TaskCancelled(atom, step.visit, n, "timeout", departure.edges)

    _leave(turn, step, "timeout", None, fact, n)


def go_on(turn: Turn, atom: str, stage: Stage, fact: Callable[[Departure, dict[str, Any]], Fact]) -> None:
    """A step that was held after its exit goes on where it stopped (R9, R18)."""
    step = turn.process.steps[atom]
    departure = depart(turn.scope, turn.process, step, turn.now, step.output, stage)
    turn.emit(fact(departure, turn.dimensions(context.assign(turn.process.context, departure.sets))))
    _lead_on(turn, atom, departure)


def rework(turn: Turn, first: str, source: str | None = None, reason: str | None = None) -> None:
    """R7: resets the region of `first`, which is ready at once."""
    region = turn.scope.region(first)
    for atom in region:
        clear(turn, atom, "reworked")
    steps = turn.process.steps
    visits = {
        atom: step.visit + 1 for atom in region if (step := steps.get(atom)) is not None and step.state != "waiting"
    }
    present = steps.get(first)
    visit = visits.get(first, present.visit if present else 1)
    turn.emit(StepReworked(first, visit, region, visits, source, reason))
    for atom in region:
        turn.queue.pop(atom, None)
    settle(turn, region)


def _leave(
    turn: Turn,
    step: Step,
    exit: Exit,
    output: Any,
    fact: Callable[[Departure, dict[str, Any]], Fact],
    task: int | None = None,
) -> None:
    """Ends what else is open of the step, notes its exit and leads on. `task` is the one it speaks through."""
    clear(turn, step.atom, "step_ended", task, taken=exit == "done")  # a wait for a message is done by none but that
    atom = turn.journey.atoms[step.atom]
    saved = context.save(turn.process.context, atom.saves, output)
    departure = depart(
        turn.scope,
        turn.process,
        changed(step, exit=exit),
        turn.now,
        output,
        "table" if exit == "done" else "edges",
        saved,
    )
    turn.emit(fact(departure, turn.dimensions(context.assign(saved, departure.sets))))
    _lead_on(turn, step.atom, departure)


def _lead_on(turn: Turn, atom: str, departure: Departure) -> None:
    if departure.failure:
        turn.raise_incident(turn.process.steps[atom], departure.failure)
        settle(turn, turn.scope.following(atom))  # for R4 it has completed
    elif departure.edges is None:
        end(turn, "completed")
    elif departure.back is not None:
        rework(turn, departure.back, atom)
    else:
        settle(turn, turn.scope.following(atom))
