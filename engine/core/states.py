"""The states of a process, a step and a task, and what leads from one to the next.

::

    process   pending ──▶ running ⇄ suspended            step   waiting ──▶ active ──▶ completed | failed | cancelled
                             │                                     └──▶ skipped
                             ▼
                completed | failed | cancelled

    task      pending ──claim──▶ assigned ──start──▶ in_progress ──complete──▶ completed
                 ▲  ▲───release────┘   │                  │  │
                 │  └──────────────────┼────release───────┘  └──▶ cancelled, when its process or step ends
                 └── reassign to another person: ▶ assigned ──┘

The tables are the theory; the code looks things up in them. Completing a task that one may perform implies claiming
and starting it, so it is allowed from each open state. The task table is served by the API.
"""

from collections.abc import Mapping
from typing import Final

from engine.core.errors import Conflict
from engine.core.process import Process, ProcessStatus, StepState, Task, TaskStatus

TASK: Final[Mapping[TaskStatus, Mapping[str, TaskStatus]]] = {
    "pending": {
        "claim": "assigned",
        "start": "in_progress",
        "reassign": "assigned",
        "complete": "completed",
        "cancel": "cancelled",
    },
    "assigned": {
        "start": "in_progress",
        "release": "pending",
        "reassign": "assigned",
        "complete": "completed",
        "cancel": "cancelled",
    },
    "in_progress": {
        "release": "pending",
        "reassign": "assigned",
        "complete": "completed",
        "cancel": "cancelled",
    },
    "blocked": {"cancel": "cancelled"},
    "completed": {},
    "failed": {},
    "cancelled": {},
}

PROCESS: Final[Mapping[ProcessStatus, Mapping[str, ProcessStatus]]] = {
    "pending": {"cancel": "cancelled"},
    "running": {"complete": "completed", "fail": "failed", "cancel": "cancelled"},
    "suspended": {"cancel": "cancelled"},
    "completed": {},
    "failed": {},
    "cancelled": {},
}

STEP: Final[Mapping[StepState, Mapping[str, StepState]]] = {
    "waiting": {"start": "active", "skip": "skipped"},
    "active": {"complete": "completed", "fail": "failed", "cancel": "cancelled"},
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
    allowed = TASK[task.status]
    if verb in allowed:
        return allowed[verb]
    goals = next((row[verb] for row in TASK.values() if verb in row), None)
    can = ", ".join(allowed) or "nothing more"
    raise Conflict(
        "invalid_transition",
        f"The task is {task.status}: {verb} cannot be done. From here: {can}.",
        **{"from": task.status, "to": goals, "allowed": sorted(set(allowed.values()))},
    )


def running(process: Process) -> Process:
    """The process, if it takes commands.

    Raises:
        Conflict: `process_ended`.
    """
    if process.ended:
        raise Conflict(
            "process_ended", f"The process is {process.status} and takes no more commands.", status=process.status
        )
    return process
