"""Who had a task and how it came to them: rows of `task_assignments`, told from the events of decisions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.core.decision import Decision
from engine.core.events import (
    Event,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskReassigned,
    TaskReleased,
)

Row = dict[str, Any]


@dataclass(slots=True)
class Assignments:
    """What decisions change: `assigned` are new rows, `released` the tasks whose stored holder let go, and when."""

    assigned: list[Row] = field(default_factory=list[Row])
    released: list[Row] = field(default_factory=list[Row])
    _holders: dict[tuple[str, int], str | None] = field(default_factory=dict[tuple[str, int], str | None])
    _latest: dict[tuple[str, int], Row] = field(default_factory=dict[tuple[str, int], Row])

    @staticmethod
    def of(decisions: Iterable[Decision]) -> "Assignments":
        """Those of `decisions`, which are in the order they were made."""
        found = Assignments()
        for decision in decisions:
            tasks = decision.before.tasks if decision.before else {}
            for task in tasks.values():
                found._holders.setdefault((decision.after.id, task.n), task.assignee)
            for event in decision.events:
                found._note(event)
        return found

    def _note(self, event: Event) -> None:
        match event.fact:
            case TaskAssigned(task=n, assignee=assignee, method=method):
                self._assign(event, n, assignee, method)
            case TaskReassigned(task=n, assignee=assignee):
                self._assign(event, n, assignee, "reassign")
            case TaskCompleted(task=n, assignee=assignee):
                if assignee is not None:
                    self._assign(event, n, assignee, "complete")
                self._release(event.process, n, event.at)
            case TaskFailed(task=n, assignee=assignee):
                if assignee is not None:
                    self._assign(event, n, assignee, "fail")
                self._release(event.process, n, event.at)
            case TaskReleased(task=n) | TaskCancelled(task=n):
                self._release(event.process, n, event.at)
            case _:
                pass

    def _assign(self, event: Event, n: int, assignee: str, method: str) -> None:
        """Completing and failing imply claiming: they make a row unless the task has this holder already."""
        holder = self._holders.get((event.process, n))
        if holder == assignee:
            return
        self._release(event.process, n, event.at)
        row: Row = {
            "process_id": event.process,
            "n": n,
            "seq": event.seq,
            "method": method,
            "assigned_by": event.actor,
            "from_user": holder,
            "to_user": assignee,
            "at": event.at,
            "released_at": None,
        }
        self.assigned.append(row)
        self._latest[event.process, n] = row
        self._holders[event.process, n] = assignee

    def _release(self, process: str, n: int, at: datetime) -> None:
        if self._holders.get((process, n)) is None:
            return
        self._holders[process, n] = None
        if row := self._latest.pop((process, n), None):
            row["released_at"] = at
        else:
            self.released.append({"process_id": process, "n": n, "released_at": at})
