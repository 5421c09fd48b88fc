"""A fake of the port `Actions`, on rows in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from engine.ports import ActionRecord, Pause
from tests.fakes.rows import Rows, Said


class Database(Protocol):
    """What the fake looks at."""

    rows: Rows

    def now(self) -> datetime: ...


class MemoryActions:
    """The port `Actions`."""

    def __init__(self, memory: Database) -> None:
        self._memory = memory

    async def pause(self, action: str, by: str, reason: str) -> ActionRecord:
        said = self._said(action)
        if said.pause is None:
            self._memory.rows.actions[action] = replace(said, pause=Pause(self._memory.now(), by, reason))
        return await self.record(action)

    async def resume(self, action: str, by: str, reason: str) -> ActionRecord:
        self._memory.rows.actions[action] = replace(self._said(action), pause=None)
        return await self.record(action)

    async def limit(self, action: str, most: int | None, by: str, reason: str) -> ActionRecord:
        self._memory.rows.actions[action] = replace(self._said(action), most=most)
        return await self.record(action)

    async def record(self, action: str) -> ActionRecord:
        now, said = self._memory.now(), self._said(action)
        due: list[datetime] = []
        running = 0
        for (process, _), work in self._memory.rows.work.items():
            standing = self._memory.rows.processes[process].suspended_at is not None
            if work.task.action == action and work.lease is not None:
                running += 1
            elif work.task.action == action and work.task.next_at and work.task.next_at <= now and not standing:
                due.append(work.task.next_at)
        return ActionRecord(action, said.most, said.pause, len(due), running, min(due, default=None))

    async def records(self, after: str | None, limit: int) -> Sequence[ActionRecord]:
        rows = self._memory.rows
        names = {action for action, said in rows.actions.items() if said != Said()}
        for (process, _), work in rows.work.items():
            moves = work.task.next_at is not None and rows.processes[process].suspended_at is None
            if work.task.action and (work.lease or moves):
                names.add(work.task.action)
        return [await self.record(name) for name in sorted(names) if name > (after or "")][:limit]

    async def paused(self, actions: Sequence[str]) -> Sequence[str]:
        return sorted(action for action in set(actions) if self._said(action).pause)

    def _said(self, action: str) -> Said:
        return self._memory.rows.actions.get(action, Said())
