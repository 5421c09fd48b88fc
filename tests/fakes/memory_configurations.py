"""A fake of the port `Configurations` that keeps everything in memory."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.ports import ConfigurationRecord
from tests.fakes.memory import milliseconds
from tests.fakes.memory_calendars import MemoryCalendars


class MemoryConfigurations:
    """The port `Configurations`; it passes tests/conformance/test_configurations.py."""

    def __init__(self, now: Callable[[], datetime] = milliseconds, calendars: MemoryCalendars | None = None) -> None:
        self._now = now
        self._calendars = calendars or MemoryCalendars(now)
        self._records: dict[str, ConfigurationRecord] = {}
        self._numbers = itertools.count(1)

    async def put(self, id: str, document: Mapping[str, Any], calendars: Sequence[str], by: str) -> ConfigurationRecord:
        self._calendars.count_in(id, calendars)
        known = self._records.get(id)
        if known is None or known.document != document:
            now = self._now()
            first = known.created_at if known else now
            self._records[id] = ConfigurationRecord(id, next(self._numbers), document, first, now, by)
        return self._records[id]

    async def delete(self, id: str, by: str) -> None:
        self._calendars.count_in(id, ())
        self._records.pop(id, None)

    async def get(self, id: str) -> ConfigurationRecord | None:
        return self._records.get(id)

    async def records(self, after: str | None, limit: int) -> Sequence[ConfigurationRecord]:
        return [self._records[id] for id in sorted(self._records) if id > (after or "")][:limit]

    async def named(self, ids: Sequence[str]) -> Sequence[ConfigurationRecord]:
        return [self._records[id] for id in ids if id in self._records]

    async def versions(self) -> Mapping[str, int]:
        return {id: record.version for id, record in self._records.items()}
