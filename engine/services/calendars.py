"""Working calendars: put, read and delete them, and ask them what they say."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from engine.almanac import Almanac
from engine.answers import Page
from engine.calendars.public_holidays import SOURCE
from engine.calendars.reading import read_calendar
from engine.commit import Answer
from engine.core.calendars import Calendar, CalendarError
from engine.core.durations import DurationError, parse_working
from engine.core.errors import Invalid, NotFound
from engine.core.times import format_time
from engine.loading.load import Media
from engine.loading.shapes import KEBAB
from engine.ports import CalendarRecord, Calendars
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.remembered import Memory

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class HolidayAnswer:
    """A public holiday of a calendar."""

    date: str
    name: str


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """One calendar: `calendar` is its document, `holidays` those of the year that was asked for.

    `version` grows with every change; `source` is where its holidays came from, in which version; `used_by` are the
    published journey versions that count their working time in it, `configurations` the service levels that do.
    """

    id: str
    name: str
    zone: str
    version: int
    calendar: Mapping[str, Any]
    source: str
    changed_at: str
    changed_by: str
    used_by: tuple[str, ...]
    configurations: tuple[str, ...]
    holidays: tuple[HolidayAnswer, ...] | None = None


@dataclass(frozen=True, slots=True)
class LaterAnswer:
    """When `duration` of working time after `start` is over; `clock` is what the clock shows there then."""

    calendar: str
    start: str
    duration: str
    end: str
    clock: str


@dataclass(frozen=True, slots=True)
class BetweenAnswer:
    """The working time from `start` to `end`, to the microsecond; negative where `end` comes first."""

    calendar: str
    start: str
    end: str
    seconds: float


class CalendarService:
    """Everything that is asked and said of calendars."""

    def __init__(self, calendars: Calendars, almanac: Almanac[CalendarRecord, Calendar], memory: Memory) -> None:
        self._calendars = calendars
        self._almanac = almanac
        self._memory = memory

    async def find(self, call: Call, cursor: str | None, limit: int) -> Page[CalendarAnswer]:
        """By id."""
        require(call.caller, "calendar:read")
        records = await self._calendars.records(name_in(cursor), limit + 1)
        return page_of(records, limit, lambda record: record.id, _answer)

    async def get(self, call: Call, id: str, year: int | None = None) -> CalendarAnswer:
        """One calendar, with its public holidays of `year`.

        Raises:
            NotFound: `calendar_not_found`.
        """
        require(call.caller, "calendar:read")
        return _answer(await self._record(id), year)

    async def put(self, call: Call, id: str, content: bytes, media: Media) -> Answer:
        """Makes a calendar, or puts another in its place; its public holidays are looked up anew.

        Timers that are set stay where they are; what is set from now on counts in the new one. 201 for a new one.

        Raises:
            Invalid: `calendar_invalid`, with all `findings`; `request_invalid` for an id that is none.
        """
        require(call.caller, "calendar:write")
        if not KEBAB.fullmatch(id):
            raise Invalid("request_invalid", "The id of a calendar is small letters, digits and single hyphens.")

        async def act() -> Answer:
            read = await asyncio.to_thread(read_calendar, id, content, media)
            if not read.calendars:
                count = len(read.findings)
                sentence = f"The calendar has {count} error{'' if count == 1 else 's'}."
                raise Invalid("calendar_invalid", sentence, findings=list(read.findings))
            (document,) = read.calendars
            new = await self._calendars.get(id) is None
            kept = await self._calendars.put(id, document.content, document.holidays, SOURCE, call.caller.id)
            self._almanac.forget()
            return Answer(201 if new else 200, _answer(kept))

        return await self._memory.once(call.key, act)

    async def delete(self, call: Call, id: str) -> Answer:
        """Removes a calendar in which no published version, no service level and nobody counts; gives it as it was.

        Raises:
            NotFound: `calendar_not_found`.
            Conflict: `calendar_in_use`, with the versions in `used_by`, the service levels in `configurations`, and the
                first 20 people in `users`.
        """
        require(call.caller, "calendar:write")

        async def act() -> Answer:
            record = await self._record(id)
            await self._calendars.delete(id, call.caller.id)
            self._almanac.forget()
            return Answer(200, _answer(record))

        return await self._memory.once(call.key, act)

    async def later(self, call: Call, id: str, start: datetime, duration: str) -> LaterAnswer:
        """When a length of working time after `start` is over, as a timer would have it.

        Raises:
            NotFound: `calendar_not_found`.
            Invalid: `request_invalid`, where the duration is none, or that time lies beyond the years of calendars.
        """
        require(call.caller, "calendar:read")
        calendar = await self._calendar(id)
        try:
            end = calendar.later(start, parse_working(duration))
        except (CalendarError, DurationError) as error:
            raise _wrong("duration", str(error)) from error
        clock = end.astimezone(calendar.zone).isoformat()
        return LaterAnswer(id, format_time(start), duration, format_time(end), clock)

    async def between(self, call: Call, id: str, start: datetime, end: datetime) -> BetweenAnswer:
        """The working time between two moments.

        Raises:
            NotFound: `calendar_not_found`.
            Invalid: `request_invalid`, where one lies beyond the years of calendars.
        """
        require(call.caller, "calendar:read")
        calendar = await self._calendar(id)
        try:
            worked = calendar.between(start, end)
        except CalendarError as error:
            raise _wrong("to", str(error)) from error
        return BetweenAnswer(id, format_time(start), format_time(end), worked / _SECOND)

    async def _calendar(self, id: str) -> Calendar:
        found = (await self._almanac.all()).get(id)
        if found is None:
            raise _unknown(id)
        return found

    async def _record(self, id: str) -> CalendarRecord:
        record = await self._calendars.get(id)
        if record is None:
            raise _unknown(id)
        return record


def _unknown(id: str) -> NotFound:
    return NotFound("calendar_not_found", f"There is no calendar {id}.")


def _wrong(parameter: str, message: str) -> Invalid:
    return Invalid("request_invalid", errors=[{"parameter": parameter, "message": message}])


def _answer(record: CalendarRecord, year: int | None = None) -> CalendarAnswer:
    days = [HolidayAnswer(day.isoformat(), name) for day, name in record.holidays.items() if day.year == year]
    return CalendarAnswer(
        id=record.id,
        name=record.document.get("name") or record.id,
        zone=record.document["zone"],
        version=record.version,
        calendar=record.document,
        source=record.source,
        changed_at=format_time(record.changed_at),
        changed_by=record.changed_by,
        used_by=record.used_by,
        configurations=record.configurations,
        holidays=None if year is None else tuple(days),
    )
