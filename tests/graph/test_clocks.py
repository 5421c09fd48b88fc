"""Clocks of service levels in the live graph, and what analysts ask of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.cases.world import World
from engine.core.callers import Caller
from engine.core.clock_facts import ClockEnded, ClockSet, Met
from engine.core.clocks import Clock
from engine.core.commands import AddTask, ClaimTask, CompleteTask, Extra, RepeatAtom, Start, StartTask, Suspend
from engine.core.organisation import Team
from engine.core.times import format_time
from engine.statements import questions
from graph import Neo4j
from tests.core.lives import BEFORE_AUTUMN, CHILD, HISTORY, KEYS, TASKS, levels, live
from tests.core.play import ADMIN, NOON, journey_of
from tests.core.stage import Stage
from tests.graph.feeding import feed
from tests.graph.reading import rows
from tests.graph.runs import publish
from tests.graph.staff import bring, organisation, person

LIBRARY = questions()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HEAD = """
journey: example
version: 1.0.0
name: Example
sla: {target: PT8H}
context: {type: object}
roles: {clerk: {name: Clerk}, chief: {name: Chief}}
"""
LOAN = """
phases:
  - id: front
    sla: {target: PT2H, escalate_after: PT3H}
    modules:
      - {id: desk, sla: {target: PT1H}, atoms: [{id: a, performed_by: clerk, sla: {target: PT1H}, enables: [b]}]}
  - id: back
    atoms: [{id: b, performed_by: chief, sla: {target: PT3H, pauses_on: [blocked]}}]
