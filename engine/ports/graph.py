"""Neo4j, and the events on their way to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.core.events import Event
from engine.core.journey import Definition, Routes
from engine.statements import Question


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the projection has come in the order (xid, id) of one `epoch` of the database."""

    epoch: str
    xid: int
    id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events after a cursor in commit order; `cursor` is that of the last; `lag_seconds` the age of the first."""

    events: tuple[Event, ...]
    cursor: Cursor


class Outbox(Protocol):
    """The events as the projection follows them: none skipped, none before its transaction is visible."""

    async def epoch(self) -> str:
        """The database's epoch; another one means that it was restored."""
        ...

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        """The next events, only those older than every transaction still under way; None when there are none."""
        ...

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        """How many events (counted to 100,000) wait to be projected, and the age in seconds of the oldest."""
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


class Projection(Protocol):
    """The live execution in Neo4j."""

    async def checkpoint(self) -> Cursor | None:
        """How far it has come; None when it is empty."""
        ...

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        """Writes the net state of the batch and its cursor in one transaction.

        Does nothing and gives False where the graph is not at `after` any more: another projector, or a rebuild.
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
