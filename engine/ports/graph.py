"""Neo4j, and the events on their way to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.core.events import Event
from engine.core.journey import Definition, Routes
from engine.core.organisation import Organisation
from engine.ports.organisation import Edition
from engine.statements import Question


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the projection has come in the order (xid, id) of one `epoch` of the database."""

    epoch: str
    xid: int
    id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events after a cursor in commit order; `cursor` is that of the last, `read_at` the database's time by then."""

    events: tuple[Event, ...]
    cursor: Cursor
    read_at: datetime | None = None
    last_at: datetime | None = None


class EventUnreadable(Exception):
    """The next event is none that this engine knows; the message names it. A newer engine wrote it."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Events that are committed and may not be projected yet, as an older transaction is still open.

    `events` are counted to 100,000, `seconds` is the age of the oldest. `pid` is the process in PostgreSQL that has the
    transaction open, None where this role may not see it.
    """

    events: int
    seconds: float
    pid: int | None


class Outbox(Protocol):
    """The events as the projection follows them: none skipped, none before its transaction is visible."""

    async def epoch(self) -> str:
        """The database's epoch; another one means that it was restored."""
        ...

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        """The next events, only those older than every transaction still under way; None when there are none.

        The batch's cursor has the epoch that the database has now. What comes before an event that cannot be read is
        given first.

        Raises:
            EventUnreadable: when the next event is of no type that is known.
        """
        ...

    async def of_types(self, cursor: Cursor | None, limit: int, types: Sequence[str]) -> Batch | None:
        """Those of `types` among the next `limit` events, as `after` gives them; None when there are no next ones.

        The batch's cursor is that of the last event that was looked at, of whatever type, and its `last_at` the time of
        that one. One that cannot be read is left out.
        """
        ...

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        """How many events (counted to 100,000) wait to be projected, and the age in seconds of the oldest."""
        ...

    async def held_back(self) -> HeldBack | None:
        """What an open transaction keeps from being projected; None where nothing is."""
        ...

    async def newest(self) -> int:
        """The id of the newest event, 0 without one; ids have gaps."""
        ...

    async def prune(self) -> None:
        """Makes the partitions of the coming days and drops those past their age; idempotency keys too."""
        ...


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """Rows of a question; `as_of` is the time of the last event the graph had applied."""

    rows: tuple[Mapping[str, Any], ...]
    as_of: str | None


class GraphStore(Protocol):
    """Journey versions in Neo4j, and questions to the graph."""

    async def publish(self, definition: Definition, routes: Routes) -> Routes:
        """Writes the version's graph whole, over what a crash left; gives its routes as Cypher traverses them."""
        ...

    async def routes(self, journey: str, version: str) -> Routes | None:
        """The routes that `cypher/queries/routes.cypher` gives; None where the version is not in the graph."""
        ...

    async def versions(self) -> Sequence[tuple[str, str]]:
        """(journey, version) of every version in the graph, published or not."""
        ...

    async def withdraw(self, journey: str, version: str) -> None:
        """Removes a version that never was published."""
        ...

    async def set_status(self, journey: str, version: str, status: str) -> None:
        """Sets the version's status, as PostgreSQL has it."""
        ...

    async def ask(self, question: Question, parameters: Mapping[str, Any]) -> GraphAnswer:
        """Runs a question of the library, read-only and with a time limit."""
        ...

    async def ping(self) -> None:
        """Raises `Unavailable` when Neo4j is away."""
        ...


@dataclass(frozen=True, slots=True)
class GraphState:
    """How the live graph stands.

    `cursor` is how far it has come, None when it is empty. For `busy_seconds` another projector has it to itself, 0
    where none has. `stuck` names the event that could not be applied, and why.
    """

    cursor: Cursor | None
    busy_seconds: float = 0.0
    stuck: str | None = None


class Projection(Protocol):
    """The live execution in Neo4j."""

    async def state(self) -> GraphState:
        """How it stands."""
        ...

    async def note_stuck(self, stuck: str) -> None:
        """Keeps with the graph that it cannot go on; the next batch that is applied removes it."""
        ...

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        """Writes the net state of the batch and its cursor in one transaction.

        Does nothing and gives False where the graph is not at `after` any more: another projector, or a rebuild. Else
        this projector has it to itself for the next seconds.
        """
        ...

    async def forget(self, ended_before: datetime, limit: int) -> int:
        """Removes at most `limit` processes that ended before; gives how many."""
        ...

    async def clear(self) -> None:
        """Removes the live execution and the checkpoint, in bounded steps."""
        ...

    async def digest(self) -> str:
        """The same text for the same nodes and relationships, whatever their order."""
        ...


class OrganisationProjection(Protocol):
    """The organisation in Neo4j."""

    async def edition(self) -> Edition | None:
        """Which organisation it shows; None where it never showed one."""
        ...

    async def bring(self, organisation: Organisation, edition: Edition, *, anew: bool = False) -> bool:
        """Makes it show `organisation`: writes what differs, or with `anew` everything.

        Does nothing and gives False where another one is at it, or where it shows a later version.
        """
        ...
