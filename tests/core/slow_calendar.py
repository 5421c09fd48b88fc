"""Working time a second time, slow and plain: a walk over minutes, each of which is worked or not by the clock.

It holds for hours, and changes of the clock, that lie on whole minutes.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from engine.core.calendars import Calendar

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Walk:
    """What `Calendar` answers, by walking."""

    def __init__(self, calendar: Calendar) -> None:
        self._hours = calendar.hours
        self._zone = calendar.zone
        self.span = cache(self._span)

    def add(self, moment: datetime, span: timedelta) -> datetime:
        left, at = abs(span), moment
        while left:
            if span > timedelta():
                until = _minute(at) + MINUTE
                step, worked = until - at, self.works(at)
            else:
                until = _minute(at - timedelta(microseconds=1))
                step, worked = at - until, self.works(until)
            if worked and step >= left:
                return at + left if span > timedelta() else at - left
            left -= step if worked else timedelta()
            at = until
        return at

    def between(self, start: datetime, end: datetime) -> timedelta:
        if end < start:
            return -self.between(end, start)
        worked, at = timedelta(), start
        while at < end:
            until = min(_minute(at) + MINUTE, end)
            worked += until - at if self.works(at) else timedelta()
            at = until
        return worked

    def add_days(self, moment: datetime, days: int) -> datetime:
        """One day worked after another, from the last that had opened."""
        if days == 0:
            return moment
        on = moment.astimezone(self._zone).date() + 2 * DAY
        while (span := self.span(on)) is None or span[0] > moment:
            on -= DAY
        if moment < span[1]:
            there = self._other(on, days)
            return self._at(there, moment.astimezone(self._zone).replace(tzinfo=None) - _midnight(on))
        if days > 0:
            return self._span_of(self._other(on, days))[1]
        return self._span_of(self._other(on, days + 1))[0]

    def works(self, at: datetime) -> bool:
        """Whether the clock shows a time within the hours of its day, or of the day before."""
        local = at.astimezone(self._zone).replace(tzinfo=None)
        return any(self._belongs(local, local.date() - back * DAY) for back in (0, 1))

    def _belongs(self, local: datetime, day: date) -> bool:
        """Whether a time on the clock lies in the hours of a day."""
        into = (local - _midnight(day)).total_seconds()
        return any(hours.opens <= into < hours.closes for hours in self._hours(day))

    def _minutes(self, day: date) -> Iterator[datetime]:
        start = datetime.combine(day, time(), UTC) - 2 * DAY
        return (start + number * MINUTE for number in range(5 * 24 * 60))

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        """When the work of a day begins and ends; None for one without any."""
        if not self._hours(day):
            return None
        clock = {at: at.astimezone(self._zone).replace(tzinfo=None) for at in self._minutes(day)}
        found = [at for at, local in clock.items() if self._belongs(local, day)]
        return (min(found), max(found) + MINUTE) if found else None

    def _span_of(self, day: date) -> tuple[datetime, datetime]:
        found = self.span(day)
        assert found is not None
        return found

    def _other(self, day: date, days: int) -> date:
        """The day worked that is so many days worked after another."""
        step = DAY if days > 0 else -DAY
        while days:
            day += step
            if self.span(day):
                days -= step // DAY
        return day

    def _at(self, day: date, into: timedelta) -> datetime:
        """When the clock first shows a time, which is moved into the day's hours; a time it skips as if it did not."""
        wanted = max(into, timedelta(seconds=self._hours(day)[0].opens))
        for hours in reversed(self._hours(day)):
            if wanted >= timedelta(seconds=hours.opens):
                wanted = min(wanted, timedelta(seconds=hours.closes))
                break
        local = _midnight(day) + wanted
        opens, closes = self._span_of(day)
        whole = _minute(local)
        near = (whole.replace(tzinfo=UTC) + number * MINUTE for number in range(-15 * 60, 15 * 60))
        shown = [at for at in near if at.astimezone(self._zone).replace(tzinfo=None) == whole]
        found = shown[0] + (local - whole) if shown else local.replace(tzinfo=UTC) - self._before_change(local)
        return min(max(found, opens), closes)

    def _before_change(self, local: datetime) -> timedelta:
        """How far ahead of UTC the clock was before it skipped this time."""
        at = local.replace(tzinfo=UTC) - 2 * DAY
        while (at + MINUTE).astimezone(self._zone).replace(tzinfo=None) <= local:
            at += MINUTE
        offset = at.astimezone(self._zone).utcoffset()
        assert offset is not None
        return offset


class Minutes(Walk):
    """The same between two times, for many questions: every minute is looked at once, and those worked are numbered.

    Raises:
        IndexError: for what lies after the last of them.
    """

    def __init__(self, calendar: Calendar, first: datetime, last: datetime) -> None:
        super().__init__(calendar)
        minutes = (first + number * MINUTE for number in range((last - first) // MINUTE))
        self._worked = [at for at in minutes if self.works(at)]

    def add(self, moment: datetime, span: timedelta) -> datetime:
        if not span:
            return moment
        whole, rest = divmod(self._passed(moment) + span, MINUTE)
        if rest or span < timedelta():
            return self._worked[whole] + rest
        return self._worked[whole - 1] + MINUTE

    def between(self, start: datetime, end: datetime) -> timedelta:
        return self._passed(end) - self._passed(start)

    def _passed(self, moment: datetime) -> timedelta:
        """The working time from the first minute to this moment."""
        begun = bisect_right(self._worked, moment)
        if not begun:
            return timedelta()
        return (begun - 1) * MINUTE + min(moment - self._worked[begun - 1], MINUTE)


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The minutes at which the clock of a zone is changed, of a year."""
    there = ZoneInfo(zone)
    found: list[datetime] = []
    hour = datetime(year, 1, 1, tzinfo=UTC)
    while hour.year == year:
        following = hour + 60 * MINUTE
        if hour.astimezone(there).utcoffset() != following.astimezone(there).utcoffset():
            minutes = (hour + number * MINUTE for number in range(1, 61))
            before = hour.astimezone(there).utcoffset()
            found.append(next(at for at in minutes if at.astimezone(there).utcoffset() != before))
        hour = following
    return tuple(found)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
