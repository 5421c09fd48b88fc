"""A journey version as rows: the nodes and relationships that publishing writes, and routes read back from rows.

Keys: `journey@version` of a version, `journey@version/id` of everything in it. Rules are kept as JSON texts, because
Neo4j has neither nested values nor exact decimals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any, Final

import msgspec
from neo4j.time import Duration as LengthOfTime

from engine.core.durations import Duration, Length, WorkingTime
from engine.core.journey import Atom, Definition, Dependency, Edge, Module, Named, Phase, Route, Routes, Wanted
from engine.core.policies import Timeout
from engine.core.rules import Rule
from engine.core.service_levels import ServiceLevel

Row = Mapping[str, Any]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


def version_key(journey: str | None, version: str | None) -> str:
    """`journey@version`, the key of a JourneyVersion node."""
    return f"{journey}@{version}"


def split_key(key: str) -> tuple[str, str]:
    """The (journey, version) of a `version_key`."""
    journey, _, version = key.rpartition("@")
    return journey, version


def rule_text(logic: Any) -> str:
    """A rule as JSON text, each number with exactly the digits it has."""
    return _ENCODER.encode(logic).decode()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One version, ready to be written.

    `nodes` are `(statement, rows)` in the order in which they must be written; a row is `{key, facts, …}`. `links` are
    `(statement, rows)` with rows `{from, to, facts}`. `kept` names every node as `Label key`.
    """

    key: str
    facts: Row
    nodes: tuple[tuple[str, list[Row]], ...]
    links: tuple[tuple[str, list[Row]], ...]
    kept: list[str]

    @property
    def prefix(self) -> str:
        """What the key of every node of the version begins with."""
        return f"{self.key}/"


def blueprint(definition: Definition, routes: Routes) -> Blueprint:
    """The rows of a version.

    Raises:
        graphlib.CycleError: when the forward edges or the dependencies run in a circle.
    """
    key = version_key(definition.key, definition.version)
    nodes = tuple(_nodes(definition, routes, key))
    labels = {"publish_phases": "Phase", "publish_modules": "Module", "publish_atoms": "Atom", "publish_roles": "Role"}
    labels |= {"publish_rules": "Rule", "publish_fields": "Field"}
    labels |= {"publish_regulations": "Regulation", "publish_documents": "Document"}
    return Blueprint(
        key=key,
        facts={
            "key": key,
            "journey": definition.key,
            "version": definition.version,
            "name": definition.name,
            "description": definition.description,
            "hash": definition.hash,
            "dimensions": list(definition.dimensions),
            **_target(definition.sla),
        },
        nodes=nodes,
        links=tuple(_links(definition, routes, key)),
        kept=[f"{labels[statement]} {row['key']}" for statement, rows in nodes for row in rows],
    )


def read_routes(rows: Iterable[Row]) -> Routes:
    """The routes that the rows of `routes.cypher` tell."""
    return Routes(tuple(_route(row) for row in rows))


def _nodes(definition: Definition, routes: Routes, key: str) -> Iterator[tuple[str, list[Row]]]:
    place = {"journey": definition.key, "version": definition.version}

    def row(id: str, facts: Row, **more: Any) -> Row:
        return {"key": f"{key}/{id}", "facts": {"key": f"{key}/{id}", "id": id, **place, **facts}, **more}

    def inside(group: str | None) -> str | None:
        return group and f"{key}/{group}"

    def named(things: Sequence[Named]) -> list[Row]:
        return [row(thing.id, {"name": thing.name, **_scalars(thing.facts)}) for thing in things]

    def part(part: Phase | Module, index: int) -> Row:
        return {"name": part.name, "index": index, **_target(part.sla)}

    yield "publish_phases", [row(p.id, part(p, i)) for i, p in enumerate(definition.phases)]
    yield (
        "publish_modules",
        [row(m.id, part(m, i), phase=inside(m.phase)) for i, m in enumerate(definition.modules)],
    )
    ranks, by_atom = _ranks(routes), {route.atom: route for route in routes.routes}
    undo = {route.compensated_by for route in routes.routes}
    yield (
        "publish_atoms",
        [
            row(
                a.id,
                _atom_facts(a, by_atom[a.id], ranks[a.id], a.id in undo),
                phase=inside(a.phase),
                module=inside(a.module),
            )
            for a in definition.atoms
        ],
    )
    yield "publish_roles", named(definition.roles)
    yield "publish_regulations", named(definition.regulations)
    yield "publish_documents", named(definition.documents)
    yield "publish_fields", [row(name, {"name": name}) for name in _fields(definition)]
    yield (
        "publish_rules",
        [row(r.id, {"description": r.description, "logic": rule_text(r.logic)}) for r in definition.rules],
    )


