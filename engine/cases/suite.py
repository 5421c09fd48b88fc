"""The value of a cases document: what each case starts with, who does what in it, and what it must show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from engine.core.durations import Duration, Length
from engine.core.journey import Exit
from engine.core.process import DocumentState

Values = Mapping[str, Any]
Place = tuple[str, str]
"""An atom, or a document, by its journey's key and its own id."""

ByHand = Literal["suspend", "resume", "cancel", "compensate", "complete", "fail"]
Holder = Literal["task", "timer", "message", "child", "incident"]

NO_VALUES: Values = {}


@dataclass(frozen=True, slots=True)
class Failing:
    """How work fails: `times` attempts of each visit, or every one. Empty `visits` or `items` are all of them."""

    reason: str = "The case says so."
    times: int | None = None
    retryable: bool = True
    visits: tuple[int, ...] = ()
    items: tuple[int, ...] = ()

    def hits(self, visit: int, item: int | None, failed: int) -> bool:
        """Whether the next attempt fails, after `failed` of this visit and element."""
        here = not self.visits or visit in self.visits
        this = not self.items or item in self.items
        return here and this and (self.times is None or failed < self.times)


@dataclass(frozen=True, slots=True)
class Script:
    """What people and workers do by themselves.

    Attributes:
        outputs: what is handed in, one for each visit; the last counts for all that follow.
        items: what is handed in for each element of a list; the last counts for all that follow.
        fails: which attempts fail instead.
        leaves: whose work nobody does.
        documents: how documents stand from the start of their process.
        lines: where the outputs of an atom are written.
    """

    outputs: Mapping[Place, tuple[Values, ...]] = field(default_factory=dict[Place, tuple[Values, ...]])
    items: Mapping[Place, tuple[Values, ...]] = field(default_factory=dict[Place, tuple[Values, ...]])
    fails: Mapping[Place, tuple[Failing, ...]] = field(default_factory=dict[Place, tuple[Failing, ...]])
    leaves: frozenset[Place] = frozenset()
    documents: Mapping[Place, DocumentState] = field(default_factory=dict[Place, DocumentState])
    lines: Mapping[Place, int] = field(default_factory=dict[Place, int])

    def output(self, place: Place, visit: int, item: int | None) -> Values | None:
        """What is handed in; None where the case does not say."""
        if item is not None and place in self.items:
            return _at(self.items[place], item)
        return _at(self.outputs[place], visit - 1) if place in self.outputs else None


@dataclass(frozen=True, slots=True)
class OnPath:
    """An atom that ended so; None in a path stands for any number of others."""

    atom: str
    exit: Exit = "done"


@dataclass(frozen=True, slots=True)
class ExpectedTask:
    """What is true of an atom's last task; None where the case does not say. `input` holds at least these values."""

    role: str | None = None
    name: str | None = None
    priority: str | None = None
    input: Values | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true of the process; None where the case does not say. `line` is where it is written."""

    line: int | None = None
    status: str | None = None
    outcome: str | None = None
    path: tuple[OnPath | None, ...] | None = None
    completed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    not_started: tuple[str, ...] = ()
    tasks: Mapping[str, ExpectedTask] = field(default_factory=dict[str, ExpectedTask])
    context: Values = field(default_factory=dict[str, Any])
    waits_for: tuple[tuple[str, Holder | None], ...] | None = None
    incidents: Mapping[str, str] | None = None
    documents: Mapping[str, str] = field(default_factory=dict[str, str])
    service_levels: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def status_at_end(self) -> str:
        """The status that an end without a word about it must have: a case is over when its process has completed."""
        return self.status or ("running" if self.waits_for or self.incidents else "completed")


@dataclass(frozen=True, slots=True)
class Passing:
    """The clock moves on."""

    by: Length


@dataclass(frozen=True, slots=True)
class Doing:
    """Open work of an atom is done. `output` None: as the script says; `item` None: the first that is open.

    `by` is who does it; `refused` is the code with which they must be.
    """

    place: Place
    output: Values | None = None
    item: int | None = None
    by: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class FailingNow:
    """Open work of an atom fails, and retrying is useless. `item` None: the first that is open; `by` is who says so."""

    place: Place
    reason: str
    item: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A message comes (R16). `id` None: one of its own."""

    name: str
    key: Any
    body: Values
    id: str | None
    ttl: Duration


@dataclass(frozen=True, slots=True)
class Changing:
    """The context is changed by hand, by a JSON merge patch (R18)."""

    patch: Values


@dataclass(frozen=True, slots=True)
class Skipping:
    """A step is skipped by hand (R18)."""

    place: Place
    take: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeating:
    """An atom is repeated by hand (R18)."""

    place: Place


@dataclass(frozen=True, slots=True)
class Retrying:
    """The open incidents of an atom are retried (R18)."""

    place: Place


@dataclass(frozen=True, slots=True)
class Ordering:
    """Something is done with the whole process by hand (R12, R13, R18)."""

    what: ByHand


@dataclass(frozen=True, slots=True)
class Filing:
    """A document of the case comes, is accepted or refused. `place` is its journey's key and its id."""

    place: Place
    state: DocumentState
    reason: str


Next = (
    Filing
    | Passing
    | Doing
    | FailingNow
    | Telling
    | Changing
    | Skipping
    | Repeating
    | Retrying
    | Ordering
    | Expectation
)


@dataclass(frozen=True, slots=True)
class Case:
    """One example. `line` is where it begins in its document; `then` holds each next thing with its line."""

    name: str
    line: int | None
    now: datetime
    start: Values
    at: str | None = None
    business_key: str | None = None
    not_before: datetime | None = None
    script: Script = Script()
    then: tuple[tuple[int | None, Next], ...] = ()
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one journey, in file order."""

    journey: str
    cases: tuple[Case, ...]


def _at(values: tuple[Values, ...], index: int) -> Values:
    return values[min(index, len(values) - 1)]
