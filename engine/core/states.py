"""The states of a process, a step and a task, and what leads from one to the next.

::

    process   pending ──▶ running ⇄ suspended            step   waiting ──▶ active ──▶ completed | failed | cancelled
                             │                                     └──▶ skipped ◀──┘ by hand
                             ▼
                completed | failed | cancelled

    task      pending ──claim──▶ assigned ──start──▶ in_progress ──complete──▶ completed
                 ▲  ▲───release────┘   │                  │  │  │─────fail───▶ failed
                 │  └──────────────────┼────release───────┘  │  └──▶ cancelled, when its process or step ends
                 └── reassign, delegate to another person: ▶ assigned, from where it can be given back
              pending, assigned, in_progress ⇄ blocked; released or reassigned, it stays blocked

The tables are the theory; the code looks things up in them. Completing or failing a task that one may perform implies
claiming and starting it, so it is allowed from each open state but blocked. The task table is served by the API.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from engine.core.commands import Command
from engine.core.errors import Conflict
from engine.core.process import Process, ProcessStatus, StepState, Task, TaskStatus

BACK: Final = "back"
"""The goal of what leads back to the state it came from."""

TASK: Final[Mapping[TaskStatus, Mapping[str, TaskStatus | Literal["back"]]]] = {
    "pending": {
        "claim": "assigned",
        "assign": "assigned",
        "reassign": "assigned",
        "block": "blocked",
        "complete": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "assigned": {
        "start": "in_progress",
        "release": "pending",
        "reassign": "assigned",
        "delegate": "assigned",
        "return": "assigned",
        "block": "blocked",
        "complete": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "in_progress": {
        "release": "pending",
        "reassign": "assigned",
        "delegate": "assigned",
        "return": "assigned",
        "block": "blocked",
        "complete": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "blocked": {"unblock": BACK, "release": "blocked", "reassign": "blocked", "cancel": "cancelled"},
    "completed": {},
    "failed": {},
    "cancelled": {},
}

PROCESS: Final[Mapping[ProcessStatus, Mapping[str, ProcessStatus]]] = {
    "pending": {"start": "running", "end": "completed", "fail": "failed", "cancel": "cancelled"},
    "running": {"suspend": "suspended", "end": "completed", "fail": "failed", "cancel": "cancelled"},
    "suspended": {"resume": "running", "end": "completed", "fail": "failed", "cancel": "cancelled"},
    "completed": {},
    "failed": {},
    "cancelled": {},
}

STEP: Final[Mapping[StepState, Mapping[str, StepState]]] = {
    "waiting": {"start": "active", "skip": "skipped"},
    "active": {"complete": "completed", "fail": "failed", "cancel": "cancelled", "skip": "skipped"},
    "completed": {},
    "failed": {},
    "skipped": {},
    "cancelled": {},
}


def task_after(task: Task, verb: str) -> TaskStatus:
    """The state a task gets by `verb`.

    Raises:
        Conflict: `invalid_transition`, with `from`, `to` and `allowed`, where the table has no such step.
    """
    found = _goals(task)
    if verb in found:
        return found[verb]
    can = ", ".join(found) or "nothing more"
    detail = f"The task is {task.status}: {verb} cannot be done. From here: {can}."
    raise Conflict("invalid_transition", detail, **task_ways(task, verb))


def task_ways(task: Task, verb: str) -> dict[str, Any]:
    """What a refusal of `verb` tells: the state it is in, the one it would get, and those it can get from here."""
    found = _goals(task)
    goal: TaskStatus | Literal["back"] | None = found.get(verb)
    if goal is None:
        goal = next((row[verb] for row in TASK.values() if verb in row), None)
    return {"from": task.status, "to": goal, "allowed": sorted(set(found.values()))}


def _goals(task: Task) -> dict[str, TaskStatus]:
    back = task.blocked_from or "pending"
    return {verb: back if goal == "back" else goal for verb, goal in TASK[task.status].items()}


def taking(process: Process, command: Command) -> Process:
    """The process, if it takes the command in its state.

    Raises:
        Conflict: `process_ended`; `process_suspended` (R12); `invalid_transition` while it is pending (R1).
    """
    if process.ended:
        raise Conflict(
            "process_ended", f"The process is {process.status} and takes no more commands.", status=process.status
        )
    if process.status == "suspended" and not command.while_suspended:
        raise Conflict("process_suspended", None, **_ways(process))
    if process.status == "pending" and not command.while_pending:
        detail = "The process has not started; it can be put off, ended or cancelled, and its case data changed."
        raise Conflict("invalid_transition", detail, **_ways(process))
    return process


def process_after(process: Process, verb: str) -> ProcessStatus:
    """The status a process gets by `verb`.

    Raises:
        Conflict: `invalid_transition`, with `from`, `to` and `allowed`, where the table has no such step.
    """
    allowed = PROCESS[process.status]
    if verb in allowed:
        return allowed[verb]
    goal = next((row[verb] for row in PROCESS.values() if verb in row), None)
    detail = f"The process is {process.status}: {verb} cannot be done. From here: {', '.join(allowed)}."
    raise Conflict("invalid_transition", detail, to=goal, **_ways(process))


def _ways(process: Process) -> dict[str, Any]:
    return {"from": process.status, "allowed": sorted(set(PROCESS[process.status].values()))}
