"""What will be written, as data: the events, and the rows of steps, tasks and incidents that they changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.core.events import Event, StepCompleted, StepSkipped, StepStarted, TaskCreated
from engine.core.process import Incident, Process, Step, Task

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Started:
    """A step that this decision started, or gave its work after all.

    `task` is the number of its task, None for an instant atom and where an incident holds the step before its work.
    """

    atom: str
    visit: int
    task: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command does to one process: nothing where `events` is empty.

    `before` is the marking it was decided on (None for a start), `after` the one the events lead to. `title` is how
    people recognise the case.
    """

    before: Process | None
    after: Process
    events: tuple[Event, ...]
    title: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are new or changed."""
        return _changed(self.before.steps if self.before else {}, self.after.steps)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that are new or changed."""
        return _changed(self.before.tasks if self.before else {}, self.after.tasks)

    @property
    def work(self) -> tuple[Task, ...]:
        """The system tasks whose place in the workers' queue is new, changed or gone."""
        known: Mapping[int, Task] = self.before.tasks if self.before else {}
        return tuple(task for task in self.tasks if task.kind == "system" and _place(task) != _place(known.get(task.n)))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The incidents that are new or changed."""
        return _changed(self.before.incidents if self.before else {}, self.after.incidents)

    @property
    def started(self) -> tuple[Started, ...]:
        """The steps that started, in order; instant ones too."""
        found: list[Started] = []
        for event in self.events:
            match event.fact:
                case TaskCreated(atom=atom, visit=visit, task=task):
                    found.append(Started(atom, visit, task))
                case StepCompleted(atom=atom, visit=visit) | StepStarted(atom=atom, visit=visit):
                    found.append(Started(atom, visit, None))
                case _:
                    pass
        return tuple(found)

    @property
    def skipped(self) -> tuple[str, ...]:
        """The atoms that were skipped, in order."""
        return tuple(event.fact.atom for event in self.events if isinstance(event.fact, StepSkipped))


def _changed(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> tuple[_V, ...]:
    return tuple(value for key, value in after.items() if before.get(key) is not value)


def _place(task: Task | None) -> Any:
    return task and (task.open, task.attempts, task.next_at)
