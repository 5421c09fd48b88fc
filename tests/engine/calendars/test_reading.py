"""Calendar documents: what they describe, and every finding with its place."""

from datetime import UTC, date, datetime

import pytest

from engine.calendars.reading import calendar_of, read_calendar, read_calendars
from engine.core.calendars import Hours

NINE_TO_FIVE = (Hours(9 * 3_600, 17 * 3_600),)
OFFICE = "zone: America/New_York\nhours: {mon-fri: 09:00-17:00}\n"


def findings(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in read_calendar("office", text, "yaml").findings]


def test_a_document_describes_a_calendar() -> None:
    (read,) = read_calendar(
        "office",
        """
name: Office
zone: Europe/Berlin
hours: {sat-mon: [08:00-12:00, 13:00-24:00], tue: 22:00-06:00}
holidays: {country: DE, subdivision: BY}
days_off: [2026-12-24]
days_worked: {2026-12-25: 10:00-11:00}
""",
        "yaml",
    ).calendars
    found = read.calendar
    whole = (Hours(8 * 3_600, 12 * 3_600), Hours(13 * 3_600, 24 * 3_600))
    assert (found.id, found.name, found.zone.key) == ("office", "Office", "Europe/Berlin")
    assert found.week == (whole, (Hours(22 * 3_600, 30 * 3_600),), (), (), (), whole, whole)
    assert date(2026, 1, 6) in found.holidays, "Epiphany is one in Bavaria"
    assert read.holidays[date(2026, 12, 25)] == "Christmas Day", "in English, whatever the machine speaks"
    assert found.hours(date(2026, 12, 24)) == ()
    assert found.hours(date(2026, 12, 25)) == (Hours(10 * 3_600, 11 * 3_600),)
    assert calendar_of("office", read.content, read.holidays) == found, "as it comes back from the database"


def test_public_holidays_fall_where_they_are_observed() -> None:
    (read,) = read_calendar("office", OFFICE + "holidays: {country: US}", "yaml").calendars
    assert read.holidays[date(2026, 7, 3)] == "Independence Day (observed)"
    assert not read.calendar.works(datetime(2026, 7, 3, 15, tzinfo=UTC))
    assert read.calendar.works(datetime(2026, 7, 2, 15, tzinfo=UTC))
    assert min(read.holidays) <= date(1970, 1, 1) and max(read.holidays) >= date(2100, 12, 25)


def test_a_calendar_without_holidays_has_none() -> None:
    (read,) = read_calendar("office", OFFICE, "yaml").calendars
    assert (read.holidays, read.calendar.week[0], read.calendar.name) == ({}, NINE_TO_FIVE, "office")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("syntax", "")]),
        ("[]", [("bad_value", "")]),
        ("name: Office", [("missing_key", "/hours"), ("missing_key", "/zone")]),
        (OFFICE + "hollidays: {}", [("unknown_key", "/hollidays")]),
        (OFFICE.replace("New_York", "New_Yrok"), [("bad_value", "/zone")]),
        (OFFICE.replace("America/New_York", "../../etc/passwd"), [("bad_value", "/zone")]),
        (OFFICE.replace("America/New_York", "America"), [("bad_value", "/zone")]),
        ("zone: UTC\nhours: {}", [("bad_value", "/hours")]),
        ("zone: UTC\nhours: {monday: 09:00-17:00}", [("bad_value", "/hours"), ("bad_value", "/hours/monday")]),
        ("zone: UTC\nhours: {mon: 9-17}", [("bad_value", "/hours/mon")]),
        ("zone: UTC\nhours: {mon: 09:00-25:00}", [("bad_value", "/hours/mon")]),
        ("zone: UTC\nhours: {mon: 09:00-09:00}", [("bad_value", "/hours/mon")]),
        ("zone: UTC\nhours: {mon: [09:00-12:00, 11:00-13:00]}", [("bad_value", "/hours/mon")]),
        ("zone: UTC\nhours: {mon: [13:00-14:00, 09:00-12:00]}", [("bad_value", "/hours/mon")]),
        ("zone: UTC\nhours: {mon-wed: 09:00-17:00, tue: 09:00-12:00}", [("bad_value", "/hours/tue")]),
        ("zone: UTC\nhours: {mon: 22:00-06:00, tue: 05:00-09:00}", [("bad_value", "/hours")]),
        (OFFICE + "holidays: {country: ZZ}", [("bad_value", "/holidays/country")]),
        (OFFICE + "holidays: {country: US, subdivision: ZZ}", [("bad_value", "/holidays/subdivision")]),
        (OFFICE + "holidays: {country: US, categories: [bank]}", [("bad_value", "/holidays/categories")]),
        (OFFICE + "days_off: [2026-02-29]", [("bad_value", "/days_off/0")]),
        (OFFICE + "days_off: [1969-12-31]", [("bad_value", "/days_off/0")]),
        (OFFICE + "days_off: [tomorrow]", [("bad_value", "/days_off/0")]),
        (
            OFFICE + "days_off: [2026-02-02]\ndays_worked: {2026-02-02: 09:00-12:00}",
            [("bad_value", "/days_worked/2026-02-02")],
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert findings(text) == expected


def test_a_document_of_several_calendars_gives_all_of_them_or_none() -> None:
    good = "  a: {zone: UTC, hours: {mon: 09:00-17:00}}\n"
    read = read_calendars(f"calendars:\n{good}  b: {{zone: UTC, hours: {{tue: 09:00-17:00}}}}\n", "yaml")
    assert [one.id for one in read.calendars] == ["a", "b"]
    read = read_calendars(f"calendars:\n{good}  b: {{zone: Nowhere, hours: {{tue: 09:00-17:00}}}}\n", "yaml")
    assert read.calendars == ()
    assert [(one.pointer, one.line) for one in read.findings] == [("/calendars/b/zone", 3)]
