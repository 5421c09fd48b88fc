"""A year of loans with an injected clock: every verdict at the right second, against `slow_clocks`."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from engine.core.calendars import Calendar, Hours
from engine.core.callers import Caller
from engine.core.clock_facts import AtRisk, Breached, Escalated
from engine.core.commands import (
    BlockTask,
    Cancel,
    CompleteTask,
    ReassignTask,
    RepeatAtom,
    Resume,
    Start,
    Suspend,
    UnblockTask,
)
from engine.core.events import TaskEscalated
from engine.core.journey import Journey
from tests.core.play import ADMIN, journey_of
from tests.core.slow_calendar import Minutes, Walk
from tests.core.watching import Watching

DAY, HOUR = timedelta(days=1), 3_600
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = (Hours(8 * HOUR + 1_800, 12 * HOUR), Hours(12 * HOUR + 2_700, 17 * HOUR + 900))
HOLIDAYS = ((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26))
BERLIN = Calendar(
    "office",
    "Office",
    ZoneInfo("Europe/Berlin"),
    (*[OPEN] * 4, OPEN[:1], (), ()),
    holidays=frozenset(date(2026, month, day) for month, day in HOLIDAYS),
    days_worked={date(2026, 3, 29): (Hours(HOUR, 5 * HOUR),), date(2026, 10, 25): (Hours(HOUR, 5 * HOUR),)},
)
"""On the two Sundays of the year on which the clock is changed somebody is there while it is."""

HEAD = """
journey: home-loan
version: 1.0.0
name: Home loan
calendar: office
sla: {target: {working: P9D}, warn_before: {working: P1DT2H}, escalate_after: {working: P10D}, pauses_on: [borrower]}
context: {type: object, properties: {again: {type: boolean}}}
roles: {borrower: {name: Borrower}, clerk: {name: Clerk}, underwriter: {name: Underwriter}, chief: {name: Chief}}
"""
PHASES = """
phases:
  - id: intake
    sla: {target: {working: PT10H}, warn_before: {working: PT1H}, pauses_on: [blocked]}
    modules:
      - id: desk
        sla: {target: PT30H, warn_before: PT2H}
        atoms:
          - {id: apply, performed_by: clerk, sla: {target: {working: PT1H}}, enables: [identify]}
          - id: identify
            performed_by: clerk
            sla: {target: {working: PT3H}, escalations: [{after: {working: PT4H}, role: chief, priority: one},
              {after: {working: PT2H30M}, role: chief, priority: critical}], pauses_on: [blocked]}
            enables: [documents, appraise, credit]
  - id: checks
    sla: {target: {working: P4D}, warn_before: P1D, pauses_on: [borrower, blocked]}
    modules:
      - id: papers
        sla: {target: {working: P3DT30M}, escalate_after: {working: P4D}, pauses_on: [borrower]}
        atoms:
          - {id: documents, performed_by: borrower, sla: {target: P5D, warn_before: P1D}, enables: [underwrite]}
      - id: values
        atoms:
          - {id: appraise, performed_by: clerk, sla: {target: {working: P2D}, pauses_on: [blocked]}, enables: [await]}
          - {id: await, kind: wait, for: {working: PT5H}, enables: [underwrite]}
          - {id: credit, performed_by: clerk, sla: {target: PT26H}, enables: [underwrite]}
  - id: decision
    sla: {target: {working: P3D}, warn_before: {working: PT4H}}
    atoms:
      - id: underwrite
        performed_by: underwriter
        join: all
        sla: {target: {working: PT12H}, warn_before: {working: PT3H}, escalate_after: {working: PT14H}}
        enables: [{to: documents, rework: true, rule: {"==": [{var: again}, true]}}, approve]
      - {id: approve, performed_by: chief, sla: {target: {working: PT2H}, warn_before: PT0S}, enables: [granted]}
      - {id: granted, kind: milestone, outcome: granted}
"""


@cache
def loan() -> Journey:
    return journey_of(PHASES, HEAD).keeping({"office": BERLIN})


def lend(number: int, begins: datetime) -> Watching:
    """One loan from its application to its end: worked on at any time of day, interrupted, done again."""
    luck = Random(number)
    world = Watching({"main": loan()}, begins)
    world.start("main", Start(Caller("olga"), "p1", {}))
    until = begins + 45 * DAY
    while not world.processes["p1"].ended and world.now < until:
        world.advance_to(world.now + timedelta(seconds=int(luck.expovariate(1 / 14_000))))
        happens(world, luck)
    if not world.processes["p1"].ended:
        world.do("p1", Cancel(ADMIN, "nothing came of it"))
    return world


def happens(world: Watching, luck: Random) -> None:
    process = world.processes["p1"]
    if process.status == "suspended":
        world.do("p1", Resume(ADMIN, None))
        return
    tasks = list(process.open_tasks())
    chance = luck.random()
    if process.ended:
        return
    if chance < 0.08:
        world.do("p1", Suspend(ADMIN, "audit"))
    elif not tasks:
        return
    elif (task := luck.choice(tasks)).status == "blocked":
        world.do("p1", UnblockTask(ADMIN, task.n))
    elif chance < 0.2:
        world.do("p1", BlockTask(ADMIN, task.n, "a paper is missing"))
    elif chance < 0.23:
        world.do("p1", ReassignTask(ADMIN, task.n, "will" if task.assignee == "vera" else "vera"))
    elif chance < 0.24:
        world.do("p1", RepeatAtom(ADMIN, luck.choice(["apply", "documents", "credit"]), "again"))
    elif chance < 0.7:
        world.do("p1", CompleteTask(ADMIN, task.n, {"again": luck.random() < 0.15}))


def year(first: datetime, days: int, a_day: int) -> int:
    """Loans that begin at any second of these days; gives how many verdicts were compared."""
    walks: dict[str, Walk] = {"office": Minutes(BERLIN, first - DAY, first + (days + 70) * DAY)}
    luck, verdicts = Random(days), 0
    for number in range(days * a_day):
        world = lend(number, first + timedelta(seconds=luck.randrange(days * 86_400)))
        verdicts += world.compare("p1", walks)
        for event in world.histories["p1"]:
            if isinstance(event.fact, AtRisk | Breached | Escalated | TaskEscalated):
                assert event.fact.reached_at == event.at, "whoever looks all the time notes it as it happens"
    return verdicts


def test_some_weeks_of_loans_have_every_verdict_at_the_right_second() -> None:
    assert year(datetime(2026, 3, 14, tzinfo=UTC), 21, 2) > 300


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_year_of_loans_has_every_verdict_at_the_right_second() -> None:
    assert year(FIRST, 365, 8) > 20_000