def _atom_facts(atom: Atom, route: Route, rank: int, compensation: bool) -> Row:
    return {
        "name": atom.name,
        "description": atom.description,
        "kind": atom.kind,
        "index": atom.index,
        "rank": rank,
        "phase": atom.phase,
        "module": atom.module,
        "entry": atom.entry,
        "split": route.split,
        "join": route.join if isinstance(route.join, str) else "count",
        "join_count": None if isinstance(route.join, str) else route.join,
        "may_end": route.may_end,
        "role": route.role,
        "priority": atom.priority,
        "service_area": atom.service_area,
        "task_type": atom.task_type,
        "action": atom.action,
        "on_failure": atom.on_failure if atom.kind in ("human", "system") else None,
        "outcome": atom.outcome,
        "terminate": atom.terminate,
        "max_visits": atom.max_visits,
        "compensation": compensation,
        **_times(atom),
        **_target(atom.sla),
        **_many(atom),
    }


def _times(atom: Atom) -> Row:
    """What an atom waits for, and when it is due or given up: durations as such, rules as JSON texts (R11, R16)."""
    timeout = atom.timeout or Timeout()
    return {
        "for": _duration(atom.duration),
        "for_working": _working(atom.duration),
        "until": _rule(atom.until),
        "message": atom.message,
        "correlate": _rule(atom.correlate),
        "timeout_after": _duration(timeout.after),
        "timeout_working": _working(timeout.after),
        "timeout_at": _rule(timeout.at),
        "due_after": _duration(atom.due),
        "due_working": _working(atom.due),
        "due_at": _rule(atom.due) if isinstance(atom.due, Rule) else None,
    }


def _target(level: ServiceLevel | None) -> Row:
    """How long something may take, by the service level that the document says."""
    target = level.target if level else None
    return {"sla_target": _duration(target), "sla_target_working": _working(target)}


def _many(atom: Atom) -> Row:
    """R14: `done_when` is `all`, `any` or `count` with its `done_count`, as a join has it."""
    many = atom.many
    if many is None:
        return {}
    counted = isinstance(many.done_when, int)
    return {
        "for_each": _rule(many.list),
        "in_order": many.in_order,
        "done_when": "count" if counted else many.done_when,
        "done_count": many.done_when if counted else None,
    }


def _duration(length: Length | Rule | None) -> LengthOfTime | None:
    if not isinstance(length, Duration):
        return None
    span = length.span
    return LengthOfTime(months=length.months, days=span.days, seconds=span.seconds, microseconds=span.microseconds)


def _working(length: Length | Rule | None) -> str | None:
    """Working time as a text, `P1D us-lending`: Neo4j has no such durations."""
    return f"{length} {length.calendar}" if isinstance(length, WorkingTime) else None


def _rule(rule: Rule | None) -> str | None:
    return None if rule is None else rule_text(rule.logic)


