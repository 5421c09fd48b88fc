"""How a process goes on after something was resolved: what is skipped, what starts, and when it ends (R3–R6, R8)."""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from engine.core import context
from engine.core.departure import Departure, Failure, depart, evaluated
from engine.core.events import (
    IncidentResolved,
    ProcessCompleted,
    StepCancelled,
    StepCompleted,
    StepSkipped,
    StepStarted,
    TaskCancelled,
    TaskCreated,
)
from engine.core.journey import Atom
from engine.core.process import Step
from engine.core.routing import dead, gate, join
from engine.core.turn import Turn


def advance(turn: Turn, looked_at: Iterable[str]) -> None:
    """Starts all that may start, first in, first out, then ends the process if nothing is left (R6, R8).

    `looked_at` are the atoms that the last moment may have made ready, startable or dead.
    """
    queue = deque(_settle(turn, looked_at))
    queued = set(queue)
    while queue and not turn.process.ended:
        concerned = start(turn, queue.popleft())
        fresh = [atom for atom in _settle(turn, concerned) if atom not in queued]
        queue.extend(fresh)
        queued.update(fresh)
    _complete_if_over(turn)


def concerned_by_exit(turn: Turn, atom: str) -> list[str]:
    """The atoms to look at after `atom` exited, was skipped, or its edges were resolved."""
    return [*turn.scope.targets(atom), *turn.scope.dependents(atom)]


def start(turn: Turn, atom_id: str) -> list[str]:
    """Starts a step: an instant atom exits at once, other kinds get their task. Gives the atoms to look at next."""
    atom = turn.journey.atoms[atom_id]
    step = turn.process.steps[atom_id]
    if not atom.instant:
        begin_work(turn, atom, step)
        return []
    departure = depart(turn.journey, turn.process, replace(step, exit="done"), turn.now)
    turn.emit(
        StepCompleted(
            atom=atom_id,
            visit=step.visit,
            ready_at=step.ready_at or turn.now,
            sets=departure.sets,
            edges=departure.edges,
            dimensions=turn.dimensions(context.assign(turn.process.context, departure.sets)),
        )
    )
    return after_exit(turn, atom, departure)


def after_exit(turn: Turn, atom: Atom, departure: Departure) -> list[str]:
    """Holds the step if its exit could not go all the way; else ends the process or gives the atoms to look at."""
    if departure.failure:
        turn.raise_incident(turn.process.steps[atom.id], departure.failure)
    elif atom.terminate:
        cancel_open(turn)
        turn.emit(ProcessCompleted(_outcome(turn)))
        return []
    return concerned_by_exit(turn, atom.id)


def begin_work(turn: Turn, atom: Atom, step: Step) -> None:
    """Makes the task of a human or system step; holds the step where its `input` has no value (R9)."""
    given = work_input(turn, atom, step)
    if isinstance(given, Failure):
        if step.state == "waiting":
            turn.emit(StepStarted(atom.id, step.visit, ready_at=step.ready_at or turn.now))
        turn.raise_incident(step, given)
        return
    system = atom.kind == "system"
    turn.emit(
        TaskCreated(
            atom=atom.id,
            visit=step.visit,
            task=turn.process.last_task + 1,
            kind="system" if system else "human",
            title=atom.name,
            role=turn.journey.routes[atom.id].role,
            action=atom.action,
            input=given,
            priority=atom.priority or turn.process.priority,
            ready_at=step.ready_at or turn.now,
            next_at=turn.now if system else None,
            timeout_seconds=atom.retry.timeout.total_seconds() if system else None,
        )
    )


def cancel_open(turn: Turn) -> None:
    """Ends what is open: tasks, active steps and incidents. What waits stays as it is (States)."""
    for task in list(turn.process.open_tasks()):
        turn.emit(TaskCancelled(task.atom, task.visit, task.n))
    for step in list(turn.process.steps.values()):
        if step.state == "active":
            turn.emit(StepCancelled(step.atom, step.visit))
    for incident in list(turn.process.open_incidents()):
        turn.emit(IncidentResolved(incident.atom, incident.visit, incident.n, how="process_ended"))


def _settle(turn: Turn, looked_at: Iterable[str]) -> list[str]:
    """One moment: skips all that is dead by now (R5), and gives what may start, in file order."""
    atoms = turn.journey.atoms
    heap = [(atoms[atom].index, atom) for atom in set(looked_at)]
    heapq.heapify(heap)
    startable: dict[int, str] = {}
    while heap:
        index, atom = heapq.heappop(heap)
        step = turn.process.steps.get(atom)
        if step and step.state != "waiting":
            continue
        verdict = join(turn.scope, turn.process, atom)
        if verdict == "open":
            continue
        passage = gate(turn.scope, turn.process, atom)
        if verdict == "skip" or passage == "skip":
            turn.emit(StepSkipped(atom, step.visit if step else 1, dead(turn.journey, atom)))
            for other in concerned_by_exit(turn, atom):
                heapq.heappush(heap, (atoms[other].index, other))
        elif passage == "clear":
            startable[index] = atom
    return [startable[index] for index in sorted(startable)]


def work_input(turn: Turn, atom: Atom, step: Step) -> dict[str, object] | Failure | None:
    """What the performer or action sees (R9): None for the whole context, or why there is none."""
    if atom.input is None and atom.kind == "human":
        return None
    data = context.seen_by_rules(turn.process, step, turn.now)
    given = evaluated("input", atom.id, atom.input or (), data)
    if isinstance(given, Failure) or not atom.action:
        return given
    errors = turn.journey.schemas.errors(f"action-input/{atom.action}", given)
    if not errors:
        return given
    first = errors[0]
    return Failure(
        "input",
        "rule_failed",
        f"The input of {atom.id} does not fit {atom.action} at {first['pointer'] or '/'}: {first['message']}.",
        "Correct the values that `input` reads in the context, then retry.",
    )


def _complete_if_over(turn: Turn) -> None:
    process = turn.process
    if process.ended or any(process.open_tasks()) or any(process.open_incidents()):
        return
    stuck = [atom for atom in turn.scope.atoms if atom not in process.steps or not process.steps[atom].resolved]
    assert not stuck, f"nothing is open, yet these never resolved: {sorted(stuck)}"
    turn.emit(ProcessCompleted(_outcome(turn)))


def _outcome(turn: Turn) -> str:
    """R8: of the milestone that completed last among those with an outcome, else `completed`."""
    ended = [
        (step.ended_seq or 0, outcome)
        for step in turn.process.steps.values()
        if step.state == "completed" and (outcome := turn.journey.atoms[step.atom].outcome)
    ]
    return max(ended)[1] if ended else "completed"
