"""A year of a working calendar as sorted numbers, so that questions about it are look-ups.

Times are microseconds since 1970 (UTC); a year is one of UTC. What crosses its ends is cut there, which changes no sum.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

SECOND: Final = 1_000_000
_DAY: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_LOOK: Final = 12 * 3_600
"""No zone changes its clocks twice, there and back, within so many seconds."""


class Hours(NamedTuple):
    """A stretch of working time of a day, in seconds from its midnight on the clock of the zone.

    `opens` is before 24:00; `closes` may lie up to 24 hours later, as with a night shift, which belongs to the day that
    it begins on.
    """

    opens: int
    closes: int


Day = tuple[Hours, ...]
"""The hours of one day, in order and without overlap."""


@dataclass(frozen=True, slots=True)
class Year:
    """The working time of one year.

    Attributes:
        starts: when each stretch of working time begins, and `ends` where it ends.
        before: how much of the year's working time lies before each stretch, and `through` how much up to its end.
        days: the ordinals of the days on which work begins in this year, with when each `opens` and `closes`.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]
    through: Sequence[int]
    days: Sequence[int]
    opens: Sequence[int]
    closes: Sequence[int]

    @property
    def total(self) -> int:
        """All its working time."""
        return self.through[-1] if self.through else 0

    def worked(self, at: int) -> int:
        """Its working time before `at`."""
        place = bisect_right(self.starts, at) - 1
        return 0 if place < 0 else min(self.before[place] + at - self.starts[place], self.through[place])


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(at: int) -> datetime:
    """The moment, in UTC, that `at` counts."""
    return _EPOCH + timedelta(microseconds=at)


def make_year(year: int, zone: tzinfo, hours: Callable[[date], Day]) -> Year:
    """The year `year` of a calendar whose days have these `hours`."""
    first, last = (micros(datetime(each, 1, 1, tzinfo=UTC)) // SECOND for each in (year, year + 1))
    # Two days more on either side: where the zone is ahead or behind, and for what is worked over midnight.
    offsets = _offsets(zone, first - 3 * _DAY, last + 3 * _DAY)
    stretches: list[tuple[int, int]] = []
    days: list[tuple[int, int, int]] = []
    for ordinal in range(_ordinal(first) - 2, _ordinal(last) + 2):
        midnight = (ordinal - _EPOCH_DAY) * _DAY
        found = sorted(
            stretch
            for each in hours(date.fromordinal(ordinal))
            for stretch in _on_the_clock(midnight + each.opens, midnight + each.closes, offsets)
        )
        if found and first <= found[0][0] < last:
            days.append((ordinal, found[0][0], max(end for _, end in found)))
        stretches += [(max(start, first), min(end, last)) for start, end in found if end > first and start < last]
    return _tables(_merged(sorted(stretches)), days)


def _tables(stretches: Sequence[tuple[int, int]], days: Sequence[tuple[int, int, int]]) -> Year:
    before: list[int] = []
    through: list[int] = []
    total = 0
    for start, end in stretches:
        before.append(total)
        total += (end - start) * SECOND
        through.append(total)
    return Year(
        starts=[start * SECOND for start, _ in stretches],
        ends=[end * SECOND for _, end in stretches],
        before=before,
        through=through,
        days=[day for day, _, _ in days],
        opens=[opens * SECOND for _, opens, _ in days],
        closes=[closes * SECOND for _, _, closes in days],
    )


class _Offset(NamedTuple):
    """From `since` until before `until` (seconds since 1970) the clock is `ahead` of UTC by so many seconds."""

    since: int
    until: int
    ahead: int


def _offsets(zone: tzinfo, first: int, last: int) -> list[_Offset]:
    """How the clock of the zone stands to UTC, from `first` to `last`."""
    found: list[_Offset] = []
    since, ahead = first, _ahead(zone, first)
    for at in range(first + _LOOK, last + _LOOK, _LOOK):
        if (then := _ahead(zone, at)) != ahead:
            change = _change(zone, at - _LOOK, at, ahead)
            found.append(_Offset(since, change, ahead))
            since, ahead = change, then
    return [*found, _Offset(since, last, ahead)]


def _change(zone: tzinfo, before: int, after: int, ahead: int) -> int:
    """The second, after `before` and not after `after`, at which the clock stops to be `ahead` by that much."""
    while after - before > 1:
        middle = (before + after) // 2
        if _ahead(zone, middle) == ahead:
            before = middle
        else:
            after = middle
    return after


def _ahead(zone: tzinfo, at: int) -> int:
    offset = moment_of(at * SECOND).astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _on_the_clock(opens: int, closes: int, offsets: Iterable[_Offset]) -> list[tuple[int, int]]:
    """When the clock of the zone shows a time from `opens` to `closes`: not while skipped, twice where repeated."""
    shown = [(max(opens - each.ahead, each.since), min(closes - each.ahead, each.until)) for each in offsets]
    return [(start, end) for start, end in shown if start < end]


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in stretches:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _ordinal(seconds: int) -> int:
    return _EPOCH_DAY + seconds // _DAY
