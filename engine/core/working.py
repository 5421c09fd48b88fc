"""The work of a step between its start and its exit: one task or child, or one for each element of a list.

R9, R10, R14, R15.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from engine.core import context
from engine.core.callers import Caller
from engine.core.commands import (
    Start,
)
from engine.core.departure import Failure, NoValue, evaluated
from engine.core.eligibility import kept_for
from engine.core.ending import end
from engine.core.errors import Invalid
from engine.core.events import (
    ActionAttempted,
    ChildEnded,
    ChildStarted,
    Ended,
    IncidentCode,
    Parent,
    Stage,
    TaskCompleted,
    TaskCreated,
    TaskFailed,
)
from engine.core.frozen import changed
from engine.core.journey import Atom, Kind
from engine.core.leaving import complete, complete_task, fail, fail_task
from engine.core.outputs import check_output, check_saved, refusal
from engine.core.process import Child, Element, Step, Task
from engine.core.timekeeping import marks_of
from engine.core.turn import Turn

_GIVEN_OUT: Final = frozenset({"round_robin", "load_balanced", "skill_based"})
_FAILED: Mapping[Kind, IncidentCode] = {"human": "task_failed", "system": "action_failed", "subjourney": "child_failed"}
_MEND: Mapping[IncidentCode, str] = {
    "task_failed": "Mend what kept the performer from doing it, then retry, or skip the step.",
    "action_failed": "Mend what the action needs, then retry, or skip the step.",
    "child_failed": "Mend what made the child fail, then retry to start a new one, or skip the step.",
}


def begin_elements(turn: Turn, atom: Atom) -> None:
    """Starts each element that has its turn: all at once, or the next when none is under way (R14)."""
    in_order = atom.many is not None and atom.many.in_order
    index = 0
    while (elements := _under_way(turn, atom)) is not None and index < len(elements):
        if elements[index].state == "later":
            if in_order and any(element.state == "open" for element in elements):
                return
            begin_element(turn, atom, turn.process.steps[atom.id], index)
        index += 1


def begin_element(turn: Turn, atom: Atom, step: Step, index: int | None) -> None:
    """Makes the task or child of a step, or of one element of its list; holds it where `input` has no value (R9)."""
    try:
        seen = context.Seen(
            turn.process.context, lambda: context.seen_by_rules(turn.process, step, turn.now, index=index)
        )
        given = given_to(turn, atom, seen)
    except NoValue as none:
        turn.raise_incident(step, changed(none.failure, stage="work"), item_index=index)
        return
    begin_work(turn, atom, step, index, given)


def begin_work(turn: Turn, atom: Atom, step: Step, index: int | None, given: dict[str, Any] | None) -> None:
    """Makes the task or child that sees what it is `given`."""
    if atom.kind == "subjourney":
        _begin_child(turn, atom, step, index, given or {})
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
            item_index=index,
            due_at=step.due_at,
            seeking=not system and is_given_out(turn, atom.id),
            sla=marks_of(turn, atom.id),
        )
    )


def is_given_out(turn: Turn, atom: str) -> bool:
    """Whether the engine chooses who gets the atom's tasks, instead of offering them to the role."""
    route = turn.journey.routes[atom]
    return route.strategy in _GIVEN_OUT or bool(kept_for(turn.process, route))


def given_to(turn: Turn, atom: Atom, seen: context.Seen) -> dict[str, Any] | None:
    """What the performer, action or child sees (R9), by rules that see what is `seen`: None for the whole context.

    Raises:
        NoValue: where a rule of `input` has no value, or the action's schema says no.
    """
    if atom.kind == "wait" or (atom.input is None and atom.kind == "human"):
        return None
    given = {name: evaluated(rule, "input", atom.id, seen) for name, rule in atom.input or ()}
    errors = turn.journey.schemas.errors(f"action-input/{atom.action}", given) if atom.action else []
    if errors:
        first = errors[0]
        raise NoValue(
            Failure(
                "input",
                "rule_failed",
                f"The input of {atom.id} does not fit {atom.action} at {first['pointer'] or '/'}: {first['message']}.",
                "Correct the values that `input` reads in the context, then retry.",
            )
        )
    return given


def finish_task(turn: Turn, task: Task, output: Mapping[str, Any], assignee: str | None) -> None:
    """The work of a task is done (R9).

    Raises:
        Invalid: `output_invalid`, where a schema says no.
    """
    atom = turn.journey.atoms[str(task.atom)]
    check_output(turn, atom, output)
    if task.item_index is None:
        check_saved(turn, atom, output)
        complete_task(turn, atom.id, task.n, output, assignee)
        return
    enough = _check_list(turn, atom, task.item_index, output)
    turn.emit(TaskCompleted(atom.id, task.visit, task.n, assignee=assignee, output=output))
    _finished(turn, atom, enough)


