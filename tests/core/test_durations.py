"""ISO 8601 durations (semantics, Rules: months are calendar months, clipped to the month's end)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.durations import Duration, DurationError, WorkingTime, parse, parse_working


@pytest.mark.parametrize(
    ("text", "months", "span"),
    [
        ("PT4H", 0, timedelta(hours=4)),
        ("P2D", 0, timedelta(days=2)),
        ("P1Y2M3W4DT5H6M7S", 14, timedelta(weeks=3, days=4, hours=5, minutes=6, seconds=7)),
        ("-P1MT1H", -1, timedelta(hours=-1)),
        ("PT0.5S", 0, timedelta(milliseconds=500)),
        ("PT1,5H", 0, timedelta(minutes=90)),
        ("P0.5D", 0, timedelta(hours=12)),
        ("PT0.0000005S", 0, timedelta()),
        ("PT0.0000015S", 0, timedelta(microseconds=2)),
        ("PT36H", 0, timedelta(hours=36)),
        ("P0D", 0, timedelta()),
    ],
)
def test_a_duration_is_months_and_a_span(text: str, months: int, span: timedelta) -> None:
    assert parse(text) == Duration(months, span)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "P",
            "PT",
            "P1",
            "1D",
            "P1DT",
            "PT1",
            "P1S",
            "PT1D",
            "p1d",
            "P-1D",
            "+P1D",
            "--P1D",
            "P1D ",
            "P1H",
            "P1D2M",
        ),
        *("P1.5DT1H", "P0.5M", "P1.0Y", "P1.5Y", "P.5D", "P1.D", "P１D", "PT1H1H", "P1D\n", "3 days"),
        *("P10000Y", "P9999Y999M", "P4000000D", "PT999999999999999999H"),
    ],
)
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse(text)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ((2024, 1, 31), "P1M", (2024, 2, 29)),
        ((2023, 1, 31), "P1M", (2023, 2, 28)),
        ((2024, 2, 29), "P1Y", (2025, 2, 28)),
        ((2024, 3, 31), "-P1M", (2024, 2, 29)),
        ((2024, 1, 31), "P1M1D", (2024, 3, 1)),
        ((2024, 12, 15), "P1M", (2025, 1, 15)),
        ((2024, 1, 15), "-P1M", (2023, 12, 15)),
        ((2024, 1, 15), "-P1Y", (2023, 1, 15)),
    ],
)
def test_months_are_clipped_to_the_months_end(
    start: tuple[int, int, int], duration: str, end: tuple[int, int, int]
) -> None:
    assert parse(duration).add_to(datetime(*start, 12, tzinfo=UTC)) == datetime(*end, 12, tzinfo=UTC)


@pytest.mark.parametrize("duration", ["P8000Y", "-P2025Y", "-P2026Y", "P3000000D", "-P3000000D"])
def test_a_time_outside_the_calendar_is_refused(duration: str) -> None:
    with pytest.raises(DurationError):
        parse(duration).add_to(datetime(2025, 6, 1, tzinfo=UTC))


def test_years_and_months_have_no_fixed_length() -> None:
    assert parse("P1DT1H").as_timedelta() == timedelta(hours=25)
    for text in ("P1M", "P1Y", "P1MT1H"):
        with pytest.raises(DurationError):
            parse(text).as_timedelta()


@given(st.text(alphabet="P-T0123456789YMWDHS.,", max_size=30))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        duration = parse(text)
        duration.add_to(datetime(2024, 1, 31, tzinfo=UTC))
    except DurationError:
        pass


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("PT0S", "PT0S"),
        ("P1W", "P7D"),
        ("P1Y2M", "P14M"),
        ("PT90M", "PT1H30M"),
        ("PT36H", "P1DT12H"),
        ("P1M2DT0.5S", "P1M2DT0.5S"),
        ("-P1DT12H", "-P1DT12H"),
        ("-P1M", "-P1M"),
    ],
)
def test_a_duration_is_written_in_iso_8601(text: str, written: str) -> None:
    assert str(parse(text)) == written


@given(st.integers(0, 100_000), st.timedeltas(timedelta(), timedelta(days=3_000_000)), st.sampled_from((1, -1)))
def test_what_is_written_is_read_as_it_was(months: int, span: timedelta, sign: int) -> None:
    duration = Duration(sign * months, sign * span)
    assert parse(str(duration)) == duration


@given(st.integers(0, 3_000), st.timedeltas(timedelta(), timedelta(days=600)))
def test_working_time_is_read_as_it_was_written(days: int, span: timedelta) -> None:
    length = WorkingTime(days, span, "office")
    assert parse_working(str(length), "office") == length
