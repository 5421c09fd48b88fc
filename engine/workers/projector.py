"""Applies the events to Neo4j, in order and never twice: the checkpoint moves in the transaction of the batch.

What happens when it is killed: before Neo4j's commit nothing was applied and the checkpoint is the old one; after it,
the new one. When Neo4j is away work goes on and the lag grows; when it comes back wiped there is no checkpoint, and
everything is applied from the first event on.

Every process of workers has a projector. Whoever applies a batch has the graph to itself for the next two seconds; the
others rest meanwhile, and take over when they end without a batch. Two that try at once do no harm: the second finds
that the checkpoint has moved. While nothing is new, PostgreSQL is asked with each beat, Neo4j every few seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from engine.clock import monotonic
from engine.core.errors import Unavailable
from engine.core.events import Event
from engine.points import Point, reached
from engine.ports import Batch, Cursor, EventUnreadable, GraphState, Outbox, Projection
from engine.workers.pace import Pace

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 5.0
"""For so long the checkpoint is taken to be where it was left, or found."""
_FIRST: Final = 500
_LEAST: Final = 20
_QUICK_SECONDS: Final = 0.5
_SLOW_SECONDS: Final = 1.5
_STUCK_SECONDS: Final = 5.0
"""Pause before an event that could not be applied is tried again."""


class BatchSize:
    """How many events the next batch may have: more while they are applied quickly and more are waiting."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = min(_FIRST, most)

    def learn(self, events: int, seconds: float) -> None:
        """A batch of so many events took so long."""
        if seconds > _SLOW_SECONDS:
            self.shrink(events)
        elif seconds < _QUICK_SECONDS and events == self.limit:
            self.limit = min(self.limit * 2, self._most)

    def shrink(self, events: int) -> None:
        """A batch of so many took too long."""
        self.limit = max(min(events // 2, self.limit), min(_LEAST, self._most))

    def halve(self, events: int) -> None:
        """A batch of so many, more than one, could not be applied: what is the matter is in one of the halves."""
        self.limit = events // 2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is: `events` applied in `seconds`, of about `expected`."""

    events: int
    seconds: float
    expected: int

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


class Projector:
    """Moves at most `most` events at once."""

    def __init__(self, outbox: Outbox, projection: Projection, most: int) -> None:
        self._outbox = outbox
        self._projection = projection
        self._size = BatchSize(most)
        self._pace = Pace()
        self._cursor: Cursor | None = None
        self._look_at = 0.0
        self._rests_until = 0.0

    async def run_once(self) -> bool:
        """Applies the next events; says whether more may be waiting.

        Raises:
            Unavailable: when a database is away, or when an event cannot be applied, which it names; the next run
                starts from the checkpoint again.
        """
        if monotonic() < self._rests_until:
            return False
        if monotonic() >= self._look_at:
            state = await self._look()
            if state.busy_seconds:
                self._rests_until = monotonic() + state.busy_seconds
                return False
        return (await self._advance()).more

    async def catch_up(self, report: Callable[[Progress], None] = lambda _: None) -> int:
        """Applies all that waits, and does not rest while another one has the graph; gives how many events it applied.

        Raises:
            Unavailable: as `run_once`.
        """
        began, done = monotonic(), 0
        state = await self._look()
        expected = await self._outbox.newest() - (state.cursor.id if state.cursor else 0)
        while (step := await self._advance()) != _NOTHING:
            done += step.events
            report(Progress(done, monotonic() - began, expected))
            if not step.events:
                await self._look()
        return done

    async def rebuild(self, report: Callable[[Progress], None] = lambda _: None, *, resume: bool = False) -> int:
        """Removes the live execution and applies every event again; gives how many events it applied.

        With `resume` nothing is removed: it goes on where one that was cut off had come. Another projector that is at
        work meanwhile may do part of it.

        Raises:
            Unavailable: as `run_once`.
        """
        if not resume:
            await self._projection.clear()
        return await self.catch_up(report)

    async def digest(self) -> str:
        """The digest of the live execution as it stands."""
        return await self._projection.digest()

    async def _look(self) -> GraphState:
        """Where the graph is. One of another epoch followed a database that was restored since, and is rebuilt."""
        state = await self._projection.state()
        if state.cursor is not None and state.cursor.epoch != await self._outbox.epoch():
            await self._begin_anew()
            state = GraphState(None)
        self._cursor, self._look_at = state.cursor, monotonic() + _LOOK_SECONDS
        return state

    async def _begin_anew(self) -> None:
        _log.warning("projector.other_epoch", action="rebuild")
        await self._projection.clear()

    async def _advance(self) -> "_Step":
        """One batch from the checkpoint on, as far as it is known."""
        try:
            batch = await self._outbox.after(self._cursor, self._size.limit)
        except EventUnreadable as error:
            raise await self._stuck(str(error)) from error
        if batch is None:
            return _NOTHING
        if self._cursor is not None and batch.cursor.epoch != self._cursor.epoch:
            self._look_at = 0.0
            return _ELSEWHERE
        began = monotonic()
        if not await self._apply(batch):
            return _ELSEWHERE
        seconds, events = monotonic() - began, len(batch.events)
        step = _Step(events, more=events >= self._size.limit)
        self._size.learn(events, seconds)
        self._pace.observe(batch, seconds)
        return step

    async def _apply(self, batch: Batch) -> bool:
        """False where the graph is not where it was thought to be, or where half of the batch is to be tried first."""
        self._look_at = 0.0  # unless it goes well
        try:
            reached(Point.BEFORE_PROJECTING)
            applied = await self._projection.apply(batch, self._cursor)
            reached(Point.AFTER_GRAPH_COMMIT)
        except Unavailable:
            self._size.shrink(len(batch.events))
            raise
        except Exception as error:
            if len(batch.events) == 1:
                raise await self._stuck(f"{_name(batch.events[0])}: {type(error).__name__} {error}") from error
            _log.warning("projector.halves", events=len(batch.events), error=type(error).__name__)
            self._size.halve(len(batch.events))
            return False
        if applied:
            self._cursor, self._look_at = batch.cursor, monotonic() + _LOOK_SECONDS
        return applied

    async def _stuck(self, why: str) -> Unavailable:
        """Says so where health is asked for; nothing after this event is applied until it can be."""
        self._rests_until = monotonic() + _STUCK_SECONDS
        _log.error("projector.stuck", why=why)
        await self._projection.note_stuck(why)
        detail = f"The graph stands still: {why}"
        return Unavailable("unavailable", detail, retry_after=int(_STUCK_SECONDS), part="neo4j")


@dataclass(frozen=True, slots=True)
class _Step:
    """So many events were applied; `more`: others may be waiting."""

    events: int
    more: bool


_NOTHING: Final = _Step(0, more=False)
_ELSEWHERE: Final = _Step(0, more=True)
"""The graph is not where it was thought to be."""


def _name(event: Event) -> str:
    return f"event {event.seq} of {event.process} ({event.fact.name})"