def child_done(turn: Turn, child: Child, ended: Ended) -> None:
    """A child has ended: its fields are the output of its step or element, or it is a failure (R15, R10)."""
    atom = turn.journey.atoms[child.atom]
    reason = f"The child {child.id} was {ended.status}." if ended.status != "completed" else None
    enough = False
    if reason is None:
        try:
            if child.item_index is None:
                check_saved(turn, atom, ended.output)
            else:
                enough = _check_list(turn, atom, child.item_index, ended.output)
        except Invalid as error:
            reason = refusal(error)
    turn.emit(
        ChildEnded(
            child.atom,
            child.visit,
            child.id,
            ended.status,
            "failed" if reason else "done",
            ended.outcome,
            ended.output,
            child.item_index,
        )
    )
    if reason:
        failed(turn, atom, child.item_index, reason)
        begin_elements(turn, atom)
    elif child.item_index is None:
        complete(turn, atom.id, ended.output)
    else:
        _finished(turn, atom, enough)


def task_failed(turn: Turn, task: Task, reason: str, assignee: str | None = None) -> None:
    """The work of a task is a failure (R10)."""
    atom = turn.journey.atoms[str(task.atom)]
    if task.item_index is None and _repairs(turn, atom):
        fail_task(turn, atom.id, task.n, reason, assignee)
        return
    turn.emit(TaskFailed(atom.id, task.visit, task.n, assignee, reason))
    failed(turn, atom, task.item_index, reason, task.n)
    begin_elements(turn, atom)


def failed(turn: Turn, atom: Atom, index: int | None, reason: str, task: int | None = None) -> None:
    """A step, or one element of its list, has failed: an error path, an incident, or the process fails (R10, R14).

    The elements that have their turn now are left to the caller.
    """
    step = turn.process.steps[atom.id]
    if _repairs(turn, atom):
        elements = step.elements or ()
        left = sum(element.state != "failed" for element in elements)
        if index is None or left < needed(atom, len(elements)):
            fail(turn, atom.id, reason)
        return
    if atom.on_failure == "fail" and atom.id not in turn.journey.compensations:
        end(turn, "failed", f"{atom.name} ({atom.id}) failed: {reason}")
        return
    code = _FAILED[atom.kind]
    # Without an element a list has failed as a whole: retrying computes it anew.
    stage: Stage = "input" if index is None and step.elements is not None else "work"
    turn.raise_incident(step, Failure(stage, code, f"{atom.id} failed: {reason}", _MEND[code]), task, index)


def attempt_failed(turn: Turn, task: Task, error: str, retryable: bool) -> None:
    """R10: the next attempt after the policy's wait; after the last the task has failed."""
    atom = turn.journey.atoms[str(task.atom)]
    attempt = task.attempts + 1
    again = retryable and attempt < atom.retry.max_attempts
    next_at = turn.now + atom.retry.wait(attempt) if again else None
    turn.emit(ActionAttempted(atom.id, task.visit, task.n, attempt=attempt, error=error, next_at=next_at))
    if not again:
        tries = "once" if attempt == 1 else f"{attempt} times"
        task_failed(turn, task, f"{task.action} failed {tries}; the last time: {error}")


def needed(atom: Atom, count: int) -> int:
    """How many of `count` elements must be done (R14); of a single piece of work, that one."""
    how = atom.many.done_when if atom.many else "all"
    match how:
        case "all":
            return count
        case "any":
            return 1
        case _:
            return how


def _under_way(turn: Turn, atom: Atom) -> tuple[Element, ...] | None:
    step = turn.process.steps[atom.id]
    return step.elements if step.state == "active" and not turn.process.ended else None


def _repairs(turn: Turn, atom: Atom) -> bool:
    return any(edge.on == "error" for edge in turn.journey.routes[atom.id].enables)


def _check_list(turn: Turn, atom: Atom, index: int, output: Mapping[str, Any]) -> bool:
    """Whether with this output enough elements are done; then the list of outputs must fit, too (R14)."""
    elements = turn.process.steps[atom.id].elements or ()
    done = sum(element.state == "done" for element in elements) + 1
    enough = done >= needed(atom, len(elements))
    if enough:
        outputs = [element.output for element in elements]
        outputs[index] = output
        check_saved(turn, atom, outputs)
    return enough


def _finished(turn: Turn, atom: Atom, enough: bool) -> None:
    step = turn.process.steps[atom.id]
    if enough:
        complete(turn, atom.id, [element.output for element in step.elements or ()])
    else:
        begin_elements(turn, atom)


def _begin_child(turn: Turn, atom: Atom, step: Step, index: int | None, given: dict[str, Any]) -> None:
    """R15: the child runs in a decision of its own, right after this one."""
    calls = turn.journey.routes[atom.id].calls or ""
    errors = turn.journey.schemas.errors(f"child/{atom.id}", given)
    if errors:
        first = errors[0]
        reason = f"{calls} does not take its input at {first['pointer'] or '/'}: {first['message']}."
        turn.emit(ChildEnded(atom.id, step.visit, None, "failed", "refused", item_index=index))
        failed(turn, atom, index, reason)
        return
    process = turn.process
    n = process.last_child + 1
    child = str(uuid.uuid5(uuid.NAMESPACE_URL, f"wayline:{process.id}/{n}"))
    turn.emit(ChildStarted(atom.id, step.visit, child, n, calls, given, index))
    parent = Parent(process.id, atom.id, step.visit, index, atom.returns)
    start = Start(Caller(process.initiated_by), child, given, priority=process.priority, parent=parent)
    turn.post(child, start, calls)
