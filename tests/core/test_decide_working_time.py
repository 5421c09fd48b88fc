"""Due dates, timeouts and waits in working time: R11, R12, R16, and what the events must carry for a replay."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.core.calendars import Calendar, Hours
from engine.core.commands import RetryIncident
from engine.core.events import TimerSet
from engine.core.fold import fold
from tests.core.play import ADMIN
from tests.core.stage import NOON, Stage

NINE_TO_FIVE = (Hours(9 * 3_600, 17 * 3_600),)
OFFICE = Calendar("office", "Office", ZoneInfo("UTC"), (*[NINE_TO_FIVE] * 5, (), ()))
KNOWN = {"office": OFFICE}
ATOMS = """
  - {id: a, %s, enables: [b, {to: late, on: timeout}], timeout: {after: {working: %s, calendar: office}}}
  - {id: b, performed_by: clerk}
  - {id: late, performed_by: clerk}
"""
DUE = "[{id: a, performed_by: clerk, due: {working: %s, calendar: office}}]"
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)


def on(friday: Stage) -> Stage:
    """The stage at three o'clock on a Friday; it was a Sunday."""
    friday.world.advance_to(FRIDAY)
    return friday


def timeout(length: str, work: str = "performed_by: clerk") -> Stage:
    return on(Stage(ATOMS % (work, length), calendars=KNOWN)).start()


def day(number: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, number, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("length", "due"), [("P1D", day(9, 15)), ("PT4H", day(9, 11)), ("P1DT4H", day(10, 11))])
def test_a_task_is_due_in_working_time(length: str, due: datetime) -> None:
    stage = on(Stage(DUE % length, calendars=KNOWN)).start()
    assert stage.tasks("a")[0].due_at == stage.process.steps["a"].due_at == due


@pytest.mark.parametrize("work", ["performed_by: clerk", "kind: system, action: do.it", "kind: wait, message: paid"])
def test_r11_a_timeout_in_working_time_passes_over_the_weekend(work: str) -> None:
    stage = timeout("PT3H", work)
    stage.world.advance_to(day(9, 9, 59))
    assert stage.states["a"] == "active"
    stage.world.advance_to(day(9, 10))
    assert stage.open == ["late"]
    assert stage.process.last_at == day(9, 10), "to the second"


def test_r16_a_wait_for_two_business_days() -> None:
    atoms = "[{id: a, kind: wait, for: {working: P2D, calendar: office}, enables: [b]}, {id: b, performed_by: clerk}]"
    stage = on(Stage(atoms, calendars=KNOWN)).start()
    assert [timer.calendar for timer in stage.process.timers.values()] == ["office"]
    stage.world.advance_to(day(10, 15))
    assert stage.open == ["b"]


def test_r12_a_suspended_timer_keeps_the_working_time_that_was_left() -> None:
    stage = timeout("PT3H")
    stage.world.advance_to(FRIDAY + timedelta(hours=1))
    stage.suspend()
    assert [timer.left for timer in stage.process.timers.values()] == [timedelta(hours=2)]
    stage.world.advance_to(day(11, 12))  # Wednesday
    stage.resume()
    assert [timer.due_at for timer in stage.process.timers.values()] == [day(11, 14)]
    stage.world.advance_to(day(11, 14))
    assert stage.open == ["late"]


def test_r12_standing_still_where_nobody_works_moves_nothing() -> None:
    stage = timeout("P1D")  # Monday, three o'clock
    stage.world.advance_to(day(7, 12))
    stage.suspend()
    stage.world.advance_to(day(8, 12))
    stage.resume()
    assert [timer.due_at for timer in stage.process.timers.values()] == [day(9, 15)]


def test_r12_no_timer_comes_due_earlier_because_its_process_stood_still() -> None:
    stage = timeout("PT2H")  # Friday's closing
    stage.suspend()
    stage.world.advance_to(FRIDAY + timedelta(minutes=1))
    stage.resume()
    assert [timer.due_at for timer in stage.process.timers.values()] == [day(9, 9, 1)]
    monday = on(Stage(ATOMS % ("performed_by: clerk", "P1D"), calendars=KNOWN))
    monday.world.advance_to(day(9, 9))
    monday.start()  # due on Tuesday at nine, when no more has been worked than at Monday's closing
    monday.world.advance_to(day(9, 17, 30))
    monday.suspend()
    monday.world.advance_to(day(9, 18))
    monday.resume()
    assert [timer.due_at for timer in monday.process.timers.values()] == [day(10, 9)]


def test_a_history_is_replayed_without_a_calendar() -> None:
    """Events: the marking is a fold over its events."""
    stage = timeout("PT3H")
    stage.suspend()
    stage.world.advance_to(day(12, 12))
    stage.resume()
    history = stage.world.histories["p1"]
    assert fold(stage.journey.keeping({}), history) == stage.process
    assert [event.fact.calendar for event in history if isinstance(event.fact, TimerSet)] == ["office", "office"]


def test_a_calendar_that_changes_moves_no_timer_and_counts_from_then_on() -> None:
    stage = timeout("PT3H")
    stage.suspend()
    closed = replace(OFFICE, days_off=frozenset({date(2026, 3, 9)}))
    changed = stage.journey.keeping({"office": closed})
    stage.world._of["p1"] = changed
    stage.resume()
    assert [timer.due_at for timer in stage.process.timers.values()] == [day(10, 10)]


def test_a_calendar_that_is_not_there_holds_the_step_and_says_what_is_missing() -> None:
    """R9: held before its start; R11: its time counts all the same."""
    stage = on(Stage(ATOMS % ("performed_by: clerk", "PT3H"))).start()
    (incident,) = stage.process.open_incidents()
    assert (incident.code, incident.stage) == ("unresolved", "input")
    assert "calendar office" in incident.message and "office" in incident.fix
    assert not stage.process.timers
    stage.world._of["p1"] = stage.journey.keeping(KNOWN)
    stage.world.advance_to(FRIDAY + timedelta(hours=1))
    stage.do(RetryIncident(ADMIN, incident.n, "It is loaded."))
    assert stage.open == ["a"]
    assert [timer.due_at for timer in stage.process.timers.values()] == [day(9, 10)], "from its start"


def test_working_time_beyond_all_calendars_never_comes() -> None:
    weekly = Calendar("office", "Rarely", ZoneInfo("UTC"), (((Hours(0, 60)),), *[()] * 6))
    stage = Stage(ATOMS % ("performed_by: clerk", "PT87000H"), calendars={"office": weekly}).start()
    assert [timer.due_at.year for timer in stage.process.timers.values()] == [9999]
    stage.suspend().later("P9D").resume()
    assert [timer.due_at.year for timer in stage.process.timers.values()] == [9999]
    plain = Stage("[{id: a, kind: wait, for: P9999Y}]").start().suspend().later("P9D").resume()
    assert [timer.due_at.year for timer in plain.process.timers.values()] == [9999], "nor of a duration"


def test_no_working_time_is_over_at_once_also_on_a_sunday() -> None:
    stage = Stage(ATOMS % ("kind: wait, message: paid", "PT0S"), calendars=KNOWN).start()
    assert stage.open == ["late"]
    assert stage.process.last_at == NOON
