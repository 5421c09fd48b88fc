"""Times as the contract writes them: RFC 3339 strings, or dates, which mean midnight UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_TIME: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,20}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hour>[0-9]{2}):(?P<offset_minute>[0-9]{2})))?"
)


class TimeError(ValueError):
    """A text that is neither an RFC 3339 time nor a date, or a time outside the years 1 to 9999."""


def parse_time(text: str) -> datetime:
    """The instant that `text` names, in UTC, to the microsecond (further digits are cut off).

    Args:
        text: an RFC 3339 time with its offset (`2026-03-01T09:30:00+01:00`), or a date (`2026-03-01`, midnight UTC).
            A leap second is the first moment of the next minute.

    Raises:
        TimeError: when it is neither.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise TimeError(f"{text[:64]!r} is neither an RFC 3339 time (2026-03-01T09:30:00Z) nor a date (2026-03-01)")
    part = match.groupdict(default="0")
    leap = part["second"] == "60"
    try:
        local = datetime(
            int(part["year"]),
            int(part["month"]),
            int(part["day"]),
            int(part["hour"]),
            int(part["minute"]),
            59 if leap else int(part["second"]),
            0 if leap else int(part["fraction"][:6].ljust(6, "0")),
            _offset(part["sign"], int(part["offset_hour"]), int(part["offset_minute"])),
        )
        return local.astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as error:
        raise TimeError(f"{text!r} is no time of the calendar: {error}") from None


def format_time(time: datetime) -> str:
    """`time` as RFC 3339 in UTC with milliseconds: `2026-03-01T08:30:00.000Z`. Finer digits are cut off.

    Raises:
        TimeError: when `time` has no time zone.
    """
    if time.tzinfo is None:
        raise TimeError("a time without a time zone names no instant")
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def format_if_any(time: datetime | None) -> str | None:
    """As `format_time`; None where there is no time.

    Raises:
        TimeError: as `format_time`.
    """
    return None if time is None else format_time(time)


def _offset(sign: str, hours: int, minutes: int) -> timezone:
    if hours > 23 or minutes > 59:
        raise ValueError("the offset is beyond 23:59")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)
