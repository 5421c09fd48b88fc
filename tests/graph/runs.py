"""Random runs over every construct, and what the live graph must show of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.cases.world import World
from engine.core.journey import Journey, Routes
from engine.core.process import Process
from graph import Neo4j
from graph.net import step_key
from tests.graph.reading import rows
from tests.model.bridge import Engine
from tests.model.differential import case_of

Facts = Mapping[str, Any]

SHORT = {
    "active": "AT_STEP",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "skipped": "SKIPPED",
    "cancelled": "CANCELLED",
}
HOLDING = ("assigned", "in_progress", "blocked")


def engine_of(seed: int) -> tuple[Engine, list[dict[str, Any]]]:
    """The engine on the journeys of a seed, and the commands to give it."""
    case = case_of(seed)
    return Engine(case.documents), case.commands


def played(seed: int, commands: int) -> World:
    """The world after so many commands of the seed's script."""
    engine, script = engine_of(seed)
    for command in script[:commands]:
        engine.do(command)
    return engine.world


async def publish(opened: Neo4j, world: World) -> None:
    """Every version that runs."""
    journeys = {journey.ref: journey for journey in map(world.journey_of, world.processes)}
    for journey in journeys.values():
        if journey.definition.key:
            await opened.graph.publish(journey.definition, Routes(tuple(journey.routes.values())))


def taken(process: Process, journey: Journey) -> set[tuple[str, str, str]]:
    """(source, target, on) of the forward edges that current visits took, within the part."""
    scope = journey.part(process.part) or frozenset()
    return {
        (step.atom, edge.target, edge.on)
        for step in process.steps.values()
        for edge, was in zip(journey.routes[step.atom].enables, step.edges or (), strict=False)
        if was and not edge.rework and edge.target in scope
    }


def expected(process: Process, journey: Journey) -> Facts:
    """What `shown` gives of a process that the graph holds as the engine does."""
    steps = process.steps.values()
    led = taken(process, journey)
    pending = {step.atom for step in steps if step.state == "waiting" and step.ready_at is not None}
    pending |= {to for _, to, _ in led if to not in process.steps or process.steps[to].state == "waiting"}
    return {
        "process": {
            "status": process.status,
            "outcome": process.outcome,
            "compensating": process.compensating or None,
            "suspended_at": process.suspended_at,
            "started_at": process.started_at,
            "ended_at": process.ended_at,
            "not_before": next((one.due_at for one in process.timers.values() if one.atom is None), None),
        },
        "steps": {
            step.atom: (step.visit, step.state, step.exit, step.held) for step in steps if step.state != "waiting"
        },
        "short": dict.fromkeys(pending, "PENDING")
        | {step.atom: SHORT[step.state] for step in steps if step.state in SHORT},
        "led": led,
        "timers": {
            (
                step_key(process.id, one.atom, one.visit or 0),
                "timeout" if one.kind == "timeout" else "wakes",
                one.due_at,
            )
            for one in process.timers.values()
            if one.atom is not None
        },
        "messages": {(wait.atom, wait.name) for wait in process.waits.values()},
        "incidents": {(one.n, one.atom, one.visit, one.code, one.item_index) for one in process.open_incidents()},
        "blocked": {task.n for task in process.open_tasks() if task.status == "blocked"},
        "holds": {(task.n, task.assignee) for task in process.open_tasks() if task.status in HOLDING and task.assignee},
        "performers": {step.atom: set(step.performers) for step in steps if step.performers},
        "off_graph": {task.n for task in process.open_tasks() if task.atom is None},
        "lists": {step.atom: len(step.elements) for step in steps if step.state == "active" and step.elements},
        "parent": process.parent and step_key(process.parent.process, process.parent.atom, process.parent.visit),
    }


