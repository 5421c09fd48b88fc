"""What holds a process: each open thing, who or what would move it, and which atoms it would unblock."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engine.core.journey import Journey
from engine.core.process import Incident, Process, Task
from engine.core.routing import Scope

HolderKind = Literal["task", "incident"]


@dataclass(frozen=True, slots=True)
class Held:
    """One open thing. `who` are users or roles (`role:underwriter`) or actions; `needs` is what they must do."""

    kind: HolderKind
    n: int
    atom: str
    visit: int
    since: datetime
    who: tuple[str, ...]
    needs: str
    unblocks: tuple[str, ...]
    text: str


def explain(journey: Journey, process: Process) -> tuple[Held, ...]:
    """Everything that is open, in the order in which it opened; empty for a process that has ended."""
    if process.ended:
        return ()
    scope = Scope(journey, process.part)
    held = {incident.task for incident in process.open_incidents()}
    found = [_task(scope, process, task) for task in process.open_tasks() if task.n not in held]
    found += [_incident(scope, process, incident) for incident in process.open_incidents()]
    return tuple(sorted(found, key=lambda one: (one.since, one.kind, one.n)))


def blocked_behind(scope: Scope, process: Process, atom: str) -> tuple[str, ...]:
    """The atoms that cannot start before `atom` is resolved or may become dead with it, in file order."""
    seen: set[str] = set()
    queue = deque([atom])
    while queue:
        current = queue.popleft()
        for following in (*scope.targets(current), *scope.dependents(current)):
            step = process.steps.get(following)
            if following not in seen and (step is None or step.state == "waiting"):
                seen.add(following)
                queue.append(following)
    return tuple(one for one in scope.journey.atoms if one in seen)


def _task(scope: Scope, process: Process, task: Task) -> Held:
    unblocks = blocked_behind(scope, process, task.atom)
    who, needs, text = _whose(task)
    return Held("task", task.n, task.atom, task.visit, task.created_at, who, needs, unblocks, text)


def _whose(task: Task) -> tuple[tuple[str, ...], str, str]:
    if task.kind == "system":
        attempts = "attempt" if task.attempts == 1 else "attempts"
        tries = f" after {task.attempts} failed {attempts}" if task.attempts else ""
        text = f"“{task.name}” waits for a worker to do {task.action}{tries}."
        return (f"action:{task.action}",), f"a worker that does {task.action}", text
    if task.assignee:
        verb = "is being done by" if task.status == "in_progress" else "is assigned to"
        return (task.assignee,), "the task completed", f"“{task.name}” {verb} {task.assignee}."
    text = f"“{task.name}” waits for someone with the role {task.role} to take it."
    return (f"role:{task.role}",), "the task claimed and completed", text


def _incident(scope: Scope, process: Process, incident: Incident) -> Held:
    unblocks = blocked_behind(scope, process, incident.atom)
    text = f"“{scope.journey.atoms[incident.atom].name}” is held by an incident: {incident.message} {incident.fix}"
    who = tuple(_resolvers(incident))
    return Held(
        "incident", incident.n, incident.atom, incident.visit, incident.raised_at, who, incident.fix, unblocks, text
    )


def _resolvers(incident: Incident) -> Iterator[str]:
    yield "permission:incident:retry"
    if incident.code == "unresolved":
        yield "permission:process:change_context"
