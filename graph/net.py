"""What a batch of events comes to: the net state of every process and step it touched, as rows for Cypher.

However events are cut into batches, writing the rows of each in order ends in the same graph: a row holds only
what its events say, and where the first of several counts (`started_at`, a pending step) what stands is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from engine.core.events import (
    EdgeResult,
    Event,
    IncidentRaised,
    IncidentResolved,
    ProcessCancelled,
    ProcessCompleted,
    ProcessContextChanged,
    ProcessFailed,
    ProcessStarted,
    StepCancelled,
    StepCompleted,
    StepSkipped,
    StepStarted,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskReassigned,
    TaskReleased,
    TaskStarted,
)

Row = Mapping[str, Any]
Short = Literal["PENDING", "AT_STEP", "COMPLETED", "FAILED", "SKIPPED", "CANCELLED"]

FIXED: Final = frozenset(
    {
        "id",
        "journey",
        "version",
        "part",
        "status",
        "outcome",
        "business_key",
        "priority",
        "initiated_by",
        "started_at",
        "ended_at",
        "due_at",
    }
)
"""The properties of every ProcessInstance; a dimension of such a name is kept as `context_<name>`."""

FIRST_VISIT: Final = 1
"""The visit a taken edge leads to: without rework (R7) there is no other."""

_INT64: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def step_key(process: str, atom: str, visit: int) -> str:
    """`process/atom/visit`, the key of a Step node."""
    return f"{process}/{atom}/{visit}"


@dataclass(frozen=True, slots=True)
class Net:
    """Rows for the statements of `projection.cypher`, named after what happened to what they are about.

    `times` are the moments that rows of steps refer to by their place, in microseconds since 1970: a time is the
    dearest value to send, and most rows of a batch share theirs. `performed` holds the keys of steps that a person
    completed; `at` is the time of the last event.
    """

    times: list[int]

    started: list[Row]
    changed: list[Row]
    moved: list[Row]
    noted: list[Row]
    opened: list[Row]
    led: list[Row]
    people: list[Row]
    performed: list[str]
    at: datetime


@dataclass(slots=True)
class _Step:
    process: str
    atom: str
    visit: int
    opened_at: datetime | None = None
    ready_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    short: Short | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    person: tuple[Literal["HOLDS", "PERFORMED"] | None, str | None] | None = None
    """How its task stands with people at the end of the batch; None where the batch does not say."""

    @property
    def key(self) -> str:
        return step_key(self.process, self.atom, self.visit)

    def moved(self, times: "_Times") -> Row:
        """Its new state, for a step that is here already."""
        return {
            "key": self.key,
            "short": self.short,
            "ready": times.place(self.ready_at),
            "started": times.place(self.started_at),
            "ended": times.place(self.ended_at),
            "facts": self.facts,
        }

    def opened(self, times: "_Times") -> Row:
        """Everything that is known of it, for a step that may be new."""
        since = self.ended_at or self.started_at if self.short else self.opened_at
        return {
            **self.moved(times),
            "process": self.process,
            "atom": self.atom,
            "visit": self.visit,
            "short": self.short or "PENDING",
            "since": times.place(since),
            "facts": self.facts if self.short else {"state": "waiting", **self.facts},
        }


class _Times:
    """Moments, each once."""

    def __init__(self) -> None:
        self._places: dict[datetime, int] = {}

    def place(self, time: datetime | None) -> int | None:
        return None if time is None else self._places.setdefault(time, len(self._places))

    def all(self) -> list[int]:
        return [(time - _EPOCH) // _MICROSECOND for time in self._places]


def net(events: Sequence[Event]) -> Net:
    """The net state that `events` (at least one) lead to, each process's in the order of their numbers."""
    fold = _Fold()
    # Transactions that waited for each other may come in the order in which they began, not in that of their locks.
    for event in sorted(events, key=lambda event: event.seq):
        fold.add(event)
    steps, times = list(fold.steps.values()), _Times()
    moved = [step.moved(times) for step in steps if step.short]
    opened = [step.opened(times) for step in steps if step.opened_at]
    return Net(
        times=times.all(),
        started=[{"id": id, **start, "facts": fold.processes.pop(id)} for id, start in fold.starts.items()],
        changed=[{"id": id, "facts": facts} for id, facts in fold.processes.items() if facts],
        moved=moved,
        noted=[{"key": step.key, "facts": step.facts} for step in steps if not step.short and step.facts],
        opened=opened,
        led=fold.led,
        people=[{"key": step.key, "link": step.person[0], "user": step.person[1]} for step in steps if step.person],
        performed=[step.key for step in steps if step.person and step.person[0] == "PERFORMED"],
        at=max(event.at for event in events),
    )


