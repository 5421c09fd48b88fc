"""What the suites run on: one database, in memory or PostgreSQL, and short ways to bring a process forward in it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from engine.core.callers import Caller
from engine.core.commands import (
    Command,
    Start,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.events import Event
from engine.core.frozen import changed
from engine.core.journey import Journey
from engine.core.process import Process
from engine.ports import (
    Actions,
    AssignmentQueue,
    Clock,
    CommandQueue,
    Commit,
    Cursor,
    Messages,
    Outbox,
    Remembered,
    Store,
    TimerQueue,
    Transaction,
    Versions,
    WorkQueue,
)
from engine.store import Postgres
from tests.fakes.memory import Memory

_T = TypeVar("_T")

OLGA = Caller("olga", frozenset({"clerk"}))


@dataclass(frozen=True, slots=True)
class World:
    """The ports of one fresh database."""

    store: Store
    queue: WorkQueue
    actions: Actions
    timers: TimerQueue
    commands: CommandQueue
    messages: Messages
    clock: Clock
    outbox: Outbox
    versions: Versions
    assignments: AssignmentQueue
    forget: Callable[[], None]
    """Lets go of the markings that are kept in memory."""

    async def start(
        self, journey: Journey, id: str = "p1", business_key: str | None = None, **context: object
    ) -> Decision:
        """Starts the process `id`, by olga."""
        return await self.give(journey, id, Start(OLGA, id, context, business_key=business_key))

    async def give(
        self, journey: Journey, id: str, command: Command, later: timedelta = timedelta(), *answers: Remembered
    ) -> Decision:
        """Decides `command` in a transaction of its own and writes it, with a clock that is ahead by `later`."""
        async with self.store.transaction() as transaction:
            locked = await transaction.lock([id])
            decision = decide(journey, locked.markings.get(id), command, locked.now + later)
            if isinstance(command, Start) and command.business_key is not None:
                assert decision.after.journey is not None
                await transaction.take_business_keys([(decision.after.journey, command.business_key, id)])
            await transaction.write([Commit(decision, "c1")], answers)
        return decision

    async def now(self) -> datetime:
        """The time by the database's clock."""
        async with self.store.transaction() as transaction:
            return (await transaction.lock([])).now

    async def next_moment(self) -> None:
        """Waits until the database's clock shows another time, so that what comes is younger than what was."""
        before = await self.now()

        async def moved() -> bool:
            return await self.now() > before

        await until(moved)

    async def marking(self, id: str = "p1") -> Process:
        """The marking as it is stored; what is kept of it in memory is the same."""
        kept = await self._locked(id)
        self.forget()
        stored = await self._locked(id)
        assert kept == stored
        assert [(task.version, task.lease) for task in kept.tasks.values()] == [
            (task.version, task.lease) for task in stored.tasks.values()
        ]
        return stored

    async def _locked(self, id: str) -> Process:
        async with self.store.transaction() as transaction:
            return (await transaction.lock([id])).markings[id]


def world_of(database: Memory | Postgres, versions: Versions) -> World:
    """The ports of a database."""
    return World(
        database.store,
        database.queue,
        database.actions,
        database.timers,
        database.commands,
        database.messages,
        database.clock,
        database.outbox,
        versions,
        database.assignment_queue,
        database.store.recent.forget if isinstance(database, Postgres) else lambda: None,
    )


def as_stored(process: Process) -> Process:
    """The part of a marking that is read again: of tasks and incidents the open ones only."""
    return changed(
        process,
        tasks={task.n: task for task in process.open_tasks()},
        incidents={incident.n: incident for incident in process.open_incidents()},
    )


async def drained(world: World, limit: int, cursor: Cursor | None = None) -> tuple[list[Event], Cursor | None]:
    """All events after `cursor`, in batches of at most `limit`, and the last cursor."""
    events: list[Event] = []
    while batch := await world.outbox.after(cursor, limit):
        assert 0 < len(batch.events) <= limit
        events += batch.events
        cursor = batch.cursor
    return events, cursor


async def until(condition: Callable[[], Awaitable[_T]], seconds: float = 10) -> _T:
    """The first true value that `condition` gives."""
    async with asyncio.timeout(seconds):
        while True:
            if value := await condition():
                return value
            await asyncio.sleep(0.005)


async def while_open(
    store: Store, first: Callable[[Transaction], Awaitable[object]], second: Callable[[], Awaitable[_T]]
) -> tuple[bool, _T]:
    """Runs `first` in a transaction and starts `second` before its commit.

    Gives whether `second` waited for the commit (for a tenth of a second it could have done without), and its value.
    """
    async with store.transaction() as transaction:
        await first(transaction)
        running = asyncio.ensure_future(second())
        done, _ = await asyncio.wait([running], timeout=0.1)
    return not done, await running
