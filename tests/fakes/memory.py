"""A database in memory: fakes of the port `Store`, and of the queues in tests/fakes/memory_queues.py.

They pass the suites of tests/conformance, so a test of what stands above the ports may use them for PostgreSQL. One
transaction runs at a time, which is more than PostgreSQL promises.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from engine import clock
from engine.core.commands import Kept, Post
from engine.core.decision import Decision
from engine.core.events import MessageDelivered, MessageRefused
from engine.core.frozen import changed
from engine.core.process import Process, Task
from engine.core.values import canonical
from engine.ports import (
    NOTHING_TAKEN_UP,
    Address,
    Commit,
    Key,
    Locked,
    Message,
    Pending,
    Remembered,
    TakenUp,
    Waiting,
)
from tests.fakes.memory_actions import MemoryActions
from tests.fakes.memory_assigning import MemoryAssignmentQueue, queue
from tests.fakes.memory_queues import (
    MemoryClock,
    MemoryCommandQueue,
    MemoryMessages,
    MemoryOutbox,
    MemoryQueue,
    MemoryTimerQueue,
    longest_wait,
)
from tests.fakes.rows import Posted, Rows, Work


def milliseconds() -> datetime:
    """The machine's time as `wayline_now()` would give it."""
    now = clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Memory:
    """One database in memory, with its ports."""

    def __init__(
        self, now: Callable[[], datetime] = milliseconds, remembered_for: timedelta = timedelta(days=7)
    ) -> None:
        self._now = now
        self.moved = timedelta()
        self.remembered_for = remembered_for
        self.rows = Rows()
        self.transactions = 0
        self.turn = asyncio.Lock()
        self.store = MemoryStore(self)
        self.queue = MemoryQueue(self)
        self.actions = MemoryActions(self)
        self.timers = MemoryTimerQueue(self)
        self.commands = MemoryCommandQueue(self)
        self.messages = MemoryMessages(self)
        self.clock = MemoryClock(self)
        self.outbox = MemoryOutbox(self)
        self.assignment_queue = MemoryAssignmentQueue(self)

    def now(self) -> datetime:
        return self._now() + self.moved


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
            self._memory.transactions += 1


class MemoryTransaction:
    """The port `Transaction`."""

    def __init__(self, memory: Memory, rows: Rows) -> None:
        self._memory = memory
        self.rows = rows

    async def lock(self, processes: Sequence[str], keys: Sequence[Key] = ()) -> Locked:
        now = self._memory.now()
        found = {id: self._marking(self.rows.processes[id]) for id in processes if id in self.rows.processes}
        pending = [
            replace(posted.pending, put_off=posted.next_at is not None and posted.next_at > now)
            for posted in self.rows.commands
            if posted.pending.process in processes
        ]
        oldest = now - self._memory.remembered_for
        wanted = {(key.caller, key.key) for key in keys}
        remembered = {key: kept for key, (kept, at) in self.rows.answers.items() if key in wanted and at > oldest}
        return Locked(found, tuple(pending), now, remembered)

    async def kept(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Kept, ...]]:
        found: dict[Address, tuple[Kept, ...]] = {}
        for row, message in self.rows.messages.items():
            address = message.name, canonical(message.key)
            if address in addresses and message.until > self._memory.now() and len(found.get(address, ())) < 20:
                found[address] = (*found.get(address, ()), Kept(row, message.id, message.body))
        return found

    async def keep(self, message: Message) -> Waiting | None:
        if waiting := longest_wait(self.rows, message.name, message.key):
            return waiting
        self.rows.messages[self.rows.number()] = message
        return None

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        taken: dict[tuple[str, str], str] = {}
        for journey, key, process in keys:
            holder = self.rows.business_keys.setdefault((journey, key), process)
            if holder != process:
                taken[journey, key] = holder
        return taken

    async def write(
        self, commits: Sequence[Commit], answers: Sequence[Remembered], taken_up: TakenUp = NOTHING_TAKEN_UP
    ) -> None:
        versions = {
            (id, task.n): task.version for id, process in self.rows.processes.items() for task in process.tasks.values()
        }
        gone = {pending.id for pending in taken_up.done}
        self.rows.commands = [posted for posted in self.rows.commands if posted.pending.id not in gone]
        for commit in commits:
            self._write(commit, versions)
            for post in commit.decision.posts:
                self._post(commit.decision.after.id, post, commit.correlation_id)
        for reply in taken_up.replies:
            self._post(*reply)
        for posted in self.rows.commands:
            if posted.pending.id in {pending.id for pending in taken_up.failed}:
                posted.next_at = self._memory.now() + timedelta(seconds=2**posted.failures)
                posted.failures += 1
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
            tasks[task.n] = changed(task, lease=None, version=version)
        incidents = {**(stored.incidents if stored else {}), **after.incidents}
        self.rows.processes[after.id] = changed(after.copy(), tasks=tasks, incidents=incidents)
        self.rows.titles[after.id] = decision.title
        self.rows.events += [(event, commit.correlation_id) for event in decision.events]
        for event in decision.events:
            if isinstance(event.fact, MessageDelivered | MessageRefused) and event.fact.kept is not None:
                del self.rows.messages[event.fact.kept]
        for timer in decision.timers:
            self.rows.claims.pop((after.id, timer.n), None)
        for task in decision.tasks:
            self._place(decision, task)
        queue(self.rows, decision)
        if after.ended and after.business_key is not None and after.journey is not None:
            key = (after.journey, after.business_key)
            if self.rows.business_keys.get(key) == after.id:
                del self.rows.business_keys[key]

    def _place(self, decision: Decision, task: Task) -> None:
        if task.kind != "system":
            return
        key = (decision.after.id, task.n)
        known = self.rows.work.pop(key, None)
        if not task.open:
            return
        lease = known.lease if known and known.task.attempts == task.attempts else None
        since = decision.before.suspended_at if decision.before else None
        if lease and since is not None and decision.after.suspended_at is None and decision.after.last_at is not None:
            lease = changed(lease, until=lease.until + (decision.after.last_at - since))
        self.rows.work[key] = Work(task, known.token if known else 0, lease)

    def _post(self, sender: str, post: Post, correlation_id: str | None) -> None:
        pending = Pending(self.rows.number(), post.to, sender, post.command, post.calls, correlation_id)
        self.rows.commands.append(Posted(pending))

    def _marking(self, process: Process) -> Process:
        tasks = {
            task.n: changed(task, lease=work.lease if (work := self.rows.work.get((process.id, task.n))) else None)
            for task in process.tasks.values()
            if task.open
        }
        incidents = {incident.n: incident for incident in process.incidents.values() if incident.open}
        return changed(process.copy(), tasks=tasks, incidents=incidents)
