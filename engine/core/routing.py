"""How exits lead on: splits (R2), joins (R3), dependencies (R4) and rework (R7).

Everything here reads the marking and changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine.core.context import Seen
from engine.core.events import EdgeResult
from engine.core.journey import Edge, Exit, Journey
from engine.core.process import Arrivals, Process
from engine.core.rules import RuleError, truthy
from engine.core.scope import Exited, Scope

Verdict = Literal["open", "ready", "skip"]
Gate = Literal["clear", "held", "skip"]


class NoPath(Exception):
    """There were edges to look at and none is taken (R2)."""


class EdgeRuleFailed(Exception):
    """A rule on the edge to `target` could not be decided; `cause` says why (R9)."""

    def __init__(self, target: str, rule_id: str | None, cause: RuleError) -> None:
        super().__init__(str(cause))
        self.target = target
        self.rule_id = rule_id
        self.cause = cause


def join(scope: Scope, process: Process, atom: str) -> Verdict:
    """R3: whether the edges into `atom` make it ready, let it be skipped, or leave it open. Entry atoms are ready.

    After a reset, a member waits first until an edge from a member is taken or all of them are resolved (R7).
    """
    step = process.steps.get(atom)
    if step and step.ready_at is not None:
        return "ready"
    edges = scope.incoming(atom)
    if not edges:
        return "ready"
    if len(edges) == 1:
        return _ALONE[_result_of(process, edges[0])]
    arrived = process.arrivals.get(atom) or arrivals(scope, process, atom)
    if not arrived.gate_taken and arrived.gate_missed < len(process.gates.get(atom, ())):
        return "open"
    total, taken, resolved = len(edges), arrived.taken, arrived.taken + arrived.missed
    match scope.journey.routes[atom].join:
        case "all":
            return ("ready" if taken else "skip") if resolved == total else "open"
        case "any":
            needed = 1
        case count:
            needed = min(count, total)
    if taken >= needed:
        return "ready"
    return "skip" if taken + total - resolved < needed else "open"


_ALONE: Mapping[bool | None, Verdict] = {None: "open", True: "ready", False: "skip"}
"""What the only edge into an atom makes of it, whatever its join and whether it was reset."""


def arrivals(scope: Scope, process: Process, atom: str) -> Arrivals:
    """How the edges into `atom` stand, by looking at each of them."""
    gate = frozenset(process.gates.get(atom, ()))
    results = [(_result_of(process, edge), edge.source in gate) for edge in scope.incoming(atom)]
    return Arrivals(
        taken=sum(result is True for result, _ in results),
        missed=sum(result is False for result, _ in results),
        gate=gate,
        gate_taken=sum(result is True for result, inside in results if inside),
        gate_missed=sum(result is False for result, inside in results if inside),
    )


def gate(scope: Scope, process: Process, atom: str) -> Gate:
    """R4: whether what `atom` depends on lets it start, holds it, or makes it skipped."""
    held = False
    for dependency in scope.depends_on(atom):
        step = process.steps.get(dependency.target)
        if not step or not step.resolved:
            held = True
        elif dependency.require == "completed" and step.state != "completed":
            return "skip"
    return "held" if held else "clear"


def _result_of(process: Process, edge: Edge) -> bool | None:
    step = process.steps.get(edge.source)
    return step.edges[edge.position] if step and step.edges is not None else None


def split(scope: Scope, atom: str, exit: Exit, seen: Seen) -> Exited:
    """R2, R7: which edges of an exit are taken, in the order of `Route.enables`, with the traces of their rules.

    The second is the rework edge that was taken, and then nothing else of this exit is. `seen` is what rules see.

    Raises:
        EdgeRuleFailed: when a rule that had to be looked at cannot be decided.
        NoPath: when there were edges to look at, none is taken and the atom does not say `may_end`.
    """
    known = scope.settled.get((atom, exit))
    if known is not None:
        return known
    ways = scope.ways(atom, exit)
    traces: dict[int, Mapping[str, Any]] = {}
    route = scope.journey.routes[atom]
    back = _first_back(scope.journey, ways.back, seen, traces)
    if back:
        chosen = {back.position}
    else:
        chosen = _chosen(scope.journey, atom, ways.forward, seen, traces)
        if ways.forward and not chosen and not route.may_end:
            raise NoPath
    edges = tuple(_result(edge, edge.position in chosen, traces.get(edge.position)) for edge in route.enables)
    if not ways.ruled:
        scope.settled[atom, exit] = (edges, back)
    return edges, back


def _first_back(
    journey: Journey, edges: Sequence[Edge], seen: Seen, traces: dict[int, Mapping[str, Any]]
) -> Edge | None:
    for edge in edges:
        if not edge.ruled:
            return edge
        holds, traces[edge.position] = _holds(journey, edge, seen)
        if holds:
            return edge
    return None


def _chosen(
    journey: Journey,
    atom: str,
    looked_at: Sequence[Edge],
    seen: Seen,
    traces: dict[int, Mapping[str, Any]],
) -> set[int]:
    route = journey.routes[atom]
    chosen: set[int] = set()
    ruled = False
    for edge in looked_at:
        if edge.otherwise or (route.split == "first" and chosen):
            continue
        if not edge.ruled:
            chosen.add(edge.position)
            continue
        holds, traces[edge.position] = _holds(journey, edge, seen)
        if holds:
            chosen.add(edge.position)
            ruled = True
    others = [edge.position for edge in looked_at if edge.otherwise]
    if route.split == "all" and not ruled:
        chosen.update(others)
    elif route.split == "first" and not chosen:
        chosen.update(others[:1])
    return chosen


def dead(scope: Scope, atom: str, taken: Sequence[str] = ()) -> tuple[EdgeResult, ...]:
    """R5: every edge of a skipped atom, not taken; R18: but for the forward ones to what a person says is `taken`."""
    known = None if taken else scope.dead.get(atom)
    if known is None:
        enables = scope.journey.routes[atom].enables
        known = tuple(_result(edge, edge.target in taken and not edge.rework, None) for edge in enables)
        if not taken:
            scope.dead[atom] = known
    return known


def _holds(journey: Journey, edge: Edge, seen: Seen) -> tuple[bool, Mapping[str, Any]]:
    try:
        rule = journey.edge_rules[edge.source, edge.position]
        value, trace = rule.trace(seen(rule))
    except RuleError as cause:
        raise EdgeRuleFailed(edge.target, edge.rule_id, cause) from cause
    return truthy(value), trace.as_json()


def _result(edge: Edge, taken: bool, trace: Mapping[str, Any] | None) -> EdgeResult:
    return EdgeResult(edge.target, edge.on, taken, edge.rule_id, trace, edge.rework)
