"""What people do to a process by hand (R13, R18)."""

from datetime import datetime

from engine.core import context
from engine.core.advance import advance
from engine.core.commands import Cancel, ChangeContext, End, PutOff, RepeatAtom, RetryIncident, SkipIncident, SkipStep
from engine.core.departure import Departure, may_visit_again
from engine.core.ending import clear, end, stop
from engine.core.errors import Conflict, Invalid, NotFound
from engine.core.events import (
    IncidentResolved,
    ProcessCancelled,
    ProcessCompensating,
    ProcessContextChanged,
    StepSkipped,
    TimerSet,
)
from engine.core.frozen import changed
from engine.core.leaving import go_on, rework
from engine.core.process import Incident, Step
from engine.core.routing import dead
from engine.core.settling import settle
from engine.core.starting import start_again
from engine.core.timekeeping import conclude
from engine.core.turn import Turn
from engine.core.working import begin_element, begin_elements


def cancel(turn: Turn, command: Cancel) -> None:
    """Ends all that is open; with `compensate` what was done is undone first (R13).

    Raises:
        Conflict: `invalid_transition`, where it compensates already.
    """
    process = turn.process
    if command.compensate and process.compensating:
        raise Conflict(
            "invalid_transition",
            "The process is being cancelled with compensation already; a plain cancel ends it at once.",
            **{"from": "running", "to": "cancelled", "allowed": ["cancelled"]},
        )
    if command.forsaken:
        conclude(turn, "cancelled")
        stop(turn)
        turn.emit(ProcessCancelled(command.reason))
    elif command.compensate and process.status != "pending":
        stop(turn, compensate=True)
        turn.emit(ProcessCompensating(command.reason))
        advance(turn)
    else:
        end(turn, "cancelled", command.reason)


def put_off(turn: Turn, command: PutOff) -> None:
    """Changes the time before which a pending process does not start (R1).

    Raises:
        Conflict: `invalid_transition`, where it has started.
    """
    timer = next((one for one in turn.process.timers.values() if one.kind == "not_before"), None)
    if timer is None:
        raise Conflict(
            "invalid_transition", "The process has started already.", **{"from": turn.process.status, "allowed": []}
        )
    turn.emit(TimerSet(None, None, timer.n, "not_before", command.not_before, moves=False))


def change_context(turn: Turn, command: ChangeContext) -> None:
    """R18.

    Raises:
        Invalid: `context_invalid`, with pointers.
    """
    patched = context.merge_patch(turn.process.context, command.patch)
    errors = turn.journey.schemas.errors("context", patched)
    if errors:
        raise Invalid("context_invalid", f"The case data would break the schema of {turn.journey.ref}.", errors=errors)
    turn.emit(ProcessContextChanged(command.patch, command.reason, turn.dimensions(patched)))


def retry(turn: Turn, command: RetryIncident) -> None:
    """Starts the work again, or goes on where the exit was held (R9, R10, R18)."""
    incident = open_incident(turn, command.incident)
    atom = turn.journey.atoms[incident.atom]
    resolved = IncidentResolved(atom.id, incident.visit, incident.n, "retried", command.reason)
    if incident.stage in ("table", "sets", "edges"):
        go_on(turn, atom.id, incident.stage, lambda departure, dimensions: _went_on(resolved, departure, dimensions))
    elif incident.stage == "input" and incident.item_index is None:
        start_again(turn, incident, command.reason)
    elif incident.stage == "assignment":
        turn.emit(resolved)  # its task goes on seeking somebody
    else:
        turn.emit(resolved)
        begin_element(turn, atom, turn.process.steps[atom.id], incident.item_index)
        begin_elements(turn, atom)
    advance(turn)


def skip_incident(turn: Turn, command: SkipIncident) -> None:
    """Skips the step that an incident holds (R18)."""
    skip(turn, open_incident(turn, command.incident).atom, command.reason, command.take)


