"""Who gets a delegated task back: another person, where who delegated it leaves. Who has it goes on with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.access import sharing_out
from engine.core.commands import TaskCommand
from engine.core.eligibility import check_person
from engine.core.errors import Conflict
from engine.core.events import TaskDelegated, TaskReassigned
from engine.core.people import for_people
from engine.core.states import task_ways
from engine.core.turn import Turn


@dataclass(frozen=True, slots=True)
class InheritTask(TaskCommand):
    """`heir`, who is `able` to do this, is answerable from now on; without one it is who has it."""

    heir: str | None = None
    reason: str | None = None
    able: Mapping[str, int] = field(default_factory=dict[str, int])


def inherit(turn: Turn, command: InheritTask) -> None:
    """By who delegated it, their manager, or who may share it out. A heir who has it becomes its owner.

    Raises:
        Conflict: `invalid_transition`, where nobody delegated it, or the heir did.
        Forbidden: `permission_denied`, `four_eyes`, `not_skilled`.
    """
    task = for_people(turn, command, "reassign")
    if task.delegated_by is None or task.assignee is None or task.delegated_by == command.heir:
        whose = f"{command.heir} delegated the task." if task.delegated_by else "Nobody delegated the task."
        raise Conflict("invalid_transition", whose, **task_ways(task, "reassign"))
    if task.delegated_by != command.by.id and task.delegated_by not in command.by.manages:
        sharing_out(task, command.by)
    if command.heir in (None, task.assignee):
        turn.emit(TaskReassigned(task.atom, task.visit, task.n, task.assignee, task.assignee, command.reason))
        return
    check_person(turn, task, str(command.heir), command.able)
    heir, who = str(command.heir), task.assignee
    turn.emit(TaskDelegated(task.atom, task.visit, task.n, heir, who, command.reason, inherited=True))
