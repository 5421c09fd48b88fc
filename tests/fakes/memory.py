"""Fakes of the ports `Store`, `WorkQueue` and `Outbox` that keep everything in memory.

They pass the suites of tests/conformance, so a test of what stands above the ports may use them for PostgreSQL. One
transaction runs at a time, which is more than PostgreSQL promises.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine import clock
from engine.core.events import Event
from engine.core.process import Lease, Process, Task
from engine.ports import Batch, Claimed, Commit, Cursor, Key, Remembered


def milliseconds() -> datetime:
    """The machine's time as `wayline_now()` would give it."""
    now = clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class Work:
    """A row of the workers' queue."""

    task: Task
    token: int = 0
    lease: Lease | None = None


@dataclass(slots=True)
class Rows:
    """What is stored. `events` are in commit order."""

    processes: dict[str, Process] = field(default_factory=dict[str, Process])
    titles: dict[str, str] = field(default_factory=dict[str, str])
    work: dict[tuple[str, int], Work] = field(default_factory=dict[tuple[str, int], Work])
    events: list[tuple[Event, str | None]] = field(default_factory=list[tuple[Event, str | None]])
    answers: dict[tuple[str, str], tuple[Remembered, datetime]] = field(
        default_factory=dict[tuple[str, str], tuple[Remembered, datetime]]
    )
    business_keys: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def copy(self) -> "Rows":
        """The same rows, to be changed without touching these."""
        return Rows(
            dict(self.processes),
            dict(self.titles),
            {key: replace(work) for key, work in self.work.items()},
            list(self.events),
            dict(self.answers),
            dict(self.business_keys),
        )


class Memory:
    """One database in memory; `store`, `queue` and `outbox` are its ports."""

    def __init__(
        self, now: Callable[[], datetime] = milliseconds, remembered_for: timedelta = timedelta(days=7)
    ) -> None:
        self.now = now
        self.remembered_for = remembered_for
        self.rows = Rows()
        self.turn = asyncio.Lock()
        self.store = MemoryStore(self)
        self.queue = MemoryQueue(self)
        self.outbox = MemoryOutbox(self)


