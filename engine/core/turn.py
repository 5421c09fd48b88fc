"""One decision under way: the marking it works on, the time, the events it has made, and what may start next."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from engine.core import context
from engine.core.commands import Crossing, Post
from engine.core.decision import Decision
from engine.core.departure import Failure
from engine.core.events import Event, Fact, IncidentRaised, Met, TaskCompleted
from engine.core.fold import evolve
from engine.core.journey import Journey
from engine.core.process import Process, Step
from engine.core.rules import RuleError
from engine.core.scope import Scope
from engine.core.task_facts import TaskEnd
from engine.core.values import canonical
from engine.core.verdicts import about_task, in_time, passed_marks

_TITLE_LENGTH = 200


class Turn(msgspec.Struct):
    """The working state of one `decide`. Facts go in by `emit`, which folds them at once.

    `queue` are the atoms that may start, first in, first out (R6).
    """

    journey: Journey
    before: Process | None
    process: Process
    now: datetime
    actor: str
    scope: Scope
    events: list[Event] = []
    queue: OrderedDict[str, None] = msgspec.field(default_factory=OrderedDict[str, None])
    posts: list[Post] = []

    @staticmethod
    def on(journey: Journey, process: Process, now: datetime, actor: str) -> "Turn":
        """A turn on what is stored; its time never goes back behind the process's last event."""
        later = max(now, process.last_at) if process.last_at else now
        return Turn(journey, process, process.copy(), later, actor, Scope.of(journey, process.part))

    def emit(self, fact: Fact) -> None:
        """Notes a fact and changes the marking by it; with a task that ends, what its clock says of that."""
        if not isinstance(fact, TaskEnd) or (task := self.process.tasks[fact.task]).sla is None:
            self._note(fact)
            return
        for passed in passed_marks(about_task(task), task.sla, self.now):
            self._note(passed)
        self._note(fact)
        clock = self.process.tasks[fact.task].sla
        if isinstance(fact, TaskCompleted) and clock and in_time(clock):
            self._note(Met(*about_task(task)))

    def _note(self, fact: Fact) -> None:
        event = Event(self.process.id, self.process.seq + 1, self.now, self.actor, fact)
        evolve(self.scope, self.process, event)
        self.events.append(event)

    def post(self, to: str, command: Crossing, calls: str | None = None) -> None:
        """Asks something of another process, or of this one in a decision after this."""
        self.posts.append(Post(to, command, calls))

    def raise_incident(
        self, step: Step, failure: Failure, task: int | None = None, item_index: int | None = None
    ) -> None:
        """Holds `step`, or one element of its list, by an incident."""
        self.emit(
            IncidentRaised(
                atom=step.atom,
                visit=step.visit,
                incident=self.process.last_incident + 1,
                code=failure.code,
                stage=failure.stage,
                message=failure.message,
                fix=failure.fix,
                task=task,
                item_index=item_index,
            )
        )

    def dimensions(self, after: Mapping[str, Any]) -> dict[str, Any]:
        """Those declared dimensions that `after` gives another value than the context has now."""
        return changed_dimensions(self.journey.definition.dimensions, self.process.context, after)

    def decision(self) -> Decision:
        """What was decided."""
        self.process.title = title(self.journey, self.before, self.process, self.now)
        return Decision(self.before, self.process, tuple(self.events), self.process.title, tuple(self.posts))


def changed_dimensions(names: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The dotted `names` whose values differ, with those of `after` (None where there is none any more)."""
    if before is after:
        return {}
    found: dict[str, Any] = {}
    for name in names:
        path = name.split(".")
        old, new = context.at(before, path), context.at(after, path)
        if old is not new and canonical(old) != canonical(new):
            found[name] = new
    return found


def title(journey: Journey, before: Process | None, process: Process, now: datetime) -> str:
    """How people recognise the case: the journey's `title`, or what stands for it while that has no value."""
    fallback = process.business_key or f"{journey.definition.name} {process.id[-6:]}".strip()
    rule = journey.definition.title
    if rule is None:
        return fallback
    if before is not None and before.title is not None and rule.closed and before.context is process.context:
        return before.title
    seen = context.Seen(process.context, lambda: context.seen_by_rules(process, Step("", 0, "waiting"), now))
    try:
        value = rule.evaluate(seen(rule))
    except RuleError:
        return fallback
    return (str(value)[:_TITLE_LENGTH] if value is not None else None) or fallback
