"""ISO 8601 durations: `P1Y2M3W4DT5H6M7.5S`, with a leading `-` for back in time.

Months (and years, which are twelve) are calendar months, clipped to the month's end; all other units have a fixed
length: a week is 7 days, a day 24 hours.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
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
_NOTHING: Final = Fraction()


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