def _links(definition: Definition, routes: Routes, key: str) -> Iterator[tuple[str, list[Row]]]:
    def rows(pairs: Iterable[tuple[str, str]]) -> list[Row]:
        return [{"from": f"{key}/{source}", "to": f"{key}/{target}"} for source, target in pairs]

    edges = [edge for route in routes.routes for edge in route.enables]
    yield "link_enables", [_link(key, edge.source, edge.target, _edge_facts(edge)) for edge in edges]
    yield (
        "link_depends_on",
        [
            _link(key, found.atom, found.target, {"require": found.require, "position": position})
            for route in routes.routes
            for position, found in enumerate(route.depends_on)
        ],
    )
    yield (
        "link_performed_by",
        [
            _link(key, route.atom, route.role, _performer_facts(route))
            for route in routes.routes
            if route.role is not None
        ],
    )
    yield (
        "link_escalates_to",
        rows((route.atom, route.escalates_to) for route in routes.routes if route.escalates_to is not None),
    )
    yield (
        "link_compensated_by",
        rows((route.atom, route.compensated_by) for route in routes.routes if route.compensated_by is not None),
    )
    yield "link_calls", [{"from": f"{key}/{route.atom}", "to": route.calls} for route in routes.routes if route.calls]
    yield "link_governed_by", rows((atom.id, target) for atom in definition.atoms for target in atom.governed_by)
    yield (
        "link_uses",
        [
            _link(key, atom.id, target, {"required": target in atom.requires_documents})
            for atom in definition.atoms
            for target in atom.uses
        ],
    )
    yield "link_produces", rows((atom.id, target) for atom in definition.atoms for target in atom.produces)
    yield "link_rule_reads", rows((rule.id, name) for rule in definition.rules for name in rule.reads)
    yield "link_atom_reads", rows((atom.id, name) for atom in definition.atoms for name in atom.reads)
    yield "link_atom_writes", rows((atom.id, name) for atom in definition.atoms for name in atom.writes)


def _link(key: str, source: str, target: str, facts: Row) -> Row:
    return {"from": f"{key}/{source}", "to": f"{key}/{target}", "facts": facts}


def _performer_facts(route: Route) -> Row:
    """What PERFORMED_BY says; a skill and its level share a place in two lists, as relationships hold no maps."""
    return {
        "strategy": route.strategy,
        "skills": [wanted.skill for wanted in route.skills],
        "levels": [wanted.level for wanted in route.skills],
        "not_same_as": list(route.not_same_as),
        "same_as": route.same_as,
    }


def _edge_facts(edge: Edge) -> Row:
    return {
        "position": edge.position,
        "on": edge.on,
        "priority": edge.priority,
        "otherwise": edge.otherwise,
        "rework": edge.rework,
        "rule_id": edge.rule_id,
        "rule": rule_text(edge.logic) if edge.ruled else None,
    }


def _fields(definition: Definition) -> list[str]:
    """Every context name that a rule or an atom reads or writes, and those the schema declares, each once."""
    properties: Mapping[str, Any] = definition.context.get("properties") or {}
    names = list(properties)
    names += [name for rule in definition.rules for name in rule.reads]
    names += [name for atom in definition.atoms for name in (*atom.reads, *atom.writes)]
    return list(dict.fromkeys(names))


def _ranks(routes: Routes) -> dict[str, int]:
    """A place for each atom such that all it waits for, by forward ENABLES or DEPENDS_ON, comes before it."""
    before: dict[str, set[str]] = {route.atom: set() for route in routes.routes}
    for route in routes.routes:
        for edge in route.enables:
            if not edge.rework:
                before[edge.target].add(route.atom)
        before[route.atom].update(found.target for found in route.depends_on)
    return {atom: rank for rank, atom in enumerate(TopologicalSorter(before).static_order())}


def _scalars(facts: Row) -> Row:
    return {name: value for name, value in facts.items() if isinstance(value, str | bool | int)}


def _route(row: Row) -> Route:
    atom, performer = row["atom"], row["performer"]
    return Route(
        atom=atom,
        split=row["split"],
        join=row["join_count"] if row["join"] == "count" else row["join"],
        may_end=row["may_end"],
        role=performer and performer["role"],
        strategy=performer and performer["strategy"],
        skills=tuple(map(Wanted, performer["skills"], performer["levels"])) if performer else (),
        not_same_as=tuple(performer["not_same_as"]) if performer else (),
        same_as=performer and performer["same_as"],
        escalates_to=row["escalates_to"],
        enables=tuple(_edge(atom, edge) for edge in row["enables"]),
        depends_on=tuple(Dependency(atom, found["target"], found["require"]) for found in row["depends_on"]),
        calls=row["calls"],
        compensated_by=row["compensated_by"],
    )


def _edge(atom: str, row: Row) -> Edge:
    rule: str | None = row["rule"]
    return Edge(
        source=atom,
        target=row["target"],
        position=row["position"],
        on=row["on"],
        priority=row["priority"],
        otherwise=row["otherwise"],
        rule_id=row["rule_id"],
        logic=None if rule is None else _DECODER.decode(rule),
        ruled=rule is not None,
        rework=row["rework"],
    )
