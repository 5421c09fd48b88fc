"""ISO 8601 durations: `P1Y2M3W4DT5H6M7.5S`, with a leading `-` for back in time.

Months (and years, which are twelve) are calendar months, clipped to the month's end; all other units have a fixed
length: a week is 7 days, a day 24 hours. In working time a day is a business day of some calendar, an hour is an hour
that is worked, and there are no longer units: `engine.core.calendars` says what they come to.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

_NUMBER: Final = r"[0-9]{1,18}(?:[.,][0-9]{1,18})?"
_DURATION: Final = re.compile(
    rf"(?P<sign>-)?P(?=[0-9T])(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>{_NUMBER})M)?(?:(?P<weeks>{_NUMBER})W)?"
    rf"(?:(?P<days>{_NUMBER})D)?(?:T(?=[0-9])(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?"
    rf"(?:(?P<seconds>{_NUMBER})S)?)?"
)
_SECONDS: Final = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_MONTHS: Final = {"years": 12, "months": 1}
_LONGEST: Final = timedelta(days=3_652_059)  # from year 1 to 9999
_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final = Fraction()

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""What is due beyond the calendar is due then, which does not come."""

LONGEST_WORKING: Final = timedelta(days=3_660)
"""The longest working time that is taken, its days and hours together: some ten years of days, or one of hours."""


class DurationError(ValueError):
    """A text that is no ISO 8601 duration, or one that does not fit where it is used."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: calendar months, and a fixed span to the microsecond. Both have the sign of the duration."""

    months: int = 0
    span: timedelta = timedelta()

    def add_to(self, time: datetime) -> datetime:
        """`time` moved by the months first, its day clipped to the month's end, then by the span. Keeps the zone.

        Raises:
            DurationError: when the result is outside the years 1 to 9999.
        """
        year, month = divmod(time.year * 12 + time.month - 1 + self.months, 12)
        try:
            day = min(time.day, monthrange(year, month + 1)[1])
            return time.replace(year=year, month=month + 1, day=day) + self.span
        except (ValueError, OverflowError, IndexError):
            raise DurationError("the time this duration leads to is outside the years 1 to 9999") from None

    def as_timedelta(self) -> timedelta:
        """The span alone.

        Raises:
            DurationError: when the duration has years or months, whose length depends on the calendar.
        """
        if self.months:
            raise DurationError("years and months have no fixed length; use days, hours, minutes or seconds")
        return self.span

    def __str__(self) -> str:
        """The duration in ISO 8601, such as `P1D`, `P6M` or `-PT4H30M`."""
        if self.months < 0 or self.span < timedelta():
            return f"-{Duration(-self.months, -self.span)}"
        return _written(self.months, self.span.days, self.span - timedelta(days=self.span.days))


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A length of working time: business days, and then time that is worked, in the calendar of this id."""

    days: int = 0
    span: timedelta = timedelta()
    calendar: str = ""

    def __str__(self) -> str:
        """The length in ISO 8601, such as `P1D`, `PT4H` or `P2DT1H30M`, without the calendar."""
        return _written(0, self.days, self.span)


def _written(months: int, days: int, span: timedelta) -> str:
    seconds, micros = divmod(span // _MICROSECOND, 1_000_000)
    hours, minutes, seconds = seconds // 3_600, seconds // 60 % 60, seconds % 60
    fraction = f".{micros:06}".rstrip("0") if micros else ""
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    parts.append(f"{seconds}{fraction}S" if seconds or fraction else "")
    time = "".join(parts)
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    return f"P{date}{'T' if time else ''}{time}" if date or time else "PT0S"


Length = Duration | WorkingTime
"""A length of time, in either."""


def parse_working(text: str, calendar: str = "") -> WorkingTime:
    """The working time that `text` writes in ISO 8601, such as `P1D` (a business day), `PT4H` or `P2DT30M`.

    Raises:
        DurationError: when it is not such a text, is negative, has units that are longer than a day, has a fraction of
            a day, or is longer than `LONGEST_WORKING`.
    """
    whole = parse(text)
    written = _DURATION.fullmatch(text)
    assert written is not None, "it has been parsed"
    if written["sign"] or any(written[unit] for unit in ("years", "months", "weeks")):
        raise DurationError(f"{text!r} is no working time, which has business days, hours, minutes and seconds only")
    days = written["days"] or "0"
    if not days.isdigit():
        raise DurationError(f"{text!r} has a fraction of a business day, which has no fixed length; write hours")
    if whole.span > LONGEST_WORKING:
        raise DurationError(f"{text!r} is longer than {LONGEST_WORKING.days:,} days")
    return WorkingTime(int(days), whole.span - timedelta(days=int(days)), calendar)


def parse(text: str) -> Duration:
    """The duration that `text` writes in ISO 8601, such as `PT4H`, `P2D`, `-P1M` or `PT0.5S`.

    Only the smallest unit written may have a fraction (to the microsecond, half even), and years and months none.

    Raises:
        DurationError: when it is not such a text, or longer than 9999 years.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise DurationError(f"{text[:64]!r} is no ISO 8601 duration such as PT4H, P2D or P1M")
    texts = {unit: value.replace(",", ".") for unit, value in match.groupdict().items() if value and value != "-"}
    if any(not value.isdigit() for value in list(texts.values())[:-1]):
        raise DurationError(f"{text!r} has a fraction on a unit that is not its smallest")
    parts = {unit: Fraction(value) for unit, value in texts.items()}
    months = sum((parts.get(unit, _NOTHING) * length for unit, length in _MONTHS.items()), _NOTHING)
    seconds = sum((parts.get(unit, _NOTHING) * length for unit, length in _SECONDS.items()), _NOTHING)
    if months.denominator != 1 or not texts.get("years", "0").isdigit():
        raise DurationError(f"{text!r} has a fraction of a calendar year or month, which has no fixed length")
    if months > 12 * 9999 or seconds > _LONGEST.total_seconds():
        raise DurationError(f"{text!r} is longer than 9999 years")
    sign = -1 if match["sign"] else 1
    return Duration(sign * int(months), timedelta(microseconds=sign * round(seconds * 1_000_000)))