def skip_step(turn: Turn, command: SkipStep) -> None:
    """Skips a step (R18)."""
    skip(turn, command.atom, command.reason, command.take)


def end_process(turn: Turn, command: End) -> None:
    """Ends it by hand, as completed or failed (R18)."""
    end(turn, command.status, command.reason)


def skip(turn: Turn, atom: str, reason: str, take: tuple[str, ...]) -> None:
    """An active or held step; one that has exited keeps its state (R18).

    Raises:
        NotFound: `atom_not_found`, also for an edge that the step does not have.
        Conflict: `invalid_transition`, where it is neither active nor held.
    """
    step = _step_of(turn, atom)
    targets = [edge.target for edge in turn.journey.routes[atom].enables if not edge.rework]
    if unknown := [target for target in take if target not in targets]:
        raise NotFound("atom_not_found", f"{atom} has no edge to {unknown[0]}; it has: {', '.join(targets) or 'none'}.")
    edges = dead(turn.scope, atom, take)
    if step.state == "active":
        clear(turn, atom, "skipped")
        turn.emit(StepSkipped(atom, step.visit, edges, reason))
    else:
        for incident in [one for one in turn.process.open_incidents() if one.atom == atom]:
            turn.emit(IncidentResolved(atom, step.visit, incident.n, "skipped", reason, edges=edges))
    settle(turn, turn.scope.following(atom))
    advance(turn)


def repeat(turn: Turn, command: RepeatAtom) -> None:
    """R7 with the atom as target.

    Raises:
        NotFound: `atom_not_found`.
        Conflict: `invalid_transition` for a compensation or while compensating; `rework_limit`.
    """
    atom = command.atom
    if atom not in turn.journey.atoms:
        raise NotFound("atom_not_found", f"{turn.journey.ref} has no atom {atom}.")
    if turn.process.compensating or atom in turn.journey.compensations:
        detail = "A compensation is not repeated, nor anything while the process compensates."
        raise Conflict("invalid_transition", detail, **{"from": turn.process.status, "allowed": []})
    if atom not in turn.scope.atoms:
        raise NotFound("atom_not_found", f"The process was started at {turn.process.part}, which has no atom {atom}.")
    if not may_visit_again(turn.scope, turn.process.steps, atom):
        most = turn.journey.atoms[atom].max_visits
        raise Conflict("rework_limit", f"{atom} may be visited {most} times, and was.", max_visits=most)
    rework(turn, atom, reason=command.reason)
    advance(turn)


def open_incident(turn: Turn, n: int) -> Incident:
    """The open incident of this number.

    Raises:
        NotFound: `incident_not_found`.
        Conflict: `invalid_transition`, where it is resolved.
    """
    incident = turn.process.incidents.get(n)
    if incident is None:
        raise NotFound("incident_not_found")
    if not incident.open:
        raise Conflict("invalid_transition", "The incident is resolved already.", **{"from": "resolved", "allowed": []})
    return incident


def _step_of(turn: Turn, atom: str) -> Step:
    step = turn.process.steps.get(atom)
    if atom not in turn.journey.atoms or (atom not in turn.scope.atoms and atom not in turn.journey.compensations):
        raise NotFound("atom_not_found", f"The process has no atom {atom}.")
    if step is None or (step.state != "active" and not step.held):
        state = step.state if step else "waiting"
        detail = f"{atom} is {state}; only a step that is active or held can be skipped."
        raise Conflict("invalid_transition", detail, **{"from": state, "to": "skipped", "allowed": []})
    return step


def _went_on(resolved: IncidentResolved, departure: Departure, dimensions: dict[str, object]) -> IncidentResolved:
    return changed(resolved, sets=departure.sets, edges=departure.edges, dimensions=dimensions)


def born_pending(turn: Turn, not_before: datetime) -> None:
    """Sets the time at which a pending process starts (R1)."""
    turn.emit(TimerSet(None, None, turn.process.last_timer + 1, "not_before", not_before, moves=False))
