"""Plays a journey in memory, through `decide` alone, as the tests of the contract's rules need it."""

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    Cancel,
    ChangeContext,
    Command,
    CompleteTask,
    CompleteWork,
    ExpireLease,
    FailWork,
    RetryIncident,
    Start,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.events import Event
from engine.core.fold import fold
from engine.core.frozen import changed
from engine.core.journey import Journey, join_up
from engine.core.process import Lease, Process, Task
from engine.loading import load

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMIN = Caller("ada", frozenset({"admin"}), frozenset({"task:act_any", "task:read_all", "task:reassign"}))

HEAD = """
journey: example
version: 1.0.0
name: Example
context: {type: object, properties: {go: {}, n: {type: number}, text: {type: string}, items: {}, at: {type: string}}}
roles: {clerk: {name: Clerk}, chief: {name: Chief}}
actions: {do.it: {}, pull: {input: {type: object, required: [who]}, output: {type: object, required: [score]}}}
"""


def journey_of(atoms: str, head: str = HEAD, called: Mapping[str, Journey] = MappingProxyType({})) -> Journey:
    """The journey of a YAML list of atoms (or of a whole tail of a document) below a usual head.

    `called` are the versions that its subjourneys call, by `key@version`; they are called by exactly that.
    """
    body = textwrap.dedent(atoms)
    whole = body.lstrip().startswith(("phases:", "modules:"))
    text = head + (body if whole else f"atoms:{' ' if body.startswith('[') else chr(10)}{body}")
    loaded = load(text, "yaml")
    assert loaded.definition and loaded.routes, loaded.findings
    schemas = {ref: journey.definition.context for ref, journey in called.items()}
    return join_up(loaded.definition, loaded.routes, schemas)


class Play:
    """One process under way; each call is one command, a second after the one before."""

    def __init__(self, atoms: str | Journey, head: str = HEAD) -> None:
        self.journey = atoms if isinstance(atoms, Journey) else journey_of(atoms, head)
        self.now = NOON
        self.events: list[Event] = []
        self.stored: Process | None = None
        self.token = 0

    @property
    def process(self) -> Process:
        assert self.stored is not None
        return self.stored

    def give(self, command: Command) -> Decision:
        """Decides, and checks that folding the whole history gives the marking (Events)."""
        self.now += timedelta(seconds=1)
        decision = decide(self.journey, self.stored, command, self.now)
        self.events += decision.events
        self.stored = decision.after
        assert fold(self.journey, self.events) == self.stored
        assert [event.seq for event in self.events] == list(range(1, len(self.events) + 1))
        return decision

    def start(self, part: str | None = None, **context: Any) -> "Play":
        self.give(Start(Caller("olga"), "p1", context, part=part))
        return self

    def task(self, atom: str) -> Task:
        """The open task of `atom`."""
        (task,) = [task for task in self.process.open_tasks() if task.atom == atom]
        return task

    def done(self, atom: str, by: Caller = ADMIN, **output: Any) -> Decision:
        """Completes the open task of `atom`; a system task by a worker who holds it."""
        task = self.task(atom)
        if task.kind == "system":
            return self.give(CompleteWork(SYSTEM, task.n, self.lease(atom), output))
        return self.give(CompleteTask(by, task.n, output))

    def lease(self, atom: str, seconds: float = 60) -> int:
        """Lets a worker take the system task of `atom`; gives the token."""
        task = self.task(atom)
        self.token += 1
        held = changed(task, lease=Lease(self.token, "w1", self.now + timedelta(seconds=seconds)))
        self.process.tasks[task.n] = held
        return self.token

    def fail(self, atom: str, error: str = "no line", retryable: bool = True) -> Decision:
        return self.give(FailWork(SYSTEM, self.task(atom).n, self.lease(atom), error, retryable))

    def expire(self, atom: str) -> Decision:
        token = self.lease(atom, seconds=0.5)
        return self.give(ExpireLease(SYSTEM, self.task(atom).n, token))

    def retry(self) -> Decision:
        (incident,) = self.process.open_incidents()
        return self.give(RetryIncident(ADMIN, incident.n, "looked at"))

    def patch(self, **changes: Any) -> Decision:
        return self.give(ChangeContext(ADMIN, changes, "corrected"))

    def cancel(self) -> Decision:
        return self.give(Cancel(ADMIN, "not wanted"))

    @property
    def open(self) -> list[str]:
        """The atoms with an open task, in order of their tasks."""
        return [task.atom for task in self.process.open_tasks()]

    @property
    def states(self) -> dict[str, str]:
        """The state of each atom's step, in file order; `-` where there is none."""
        steps = self.process.steps
        return {atom: steps[atom].state if atom in steps else "-" for atom in self.journey.atoms}

    @property
    def incident(self) -> tuple[str, str, str]:
        """(code, atom, stage) of the one open incident."""
        (incident,) = self.process.open_incidents()
        return incident.code, incident.atom, incident.stage

    @property
    def ended(self) -> tuple[str, str | None]:
        return self.process.status, self.process.outcome

    @property
    def types(self) -> list[str]:
        return [event.fact.name for event in self.events]
