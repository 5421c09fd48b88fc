"""Working calendars: fixed examples, and hypothesis against a slow second implementation (R11, R12, R16)."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendars import LAST_YEAR, Calendar, CalendarError, Day, Hours
from engine.core.durations import WorkingTime
from tests.core.slow_calendar import Walk, changes

HOUR = 3_600
NINE_TO_FIVE: Day = (Hours(9 * HOUR, 17 * HOUR),)
WEEKS: dict[str, tuple[Day, ...]] = {
    "office": (*[NINE_TO_FIVE] * 5, (), ()),
    "breaks": (*[(Hours(8 * HOUR, 12 * HOUR), Hours(12 * HOUR + 2_700, 17 * HOUR))] * 4, NINE_TO_FIVE, (), ()),
    "nights": (*[(Hours(22 * HOUR, 30 * HOUR),)] * 4, (), (), (Hours(22 * HOUR, 30 * HOUR),)),
    "always": tuple([(Hours(0, 24 * HOUR),)] * 7),
    "small hours": tuple([(Hours(0, 9_000), Hours(9_900, 5 * HOUR), Hours(23 * HOUR, 26 * HOUR))] * 7),
    "sundays": (*[()] * 6, (Hours(HOUR, 4 * HOUR),)),
}
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/St_Johns",  # at one minute past midnight until 2011
    "America/Havana",  # midnight comes twice
    "America/Sao_Paulo",  # midnight does not come, until 2018
    "Pacific/Apia",  # no 30 December 2011
    "Africa/Casablanca",  # another time for one month
    "Asia/Kathmandu",
    "UTC",
)
NEW_YORK = ZoneInfo("America/New_York")


def calendar(week: str = "office", zone: str = "America/New_York", **days: object) -> Calendar:
    return Calendar("test", "Test", ZoneInfo(zone), WEEKS[week], **days)  # type: ignore[arg-type]


@cache
def both(week: str, zone: str) -> tuple[Calendar, Walk]:
    found = calendar(
        week,
        zone,
        holidays=frozenset(date(year, 12, 25) for year in range(1999, 2040)),
        days_off=frozenset({date(2024, 2, 29), date(2026, 3, 9), date(2026, 10, 26)}),
        days_worked={date(2026, 3, 8): (Hours(0, 24 * HOUR),), date(2026, 12, 25): (Hours(10 * HOUR, 11 * HOUR),)},
    )
    return found, Walk(found)


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The moment at which the clock of the zone shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """Near a change of the clock, a leap day, a year's end, a day of its own hours; or anywhere."""
    year = draw(st.integers(2005, 2030))
    days = [datetime(year, month, day, tzinfo=UTC) for month, day in ((12, 31), (12, 25), (3, 1), (3, 9), (10, 26))]
    near = draw(st.sampled_from([*days, *changes(zone, year)]))
    offset = draw(st.integers(-3 * 86_400, 3 * 86_400)) * timedelta(seconds=1)
    return near + offset + draw(st.integers(0, 999_999)) * timedelta(microseconds=1)


SPANS = st.one_of(
    st.sampled_from([timedelta(), timedelta(hours=8), timedelta(hours=20), timedelta(microseconds=1)]),
    st.timedeltas(timedelta(), timedelta(hours=12)),
)


def test_friday_afternoon_and_eight_working_hours_end_on_monday() -> None:
    """R11, R16: `PT8H` in working time."""
    assert calendar().add(at("2026-01-02T15:00"), timedelta(hours=8)) == at("2026-01-05T15:00")


def test_eight_working_hours_from_the_opening_end_at_the_closing_of_the_same_day() -> None:
    assert calendar().add(at("2026-01-05T09:00"), timedelta(hours=8)) == at("2026-01-05T17:00")


def test_what_ends_with_the_last_hour_of_a_year_ends_in_it() -> None:
    assert calendar().add(at("2026-12-31T15:00"), timedelta(hours=2)) == at("2026-12-31T17:00")
    assert calendar().add(at("2027-01-01T11:00"), timedelta(hours=-2)) == at("2027-01-01T09:00")


