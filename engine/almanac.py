"""The working calendars as values, kept in memory: what journeys count their working time in."""

import asyncio
from collections.abc import Mapping

from engine import clock
from engine.calendars.reading import calendar_of
from engine.core.calendars import Calendar
from engine.ports import CalendarRecord, Calendars


class Almanac:
    """Every calendar by id. What was read is believed for `most_age` seconds, then looked at again.

    While nothing has changed it gives the same mapping: who keeps something made of it knows by that.
    """

    def __init__(self, calendars: Calendars, most_age: float) -> None:
        self._calendars = calendars
        self._most_age = most_age
        self._versions: Mapping[str, int] = {}
        self._values: Mapping[str, Calendar] = {}
        self._until: float | None = None
        self._turn = asyncio.Lock()

    def known(self) -> Mapping[str, Calendar] | None:
        """All calendars, at once; None where they have to be looked at first."""
        if self._until is None or clock.monotonic() >= self._until:
            return None
        return self._values

    def forget(self) -> None:
        """Looks at them again before the next answer: one was changed here."""
        self._until = None

    async def all(self) -> Mapping[str, Calendar]:
        """All calendars, as they were at most `most_age` seconds ago."""
        async with self._turn:
            if (known := self.known()) is not None:
                return known
            looked_at = clock.monotonic()
            versions = await self._calendars.versions()
            if versions != self._versions:
                changed = [id for id, version in versions.items() if self._versions.get(id) != version]
                records = await self._calendars.named(changed)
                # Of one that was changed once more in between, the newer one is kept under its own version.
                read = {record.id: record for record in records}
                kept = {id: value for id, value in self._values.items() if id in versions}
                self._values = kept | {id: _calendar(record) for id, record in read.items()}
                self._versions = {**versions, **{id: record.version for id, record in read.items()}}
            self._until = looked_at + self._most_age
            return self._values


def _calendar(record: CalendarRecord) -> Calendar:
    return calendar_of(record.id, record.document, record.holidays)
