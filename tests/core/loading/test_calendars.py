"""Working time in a document: which calendar it is counted in, and whether that is there (R11, R16, `due`)."""

from datetime import timedelta

from engine.core.durations import WorkingTime
from engine.core.journey import join_up
from engine.loading import load

DOCUMENT = """
journey: office-hours
version: 1.0.0
calendar: us
roles: {clerk: {name: Clerk}}
atoms:
  - id: ask
    performed_by: clerk
    due: {working: P1D}
    timeout: {after: {working: P2DT30M, calendar: de}}
    enables: [{to: wait}, {to: wait, on: timeout}]
  - {id: wait, kind: wait, for: {working: PT8H}}
"""


def findings(text: str, *known: str) -> list[tuple[str, str, int | None]]:
    return [(one.code, one.pointer, one.line) for one in load(text, calendars=known).findings]


def test_working_time_is_counted_in_the_calendar_it_names_else_in_the_journey_s() -> None:
    loaded = load(DOCUMENT)
    assert loaded.definition and loaded.routes, loaded.findings
    ask, wait = loaded.definition.atoms
    assert ask.due == WorkingTime(1, timedelta(), "us")
    assert ask.timeout and ask.timeout.after == WorkingTime(2, timedelta(minutes=30), "de")
    assert wait.duration == WorkingTime(0, timedelta(hours=8), "us")
    assert loaded.definition.calendar == "us"
    assert loaded.definition.calendars == loaded.calendars == ("us", "de")
    assert join_up(loaded.definition, loaded.routes).calendars == {}


def test_a_calendar_that_is_not_there_is_found_where_it_is_named() -> None:
    assert findings(DOCUMENT, "us", "de", "uk") == []
    assert findings(DOCUMENT, "us", "uk") == [("unknown_name", "/atoms/0/timeout/after/calendar", 10)]
    assert findings(DOCUMENT) == [
        ("unknown_name", "/calendar", 4),
        ("unknown_name", "/atoms/0/timeout/after/calendar", 10),
    ]


def test_without_a_server_calendars_are_not_looked_for() -> None:
    assert load(DOCUMENT).findings == ()


def test_a_misspelt_calendar_is_found_with_the_one_that_was_meant() -> None:
    (finding,) = load(
        DOCUMENT.replace("calendar: us\n", "calendar: us-lendin\n"), calendars=["us-lending", "de"]
    ).findings
    assert "Did you mean `us-lending`?" in finding.fix


def test_a_journey_s_calendar_that_is_no_name_does_not_hide_other_findings() -> None:
    wrong = DOCUMENT.replace("calendar: us\n", "calendar: 5\n")
    assert [code for code, _, _ in findings(wrong, "de")] == ["bad_value", "missing_key", "missing_key"]
