"""Works seed cases through their journey in memory: people answer as `seed.replies`, actions as `seed.actions`."""

import asyncio
import inspect
import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from engine.actions import REGISTRY, ActionCall, ActionFailed
from engine.cases.performers import performer
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import CompleteWork
from engine.core.departure import depart
from engine.core.documents import AcceptDocument, ReceiveDocument, standing
from engine.core.journey import Journey, join_up
from engine.core.process import Process, Step, Task
from engine.core.scope import Scope
from engine.core.task_facts import Link
from engine.loading import load
from seed import actions, cases, replies
from tests.core.play import NOON, Play

JOURNEYS = Path(actions.__file__).parent / "journeys"


@cache
def journey(name: str) -> Journey:
    """A seed journey as it would run."""
    loaded = load((JOURNEYS / f"{name}.yaml").read_bytes(), "yaml")
    assert loaded.definition and loaded.routes, loaded.findings
    return join_up(loaded.definition, loaded.routes)


STARTS: dict[str, dict[str, Any]] = {
    "fha-purchase": {"borrower_id": "B-1", "loan_amount": 289_500, "property_value": 300_000},
    "leave-approval": {"employee_id": "E-1", "leave_type": "annual", "first_day": "2026-05-04", "days": 1},
    "invoice-approval": {"invoice_id": "V-1", "supplier_id": "S-1", "amount": 100},
}
"""What each journey needs at the start."""


class Walk(Play):
    """A process whose open work is done as the case says, in an order drawn from `seed`."""

    def __init__(self, name: str, case: cases.Case, seed: int = 0) -> None:
        super().__init__(journey(name))
        self.case = case
        self.random = random.Random(seed)

    def go(self, until: Callable[["Walk"], bool] = lambda walk: False) -> "Walk":
        """Does tasks until `until` is true, or nothing is left that anyone can do."""
        while not until(self) and (open_work := list(self._workable())):
            self.do(self.random.choice(open_work))
        return self

    def do(self, task: Task) -> None:
        """One answer of a person, or one attempt of an action."""
        atom = task.atom or ""
        if task.kind == "human":
            self.file(atom, Caller(str(task.role), frozenset({str(task.role)})))
            who = performer(self.journey, self.process, task, None)
            self.done(atom, who, **replies.answer(atom, self.case, self.process.context))
            return
        call = ActionCall(dict(task.input or {}), atom, NOON + timedelta(minutes=1), task.attempts + 1)
        try:
            output = answered(task.action or "", call)
        except ActionFailed as failed:
            self.fail(atom, str(failed), failed.retryable)
            return
        brought = {document: tuple(links) for document, links in call.documents.items()}
        self.give(CompleteWork(SYSTEM, task.n, self.lease(atom), output, brought))

    def file(self, atom: str, who: Caller) -> None:
        """Brings the documents that a task makes, and accepts those that it requires."""
        for document in replies.brought(atom):
            link = Link(**replies.link(document, self.case))
            self.give(ReceiveDocument(who, document, (link,)))
        for document in replies.accepted(atom):
            if standing(self.process, document) == "received":
                self.give(AcceptDocument(who, document))

    def _workable(self) -> Iterable[Task]:
        held = {incident.task for incident in self.process.open_incidents()}
        return (task for task in self.process.open_tasks() if task.n not in held)

    @property
    def end(self) -> str | None:
        """The outcome, or `held` where an incident is in the way."""
        return self.process.outcome if self.process.ended else "held"


def borrower(borrower_id: str, seed: int = 0) -> Walk:
    """The started process of a borrower."""
    walk = Walk("fha-purchase", cases.borrower(borrower_id), seed)
    walk.start(**cases.application(borrower_id))
    return walk


def called(action: str, values: dict[str, Any] | Any, key: str = "p1.1", attempt: int = 1) -> dict[str, Any]:
    """What an action answers to one attempt."""
    return answered(action, ActionCall(dict(values), key, NOON + timedelta(minutes=1), attempt))


def answered(action: str, call: ActionCall) -> dict[str, Any]:
    """What an action answers to a call; what it brings is in the call."""
    answer = REGISTRY[action](call)
    return asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer


def decided(name: str, atom: str, **context: Any) -> dict[str, Any]:
    """What a decision atom sets for this case data, and under `to` the atoms it leads to."""
    known = STARTS[name] | context
    process = Process("p1", name, "1.0.0", None, "running", "medium", "olga", "olga", NOON, known)
    step = Step(atom, 1, "active", exit="done")
    departure = depart(Scope.of(journey(name), None), process, step, NOON, None, "table")
    assert departure.failure is None, departure.failure
    return dict(departure.sets) | {"to": [edge.to for edge in departure.edges or () if edge.taken]}


async def _awaited(answer: Any) -> dict[str, Any]:
    return await answer