"""


def stage() -> Stage:
    return Stage(LOAN, head=HEAD).start()


async def shown(opened: Neo4j, stage: Stage) -> dict[str, dict[str, Any]]:
    """What the graph tells of the clocks of a case, by what they are of."""
    await publish(opened, stage.world)
    await feed(opened, stage.world.events)
    found = await rows(
        opened,
        """MATCH (n:ProcessInstance) RETURN 'process' AS of, properties(n) AS facts
        UNION MATCH (n:Step) RETURN n.atom AS of, properties(n) AS facts
        UNION MATCH (n:Task) RETURN n.key AS of, properties(n) AS facts
        UNION MATCH ()-[t:TIMED]->(p) RETURN p.id AS of, properties(t) AS facts""",
    )
    names = ("sla_level", "sla_target_at", "at_risk_at", "breached_at", "escalations", "met", "since", "ended_at")
    return {
        row["of"]: {
            name: value.to_native() if hasattr(value, "to_native") else value
            for name, value in row["facts"].items()
            if name in names and not (name == "ended_at" and "watch" not in row["facts"])
        }
        for row in found
    }


async def test_steps_parts_and_the_process_tell_when_their_marks_were_passed(opened: Neo4j):
    played = stage()
    played.world.advance(210 * MINUTE)
    played.done("a")
    found = await shown(opened, played)
    assert found["a"] == {
        "sla_level": "example/a",
        "sla_target_at": NOON + HOUR,
        "at_risk_at": NOON + 45 * MINUTE,
        "breached_at": NOON + HOUR,
    }
    assert found["b"] == {"sla_level": "example/b", "sla_target_at": NOON + 390 * MINUTE}
    assert found["process"] == {"sla_level": "example", "sla_target_at": NOON + 8 * HOUR}
    assert found["front"] == {
        "sla_level": "example/front",
        "sla_target_at": NOON + 2 * HOUR,
        "at_risk_at": NOON + 105 * MINUTE,
        "breached_at": NOON + 2 * HOUR,
        "escalations": 1,
        "since": NOON,
        "ended_at": NOON + 210 * MINUTE,
        "met": False,
    }


async def test_what_stands_has_no_target_and_what_is_met_no_breach(opened: Neo4j):
    played = stage()
    played.world.advance(10 * MINUTE)
    played.done("a").do(AddTask(ADMIN, Extra("call", "clerk"))).do(Suspend(ADMIN, "audit"))
    found = await shown(opened, played)
    assert found["b"] == {"sla_level": "example/b"}
    assert found["process"] == {"sla_level": "example"}
    assert found["desk"]["met"] is True
    assert "breached_at" not in found["desk"]


async def test_a_part_that_begins_anew_is_timed_once_more(opened: Neo4j):
    played = stage().done("a")
    played.world.advance(HOUR)
    played.do(RepeatAtom(ADMIN, "a", "again"))
    await shown(opened, played)
    timed = await rows(opened, "MATCH ()-[t:TIMED]->(p {id: 'desk'}) RETURN t.watch AS n, t.met AS met ORDER BY n")
    assert [row["met"] for row in timed] == [True, None]


def wanted(world: World, process: str) -> dict[str, Any]:
    """What the graph must tell of the clocks that run, and of the parts that were timed."""
    marking = world.processes[process]
    parts: dict[int, Any] = {}
    current: dict[str | None, int] = {}
    for event in world.histories[process]:
        match event.fact:
            case ClockSet(of="phase" | "module", clock=int(n)) as fact:
                current[fact.part] = n
                parts[n] = (fact.part, event.at, None, None)
            case (Met() | ClockEnded()) as fact if fact.part is not None:
                began = parts[current[fact.part]][1]
                parts[current[fact.part]] = (fact.part, began, event.at, isinstance(fact, Met))
            case _:
                pass
    clocks = {
        f"{task.atom}/{task.visit}" if task.atom else f"task {task.n}": _marks(task.sla)
        for task in marking.open_tasks()
        if task.sla and task.item_index is None
    }
    for watch in marking.watches.values():
        if watch.running and watch.of in ("step", "process"):
            clocks[f"{watch.atom}/{watch.visit}" if watch.atom else "process"] = _marks(watch.clock)
        elif watch.running:
            clocks[f"part {watch.n}"] = _marks(watch.clock)
    return clocks | {f"timed {n}": part for n, part in parts.items()}


def _marks(clock: Clock) -> tuple[str, datetime | None, datetime | None, datetime | None]:
    """Its level, its target, and when it was at risk and breached."""
    at_risk = clock.warn_at if clock.state != "on_track" else None
    return clock.level, clock.target_at, at_risk, clock.target_at if clock.state == "breached" else None


async def told(opened: Neo4j, process: str) -> dict[str, Any]:
    """The same by the graph."""
    (found,) = await rows(
        opened,
        """MATCH (p:ProcessInstance {id: $id})
        RETURN properties(p) AS process,
          COLLECT {
            MATCH (p)-[:HAS_STEP]->(s {state: 'active'}) WHERE s.elements IS NULL AND s.held IS NULL
            RETURN properties(s)
          } AS steps,
          COLLECT { MATCH (p)-[:HAS_TASK]->(t {state: 'open'}) RETURN properties(t) } AS tasks,
          COLLECT { MATCH (p)-[t:TIMED]->(part) RETURN {part: part.id, t: properties(t)} } AS timed""",
        id=process,
    )
    clocks = {f"{one['atom']}/{one['visit']}": one for one in found["steps"]}
    clocks |= {f"task {one['key'].rpartition('.')[2]}": one for one in found["tasks"]}
    if "ended_at" not in found["process"]:
        clocks["process"] = found["process"]
        clocks |= {f"part {one['t']['watch']}": one["t"] for one in found["timed"] if "ended_at" not in one["t"]}
    return {of: _told(one) for of, one in clocks.items() if "sla_level" in one} | {
        f"timed {one['t']['watch']}": (
            one["part"],
            *(_native(one["t"].get(name)) for name in ("since", "ended_at", "met")),
        )
        for one in found["timed"]
    }


def _told(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_native(one.get(name)) for name in ("sla_level", "sla_target_at", "at_risk_at", "breached_at"))


def _native(value: Any) -> Any:
    return value.to_native() if hasattr(value, "to_native") else value


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(own=levels((*KEYS, *TASKS)), child=levels(CHILD), history=HISTORY, late=st.booleans(), data=st.data())
async def test_the_live_graph_tells_of_every_clock_what_the_marking_does_however_events_are_cut(
    opened: Neo4j, own: Any, child: Any, history: Any, late: bool, data: st.DataObject
):
    world = live(BEFORE_AUTUMN, own, child, history, late=late)
    await opened.projection.clear()
    await publish(opened, world)
    await feed(opened, world.events, data.draw(st.lists(st.integers(1, len(world.events)), max_size=8)))
    for process in world.processes:
        found, marking = await told(opened, process), wanted(world, process)
        assert {of: (found.get(of), marking[of]) for of in marking if found.get(of) != marking[of]} == {}
        assert found.keys() == marking.keys()
    cut = await opened.projection.digest()
    await opened.projection.clear()
    await feed(opened, world.events, [])
    assert await opened.projection.digest() == cut


# breaches, close_to_breach

UMA, VERA = (Caller(id, frozenset({"clerk", "chief"}), frozenset({"task:act_any"})) for id in ("uma", "vera"))


@pytest.fixture
async def cases(opened: Neo4j) -> World:
    """Two cases that missed `a`, by 30 and 90 minutes, one that met all and is done, one at `a` for half an hour.

    The first missed `b`, too, which it is still at.
    """
    journey = journey_of(LOAN, HEAD)
    world = World({"main": journey}, NOON)
    for number, (by, minutes, claimed) in enumerate([(UMA, 90, 30), (VERA, 150, 30), (UMA, 20, 5)], 1):
        case = f"p{number}"
        world.start("main", Start(Caller("olga"), case, {}))
        world.advance(claimed * MINUTE)
        world.do(case, ClaimTask(by, 1))
        world.do(case, StartTask(by, 1))
        world.advance((minutes - claimed) * MINUTE)
        world.do(case, CompleteTask(by, 1, {}))
    world.do("p3", CompleteTask(VERA, 2, {}))
    world.start("main", Start(Caller("olga"), "p4", {}, business_key="L-4"))
    world.do("p4", ClaimTask(VERA, 1))
    world.advance(30 * MINUTE)
    await publish(opened, world)
    people = [person("uma", "clerk", teams=frozenset({"east"})), person("vera", "clerk", teams=frozenset({"west"}))]
    await bring(opened, organisation(*people, teams=[Team("east", "East"), Team("west", "West")]))
    await feed(opened, world.events)
    return world


async def ask(opened: Neo4j, name: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await opened.graph.ask(LIBRARY[name], parameters)
    assert all(list(row) == [column.name for column in LIBRARY[name].columns] for row in answer.rows)
    return [dict(row) for row in answer.rows]


async def test_breaches_tells_where_service_levels_are_missed_and_how_the_time_was_spent(opened: Neo4j, cases: World):
    found = {(row["kind"], row["name"]): row for row in await ask(opened, "breaches")}
    assert found["task", "a"] == {
        "kind": "task",
        "journey": "example",
        "name": "a",
        "decided": 3,
        "breached": 2,
        "share": 0.667,
        "open": 0,
        "late_p50_seconds": 3600.0,
        "late_p95_seconds": 5220.0,
        "waiting": 0.25,
    }
    assert (found["module", "desk"]["breached"], found["phase", "front"]["breached"]) == (2, 1)
    b = found["task", "b"]
    assert (b["decided"], b["breached"], b["open"], b["late_p50_seconds"], b["waiting"]) == (2, 1, 1, None, None)
    assert (found["process", None]["decided"], found["process", None]["breached"]) == (1, 0)


async def test_breaches_can_be_asked_by_role_and_by_team_and_of_what_ended_since(opened: Neo4j, cases: World):
    by_role = {row["name"]: (row["decided"], row["breached"]) for row in await ask(opened, "breaches", by="role")}
    assert by_role == {"clerk": (3, 2), "chief": (2, 1)}
    by_team = {row["name"]: (row["decided"], row["breached"]) for row in await ask(opened, "breaches", by="team")}
    assert by_team == {"east": (2, 1), "west": (2, 1), None: (1, 1)}
    late = format_time(NOON + 4 * HOUR)
    ended = await ask(opened, "breaches", by="role", since=late)
    assert [(row["name"], row["decided"]) for row in ended] == [("chief", 2), ("clerk", 1)]
    assert await ask(opened, "breaches", journey="other") == []


async def test_close_to_breach_tells_what_is_missed_next_and_whether_anybody_has_begun(opened: Neo4j, cases: World):
    now = cases.now
    found = await ask(opened, "close_to_breach", at=format_time(now))
    assert [(row["kind"], row["process"], row["name"]) for row in found] == [
        ("module", "p4", "desk"),
        ("task", "p4", "a"),
    ]
    row = found[-1]
    assert (row["people"], row["begun"], row["seconds_left"]) == (["vera"], False, 1800)
    assert (row["business_key"], row["role"], row["at_risk_at"]) == ("L-4", "clerk", None)
    further = await ask(opened, "close_to_breach", at=format_time(now), within=100_000)
    assert {row["kind"] for row in further} == {"task", "module", "phase", "process"}
    assert [row["target_at"] for row in further] == sorted(row["target_at"] for row in further)