class _Fold:
    def __init__(self) -> None:
        self.starts: dict[str, Row] = {}
        self.processes: dict[str, dict[str, Any]] = {}
        self.steps: dict[tuple[str, str, int], _Step] = {}
        self.led: list[Row] = []

    def add(self, event: Event) -> None:
        facts = self.processes.setdefault(event.process, {})
        match event.fact:
            case ProcessStarted() as fact:
                self._start(event, fact, facts)
            case ProcessCompleted(outcome=outcome):
                facts.update(status="completed", outcome=outcome, ended_at=event.at)
            case ProcessFailed():
                facts.update(status="failed", ended_at=event.at)
            case ProcessCancelled():
                facts.update(status="cancelled", ended_at=event.at)
            case ProcessContextChanged(dimensions=dimensions):
                facts.update(properties(dimensions))
            case StepStarted() | StepCompleted() | StepSkipped() | StepCancelled():
                self._step(event, facts)
            case IncidentRaised() as fact:
                step = self._at(event, fact.atom, fact.visit)
                step.facts.update(held=fact.stage, incident=fact.code, held_since=event.at)
            case IncidentResolved() as fact:
                step = self._at(event, fact.atom, fact.visit)
                step.facts.update(_FREE)
                facts.update(properties(fact.dimensions))
                self._lead(event, step, fact.edges or ())
            case _:
                self._task(event, facts)

    def _start(self, event: Event, fact: ProcessStarted, facts: dict[str, Any]) -> None:
        self.starts[event.process] = {"version": f"{fact.journey}@{fact.version}"}
        facts.update(
            properties(fact.dimensions),
            journey=fact.journey,
            version=fact.version,
            part=fact.part,
            status="running",
            business_key=fact.business_key,
            priority=fact.priority,
            initiated_by=event.actor,
            started_at=event.at,
            due_at=fact.due_at,
        )
        for atom in fact.entries:
            step = self._opened(event, atom, FIRST_VISIT)
            step.ready_at = event.at

    def _step(self, event: Event, facts: dict[str, Any]) -> None:
        match event.fact:
            case StepStarted(atom=atom, visit=visit, ready_at=ready_at):
                step = self._opened(event, atom, visit)
                self._active(step, event.at, ready_at)
            case StepCompleted(atom=atom, visit=visit) as fact:
                step = self._opened(event, atom, visit)
                step.started_at = step.started_at or event.at
                step.ready_at = fact.ready_at
                facts.update(properties(fact.dimensions))
                self._end(event, step, "COMPLETED", exit="done")
                self._lead(event, step, fact.edges or ())
            case StepSkipped(atom=atom, visit=visit):
                self._end(event, self._opened(event, atom, visit), "SKIPPED")
            case StepCancelled(atom=atom, visit=visit):
                self._end(event, self._at(event, atom, visit), "CANCELLED", **_FREE)
            case _:
                pass

    def _task(self, event: Event, facts: dict[str, Any]) -> None:
        match event.fact:
            case TaskCreated(atom=atom, visit=visit, ready_at=ready_at):
                step = self._opened(event, atom, visit)
                self._active(step, event.at, ready_at)
            case (
                TaskAssigned(atom=atom, visit=visit, assignee=user)
                | TaskReassigned(atom=atom, visit=visit, assignee=user)
            ):
                self._hold(self._at(event, atom, visit), user, None)
            case TaskStarted(atom=atom, visit=visit, assignee=user):
                self._hold(self._at(event, atom, visit), user, event.at)
            case TaskReleased(atom=atom, visit=visit):
                self._hold(self._at(event, atom, visit), None, None)
            case TaskCompleted(atom=atom, visit=visit) as fact:
                step = self._at(event, atom, visit)
                step.person = ("PERFORMED" if fact.assignee else None, fact.assignee)
                facts.update(properties(fact.dimensions))
                self._end(event, step, "COMPLETED", exit="done")
                self._lead(event, step, fact.edges or ())
            case TaskCancelled(atom=atom, visit=visit):
                step = self._at(event, atom, visit)
                step.person = (None, None)
                self._end(event, step, "CANCELLED", **_FREE)
            case _:
                pass

    def _at(self, event: Event, atom: str, visit: int) -> _Step:
        key = (event.process, atom, visit)
        if key not in self.steps:
            self.steps[key] = _Step(*key)
        return self.steps[key]

    def _opened(self, event: Event, atom: str, visit: int) -> _Step:
        """The step, which may be new with this event."""
        step = self._at(event, atom, visit)
        step.opened_at = step.opened_at or event.at
        return step

    def _lead(self, event: Event, step: _Step, edges: Iterable[EdgeResult]) -> None:
        for edge in edges:
            if edge.taken:
                self.led.append({"from": step.key, "to": self._opened(event, edge.to, FIRST_VISIT).key})

    @staticmethod
    def _active(step: _Step, at: datetime, ready_at: datetime) -> None:
        step.ready_at = ready_at
        step.started_at = step.started_at or at
        step.short = "AT_STEP"
        step.facts["state"] = "active"

    @staticmethod
    def _end(event: Event, step: _Step, short: Short, **facts: Any) -> None:
        step.short, step.ended_at = short, event.at
        step.facts.update(state=short.lower(), **facts)

    @staticmethod
    def _hold(step: _Step, user: str | None, began_at: datetime | None) -> None:
        step.person = ("HOLDS" if user else None, user)
        step.facts["work_began_at"] = began_at


_FREE: Final[Mapping[str, None]] = {"held": None, "incident": None, "held_since": None}


def properties(dimensions: Mapping[str, Any]) -> dict[str, Any]:
    """Dimensions as properties of a ProcessInstance: plain values only; numbers as Neo4j has them, for reporting.

    A value that is no plain one is null, which removes what was there.
    """
    return {f"context_{name}" if name in FIXED else name: _plain(value) for name, value in dimensions.items()}


def _plain(value: Any) -> str | bool | int | float | None:
    match value:
        case bool() | str() | float():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else float(value)
        case Decimal():
            return float(value)
        case _:
            return None
