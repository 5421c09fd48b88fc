"""The clocks of service levels: what begins, stands, goes on, and is said exactly once, with the moment it happened."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.core.calendars import Calendar, Hours
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AddTask,
    BlockTask,
    Cancel,
    ClaimTask,
    Extra,
    ReassignTask,
    RepeatAtom,
    Resume,
    Strike,
    Suspend,
    UnblockTask,
)
from engine.core.durations import Duration, WorkingTime
from engine.core.facts import ClockFact
from engine.core.levels import Configuration, Fits, levels_of
from engine.core.process import Clock
from engine.core.service_levels import ServiceLevel
from tests.core.play import ADMIN, HEAD, NOON, journey_of
from tests.core.stage import Stage

NINE_TO_FIVE = (Hours(9 * 3_600, 17 * 3_600),)
OFFICE = Calendar("office", "Office", ZoneInfo("UTC"), (*[NINE_TO_FIVE] * 5, (), ()))
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ONE = "[{id: a, performed_by: clerk, sla: {%s}, enables: [b]}, {id: b, performed_by: clerk}]"
UMA = Caller("uma", frozenset({"clerk"}))


def stage(sla: str, atoms: str = ONE) -> Stage:
    return Stage(atoms % sla, calendars={"office": OFFICE}).start()


def after(stage: Stage, length: timedelta) -> Stage:
    stage.world.advance(length)
    return stage


def said(stage: Stage) -> list[tuple[str, datetime]]:
    """What clocks said, each with the moment it happened."""
    facts = [(event.fact, event.at) for event in stage.world.histories["p1"]]
    return [(f.name, getattr(f, "reached_at", at)) for f, at in facts if isinstance(f, ClockFact)]


def clock(stage: Stage, atom: str = "a") -> Clock:
    found = stage.tasks(atom)[0].sla
    assert found
    return found


def test_what_is_done_in_time_is_met_right_with_its_end() -> None:
    played = after(stage("target: PT1H"), 30 * MINUTE).done("a")
    assert said(played) == [("sla.met", NOON + 30 * MINUTE)]
    types = [event.fact.name for event in played.world.histories["p1"]]
    assert types == ["process.started", "task.created", "task.completed", "sla.met", "task.created"]


def test_it_is_at_risk_fifteen_minutes_before_and_breached_at_its_target() -> None:
    played = after(stage("target: PT1H"), 2 * HOUR)
    assert said(played) == [("sla.at_risk", NOON + 45 * MINUTE), ("sla.breached", NOON + HOUR)]
    assert clock(played).state == "breached" and clock(played).next_at is None
    played.done("a")
    assert len(said(played)) == 2, "each exactly once, and nothing late is met"


def test_done_at_risk_is_met_and_done_at_the_very_target_is_breached() -> None:
    assert [name for name, _ in said(after(stage("target: PT1H"), 50 * MINUTE).done("a"))] == ["sla.at_risk", "sla.met"]
    exactly = stage("target: PT1H")
    exactly.world.now = NOON + HOUR
    assert said(exactly.done("a")) == [("sla.at_risk", NOON + 45 * MINUTE), ("sla.breached", NOON + HOUR)]


def test_what_was_noted_late_has_the_moment_it_happened_and_comes_before_the_end() -> None:
    played = stage("target: PT1H")
    played.world.now = NOON + 3 * HOUR  # nobody struck the clock
    played.done("a")
    assert said(played) == [("sla.at_risk", NOON + 45 * MINUTE), ("sla.breached", NOON + HOUR)]
    types = [event.fact.name for event in played.world.histories["p1"]]
    assert types.index("sla.breached") < types.index("task.completed")


@pytest.mark.parametrize(
    ("sla", "moments"),
    [
        ("target: PT10M", [("sla.breached", 10)]),
        ("target: PT1H, warn_before: PT50M", [("sla.at_risk", 10), ("sla.breached", 60)]),
        ("target: PT1H, warn_before: PT0S", [("sla.at_risk", 60), ("sla.breached", 60)]),
    ],
)
def test_a_warning_is_given_as_said_and_none_at_the_beginning(sla: str, moments: list[tuple[str, int]]) -> None:
    assert said(after(stage(sla), 2 * HOUR)) == [(name, NOON + minutes * MINUTE) for name, minutes in moments]


def test_striking_where_nothing_has_come_changes_nothing() -> None:
    played = stage("target: PT1H")
    before = len(played.world.histories["p1"])
    assert played.world.do("p1", Strike(SYSTEM)).events == ()
    assert len(played.world.histories["p1"]) == before


def test_r12_while_its_process_is_suspended_a_clock_stands_and_goes_on_with_what_was_left() -> None:
    played = after(stage("target: PT1H"), 20 * MINUTE).do(Suspend(ADMIN, "audit"))
    assert clock(played).target_at is None and clock(played).target_left == 40 * MINUTE
    after(played, 5 * HOUR)
    played.do(Resume(ADMIN, None))
    assert clock(played).target_at == NOON + 6 * HOUR
    after(played, 3 * HOUR)
    assert [name for name, _ in said(played)] == ["sla.paused", "sla.set", "sla.at_risk", "sla.breached"]
    assert said(played)[-1] == ("sla.breached", NOON + 6 * HOUR)


def test_r12_what_had_passed_stays_passed_when_it_goes_on() -> None:
    played = after(stage("target: PT1H"), 50 * MINUTE).do(Suspend(ADMIN, "audit"))
    assert clock(played).warn_at == NOON + 45 * MINUTE and clock(played).warn_left is None
    after(played, HOUR).do(Resume(ADMIN, None))
    after(played, 20 * MINUTE)
    assert [name for name, _ in said(played)].count("sla.at_risk") == 1
    assert said(played)[-1] == ("sla.breached", NOON + 2 * HOUR)


def test_r12_a_task_made_while_its_process_is_suspended_stands_from_the_start() -> None:
    played = Stage(ONE % "target: PT1H", levels={"task:": ServiceLevel("usual", Duration(span=HOUR))})
    played.start().do(Suspend(ADMIN, "audit")).do(AddTask(ADMIN, Extra("call", "clerk")))
    (extra,) = [task for task in played.process.open_tasks() if task.atom is None]
    assert extra.sla and extra.sla.standing and extra.sla.target_left == HOUR


def test_a_blocked_task_stands_only_where_its_service_level_says_so() -> None:
    for sla, state in (("target: PT1H", "breached"), ("target: PT1H, pauses_on: [blocked]", "on_track")):
        played = stage(sla)
        n = played.tasks("a")[0].n
        played.do(ClaimTask(UMA, n)).do(BlockTask(UMA, n, "waiting"))
        after(played, 3 * HOUR)
        assert clock(played).state == state
        played.do(UnblockTask(UMA, n))
        assert not clock(played).standing


def test_a_clock_is_kept_when_its_task_goes_to_another() -> None:
    played = stage("target: PT1H")
    first = clock(played)
    n = played.tasks("a")[0].n
    played.do(ClaimTask(UMA, n)).do(ReassignTask(ADMIN, n, "vera"))
    assert clock(played) == first


def test_a_rework_begins_a_new_clock() -> None:
    played = after(stage("target: PT1H"), 30 * MINUTE).done("a")
    after(played, 30 * MINUTE).do(RepeatAtom(ADMIN, "a", "again"))
    assert clock(played).since == NOON + HOUR and clock(played).target_at == NOON + 2 * HOUR


def test_working_time_passes_in_working_hours_and_stands_in_them_too() -> None:
    played = Stage(ONE % "target: {working: PT4H, calendar: office}", calendars={"office": OFFICE})
    played.world.advance_to(FRIDAY)
    played.start()
    assert clock(played).target_at == FRIDAY.replace(day=9, hour=11)
    after(played, HOUR).do(Suspend(ADMIN, "audit"))
    assert clock(played).target_left == 3 * HOUR
    played.world.advance_to(datetime(2026, 3, 9, 12, tzinfo=UTC))
    played.do(Resume(ADMIN, None))
    assert clock(played).target_at == datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_a_task_that_is_given_up_neither_met_nor_breached() -> None:
    played = stage("target: PT1H").do(Cancel(ADMIN, "not wanted"))
    assert said(played) == []


GROUPS = """
phases:
  - id: first
    sla: {target: PT2H}
    modules:
      - {id: m, sla: {target: PT1H}, atoms: [{id: a, performed_by: clerk, enables: [b]}]}
      - {id: k, atoms: [{id: b, performed_by: chief, enables: [c]}]}
  - {id: second, atoms: [{id: c, performed_by: clerk}]}
