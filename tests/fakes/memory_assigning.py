"""A fake of the port `AssignmentQueue`, on rows in memory."""

from collections import Counter
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

from engine.core.decision import Decision
from engine.core.eligibility import nobody_found
from engine.core.events import TaskAssigned, TaskFact
from engine.core.process import Task
from engine.ports import LONGEST, Burden, Seeker, Waiters
from tests.fakes.rows import Queued, Rows


class Database(Protocol):
    """What the fake needs of the database."""

    rows: Rows

    def now(self) -> datetime: ...


def queue(rows: Rows, decision: Decision) -> None:
    """Keeps the rows of the tasks that seek somebody, as a commit does."""
    retried = {
        incident.task
        for incident in decision.incidents
        if incident.stage == "assignment" and incident.task and not incident.open
    }
    after = decision.after
    again = [after.tasks[n] for n in retried if nobody_found(after, after.tasks[n]) is None]
    for task in (*decision.tasks, *again):
        key = (after.id, task.n)
        known = rows.queue.pop(key, None)
        if task.seeks and task.role is not None:
            since = known.since if known else task.created_at
            rows.queue[key] = Queued(task.role, since, task.created_at)


class MemoryAssignmentQueue:
    """The port `AssignmentQueue`; a role that is taken is in `taken`."""

    def __init__(self, memory: Database) -> None:
        self._memory = memory
        self._taken: set[str] = set()

    @asynccontextmanager
    async def round(self, freed: Collection[str]) -> AsyncGenerator["MemoryRound | None", None]:
        now = self._memory.now()
        firsts: dict[str, datetime] = {}
        for row in self._memory.rows.queue.values():
            firsts[row.role] = min(row.next_at, firsts.get(row.role, row.next_at))
        due = sorted((at, role) for role, at in firsts.items() if at <= now or role in freed)
        role = next((role for _, role in due if role not in self._taken), None)
        if role is None:
            yield None
            return
        self._taken.add(role)
        try:
            yield MemoryRound(self._memory, role)
        finally:
            self._taken.discard(role)

    async def with_room(self, capacities: Mapping[str, int]) -> frozenset[str]:
        burdens = _burdens(self._memory.rows, capacities)
        return frozenset(user for user, most in capacities.items() if sum(burdens[user].tasks.values()) < most)


class MemoryRound:
    """The port `Round`."""

    def __init__(self, memory: Database, role: str) -> None:
        self._memory = memory
        self.role = role

    async def waiters(self, holders: Collection[str], limit: int, *, waiting: bool) -> Waiters:
        rows, now = self._memory.rows, self._memory.now()
        mine = [(row, key) for key, row in rows.queue.items() if row.role == self.role]
        due = sorted((row.next_at, row.since, key) for row, key in mine if row.next_at <= now)[:limit]
        oldest = sorted((row.since, key) for row, key in mine)[:limit] if waiting else []
        keys = {key for *_, key in due} | {key for _, key in oldest}
        seekers = sorted((_seeker(rows, key) for key in keys), key=lambda one: (one.since, one.process, one.n))
        turns = dict.fromkeys(holders, 0)
        for event, _ in rows.events:
            fact = event.fact
            if isinstance(fact, TaskAssigned) and fact.turn is not None:
                whose = fact.instead_of or fact.assignee
                if whose in turns and rows.processes[event.process].tasks[fact.task].role == self.role:
                    turns[whose] = max(turns[whose], fact.turn)
        return Waiters(tuple(seekers), turns, rows.organisation, now)

    async def performers(self, steps: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found = {(process, atom): self._memory.rows.processes[process].steps.get(atom) for process, atom in steps}
        return {key: step.performers for key, step in found.items() if step and step.performers}

    async def burdens(self, users: Collection[str]) -> Mapping[str, Burden]:
        return _burdens(self._memory.rows, users)

    async def put_off(self, tasks: Sequence[tuple[Seeker, datetime | None]], organisation: int) -> None:
        rows, now = self._memory.rows, self._memory.now()
        for seeker, again_at in tasks:
            row = rows.queue.get((seeker.process, seeker.n))
            if row is None or row.next_at != seeker.next_at or rows.organisation != organisation:
                continue
            later = now + min(timedelta(seconds=2 ** min(row.looks, 20)), LONGEST)
            rows.queue[seeker.process, seeker.n] = Queued(
                row.role, row.since, min(later, again_at) if again_at else later, row.looks + 1
            )


def _seeker(rows: Rows, key: tuple[str, int]) -> Seeker:
    row, process = rows.queue[key], rows.processes[key[0]]
    task = process.tasks[key[1]]
    known = nobody_found(process, task)
    return Seeker(
        *(*key, row.since, row.next_at, process.journey, process.version, task.atom or "", task.priority),
        known=known.message if known else None,
        had=_had(rows, *key),
    )


def _had(rows: Rows, process: str, n: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for event, _ in rows.events:
        fact = event.fact
        user = getattr(fact, "assignee", None)
        if user is not None and isinstance(fact, TaskFact) and (event.process, fact.task) == (process, n):
            found.pop(user, None)
            found[user] = None
    return tuple(found)


def _burdens(rows: Rows, users: Collection[str]) -> Mapping[str, Burden]:
    tasks: list[Task] = [task for process in rows.processes.values() for task in process.tasks.values() if task.open]
    last: dict[str, datetime] = {}
    for event, _ in rows.events:
        assignee = getattr(event.fact, "assignee", None) if isinstance(event.fact, TaskFact) else None
        if assignee is not None:
            last[assignee] = event.at
    return {
        user: Burden(Counter(task.priority for task in tasks if task.assignee == user), last.get(user))
        for user in users
    }
