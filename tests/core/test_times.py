"""Times (semantics, Rules: RFC 3339 strings, or dates at midnight UTC)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.times import TimeError, format_time, parse_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01t09:30:00z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T09:30:00+01:30", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T09:30:00.25-08:00", datetime(2026, 3, 1, 17, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-03-01T09:30:00.123456789Z", datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_an_instant_in_utc(text: str, time: datetime) -> None:
    assert parse_time(text) == time
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026", "2026-3-1", "20260301", "2026-02-30", "2026-13-01", "0000-01-01", "2026-03-01T09:30Z"),
        *("2026-03-01T09:30:00", "2026-03-01T24:00:00Z", "2026-03-01T09:30:61Z", "2026-03-01T09:30:00+24:00"),
        *(
            "2026-03-01T09:30:00+0100",
            "２026-03-01",
            "2026-03-01\n",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:60Z",
        ),
    ],
)
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text)


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    time = datetime(2026, 3, 1, 9, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(time) == "2026-03-01T08:30:00.999Z"
    assert format_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000Z"
    with pytest.raises(TimeError):
        format_time(datetime(2026, 3, 1))


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_time_is_read_back_to_the_millisecond(time: datetime) -> None:
    assert parse_time(format_time(time)) == time.replace(microsecond=time.microsecond // 1000 * 1000)