def test_no_working_time_later_is_the_same_moment_also_at_night() -> None:
    assert calendar().add(at("2026-01-03T03:00"), timedelta()) == at("2026-01-03T03:00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-01-05T10:30:15", 1, "2026-01-06T10:30:15"),
        ("2026-01-02T16:59:59", 1, "2026-01-05T16:59:59"),  # Friday
        ("2026-01-02T17:00", 1, "2026-01-05T17:00"),  # Friday, closed
        ("2026-01-03T12:00", 1, "2026-01-05T17:00"),  # Saturday
        ("2026-01-05T08:00", 1, "2026-01-05T17:00"),  # Monday, not open yet
        ("2026-01-05T09:00", 5, "2026-01-12T09:00"),
        ("2026-03-06T09:00", 1, "2026-03-09T09:00"),  # over the change of the clock: nine is nine
        ("2026-01-12T10:00", -1, "2026-01-09T10:00"),
        ("2026-01-10T10:00", -1, "2026-01-09T09:00"),  # Saturday
    ],
)
def test_a_business_day_keeps_the_time_on_the_clock(start: str, days: int, end: str) -> None:
    assert calendar().add_days(at(start), days) == at(end)


def test_a_business_day_into_a_shorter_day_or_a_break_ends_with_the_hours_before() -> None:
    week = calendar("breaks", days_worked={date(2026, 1, 6): (Hours(8 * HOUR, 10 * HOUR),)})
    assert week.add_days(at("2026-01-05T16:00"), 1) == at("2026-01-06T10:00")
    assert calendar("breaks").add_days(at("2026-01-09T12:30"), 1) == at("2026-01-12T12:00")


def test_a_business_day_is_not_eight_working_hours() -> None:
    """`P1D` and `PT8H` differ where a day is shorter."""
    short = calendar(days_worked={date(2026, 1, 5): (Hours(9 * HOUR, 12 * HOUR),)})
    friday = at("2026-01-02T10:00")
    assert short.later(friday, WorkingTime(days=1)) == at("2026-01-05T10:00")
    assert short.later(friday, WorkingTime(span=timedelta(hours=8))) == at("2026-01-05T10:00")
    assert short.later(friday, WorkingTime(days=2)) == at("2026-01-06T10:00")
    assert short.later(friday, WorkingTime(span=timedelta(hours=16))) == at("2026-01-06T15:00")
    assert short.later(friday, WorkingTime(1, timedelta(hours=4))) == at("2026-01-06T11:00")


def test_holidays_days_off_and_days_of_own_hours_are_heeded_in_their_order() -> None:
    day = date(2026, 1, 5)
    assert calendar(holidays=frozenset({day})).hours(day) == ()
    assert calendar(days_off=frozenset({day})).hours(day) == ()
    own = {day: (Hours(0, HOUR),)}
    assert calendar(holidays=frozenset({day}), days_off=frozenset({day}), days_worked=own).hours(day) == own[day]


