"""Who had a task and how it came to them: rows of `task_assignments`, told from the events of decisions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from engine.core.decision import Decision
from engine.core.events import (
    Event,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskDelegated,
    TaskEscalated,
    TaskFact,
    TaskFailed,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
    TaskStarted,
)
from engine.core.process import Process

Row = dict[str, Any]


class Assignments(msgspec.Struct):
    """What decisions change: `assigned` are new rows; of stored ones, `released` are those whose holder let go."""

    assigned: list[Row] = []
    released: list[Row] = []
    _accepted: dict[tuple[str, int], datetime] = {}
    _holders: dict[tuple[str, int], str | None] = {}
    _latest: dict[tuple[str, int], Row] = {}

    @property
    def accepted(self) -> list[Row]:
        """The tasks whose stored holder started, and still has them; with when."""
        return [{"process_id": process, "n": n, "accepted_at": at} for (process, n), at in self._accepted.items()]

    @staticmethod
    def of(decisions: Iterable[Decision]) -> "Assignments":
        """Those of `decisions`, which are in the order they were made."""
        found = Assignments()
        for decision in decisions:
            tasks = decision.before.tasks if decision.before else {}
            for task in tasks.values():
                found._holders.setdefault((decision.after.id, task.n), task.assignee)
            for event in decision.events:
                if isinstance(event.fact, TaskFact):
                    found._note(event, event.fact, decision.after)
        return found

    def _note(self, event: Event, fact: TaskFact, process: Process) -> None:
        match fact:
            case TaskAssigned(assignee=assignee, method=method, turn=turn, instead_of=absent):
                self._assign(event, process, fact.task, assignee, method, turn=turn, instead_of=absent)
            case TaskReassigned(assignee=assignee):
                self._assign(event, process, fact.task, assignee, "reassign")
            case TaskDelegated(assignee=assignee, inherited=False):
                self._assign(event, process, fact.task, assignee, "delegate")
            case TaskReturned(assignee=assignee):
                self._assign(event, process, fact.task, assignee, "return")
            case TaskEscalated(assignee=str(assignee)):
                self._assign(event, process, fact.task, assignee, "escalate")
            case TaskStarted():
                self._accept(event.process, fact.task, event.at)
            case TaskCompleted(assignee=assignee):
                if assignee is not None:
                    self._assign(event, process, fact.task, assignee, "complete")
                self._release(event.process, fact.task, event.at, done=True)
            case TaskFailed(assignee=assignee):
                if assignee is not None:
                    self._assign(event, process, fact.task, assignee, "fail")
                self._release(event.process, fact.task, event.at)
            case TaskReleased() | TaskCancelled() | TaskEscalated(freed=True):
                self._release(event.process, fact.task, event.at)
            case _:
                pass

    def _assign(
        self,
        event: Event,
        process: Process,
        n: int,
        assignee: str,
        method: str,
        *,
        turn: int | None = None,
        instead_of: str | None = None,
    ) -> None:
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
            "role": process.tasks[n].role,
            "turn": turn,
            "instead_of": instead_of,
            "accepted_at": None,
            "completed_at": None,
        }
        self.assigned.append(row)
        self._latest[event.process, n] = row
        self._holders[event.process, n] = assignee

    def _accept(self, process: str, n: int, at: datetime) -> None:
        if row := self._latest.get((process, n)):
            row["accepted_at"] = at
        else:
            self._accepted.setdefault((process, n), at)

    def _release(self, process: str, n: int, at: datetime, *, done: bool = False) -> None:
        """The holder lets go; who is `done` has accepted the task then at the latest."""
        if self._holders.get((process, n)) is None:
            return
        self._holders[process, n] = None
        accepted = self._accepted.pop((process, n), at if done else None)
        over = {"released_at": at, "accepted_at": accepted, "completed_at": at if done else None}
        if row := self._latest.pop((process, n), None):
            row |= over | {"accepted_at": row["accepted_at"] or over["accepted_at"]}
        else:
            self.released.append({"process_id": process, "n": n, **over})
