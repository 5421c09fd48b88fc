"""One decision under way: the marking it works on, the time, the events it has made, and what may start next."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.core import context
from engine.core.commands import Crossing, Post
from engine.core.decision import Decision
from engine.core.departure import Failure
from engine.core.events import Event, Fact, IncidentRaised, StepReworked, StepStarted, TaskCreated
from engine.core.fold import evolve
from engine.core.journey import Journey
from engine.core.process import Process, Step
from engine.core.routing import Scope
from engine.core.rules import Rule, RuleError
from engine.core.values import canonical

_TITLE_LENGTH = 200


@dataclass(slots=True)
class Turn:
    """The working state of one `decide`. Facts go in by `emit`, which folds them at once.

    `queue` are the atoms that may start, first in, first out (R6).
    """

    journey: Journey
    before: Process | None
    process: Process
    now: datetime
    actor: str
    scope: Scope
    events: list[Event] = field(default_factory=list[Event])
    queue: list[str] = field(default_factory=list[str])
    posts: list[Post] = field(default_factory=list[Post])
    past: list[Step] = field(default_factory=list[Step])

    @staticmethod
    def on(journey: Journey, process: Process, now: datetime, actor: str) -> "Turn":
        """A turn on what is stored; its time never goes back behind the process's last event."""
        later = max(now, process.last_at) if process.last_at else now
        return Turn(journey, process, process.copy(), later, actor, Scope(journey, process.part))

    def emit(self, fact: Fact) -> None:
        """Notes a fact and changes the marking by it."""
        event = Event(self.process.id, self.process.seq + 1, self.now, self.actor, fact)
        for step in self._ended_visits(fact):
            self.past.append(_left(step, event))
        evolve(self.scope, self.process, event)
        self.events.append(event)

    def _ended_visits(self, fact: Fact) -> Iterable[Step]:
        """The steps that make place for another visit of their atoms: by a rework, or as a compensation runs again."""
        steps = self.process.steps
        match fact:
            case StepReworked(visits=visits):
                return [steps[atom] for atom in visits]
            case StepStarted(atom=str(atom), visit=int(visit)) | TaskCreated(atom=str(atom), visit=int(visit)):
                return [steps[atom]] if atom in steps and steps[atom].visit < visit else []
            case _:
                return []

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
        known = title(self.journey, self.process, self.now)
        return Decision(self.before, self.process, tuple(self.events), known, tuple(self.posts), tuple(self.past))


def _left(step: Step, reset: Event) -> Step:
    """A visit as the rework that ends it leaves it: resolved as it was, or cancelled (R7)."""
    if step.resolved:
        return step
    return replace(step, state="cancelled", held=None, ended_at=reset.at, ended_seq=reset.seq)


def changed_dimensions(names: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The dotted `names` whose values differ, with those of `after` (None where there is none any more)."""
    found = {name: (_at(before, name), _at(after, name)) for name in names}
    return {name: new for name, (old, new) in found.items() if canonical(old) != canonical(new)}


def title(journey: Journey, process: Process, now: datetime) -> str:
    """How people recognise the case: the journey's `title`, or what stands for it while that has no value."""
    fallback = process.business_key or f"{journey.definition.name} {process.id[-6:]}".strip()
    rule = journey.definition.title
    return (
        _text(rule, lambda: context.seen_by_rules(process, Step("", 0, "waiting"), now)) if rule else None
    ) or fallback


def _text(rule: Rule, data: Callable[[], Mapping[str, Any]]) -> str | None:
    try:
        value = rule.evaluate(data())
    except RuleError:
        return None
    return str(value)[:_TITLE_LENGTH] if value is not None else None


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for segment in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(segment)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return found  # pyright: ignore[reportUnknownVariableType]