"""


def test_modules_and_phases_run_from_their_first_step_until_all_of_them_is_over() -> None:
    played = Stage(GROUPS).start()
    after(played, 30 * MINUTE).done("a")
    assert said(played)[2:] == [("sla.met", NOON + 30 * MINUTE)]
    after(played, 3 * HOUR).done("b")
    assert said(played)[3:] == [
        ("sla.at_risk", NOON + 105 * MINUTE),
        ("sla.breached", NOON + 2 * HOUR),
        ("sla.ended", NOON + 210 * MINUTE),
    ]
    assert not any(watch.running for watch in played.process.watches.values())


def test_a_rework_into_what_is_over_begins_it_anew_and_one_inside_of_it_does_not() -> None:
    played = Stage(GROUPS).start().done("a")
    assert [watch.key for watch in played.process.watches.values() if watch.running] == ["phase:first"]
    after(played, HOUR).do(RepeatAtom(ADMIN, "a", "again"))
    running = {watch.key: watch.clock.since for watch in played.process.watches.values() if watch.running}
    assert running == {"phase:first": NOON + HOUR, "module:m": NOON + HOUR}, "all of both was reset"
    played.done("a")
    after(played, HOUR).do(RepeatAtom(ADMIN, "b", "again"))
    running = {watch.key: watch.clock.since for watch in played.process.watches.values() if watch.running}
    assert running == {"phase:first": NOON + HOUR}


def whole(tail: str, sla: str) -> Stage:
    return Stage(tail, head=HEAD + f"sla: {{{sla}}}\n")


def test_a_process_runs_until_its_end() -> None:
    played = whole("[{id: a, performed_by: clerk}]", "target: PT1H").start()
    after(played, 10 * MINUTE).done("a")
    assert said(played) == [("sla.set", NOON), ("sla.met", NOON + 10 * MINUTE)]
    late = whole("[{id: a, performed_by: clerk}]", "target: PT1H").start()
    after(late, 2 * HOUR).done("a")
    assert [name for name, _ in said(late)] == ["sla.set", "sla.at_risk", "sla.breached", "sla.ended"]


def test_a_process_that_waits_to_start_has_no_clock_yet() -> None:
    played = whole("[{id: a, performed_by: clerk}]", "target: PT1H").start(not_before=NOON + 5 * HOUR)
    assert said(played) == []
    after(played, 6 * HOUR)
    assert said(played)[0] == ("sla.set", NOON + 5 * HOUR)
    assert said(played)[-1] == ("sla.breached", NOON + 6 * HOUR)


def test_a_process_stands_while_only_tasks_of_a_named_role_are_open() -> None:
    tail = """
      - {id: a, performed_by: clerk, enables: [b]}
      - {id: b, performed_by: chief, enables: [c]}
      - {id: c, performed_by: clerk}
    """
    played = whole(tail, "target: PT2H, pauses_on: [chief]").start()
    after(played, HOUR).done("a")
    after(played, 10 * HOUR).done("b")
    after(played, 2 * HOUR)
    assert said(played)[1:] == [
        ("sla.paused", NOON + HOUR),
        ("sla.set", NOON + 11 * HOUR),
        ("sla.at_risk", NOON + 11 * HOUR + 45 * MINUTE),
        ("sla.breached", NOON + 12 * HOUR),
    ]


def test_a_subjourney_runs_until_its_child_has_ended() -> None:
    child = journey_of("[{id: x, performed_by: clerk}]")
    atoms = "[{id: a, kind: subjourney, calls: example@1.0.0, sla: {target: PT1H}}]"
    played = Stage(atoms, called={"example@1.0.0": child}).start()
    after(played, 10 * MINUTE)
    (other,) = [id for id in played.world.processes if id != "p1"]
    played.done("x", process=other)
    assert said(played) == [("sla.set", NOON), ("sla.met", NOON + 10 * MINUTE)]


def levels(**of: Any) -> dict[str, str]:
    atoms = """
      - {id: a, performed_by: clerk, task_type: intake, enables: [b]}
      - {id: b, performed_by: clerk, service_area: review, task_type: other, enables: [c]}
      - {id: c, performed_by: chief, enables: [d]}
      - {id: d, performed_by: clerk, task_type: assessment, sla: {target: PT5M}, enables: [e]}
      - {id: e, kind: system, action: do.it}
    """
    journey = journey_of(atoms)
    configurations = [
        Configuration(Fits(**fits), ServiceLevel(name, Duration(span=MINUTE))) for name, fits in of.items()
    ]
    return {key: level.name for key, level in levels_of(journey.definition, journey.routes, configurations).items()}


def test_usual_service_levels_are_by_type_or_area_and_of_people_s_tasks_alone() -> None:
    assert levels() == {
        "task:a": "usual-intake",
        "task:b": "usual-review",
        "task:c": "usual",
        "task:d": "example/d",
        "task:": "usual",
    }


def test_what_is_configured_goes_before_the_usual_and_the_closer_before_the_wider() -> None:
    found = levels(wide={"role": "clerk"}, close={"journey": "example", "name": "a"}, whole={"of": "process"})
    assert found["task:a"] == "close" and found["task:b"] == "wide" and found["task:c"] == "usual"
    assert found["task:d"] == "example/d", "what the journey says itself goes before all"
    assert found["process:"] == "whole"


def test_configured_working_time_is_counted_in_the_calendar_of_the_journey() -> None:
    journey = journey_of("[{id: a, performed_by: clerk}]", "calendar: office\n" + HEAD)
    level = levels_of(journey.definition, journey.routes, ())["task:a"]
    assert level.target == WorkingTime(span=8 * HOUR, calendar="office")
