"""The daily letter comes once a day of its reader's time zone, whatever the clocks do (issue 6, point 8)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.digests import digest_id, known_zone, next_due, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "at", "zone", "expected"),
    [
        ("2026-01-10T06:00", "08:00", BERLIN, "2026-01-10T07:00"),
        ("2026-01-10T07:00", "08:00", BERLIN, "2026-01-11T07:00"),
        ("2026-03-28T12:00", "02:30", BERLIN, "2026-03-29T01:30"),  # left out: 03:30 summer time
        ("2026-03-29T01:30", "02:30", BERLIN, "2026-03-30T00:30"),
        ("2026-10-24T12:00", "02:30", BERLIN, "2026-10-25T00:30"),  # comes twice: the first
        ("2026-10-25T00:30", "02:30", BERLIN, "2026-10-26T01:30"),
        ("2026-03-07T23:00", "02:30", NEW_YORK, "2026-03-08T07:30"),
        ("2026-02-28T23:59", "00:00", UTC, "2026-03-01T00:00"),
    ],
)
def test_the_next_one_is_at_the_time_of_day_of_its_reader(after: str, at: str, zone: ZoneInfo, expected: str):
    assert next_due(utc(after), time.fromisoformat(at), zone) == utc(expected)


def test_a_day_that_a_zone_leaves_out_has_none_of_its_own():
    apia = ZoneInfo("Pacific/Apia")  # went from the 29th to the 31st of December 2011
    after = datetime(2011, 12, 29, 9, tzinfo=apia)
    first = next_due(after, time(8), apia)
    second = next_due(first, time(8), apia)
    assert [first.astimezone(apia).day, second.astimezone(apia).day] == [31, 1]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns"]),
)
def test_one_follows_another_on_each_day_once(start: datetime, at: time, name: str):
    zone, moment = ZoneInfo(name), start
    days = []
    for _ in range(5):
        moment = next_due(moment, at, zone)
        days.append(moment.astimezone(zone).date())
    assert days == [days[0] + timedelta(days=ahead) for ahead in range(5)]


def test_the_zone_is_the_first_that_there_is_and_else_utc():
    assert zone_of(None, "Europe/Berlin") == BERLIN
    assert zone_of("Nowhere/Near", "Europe/Berlin") == BERLIN
    assert zone_of(None, None) is UTC
    assert [known_zone(name) for name in ("", "../etc/passwd", "Europe", "\0")] == [None] * 4


def test_the_id_is_that_of_the_user_and_the_day():
    day = utc("2026-01-10T00:00").date()
    assert digest_id("uma", day) == digest_id("uma", day)
    assert digest_id("uma", day) != digest_id("uma", day + timedelta(days=1))
    assert digest_id("uma", day) != digest_id("udo", day)
