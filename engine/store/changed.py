"""The rows that decisions change, each in its last state."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Raw

from engine.core.clocks import Watch
from engine.core.covering import Cover
from engine.core.decision import Decision
from engine.core.eligibility import nobody_found
from engine.core.events import MessageDelivered, MessageRefused
from engine.core.process import Child, Incident, Step, Task, Timer, Wait
from engine.store import rows
from engine.store.rows import Row

_Key = tuple[str, int]
"""A process's id, and a number within it."""


class Changed(msgspec.Struct):
    """What decisions change, by its key, in the order it was first changed; None for what is gone.

    A child is there with whether its parent is done with it.
    """

    steps: dict[tuple[str, str, int], Step] = {}
    tasks: dict[_Key, Task] = {}
    work: dict[_Key, Task] = {}
    seekers: dict[_Key, Task] = {}
    incidents: dict[_Key, Incident] = {}
    timers: dict[_Key, Timer | None] = {}
    waits: dict[_Key, Wait | None] = {}
    children: dict[tuple[str, str], tuple[Child, bool]] = {}
    watches: dict[_Key, Watch] = {}
    used: list[int] = []

    def note(self, decision: Decision) -> None:
        """Takes in the next decision. A visit that a rework ended is closed before the next one is opened (R7)."""
        id = decision.after.id
        for step in (*decision.past, *decision.steps):
            self.steps[id, step.atom, step.visit] = step
        for task in decision.tasks:
            self.tasks[id, task.n] = task
            if _moves_in_queue(decision, task):
                self.work[id, task.n] = task
            elif task.seeks or _sought(decision, task):
                self.seekers[id, task.n] = task
        for event in decision.events:
            fact = event.fact
            if isinstance(fact, MessageDelivered | MessageRefused) and fact.kept is not None:
                self.used.append(fact.kept)
        self._note_what_is_rare(decision)

    def _note_what_is_rare(self, decision: Decision) -> None:
        """All that most decisions leave as it is: looked at only where the fold says that it did not stay so."""
        id, before, changes = decision.after.id, decision.before, decision.after.changes
        if changes.incidents:
            self.seekers |= {(id, task.n): task for task in _looked_for_again(decision)}
            self.incidents |= {(id, incident.n): incident for incident in decision.incidents}
        if changes.timers:
            self.timers |= {(id, timer.n): timer for timer in decision.timers}
            self.timers |= dict.fromkeys((id, n) for n in decision.timers_gone)
        if changes.waits:
            self.waits |= {(id, wait.n): wait for wait in decision.waits}
            self.waits |= dict.fromkeys((id, n) for n in decision.waits_gone)
        if changes.children:
            self.children |= {(id, child.id): (child, False) for child in decision.children}
            if before is not None:
                self.children |= {(id, child): (before.children[child], True) for child in decision.children_gone}
        if changes.watches:
            self.watches |= {(id, watch.n): watch for watch in decision.watches}

    def cover(self, covers: Mapping[str, Cover]) -> None:
        """Covers what is sensitive in the rows of these processes, by their ids."""
        for (id, atom, visit), step in self.steps.items():
            if cover := covers.get(id):
                self.steps[id, atom, visit] = cover.step(step)
        for (id, n), task in self.tasks.items():
            if cover := covers.get(id):
                self.tasks[id, n] = cover.task(task)
        for (id, n), wait in self.waits.items():
            if wait and (cover := covers.get(id)):
                self.waits[id, n] = cover.wait(wait)
        for (id, name), (child, over) in self.children.items():
            if cover := covers.get(id):
                self.children[id, name] = (cover.child(child), over)

    def sets(self, standing: Mapping[str, bool]) -> dict[str, Iterable[Row | Raw]]:
        """The rows to write and the keys of those to delete; `standing` says which processes are suspended."""
        return {
            "steps": [rows.owned(key[0], step) for key, step in self.steps.items()],
            "tasks": [rows.task(key[0], task) for key, task in self.tasks.items()],
            "placed": [rows.work(key[0], task, standing[key[0]]) for key, task in self.work.items() if task.open],
            "closed": [_key(key) for key, task in self.work.items() if not task.open],
            "sought": [rows.sought(key[0], task) for key, task in self.seekers.items() if task.seeks],
            "settled": [_key(key) for key, task in self.seekers.items() if not task.seeks],
            "incidents": [rows.owned(key[0], incident) for key, incident in self.incidents.items()],
            "timers": [rows.timer(key[0], timer) for key, timer in self.timers.items() if timer],
            "timers_gone": [_key(key) for key, timer in self.timers.items() if not timer],
            "waits": [rows.wait(key[0], wait) for key, wait in self.waits.items() if wait],
            "waits_gone": [_key(key) for key, wait in self.waits.items() if not wait],
            "children": [rows.child(key[0], child, over) for key, (child, over) in self.children.items()],
            "watches": [rows.watch(key[0], watch) for key, watch in self.watches.items()],
            "used": [{"id": row} for row in self.used],
        }


def _key(key: _Key) -> Row:
    return {"process_id": key[0], "n": key[1]}


def _sought(decision: Decision, task: Task) -> bool:
    """Whether somebody was sought for the task before."""
    known = decision.before.tasks.get(task.n) if decision.before else None
    return known is not None and known.seeks


def _looked_for_again(decision: Decision) -> Iterator[Task]:
    """The tasks whose incident that nobody could be found was retried: they are looked at at once."""
    for incident in decision.incidents:
        task = decision.after.tasks.get(incident.task or 0) if incident.stage == "assignment" else None
        if task is not None and task.seeks and nobody_found(decision.after, task) is None:
            yield task


def _moves_in_queue(decision: Decision, task: Task) -> bool:
    """Whether the task is new to the queue, due for another attempt, or closed.

    A due time that only moves on because the process stood still moves with all of its work, leases included (R12).
    """
    if task.kind != "system":
        return False
    known = decision.before.tasks.get(task.n) if decision.before else None
    return known is None or (known.open, known.attempts) != (task.open, task.attempts)
