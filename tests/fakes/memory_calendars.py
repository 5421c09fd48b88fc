"""A fake of the port `Calendars` that keeps everything in memory."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from engine.core.errors import Conflict, NotFound
from engine.ports import CalendarRecord
from tests.fakes.memory import milliseconds


class MemoryCalendars:
    """The port `Calendars`; it passes tests/conformance/test_calendars.py."""

    def __init__(self, now: Callable[[], datetime] = milliseconds) -> None:
        self._now = now
        self._records: dict[str, CalendarRecord] = {}
        self._numbers = itertools.count(1)
        self.looks = 0
        """How often somebody asked for the versions."""

    async def put(
        self, id: str, document: Mapping[str, Any], holidays: Mapping[date, str], source: str, by: str
    ) -> CalendarRecord:
        known = self._records.get(id)
        if known is None or (known.document, known.holidays) != (document, holidays):
            now = self._now()
            first = known.created_at if known else now
            used_by, configurations = (known.used_by, known.configurations) if known else ((), ())
            number = next(self._numbers)
            self._records[id] = CalendarRecord(
                id, number, document, dict(holidays), source, first, now, by, used_by, configurations
            )
        return self._records[id]

    async def delete(self, id: str, by: str) -> None:
        known = self._records.get(id)
        if known and (known.used_by or known.configurations):
            uses = {"used_by": list(known.used_by), "configurations": list(known.configurations)}
            raise Conflict("calendar_in_use", **uses)
        self._records.pop(id, None)

    async def get(self, id: str) -> CalendarRecord | None:
        return self._records.get(id)

    async def records(self, after: str | None, limit: int) -> Sequence[CalendarRecord]:
        return [self._records[id] for id in sorted(self._records) if id > (after or "")][:limit]

    async def named(self, ids: Sequence[str]) -> Sequence[CalendarRecord]:
        return [self._records[id] for id in ids if id in self._records]

    async def versions(self) -> Mapping[str, int]:
        self.looks += 1
        return {id: record.version for id, record in self._records.items()}

    def count_in(self, configuration: str, ids: Sequence[str]) -> None:
        """A configuration counts in these from now on, and in no others."""
        self._present(ids)
        for id, record in self._records.items():
            others = {*record.configurations} - {configuration}
            uses = others | {configuration} if id in ids else others
            self._records[id] = replace(record, configurations=tuple(sorted(uses)))

    def use(self, ids: Sequence[str], version: str) -> None:
        """A version that counts in these is published."""
        self._present(ids)
        for id in ids:
            record = self._records[id]
            self._records[id] = replace(record, used_by=tuple(sorted({*record.used_by, version})))

    def _present(self, ids: Sequence[str]) -> None:
        if missing := [id for id in ids if id not in self._records]:
            raise NotFound("calendar_not_found", f"Not all are there: {missing}.")
