"""Fakes of the ports `WorkQueue`, `TimerQueue`, `CommandQueue`, `Messages`, `Clock` and `Outbox`, on rows in memory."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from engine.core.errors import Conflict
from engine.core.process import Lease, Timer
from engine.core.values import canonical
from engine.ports import Batch, Claimed, Cursor, HeldBack, Waiting
from tests.fakes.rows import Rows, Said

CLAIM = timedelta(seconds=10)


class Database(Protocol):
    """What the fakes share."""

    rows: Rows
    turn: asyncio.Lock
    moved: timedelta
    remembered_for: timedelta

    def now(self) -> datetime: ...


class _Fake:
    def __init__(self, memory: Database) -> None:
        self._memory = memory


class MemoryQueue(_Fake):
    """The port `WorkQueue`."""

    async def claim(
        self,
        worker: str,
        actions: Sequence[str] | Mapping[str, int],
        limit: int,
        lease: timedelta | None = None,
    ) -> Sequence[Claimed]:
        async with self._memory.turn:
            now = self._memory.now()
            rooms = dict(actions) if isinstance(actions, Mapping) else dict.fromkeys(actions, limit)
            rooms = {action: self._room(action, room) for action, room in rooms.items()}
            taken: list[Claimed] = []
            for _, key in sorted((at, key) for at, key in self._due(list(rooms)) if at <= now):
                action = self._memory.rows.work[key].task.action or ""
                if rooms[action] > 0 and len(taken) < limit:
                    rooms[action] -= 1
                    taken.append(self._take(key, worker, now, lease))
            return taken

    async def extend(self, process: str, task: int, worker: str, token: int | None, lease: timedelta) -> datetime:
        work = self._memory.rows.work.get((process, task))
        now = self._memory.now()
        standing = self._standing(process)
        if work is None or work.lease is None or (work.lease.until <= now and not standing):
            raise Conflict("lease_lost")
        if (work.lease.worker != worker) if token is None else (work.lease.token != token):
            raise Conflict("lease_lost")
        if standing:
            raise Conflict("process_suspended")
        work.lease = Lease(work.lease.token, work.lease.worker, max(work.lease.until, now + lease))
        return work.lease.until

    async def give_back(self, worker: str, leases: Sequence[tuple[str, int, int]]) -> int:
        given = 0
        for process, task, token in leases:
            work = self._memory.rows.work.get((process, task))
            if work and work.lease and (work.lease.worker, work.lease.token) == (worker, token):
                work.lease = None
                given += 1
        return given

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        now = self._memory.now()
        leases = [(work.lease, key) for key, work in self._memory.rows.work.items() if work.lease]
        over = sorted(
            (lease.until, key, lease.token)
            for lease, key in leases
            if lease.until <= now and not self._standing(key[0])
        )
        return [(*key, token) for _, key, token in over[:limit]]

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        open = [action for action in actions if not self._said(action).pause]
        due = min((at for at, _ in self._due(open)), default=None)
        return None if due is None else max((due - self._memory.now()).total_seconds(), 0.0)

    def _said(self, action: str) -> Said:
        return self._memory.rows.actions.get(action, Said())

    def _room(self, action: str, room: int) -> int:
        """How much of an action may be taken now."""
        said = self._said(action)
        held = sum(work.task.action == action and work.lease is not None for work in self._memory.rows.work.values())
        return 0 if said.pause else room if said.most is None else min(room, said.most - held)

    def _standing(self, process: str) -> bool:
        return self._memory.rows.processes[process].suspended_at is not None

    def _due(self, actions: Sequence[str]) -> list[tuple[datetime, tuple[str, int]]]:
        return [
            (work.task.next_at, key)
            for key, work in self._memory.rows.work.items()
            if work.task.action in actions
            and work.lease is None
            and work.task.next_at is not None
            and not self._standing(key[0])
        ]

    def _take(self, key: tuple[str, int], worker: str, now: datetime, lease: timedelta | None) -> Claimed:
        work = self._memory.rows.work[key]
        task = work.task
        assert task.action is not None
        assert task.timeout_seconds is not None
        assert task.atom is not None
        assert task.visit is not None
        work.token += 1
        held = lease or timedelta(seconds=task.timeout_seconds)
        work.lease = Lease(work.token, worker, now + held)
        return Claimed(
            process=key[0],
            task=task.n,
            atom=task.atom,
            visit=task.visit,
            item_index=task.item_index,
            action=task.action,
            input=task.input or {},
            attempt=task.attempts + 1,
            token=work.token,
            deadline=work.lease.until,
            lease=held,
        )


class MemoryTimerQueue(_Fake):
    """The port `TimerQueue`."""

    async def claim(self, limit: int) -> Sequence[str]:
        async with self._memory.turn:
            now, claims = self._memory.now(), self._memory.rows.claims
            free = [
                (timer.due_at, process, timer.n)
                for process, timer in moving_timers(self._memory.rows)
                if timer.due_at <= now and claims.get((process, timer.n), now) <= now
            ]
            due = sorted(free)[:limit]
            claims |= {(process, n): now + CLAIM for _, process, n in due}
            return list(dict.fromkeys(process for _, process, _ in due))


class MemoryCommandQueue(_Fake):
    """The port `CommandQueue`."""

    async def waiting(self, limit: int) -> Sequence[str]:
        held: set[str] = set()
        free: list[str] = []
        for posted in self._memory.rows.commands:
            if posted.next_at is not None and posted.next_at > self._memory.now():
                held.add(posted.pending.process)
            if posted.pending.process not in held:
                free.append(posted.pending.process)
        return list(dict.fromkeys(free[:limit]))


class MemoryMessages(_Fake):
    """The port `Messages`."""

    async def waiting(self, name: str, key: Any) -> Waiting | None:
        return longest_wait(self._memory.rows, name, key)

    async def forget(self, limit: int) -> int:
        messages = self._memory.rows.messages
        past = [row for row, message in messages.items() if message.until <= self._memory.now()][:limit]
        for row in past:
            del messages[row]
        return len(past)


class MemoryClock(_Fake):
    """The port `Clock`."""

    async def now(self) -> datetime:
        return self._memory.now()

    async def advance_to(self, goal: datetime) -> datetime:
        self._memory.moved += max(goal - self._memory.now(), timedelta())
        return self._memory.now()

    async def next_due(self, until: datetime) -> datetime | None:
        rows, now = self._memory.rows, self._memory.now()
        coming = [timer.due_at for _, timer in moving_timers(rows)]
        for (process, _), work in rows.work.items():
            if rows.processes[process].suspended_at is None:
                coming.append(work.lease.until if work.lease else work.task.next_at or now)
        return min((at for at in coming if now < at <= until), default=None)

    async def settled(self) -> bool:
        rows, now = self._memory.rows, self._memory.now()
        waiting = await MemoryCommandQueue(self._memory).waiting(1)
        late = await MemoryQueue(self._memory).expired(1)
        sought = any(row.next_at <= now for row in rows.queue.values())
        return not (waiting or late or sought) and all(timer.due_at > now for _, timer in moving_timers(rows))


class MemoryOutbox(_Fake):
    """The port `Outbox`: an event's id is its place, and every transaction but one has ended."""

    name = "memory"

    async def epoch(self) -> str:
        return self.name

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        start = cursor.id if cursor else 0
        events = tuple(event for event, _ in self._memory.rows.events[start : start + limit])
        return Batch(events, Cursor(self.name, 1, start + len(events)), self._memory.now()) if events else None

    async def of_types(self, cursor: Cursor | None, limit: int, types: Sequence[str]) -> Batch | None:
        batch = await self.after(cursor, limit)
        if batch is None:
            return None
        events = tuple(event for event in batch.events if event.fact.name in types)
        return Batch(events, batch.cursor, batch.read_at, batch.events[-1].at)

    async def held_back(self) -> HeldBack | None:
        return None

    async def newest(self) -> int:
        return len(self._memory.rows.events)

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        waiting = self._memory.rows.events[cursor.id if cursor else 0 :]
        oldest = min((event.at for event, _ in waiting), default=None)
        return len(waiting), 0.0 if oldest is None else (self._memory.now() - oldest).total_seconds()

    async def prune(self) -> None:
        oldest = self._memory.now() - self._memory.remembered_for
        answers = self._memory.rows.answers
        self._memory.rows.answers = {key: kept for key, kept in answers.items() if kept[1] > oldest}


def moving_timers(rows: Rows) -> Iterator[tuple[str, Timer]]:
    """The timers of all processes that do not stand still, with their processes."""
    for process in rows.processes.values():
        yield from ((process.id, timer) for timer in process.timers.values() if not timer.standing)


def longest_wait(rows: Rows, name: str, key: Any) -> Waiting | None:
    """The wait for a name and key that no message is bound to, the one that has waited longest."""
    waits = [
        (wait.since, process.id, wait.n)
        for process in rows.processes.values()
        for wait in process.waits.values()
        if wait.bound is None and wait.name == name and canonical(wait.key) == canonical(key)
    ]
    return Waiting(*min(waits)[1:]) if waits else None
