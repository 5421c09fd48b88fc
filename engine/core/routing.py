"""How exits lead on: splits (R2), joins (R3), dependencies (R4), rework (R7), within the part it was started at (R1).

Everything here reads the marking and changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from engine.core.events import EdgeResult
from engine.core.journey import Dependency, Edge, Exit, Journey
from engine.core.process import Process
from engine.core.rules import RuleError, truthy

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


class Scope:
    """The atoms of a process and the edges that exist for it (R1)."""

    def __init__(self, journey: Journey, part: str | None) -> None:
        self.journey = journey
        self.whole = part is None
        self.atoms = journey.part(part) or frozenset[str]()

    def incoming(self, atom: str) -> Sequence[Edge]:
        """The forward ENABLES into `atom`, in file order."""
        edges = self.journey.incoming[atom]
        return edges if self.whole else [edge for edge in edges if edge.source in self.atoms]

    def depends_on(self, atom: str) -> Iterable[Dependency]:
        """What `atom` depends on."""
        dependencies = self.journey.routes[atom].depends_on
        return dependencies if self.whole else [found for found in dependencies if found.target in self.atoms]

    def dependents(self, atom: str) -> Iterator[str]:
        """The atoms that depend on `atom`."""
        return (found.atom for found in self.journey.dependents[atom] if found.atom in self.atoms)

    def targets(self, atom: str) -> Iterator[str]:
        """The atoms that `atom` enables, by forward ENABLES."""
        return (
            edge.target for edge in self.journey.routes[atom].enables if not edge.rework and edge.target in self.atoms
        )

    def following(self, atom: str) -> Iterator[str]:
        """The atoms that `atom` enables, and those that depend on it."""
        yield from self.targets(atom)
        yield from self.dependents(atom)

    def region(self, first: str) -> tuple[str, ...]:
        """R7: `first` and all that is reachable from it by forward ENABLES or by depending, in file order."""
        found = {first}
        ahead = [first]
        while ahead:
            fresh = [atom for atom in self.following(ahead.pop()) if atom not in found]
            found.update(fresh)
            ahead.extend(fresh)
        return tuple(atom for atom in self.journey.atoms if atom in found)

    def closed(self) -> bool:
        """R1: whether the way back of every rework edge out of the part runs inside it."""
        back = (edge for atom in self.atoms for edge in self.journey.routes[atom].enables if edge.rework)
        return all(edge.target in self.atoms and edge.source in self.region(edge.target) for edge in back)

    def entries(self) -> tuple[str, ...]:
        """The atoms without an incoming forward ENABLES, in file order."""
        return tuple(atom for atom in self.journey.atoms if atom in self.atoms and not self.incoming(atom))


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
    results = [_result_of(process, edge) for edge in edges]
    if members := process.gates.get(atom):
        gate = [result for edge, result in zip(edges, results, strict=True) if edge.source in members]
        if None in gate and True not in gate:
            return "open"
    total, taken = len(results), results.count(True)
    resolved = total - results.count(None)
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


def split(
    journey: Journey, atom: str, exit: Exit, data: Mapping[str, Any]
) -> tuple[tuple[EdgeResult, ...], Edge | None]:
    """R2, R7: which edges of an exit are taken, in the order of `Route.enables`, with the traces of their rules.

    The second is the rework edge that was taken, and then nothing else of this exit is.

    Raises:
        EdgeRuleFailed: when a rule that had to be looked at cannot be decided.
        NoPath: when there were edges to look at, none is taken and the atom does not say `may_end`.
    """
    route = journey.routes[atom]
    looked_at = sorted(
        (edge for edge in route.enables if edge.on == exit), key=lambda edge: (edge.priority, edge.position)
    )
    traces: dict[int, Mapping[str, Any]] = {}
    back = _first_back(journey, [edge for edge in looked_at if edge.rework], data, traces)
    if back:
        chosen = {back.position}
    else:
        forward = [edge for edge in looked_at if not edge.rework]
        chosen = _chosen(journey, atom, forward, data, traces)
        if forward and not chosen and not route.may_end:
            raise NoPath
    return tuple(_result(edge, edge.position in chosen, traces.get(edge.position)) for edge in route.enables), back


def _first_back(
    journey: Journey, edges: Sequence[Edge], data: Mapping[str, Any], traces: dict[int, Mapping[str, Any]]
) -> Edge | None:
    for edge in edges:
        if not edge.ruled:
            return edge
        holds, traces[edge.position] = _holds(journey, edge, data)
        if holds:
            return edge
    return None


def _chosen(
    journey: Journey,
    atom: str,
    looked_at: Sequence[Edge],
    data: Mapping[str, Any],
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
        holds, traces[edge.position] = _holds(journey, edge, data)
        if holds:
            chosen.add(edge.position)
            ruled = True
    others = [edge.position for edge in looked_at if edge.otherwise]
    if route.split == "all" and not ruled:
        chosen.update(others)
    elif route.split == "first" and not chosen:
        chosen.update(others[:1])
    return chosen


def dead(journey: Journey, atom: str, taken: Sequence[str] = ()) -> tuple[EdgeResult, ...]:
    """R5: every edge of a skipped atom, not taken; R18: but for the forward ones to what a person says is `taken`."""
    return tuple(_result(edge, edge.target in taken and not edge.rework, None) for edge in journey.routes[atom].enables)


def _holds(journey: Journey, edge: Edge, data: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
    try:
        value, trace = journey.edge_rules[edge.source, edge.position].trace(data)
    except RuleError as cause:
        raise EdgeRuleFailed(edge.target, edge.rule_id, cause) from cause
    return truthy(value), trace.as_json()


def _result(edge: Edge, taken: bool, trace: Mapping[str, Any] | None) -> EdgeResult:
    return EdgeResult(edge.target, edge.on, taken, edge.rule_id, trace, edge.rework)
