"""Random histories of random service levels: what they are drawn from, and how they are lived through in memory."""

import contextlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.core.calendars import Calendar, Hours
from engine.core.callers import Caller
from engine.core.commands import (
    AddTask,
    BlockTask,
    Cancel,
    ClaimTask,
    CompleteTask,
    End,
    Extra,
    FailTask,
    ReassignTask,
    RepeatAtom,
    Resume,
    SkipStep,
    Start,
    Suspend,
    UnblockTask,
)
from engine.core.durations import Duration, WorkingTime
from engine.core.errors import EngineError
from engine.core.journey import Journey
from engine.core.service_levels import Escalation, ServiceLevel
from tests.core.play import ADMIN, HEAD, journey_of
from tests.core.slow_calendar import Minutes, Walk
from tests.core.watching import Watching

MINUTE = timedelta(minutes=1)
HOUR = 3_600
OFFICE = Calendar(
    "office",
    "Office",
    ZoneInfo("Europe/Berlin"),
    (*[(Hours(8 * HOUR, 12 * HOUR), Hours(13 * HOUR, 17 * HOUR))] * 4, (Hours(8 * HOUR, 14 * HOUR),), (), ()),
    holidays=frozenset({datetime(2026, 4, 3).date(), datetime(2026, 4, 6).date()}),
)
NIGHTS = Calendar(
    "nights", "Nights", ZoneInfo("America/New_York"), (*[(Hours(22 * HOUR, 30 * HOUR),)] * 4, (), (), (Hours(0, HOUR),))
)
CALENDARS = {"office": OFFICE, "nights": NIGHTS}
BEFORE_SPRING = datetime(2026, 3, 27, 9, tzinfo=UTC)
"""The Friday before the clock of Berlin is changed, three weeks after that of New York was."""
BEFORE_AUTUMN = datetime(2026, 10, 23, 9, tzinfo=UTC)
"""The Friday before it is changed back, a week before that of New York is."""

ATOMS = """
phases:
  - id: first
    modules:
      - id: m
        atoms:
          - {id: a, performed_by: clerk, enables: [b, x, s]}
          - {id: d, kind: decision, join: any, enables: [c]}
      - id: k
        atoms:
          - {id: b, performed_by: chief, enables: [w]}
          - {id: w, kind: wait, for: PT7H, enables: [d]}
  - id: second
    atoms:
      - {id: x, performed_by: chief, enables: [c]}
      - {id: s, kind: subjourney, calls: example@1.0.0, enables: [c]}
      - {id: c, performed_by: clerk, for_each: [1, 2], saves: items, join: all, enables: [over]}
      - {id: over, kind: milestone}
"""
KEYS = ("process:", "phase:first", "phase:second", "module:m", "module:k", "step:s")
TASKS = ("task:a", "task:b", "task:x", "task:c", "task:")
CHILD = ("process:", "task:y")


@cache
def journeys() -> dict[str, Journey]:
    child = journey_of("[{id: y, performed_by: clerk}]")
    return {
        "main": journey_of(ATOMS, HEAD.replace("journey: example", "journey: whole"), {"example@1.0.0": child}),
        "example@1.0.0": child,
    }


@cache
def walks(begins: datetime) -> dict[str, Walk]:
    first, last = begins - timedelta(days=8), begins + timedelta(days=66)
    return {id: Minutes(calendar, first, last) for id, calendar in CALENDARS.items()}


SPANS = st.one_of(
    st.sampled_from([60 * MINUTE, 480 * MINUTE, 1_440 * MINUTE]),
    st.timedeltas(MINUTE, timedelta(days=2)).map(lambda span: span - span % timedelta(seconds=1)),
)
WORKED = st.builds(
    WorkingTime,
    st.sampled_from([0, 0, 1, 2]),
    st.sampled_from([240 * MINUTE, 90 * MINUTE]),
    st.sampled_from(["office"]),
) | st.builds(
    WorkingTime, st.just(0), st.sampled_from([30 * MINUTE, 600 * MINUTE]), st.sampled_from(["office", "nights"])
)
LENGTHS = st.builds(Duration, st.just(0), SPANS) | WORKED
WARNINGS = st.one_of(
    st.just(Duration(span=15 * MINUTE)),
    st.builds(Duration, st.just(0), st.sampled_from([timedelta(), 40 * MINUTE, 20 * 60 * MINUTE])),
    st.builds(WorkingTime, st.sampled_from([0, 1]), st.just(45 * MINUTE), st.just("office")),
)
ESCALATIONS = st.builds(
    Escalation,
    after=LENGTHS,
    role=st.sampled_from([None, "chief"]),
    manager=st.booleans(),
    reassign=st.booleans(),
    priority=st.sampled_from([None, "one", "critical"]),
)
LEVELS = st.builds(
    ServiceLevel,
    st.just("level"),
    LENGTHS,
    WARNINGS,
    st.lists(ESCALATIONS, max_size=3).map(tuple),
    st.lists(st.sampled_from(["blocked", "clerk", "chief"]), unique=True, max_size=3).map(tuple),
)


