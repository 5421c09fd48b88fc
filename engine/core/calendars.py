"""Working calendars: what is working time; adding it to a moment, and measuring it between two.

A moment is working time when a clock in the calendar's zone shows a time within the hours of a day that is worked. So
an hour that the clock skips is not worked, one that it repeats is worked twice: what is counted is time that passes.
Of a day these say which hours it has, the first that speaks of it: `days_worked`, `days_off`, `holidays`, the week.

*Working time* (`PT8H`) is counted to the microsecond: `add` gives the first moment by which it has passed, so eight
hours from nine end at five, not at nine of the next day. Backwards it gives the last moment from which it has to pass.

*Business days* (`P1D`) go from one day that is worked to another, and keep the time on the clock:

- Within a day's hours (or in a break between them) a business day later is the same time of the next day worked. Where
  that day has other hours, it is the nearest time before that is worked, or its opening.
- Outside of them the days that follow count whole: from Friday evening, Saturday, or Monday before opening, one
  business day later is when Monday closes.
- A time that the clock skips on that day counts as if the clock had not changed; of a repeated one it is the first.

The same arguments give the same moment on every machine with the same time zones; what was decided is kept as moments.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.core.calendar_years import SECOND, Day, Hours, Year, make_year, micros, moment_of
from engine.core.durations import WorkingTime

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Calendar", "CalendarError", "Day", "Hours"]

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100
"""Calendars reach from the beginning of the one to the end of the other; beyond, nobody knows the holidays."""

_MICROSECOND: Final = timedelta(microseconds=1)
_NO_DAYS: Final[frozenset[date]] = frozenset()


class CalendarError(ValueError):
    """A calendar without working time, or a time beyond its years."""


def _no_days_worked() -> Mapping[date, Day]:
    return {}


def _no_years() -> dict[int, Year]:
    return {}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of those who keep to it. `week` are the hours of each weekday, Monday first.

    Raises:
        CalendarError: when it is made of a week without hours.
    """

    id: str
    name: str
    zone: ZoneInfo
    week: tuple[Day, ...]
    holidays: frozenset[date] = _NO_DAYS
    days_off: frozenset[date] = _NO_DAYS
    days_worked: Mapping[date, Day] = field(default_factory=_no_days_worked)
    _years: dict[int, Year] = field(default_factory=_no_years, init=False, compare=False, repr=False)
    """The years that were asked for; at most those from `FIRST_YEAR` to `LAST_YEAR`."""

    def __post_init__(self) -> None:
        """Refuses what would look for working time for ever."""
        if len(self.week) != 7 or not any(self.week):
            raise CalendarError(f"the calendar {self.id} has no working hours in its week")

    def hours(self, day: date) -> Day:
        """The hours of one day; none where it is not worked."""
        if day in self.days_worked:
            return self.days_worked[day]
        if day in self.days_off or day in self.holidays:
            return ()
        return self.week[day.weekday()]

    def later(self, moment: datetime, length: WorkingTime) -> datetime:
        """`moment` and `length` of working time later, its business days first.

        Raises:
            CalendarError: when that lies beyond the years of calendars.
        """
        return self.add(self.add_days(moment, length.days), length.span)

    def add(self, moment: datetime, span: timedelta) -> datetime:
        """The first moment, in UTC, by which `span` of working time has passed since `moment`; `moment` if it is none.

        Where it is negative, the last from which so much has to pass until `moment`.

        Raises:
            CalendarError: when that lies beyond the years of calendars.
        """
        left = span // _MICROSECOND
        if left == 0:
            return moment.astimezone(UTC)
        number = moment.astimezone(UTC).year
        year = self._year(number)
        wanted = year.worked(micros(moment)) + left
        if left < 0:
            while wanted < 0:
                number -= 1
                year = self._year(number)
                wanted += year.total
            place = bisect_right(year.before, wanted) - 1
            return moment_of(year.starts[place] + wanted - year.before[place])
        while wanted > year.total:
            number += 1
            wanted -= year.total
            year = self._year(number)
        place = bisect_left(year.through, wanted)
        return moment_of(year.starts[place] + wanted - year.before[place])

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The moment, in UTC, that is so many business days after `moment`, or before it; `moment` itself for none.

        Raises:
            CalendarError: when that lies beyond the years of calendars.
        """
        if days == 0:
            return moment.astimezone(UTC)
        at, number = micros(moment), moment.astimezone(UTC).year
        place = bisect_right(self._year(number).opens, at) - 1
        year, here = self._day(number, place)
        if at < year.closes[here]:
            wall = moment.astimezone(self.zone).replace(tzinfo=None)
            into = wall - datetime.combine(date.fromordinal(year.days[here]), time())
            year, there = self._day(number, place + days)
            return self._at(year, there, into)
        if days < 0:
            year, there = self._day(number, place + 1 + days)
            return moment_of(year.opens[there])
        year, there = self._day(number, place + days)
        return moment_of(year.closes[there])

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; negative where `end` comes first.

        Raises:
            CalendarError: when one of them lies beyond the years of calendars.
        """
        first, last = start.astimezone(UTC).year, end.astimezone(UTC).year
        worked = self._year(last).worked(micros(end)) - self._year(first).worked(micros(start))
        worked += sum(self._year(number).total for number in range(first, last))
        worked -= sum(self._year(number).total for number in range(last, first))
        return timedelta(microseconds=worked)

    def works(self, moment: datetime) -> bool:
        """Whether `moment` is working time.

        Raises:
            CalendarError: when it lies beyond the years of calendars.
        """
        at, year = micros(moment), self._year(moment.astimezone(UTC).year)
        place = bisect_right(year.starts, at) - 1
        return place >= 0 and at < year.ends[place]

    def _year(self, number: int) -> Year:
        if found := self._years.get(number):
            return found
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise CalendarError(f"the calendar {self.id} reaches from {FIRST_YEAR} to {LAST_YEAR}, not to {number}")
        found = self._years[number] = make_year(number, self.zone, self.hours)
        return found

    def _day(self, number: int, place: int) -> tuple[Year, int]:
        """The day worked that is `place` days after the first of a year, with its year and its place there."""
        year = self._year(number)
        while place < 0:
            number -= 1
            year = self._year(number)
            place += len(year.days)
        while place >= len(year.days):
            place -= len(year.days)
            number += 1
            year = self._year(number)
        return year, place

    def _at(self, year: Year, place: int, into: timedelta) -> datetime:
        """The moment of a day at which `into` has passed on the clock since its midnight, moved into its hours."""
        day = date.fromordinal(year.days[place])
        passed = into // _MICROSECOND
        hours = self.hours(day)
        worked = hours[0].opens * SECOND
        for each in hours:
            if passed >= each.opens * SECOND:
                worked = min(passed, each.closes * SECOND)
        at = micros(datetime.combine(day, time(), self.zone) + timedelta(microseconds=worked))
        return moment_of(min(max(at, year.opens[place]), year.closes[place]))