def test_an_hour_that_the_clock_skips_is_not_worked_and_one_that_comes_twice_is_worked_twice() -> None:
    always = calendar("always", "Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)):
        start, end = at(f"{day}T00:00", berlin), at(f"{day}T23:59:59", berlin) + timedelta(seconds=1)
        assert always.between(start, end) == timedelta(hours=hours), day


def test_a_night_shift_belongs_to_the_day_it_begins_on() -> None:
    """The night before a holiday is worked to its end; the one that would begin on it is not."""
    desk = calendar("nights", holidays=frozenset({date(2026, 1, 6)}))
    assert desk.works(at("2026-01-06T05:59"))
    assert not desk.works(at("2026-01-06T22:30"))
    assert not desk.works(at("2026-01-07T05:00"))


@pytest.mark.parametrize("week", [(), tuple([()] * 7), (NINE_TO_FIVE,)])
def test_a_week_without_hours_is_refused(week: tuple[Day, ...]) -> None:
    with pytest.raises(CalendarError, match="no working hours"):
        Calendar("empty", "Empty", NEW_YORK, week)


def test_a_calendar_says_so_where_it_ends_and_does_not_look_for_ever() -> None:
    never = calendar(days_off=frozenset(date(2026, 1, 1) + day * timedelta(days=1) for day in range(400 * 366 // 4)))
    with pytest.raises(CalendarError, match="from 1970 to 2100"):
        never.add(at("2026-01-05T10:00"), timedelta(seconds=1))
    with pytest.raises(CalendarError):
        never.add_days(at("2026-01-05T10:00"), 1)
    with pytest.raises(CalendarError):
        calendar().between(at("2026-01-05T10:00"), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
    with pytest.raises(CalendarError):
        calendar().add(datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=-1))


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_clock_leap_day_and_year_s_end_is_counted_minute_by_minute(zone: str) -> None:
    """Every week, over the hours before and after."""
    turns = [datetime(year, month, 1, tzinfo=UTC) for year in (2011, 2024) for month in (1, 3)]
    for week in WEEKS:
        fast, slow = both(week, zone)
        for turn in (*turns, *changes(zone, 2011), *changes(zone, 2024)):
            start = turn - timedelta(hours=14)
            worked = timedelta()
            for number in range(28 * 60):
                moment = start + number * timedelta(minutes=1)
                if number % 45 == 0:
                    assert fast.between(start, moment) == worked, (week, moment)
                worked += timedelta(minutes=slow.works(moment))


@pytest.mark.parametrize("week", ["office", "nights", "always"])
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_business_days_go_over_the_year_s_end(week: str, zone: str) -> None:
    fast, slow = both(week, zone)
    for number in range(12):
        start = datetime(2025, 12, 30, 8, tzinfo=UTC) + number * timedelta(hours=7)
        for days in (-2, -1, 1, 2):
            assert fast.add_days(start, days) == slow.add_days(start, days), (start, days)


@given(data=st.data(), week=st.sampled_from(list(WEEKS)), zone=st.sampled_from(ZONES), span=SPANS)
@settings(max_examples=50)
def test_added_time_is_what_a_walk_over_the_minutes_gives(
    data: st.DataObject, week: str, zone: str, span: timedelta
) -> None:
    fast, slow = both(week, zone)
    start = data.draw(moments(zone))
    assert fast.add(start, span) == slow.add(start, span)
    assert fast.add(start, -span) == slow.add(start, -span)


@given(data=st.data(), week=st.sampled_from(list(WEEKS)), zone=st.sampled_from(ZONES))
@settings(max_examples=50)
def test_measured_time_is_what_a_walk_over_the_minutes_gives(data: st.DataObject, week: str, zone: str) -> None:
    fast, slow = both(week, zone)
    start = data.draw(moments(zone))
    end = start + data.draw(st.timedeltas(timedelta(days=-9), timedelta(days=9)))
    assert fast.between(start, end) == slow.between(start, end)
    assert fast.works(start) == slow.works(start)


@given(data=st.data(), week=st.sampled_from(list(WEEKS)), zone=st.sampled_from(ZONES), days=st.integers(-4, 4))
def test_business_days_are_what_a_walk_from_day_to_day_gives(
    data: st.DataObject, week: str, zone: str, days: int
) -> None:
    fast, slow = both(week, zone)
    start = data.draw(moments(zone))
    assert fast.add_days(start, days) == slow.add_days(start, days)


@given(data=st.data(), week=st.sampled_from(list(WEEKS)), zone=st.sampled_from(ZONES))
def test_adding_and_measuring_are_inverse(data: st.DataObject, week: str, zone: str) -> None:
    """What was added is measured again; what was measured, added, leads to the first moment equal to the end."""
    fast, _ = both(week, zone)
    start = data.draw(moments(zone))
    span = data.draw(st.timedeltas(timedelta(days=-30), timedelta(days=30)))
    there = fast.add(start, span)
    assert fast.between(start, there) == span
    assert fast.between(there, start) == -span
    end = data.draw(moments(zone))
    back = fast.add(start, fast.between(start, end))
    assert fast.between(back, end) == timedelta()
    if fast.works(end) and fast.works(end - timedelta(microseconds=1)):
        assert back == end


@given(data=st.data(), week=st.sampled_from(list(WEEKS)), zone=st.sampled_from(ZONES), days=st.integers(-9, 9))
def test_who_starts_later_is_due_no_earlier(data: st.DataObject, week: str, zone: str, days: int) -> None:
    """But for the hour that comes twice, whose times stand for its first."""
    fast, _ = both(week, zone)
    start, other = sorted((data.draw(moments(zone)), data.draw(moments(zone))))
    repeated = any(moment.astimezone(fast.zone).fold for moment in (start, other))
    assert repeated or fast.add_days(start, days) <= fast.add_days(other, days)


def test_a_million_questions_take_less_than_a_minute_of_one_core() -> None:
    office = calendar("breaks", holidays=frozenset({date(2026, 1, 1)}))
    start = at("2026-01-01T00:00")
    office.between(start, start + timedelta(days=900))  # its years are made
    began = process_time()
    for number in range(5_000):
        moment = start + number * timedelta(minutes=97)
        due = office.add(moment, timedelta(hours=11))
        office.between(moment, due)
        office.add_days(moment, 3)
    assert process_time() - began < 15_000 * 60e-6
