"""What a batch of events comes to: the net state of every process and step it touched, as rows for Cypher.

However events are cut into batches, writing the rows of each in order ends in the same graph: a row holds only
what its events say, and where the first of several counts (`started_at`, a pending step) what stands is kept.

A batch is written in rounds. In one round each atom of a process has one visit; the next visit of a compensation (R13)
begins another, and so does all that the graph must be looked at for as it stands: a rework (R7), a process that is
resumed (R12), one that begins at its time (R1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

from engine.core.events import Event, ProcessStarted, TaskChanged, TaskCompleted

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
        "not_before",
        "suspended_at",
        "suspended_by_parent",
        "compensating",
        "reworks",
        "sla_level",
        "sla_target_at",
        "at_risk_at",
        "breached_at",
        "escalations",
    }
)
"""The properties of every ProcessInstance; a dimension of such a name is kept as `context_<name>`."""

FIRST_VISIT: Final = 1

_INT64: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def step_key(process: str, atom: str, visit: int) -> str:
    """`process/atom/visit`, the key of a Step node."""
    return f"{process}/{atom}/{visit}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the graph says of a batch's processes before it is applied.

    `visits` are, of each process that was reworked, the current visits beyond the first, by atom; `lists` the steps
    whose work is for a list (R14), of those that the batch leaves `unsure`.
    """

    visits: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    lists: frozenset[str] = frozenset()


def under_way(events: Sequence[Event]) -> list[str]:
    """The processes of `events` that do not start in them."""
    started = {event.process for event in events if isinstance(event.fact, ProcessStarted)}
    return sorted({event.process for event in events} - started)


def unsure(events: Sequence[Event]) -> list[str]:
    """The keys of steps that exited, or are due, with a task, or of which it was only one element's work (R14)."""
    keys = {step_key(event.process, atom, visit) for event in events for atom, visit in _of_a_task(event)}
    return sorted(keys)


def _of_a_task(event: Event) -> list[tuple[str, int]]:
    match event.fact:
        case (
            TaskCompleted(atom=str(atom), visit=int(visit), edges=None) | TaskChanged(atom=str(atom), visit=int(visit))
        ):
            return [(atom, visit)]
        case _:
            return []


class StepRow(NamedTuple):
    """What a round says of one visit of one atom, in the order in which `write_steps` reads it.

    `process`, `level` and the times are places in the lists of the `Net`. Without a `short` form the state did not
    change; a step with a `since` is made where it is not here yet. `own`: not only that an edge led to it (R1).
    `level` and `target` are those of the clock that its task began with.
    """

    process: int
    atom: str
    visit: int
    short: Short | None
    state: str | None
    exit: str | None
    ready: int | None
    started: int | None
    ended: int | None
    since: int | None
    own: bool
    level: int | None = None
    target: int | None = None


class PersonRow(NamedTuple):
    """How one task stands with people, in the order in which `write_steps` reads it.

    `step` is a place among the round's steps (or the task's own key, off the graph), `user` one among its users.
    `told`: the round knows when the work began. `beside`: who completed what another had; true or null.
    """

    step: int | str
    task: int
    link: Literal["HOLDS", "PERFORMED"] | None
    user: int | None
    told: bool
    began: int | None
    ended: int | None
    beside: bool | None = None


@dataclass(frozen=True, slots=True)
class Net:
    """Rows of one round, for the statements of `projection.cypher` and `rework.cypher`, named after what happened.

    What many rows name is sent once, and they refer to it by its place: `times`, in microseconds since 1970,
    `processes`, `users`, `steps`, `levels` (of service, by name). `changed` (place, properties) is what is new of
    processes, `moved` are the places of the steps that changed their state, `noted` (place, properties) is what else is
    new of steps, `led` (place, place, on) are the edges that were taken.
    `awaited` are steps of reworked processes that an edge led to; `hands` people with tasks off the graph; `reworked`,
    `resumed` and `begun` end the round. `documents` are those of cases. `timed` are phases and modules whose clocks
    began before, `timed_anew` those whose clocks begin. `adopted` are the children with the steps they were started
    for.
    """

    times: list[int]
    started: list[Row]
    processes: list[str]
    changed: list[tuple[int, Mapping[str, Any]]]
    users: list[str]
    levels: list[str]
    steps: list[StepRow]
    moved: list[int]
    noted: list[tuple[int, Mapping[str, Any]]]
    led: list[tuple[int, int, str]]
    people: list[PersonRow]
    hands: list[PersonRow]
    awaited: list[Row]
    tasks: list[Row]
    incidents: list[Row]
    blocked: list[Row]
    documents: list[Row]
    timed: list[Row]
    timed_anew: list[Row]
    reworked: list[Row]
    resumed: list[Row]
    begun: list[Row]
    adopted: list[Row]
    replaced: list[Row]


_T = TypeVar("_T")


class Places(Generic[_T]):
    """Values, each once."""

    def __init__(self) -> None:
        self._places: dict[_T, int] = {}

    def place(self, value: _T | None) -> int | None:
        """Where it stands among them; it is added where it is new."""
        return None if value is None else self._places.setdefault(value, len(self._places))

    def all(self) -> list[_T]:
        """All of them, in order."""
        return list(self._places)


def microseconds(time: datetime) -> int:
    """Since 1970: a time is the dearest value to send, and most rows of a batch share theirs."""
    return (time - _EPOCH) // _MICROSECOND


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