async def shown(opened: Neo4j, id: str) -> Facts:
    """What the graph says of a process, in the words of `expected`."""
    (found,) = await rows(
        opened,
        """MATCH (p:ProcessInstance {id: $id})
        RETURN properties(p) AS process,
          COLLECT { MATCH (p)-[:HAS_STEP]->(s)-[:OF]->(a) RETURN {
            atom: a.id, key: s.key, step: properties(s),
            led: COLLECT { MATCH (s)-[l:LED_TO]->(t) WHERE l.rework IS NULL RETURN [t.atom, l.on] },
            incidents: COLLECT { MATCH (s)-[:HAS_INCIDENT]->(i {open: true}) RETURN properties(i) },
            holds: COLLECT { MATCH (u:User)-[h:HOLDS]->(s) RETURN [h.task, u.id] },
            performed: COLLECT { MATCH (u:User)-[:PERFORMED]->(s) RETURN u.id }
          } } AS steps,
          COLLECT { MATCH (p)-[r]->(a:Atom) RETURN [a.id, type(r), r.visit] } AS short,
          COLLECT { MATCH (p)-[:HAS_TASK]->(t) RETURN {
            task: properties(t), holds: COLLECT { MATCH (u:User)-[h:HOLDS]->(t) RETURN [h.task, u.id] }
          } } AS tasks,
          COLLECT { MATCH (p)-[:CHILD_OF]->(s) RETURN s.key } AS parents""",
        id=id,
    )
    current = _current(found["steps"])
    short = {atom: kind for atom, kind, _ in found["short"]}
    assert len(short) == len(found["short"]), "one short form for an atom"
    assert all(current[atom]["step"]["visit"] == visit for atom, _, visit in found["short"])
    works = [*found["steps"], *found["tasks"]]
    fact = found["process"].get
    active = [one for one in found["steps"] if one["step"]["state"] == "active"]
    return {
        "process": {
            **{name: fact(name) for name in ("status", "outcome", "compensating")},
            **{name: _time(fact(name)) for name in ("suspended_at", "started_at", "ended_at", "not_before")},
        },
        "steps": {
            atom: (one["step"]["visit"], one["step"]["state"], one["step"].get("exit"), one["step"].get("held"))
            for atom, one in current.items()
            if one["step"]["state"] != "waiting"
        },
        "short": short,
        "led": {(atom, *led) for atom, one in current.items() for led in one["led"]},
        "timers": {
            (one["key"], name, _time(one["step"][f"{name}_at"]))
            for one in found["steps"]
            for name in ("timeout", "wakes")
            if f"{name}_at" in one["step"]
        },
        "messages": {(one["atom"], one["step"]["message"]) for one in active if "message" in one["step"]},
        "incidents": {
            (
                int(one["key"].rpartition(".")[2]),
                step["atom"],
                step["step"]["visit"],
                one["code"],
                one.get("item_index"),
            )
            for step in found["steps"]
            for one in step["incidents"]
        },
        "blocked": {n for one in works for n in (_as_task(one).get("blocked") or [])},
        "holds": {tuple(held) for one in works for held in one["holds"]},
        "performers": _performers(found["steps"]),
        "off_graph": {
            int(one["task"]["key"].rpartition(".")[2]) for one in found["tasks"] if one["task"]["state"] == "open"
        },
        "lists": {one["atom"]: one["step"]["elements"] for one in active if one["step"].get("elements")},
        "parent": next(iter(found["parents"]), None),
    }


def _as_task(one: Facts) -> Facts:
    return one.get("step") or one["task"]


def _current(steps: Iterable[Facts]) -> dict[str, Facts]:
    """Of each atom the step of its last visit."""
    return {one["atom"]: one for one in sorted(steps, key=lambda one: one["step"]["visit"])}


def _performers(steps: Iterable[Facts]) -> dict[str, set[str]]:
    """Who performed each atom in its last visit in which anybody did; of a list, in the one that was begun last."""
    found: dict[str, set[str]] = {}
    for one in sorted(steps, key=lambda one: one["step"]["visit"]):
        if one["performed"] or one["step"].get("elements") is not None:
            found[one["atom"]] = set(one["performed"])
    return {atom: users for atom, users in found.items() if users}


def _time(time: Any) -> Any:
    return None if time is None else time.to_native()
