"""What will be written, as data: the events, the rows that they changed, and what is asked of other processes."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from engine.core.clocks import Watch
from engine.core.commands import Post
from engine.core.events import Event, StepCompleted, StepSkipped, StepStarted, TaskCreated
from engine.core.frozen import Frozen
from engine.core.process import Child, Incident, Process, Step, Task, Timer, Wait

_K = TypeVar("_K")
_V = TypeVar("_V")


class Started(Frozen, frozen=True):
    """A step that this decision started, or gave its work after all.

    `task` is the number of its task; None for a step that is not one task (its tasks follow it, where it has a list),
    and where an incident holds it before its work.
    """

    atom: str
    visit: int
    task: int | None


class Decision(Frozen, frozen=True):
    """What a command does to one process: nothing where `events` is empty.

    `before` is the marking it was decided on (None for a start), `after` the one the events lead to. `title` is how
    people recognise the case. `posts` are written with it, for the processes they are for. What changed between the two
    markings is what the fold noted; nothing else is looked at.
    """

    before: Process | None
    after: Process
    events: tuple[Event, ...]
    title: str
    posts: tuple[Post, ...] = ()

    @property
    def past(self) -> tuple[Step, ...]:
        """The visits that made place for another one, as they were left (R7, R13)."""
        return tuple(self.after.changes.past)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are new or changed."""
        return _changed(self.after.changes.steps, self.before.steps if self.before else {}, self.after.steps)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that are new or changed."""
        return _changed(sorted(self.after.changes.tasks), self.before.tasks if self.before else {}, self.after.tasks)

    @property
    def work(self) -> tuple[Task, ...]:
        """The system tasks whose place in the workers' queue is new, changed or gone."""
        known: Mapping[int, Task] = self.before.tasks if self.before else {}
        return tuple(task for task in self.tasks if task.kind == "system" and _place(task) != _place(known.get(task.n)))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The incidents that are new or changed."""
        before = self.before.incidents if self.before else {}
        return _changed(sorted(self.after.changes.incidents), before, self.after.incidents)

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that are new or changed."""
        return _changed(sorted(self.after.changes.timers), self.before.timers if self.before else {}, self.after.timers)

    @property
    def timers_gone(self) -> tuple[int, ...]:
        """The numbers of the timers that fired or were cancelled."""
        return _gone(sorted(self.after.changes.timers), self.before.timers if self.before else {}, self.after.timers)

    @property
    def waits(self) -> tuple[Wait, ...]:
        """The waits for messages that are new or changed."""
        return _changed(sorted(self.after.changes.waits), self.before.waits if self.before else {}, self.after.waits)

    @property
    def waits_gone(self) -> tuple[int, ...]:
        """The numbers of the waits that are over."""
        return _gone(sorted(self.after.changes.waits), self.before.waits if self.before else {}, self.after.waits)

    @property
    def children(self) -> tuple[Child, ...]:
        """The open children that are new or changed."""
        return _changed(self.after.changes.children, self.before.children if self.before else {}, self.after.children)

    @property
    def children_gone(self) -> tuple[str, ...]:
        """The ids of the children that are open no longer."""
        return _gone(self.after.changes.children, self.before.children if self.before else {}, self.after.children)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The clocks of what is no task that are new or changed."""
        return _changed(self.after.changes.watches, self.before.watches if self.before else {}, self.after.watches)

    @property
    def started(self) -> tuple[Started, ...]:
        """The steps that started, in order; instant ones too."""
        found: list[Started] = []
        begun: set[tuple[str, int]] = set()
        for event in self.events:
            match event.fact:
                case TaskCreated(atom=str(atom), visit=int(visit), task=task):
                    found.append(Started(atom, visit, task))
                case StepStarted(atom=atom, visit=visit):
                    found.append(Started(atom, visit, None))
                    begun.add((atom, visit))
                case StepCompleted(atom=atom, visit=visit):
                    if (atom, visit) not in begun and not self._was_active(atom, visit):
                        found.append(Started(atom, visit, None))
                case _:
                    pass
        return tuple(found)

    def _was_active(self, atom: str, visit: int) -> bool:
        step = self.before.steps.get(atom) if self.before else None
        return step is not None and step.state == "active" and step.visit == visit

    @property
    def skipped(self) -> tuple[str, ...]:
        """The atoms that were skipped, in order."""
        return tuple(event.fact.atom for event in self.events if isinstance(event.fact, StepSkipped))


def _changed(touched: Iterable[_K], before: Mapping[_K, _V], after: Mapping[_K, _V]) -> tuple[_V, ...]:
    return tuple(after[key] for key in touched if key in after and before.get(key) is not after[key])


def _gone(touched: Iterable[_K], before: Mapping[_K, Any], after: Mapping[_K, Any]) -> tuple[_K, ...]:
    return tuple(key for key in touched if key in before and key not in after)


def _place(task: Task | None) -> Any:
    return task and (task.open, task.attempts, task.next_at)
