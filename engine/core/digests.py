"""When the daily digest of a user comes due: once for each day of their time zone, whatever the clocks do that day.

An hour that the clocks leave out is read by the offset before (02:30 becomes 03:30), of one that comes twice the first
is meant.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from engine.core.notices import derived_id


def zone_of(*names: str | None) -> tzinfo:
    """The time zone of the first of these names that is one; UTC where none is."""
    for name in names:
        zone = known_zone(name) if name else None
        if zone is not None:
            return zone
    return UTC


def known_zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, as in Europe/Berlin; None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def next_due(after: datetime, at: time, zone: tzinfo) -> datetime:
    """The first moment after `after` at which it is `at` in `zone`, in UTC."""
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(4))  # of a day that a zone leaves out comes the next
    return next(moment for day in days if (moment := _moment(day, at, zone)) > after)


def digest_id(user: str, day: date) -> str:
    """The id of a user's digest of one day."""
    return derived_id("digest", user, day.isoformat())


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)