class MemoryStore:
    """The port `Store`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["MemoryTransaction", None]:
        """Works on a copy, which takes the place of what was stored when nothing is raised."""
        async with self._memory.turn:
            transaction = MemoryTransaction(self._memory, self._memory.rows.copy())
            yield transaction
            self._memory.rows = transaction.rows


class MemoryTransaction:
    """The port `Transaction`."""

    def __init__(self, memory: Memory, rows: Rows) -> None:
        self._memory = memory
        self.rows = rows

    async def recall(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Remembered]:
        oldest = self._memory.now() - self._memory.remembered_for
        wanted = {(key.caller, key.key) for key in keys}
        return {key: kept for key, (kept, at) in self.rows.answers.items() if key in wanted and at > oldest}

    async def lock(self, processes: Sequence[str]) -> tuple[Mapping[str, Process], datetime]:
        found = {id: self._marking(self.rows.processes[id]) for id in processes if id in self.rows.processes}
        return found, self._memory.now()

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        taken: dict[tuple[str, str], str] = {}
        for journey, key, process in keys:
            holder = self.rows.business_keys.setdefault((journey, key), process)
            if holder != process:
                taken[journey, key] = holder
        return taken

    async def write(self, commits: Sequence[Commit], answers: Sequence[Remembered]) -> None:
        versions = {
            (id, task.n): task.version for id, process in self.rows.processes.items() for task in process.tasks.values()
        }
        for commit in commits:
            self._write(commit, versions)
        for answer in answers:
            self.rows.answers[answer.key.caller, answer.key.key] = (answer, self._memory.now())

    def _write(self, commit: Commit, versions: Mapping[tuple[str, int], int]) -> None:
        decision, after = commit.decision, commit.decision.after
        stored = self.rows.processes.get(after.id)
        expected = decision.before.seq if decision.before else None
        assert (stored.seq if stored else None) == expected, f"{after.id} is not as it was decided on"
        tasks = dict(stored.tasks) if stored else {}
        for task in decision.tasks:
            version = versions.get((after.id, task.n), 0) + 1
            tasks[task.n] = replace(task, lease=None, version=version)
        incidents = {**(stored.incidents if stored else {}), **after.incidents}
        self.rows.processes[after.id] = replace(after.copy(), tasks=tasks, incidents=incidents)
        self.rows.titles[after.id] = decision.title
        self.rows.events += [(event, commit.correlation_id) for event in decision.events]
        for task in decision.work:
            self._place(after.id, task)
        if after.ended and after.business_key is not None:
            key = (after.journey, after.business_key)
            if self.rows.business_keys.get(key) == after.id:
                del self.rows.business_keys[key]

    def _place(self, process: str, task: Task) -> None:
        known = self.rows.work.pop((process, task.n), None)
        if task.open:
            self.rows.work[process, task.n] = Work(task, token=known.token if known else 0)

    def _marking(self, process: Process) -> Process:
        tasks = {
            task.n: replace(task, lease=work.lease if (work := self.rows.work.get((process.id, task.n))) else None)
            for task in process.tasks.values()
            if task.open
        }
        incidents = {incident.n: incident for incident in process.incidents.values() if incident.open}
        return replace(process.copy(), tasks=tasks, incidents=incidents)


class MemoryQueue:
    """The port `WorkQueue`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def claim(self, worker: str, actions: Sequence[str], limit: int) -> Sequence[Claimed]:
        async with self._memory.turn:
            now = self._memory.now()
            due = [(at, key) for at, key in self._due(actions) if at <= now]
            return [self._take(key, worker, now) for _, key in sorted(due)[:limit]]

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        now = self._memory.now()
        leases = [(work.lease, key) for key, work in self._memory.rows.work.items() if work.lease]
        over = sorted((lease.until, key, lease.token) for lease, key in leases if lease.until <= now)
        return [(*key, token) for _, key, token in over[:limit]]

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        due = min((at for at, _ in self._due(actions)), default=None)
        return None if due is None else max((due - self._memory.now()).total_seconds(), 0.0)

    def _due(self, actions: Sequence[str]) -> list[tuple[datetime, tuple[str, int]]]:
        return [
            (work.task.next_at, key)
            for key, work in self._memory.rows.work.items()
            if work.task.action in actions and work.lease is None and work.task.next_at is not None
        ]

    def _take(self, key: tuple[str, int], worker: str, now: datetime) -> Claimed:
        work = self._memory.rows.work[key]
        task = work.task
        assert task.action is not None
        assert task.timeout_seconds is not None
        work.token += 1
        work.lease = Lease(work.token, worker, now + timedelta(seconds=task.timeout_seconds))
        return Claimed(
            process=key[0],
            task=task.n,
            atom=task.atom,
            visit=task.visit,
            action=task.action,
            input=task.input or {},
            attempt=task.attempts + 1,
            token=work.token,
            deadline=work.lease.until,
        )


class MemoryOutbox:
    """The port `Outbox`: an event's id is its place, and every transaction but one has ended."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def epoch(self) -> str:
        return "memory"

    async def after(self, cursor: Cursor | None, limit: int) -> Batch | None:
        start = cursor.id if cursor else 0
        events = tuple(event for event, _ in self._memory.rows.events[start : start + limit])
        return Batch(events, Cursor("memory", 1, start + len(events))) if events else None

    async def lag(self, cursor: Cursor | None) -> tuple[int, float]:
        waiting = self._memory.rows.events[cursor.id if cursor else 0 :]
        oldest = min((event.at for event, _ in waiting), default=None)
        return len(waiting), 0.0 if oldest is None else (self._memory.now() - oldest).total_seconds()

    async def prune(self) -> None:
        oldest = self._memory.now() - self._memory.remembered_for
        answers = self._memory.rows.answers
        self._memory.rows.answers = {key: kept for key, kept in answers.items() if kept[1] > oldest}