def levels(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, ServiceLevel]]:
    """Of most of them; more kinds of levels than there are things to have one would only take longer to draw."""
    some = st.lists(LEVELS, min_size=1, max_size=4)
    places = st.lists(st.sampled_from([*range(4), None]), min_size=len(keys), max_size=len(keys))
    return st.builds(
        lambda drawn, at: {key: drawn[n % len(drawn)] for key, n in zip(keys, at, strict=True) if n is not None},
        some,
        places,
    )


GAPS = st.one_of(
    st.none(),  # to the very moment of the next mark or timer
    st.just(timedelta()),
    st.timedeltas(timedelta(), timedelta(hours=3)),
    st.timedeltas(timedelta(), timedelta(days=3)),
)
OFTEN = ("done", "done", "done", "block", "unblock", "suspend", "resume")
SELDOM = ("claim", "repeat", "add", "fail", "skip", "reassign", "cancel", "end")
DEEDS = st.sampled_from([*OFTEN, *OFTEN, *SELDOM])
HISTORY = st.lists(st.tuples(GAPS, DEEDS, st.integers(0, 11)), min_size=8, max_size=30)
LONGEST = timedelta(days=25)


def command(world: Watching, process: str, deed: str, pick: int) -> Any:
    """What is done to one of its open tasks, or to all of it; None where there is nothing to do it to."""
    marking = world.processes[process]
    if deed in ("suspend", "resume"):
        return Suspend(ADMIN, "audit") if deed == "suspend" else Resume(ADMIN, None)
    if deed == "add":
        return AddTask(ADMIN, Extra("call", "chief" if pick % 2 else "clerk", optional=pick % 3 == 0))
    if deed == "repeat":
        return RepeatAtom(ADMIN, list(world.journey_of(process).atoms)[pick % 8], "again")
    if deed in ("cancel", "end"):
        if pick % 4:
            return None
        return Cancel(ADMIN, "not wanted") if deed == "cancel" else End(ADMIN, "completed", "settled")
    if deed == "skip":
        active = [step.atom for step in marking.steps.values() if step.state == "active"]
        return SkipStep(ADMIN, active[pick % len(active)], "not needed", ()) if active else None
    tasks = list(marking.open_tasks())
    if not tasks:
        return None
    task = tasks[pick % len(tasks)]
    return {
        "done": CompleteTask(ADMIN, task.n, {}),
        "block": BlockTask(ADMIN, task.n, "waiting"),
        "unblock": UnblockTask(ADMIN, task.n),
        "claim": ClaimTask(ADMIN, task.n),
        "fail": FailTask(ADMIN, task.n, "cannot be done"),
        "reassign": ReassignTask(ADMIN, task.n, "vera"),
    }[deed]


def live(begins: datetime, own: Any, child: Any, history: Any, *, late: bool) -> Watching:
    """Plays a history, and what follows from it in the ten days after; gives the world at the end of them.

    `late`: nobody strikes a clock between two commands, as if the workers had been away.
    """
    found = journeys()
    kept = {
        "main": found["main"].keeping(CALENDARS, own),
        "example@1.0.0": found["example@1.0.0"].keeping(CALENDARS, child),
    }
    world = Watching(kept, begins)
    world.start("main", Start(Caller("olga"), "p1", {}))
    for gap, deed, pick in history:
        due = world.next_due()
        until = min(world.now + gap if gap is not None else due or world.now, begins + LONGEST)
        if late:
            world.now = max(world.now, until)
        else:
            world.advance_to(until)
        process = list(world.processes)[pick % len(world.processes)] if deed in ("done", "block") else "p1"
        given = command(world, process, deed, pick)
        if given is not None:
            with contextlib.suppress(EngineError):
                world.do(process, given)
    world.advance_to(world.now + timedelta(days=10))
    return world


def histories(*begins: datetime) -> Any:
    return given(
        begins=st.sampled_from(begins),
        own=levels((*KEYS, *TASKS)),
        child=levels(CHILD),
        history=HISTORY,
        late=st.booleans(),
    )


PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
