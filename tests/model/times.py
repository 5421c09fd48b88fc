"""Times and durations as the contract has them: RFC 3339 or dates (midnight UTC), ISO 8601 with calendar months."""

import calendar
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?=.)(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def read_time(text):
    """The instant that a text names. Raises ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("no time")
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if not _TIME.fullmatch(text):
        raise ValueError("no time")
    whole, _, rest = text.upper().partition(".")
    digits = re.match(r"\d*", rest)[0]
    zone = rest[len(digits) :]
    return datetime.fromisoformat(whole + zone).replace(microsecond=int((digits + "000000")[:6])).astimezone(UTC)


def write_time(instant):
    """RFC 3339 in UTC with milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def add(instant, duration):
    """The instant a duration later: months first, clipped to the month's end, then the rest. Raises ValueError."""
    found = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if found is None:
        raise ValueError("no duration")
    sign = -1 if found["sign"] == "-" else 1
    part = {name: Decimal(found[name] or 0) for name in "YMWDhms"}
    months = sign * int(part["Y"] * 12 + part["M"])
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("beyond the calendar")
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    seconds = part["W"] * 604_800 + part["D"] * 86_400 + part["h"] * 3_600 + part["m"] * 60 + part["s"]
    try:
        return instant.replace(year=year, month=month + 1, day=day) + sign * timedelta(
            microseconds=int(seconds * 10**6)
        )
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error


def length(duration):
    """A duration without months as a timedelta."""
    start = datetime(2001, 1, 1, tzinfo=UTC)
    return add(start, duration) - start
