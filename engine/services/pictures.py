"""Journeys and processes for drawing: nodes and edges as data, or as a Mermaid flowchart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.core.journey import Atom, Edge, Journey, Route
from engine.core.process import Process, Step


@dataclass(frozen=True, slots=True)
class Node:
    """An atom of a version."""

    id: str
    name: str
    kind: str
    phase: str | None
    module: str | None
    role: str | None
    action: str | None
    calls: str | None
    split: str
    join: str | int
    layout: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Line:
    """An edge of a version.

    `kind` is `enables`, `depends_on` (`require` says what of the target) or `compensated_by` (R13).
    """

    source: str
    target: str
    kind: str
    on: str | None = None
    priority: int | None = None
    otherwise: bool | None = None
    rework: bool | None = None
    rule_id: str | None = None
    rule: Any = None
    require: str | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The graph of a version."""

    journey: str
    version: str
    nodes: tuple[Node, ...]
    edges: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PictureNode:
    """An atom in one process; `state` is None while it was never ready, resolved or reset."""

    id: str
    name: str
    kind: str
    phase: str | None
    module: str | None
    role: str | None
    state: str | None
    visit: int | None
    exit: str | None
    layout: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """An edge in one process.

    `result` of `enables` is pending, taken or not_taken; of `depends_on` it is pending, then resolved.
    """

    source: str
    target: str
    kind: str
    result: str
    on: str | None = None
    rule_id: str | None = None
    otherwise: bool | None = None
    rework: bool | None = None
    require: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A process as its graph stands now, within the scope it was started in (R1); with what undoes it (R13)."""

    process: str
    journey: str | None
    version: str | None
    status: str
    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]


def drawing_of_version(journey: Journey) -> Drawing:
    """Every atom and edge of a version, in file order."""
    definition = journey.definition
    routes = [journey.routes[atom] for atom in journey.atoms]
    lines = [
        Line(
            source=edge.source,
            target=edge.target,
            kind="enables",
            on=edge.on,
            priority=edge.priority,
            otherwise=edge.otherwise,
            rework=edge.rework,
            rule_id=edge.rule_id,
            rule=edge.logic if edge.ruled else None,
        )
        for route in routes
        for edge in route.enables
    ]
    lines += [
        Line(one.atom, one.target, "depends_on", require=one.require) for route in routes for one in route.depends_on
    ]
    lines += [
        Line(route.atom, route.compensated_by, "compensated_by") for route in routes if route.compensated_by is not None
    ]
    nodes = tuple(_node(atom, journey.routes[atom.id]) for atom in definition.atoms)
    return Drawing(definition.key, definition.version, nodes, tuple(lines))


def picture_of_process(journey: Journey, process: Process) -> Picture:
    """Every atom in the process's scope with its current visit, and every edge between them with its result."""
    scope = (journey.part(process.part) or frozenset()) | journey.compensations & process.steps.keys()
    atoms = [atom for atom in journey.atoms.values() if atom.id in scope]
    nodes = tuple(_picture_node(atom, journey.routes[atom.id], process.steps.get(atom.id)) for atom in atoms)
    edges = tuple(edge for atom in atoms for edge in _picture_edges(journey.routes[atom.id], process, scope))
    return Picture(process.id, process.journey, process.version, process.status, nodes, edges)


_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "human": ("[", "]"),
    "system": ("[[", "]]"),
    "decision": ("{", "}"),
    "wait": ("[/", "/]"),
    "subjourney": ("[(", ")]"),
    "milestone": ("([", "])"),
}
_COLOURS: Final[Mapping[str, str]] = {
    "waiting": "fill:#fff7d6,stroke:#b8860b",
    "active": "fill:#d6e9ff,stroke:#1f5fa8,stroke-width:3px",
    "completed": "fill:#dcf2dc,stroke:#2e7d32",
    "failed": "fill:#fbdcdc,stroke:#b3261e",
    "skipped": "fill:#eeeeee,stroke:#9e9e9e,stroke-dasharray:4 3",
    "cancelled": "fill:#eeeeee,stroke:#616161",
}
_ARROWS: Final[Mapping[str, str]] = {"taken": "==>", "not_taken": "-.->", "pending": "-->"}


def mermaid(picture: Picture) -> str:
    """The picture as a Mermaid flowchart: thick edges were taken, dotted ones were not."""
    return "\n".join(_flowchart(picture)) + "\n"


def _flowchart(picture: Picture) -> Iterator[str]:
    yield "flowchart TD"
    # Numbered nodes: an atom's id may be a word that Mermaid keeps for itself, such as `end`.
    places = {node.id: f"n{place}" for place, node in enumerate(picture.nodes)}
    for node in picture.nodes:
        opening, closing = _SHAPES[node.kind]
        state = f":::{node.state}" if node.state else ""
        yield f'  {places[node.id]}{opening}"{_plain(node.name)}"{closing}{state}'
    for edge in picture.edges:
        if edge.kind == "depends_on":
            yield f"  {places[edge.target]} -. needed by .-> {places[edge.source]}"
            continue
        label = edge.rule_id or ("otherwise" if edge.otherwise else "rework" if edge.rework else "")
        yield f"  {places[edge.source]} {_ARROWS[edge.result]}{_label(label)} {places[edge.target]}"
    for state, style in _COLOURS.items():
        yield f"  classDef {state} {style}"


def _label(text: str) -> str:
    return f'|"{_plain(text)}"|' if text else ""


def _plain(text: str) -> str:
    """Text that means nothing to Mermaid, whatever is in it (its entities are `#code;`)."""
    return "".join(char if char.isalnum() or char in " .,-_" else f"#{ord(char)};" for char in text)


def _node(atom: Atom, route: Route) -> Node:
    return Node(
        id=atom.id,
        name=atom.name,
        kind=atom.kind,
        phase=atom.phase,
        module=atom.module,
        role=route.role,
        action=atom.action,
        calls=route.calls,
        split=route.split,
        join=route.join,
        layout=atom.layout,
    )


def _picture_node(atom: Atom, route: Route, step: Step | None) -> PictureNode:
    return PictureNode(
        id=atom.id,
        name=atom.name,
        kind=atom.kind,
        phase=atom.phase,
        module=atom.module,
        role=route.role,
        state=step.state if step else None,
        visit=step.visit if step else None,
        exit=step.exit if step else None,
        layout=atom.layout,
    )


def _picture_edges(route: Route, process: Process, scope: frozenset[str]) -> Iterator[PictureEdge]:
    step = process.steps.get(route.atom)
    results = step.edges if step else None
    for place, edge in enumerate(route.enables):
        if edge.target in scope:
            yield _enables(edge, None if results is None else results[place])
    for one in route.depends_on:
        if one.target in scope:
            target = process.steps.get(one.target)
            result = "resolved" if target and target.resolved else "pending"
            yield PictureEdge(one.atom, one.target, "depends_on", result, require=one.require)


def _enables(edge: Edge, taken: bool | None) -> PictureEdge:
    result = "pending" if taken is None else "taken" if taken else "not_taken"
    return PictureEdge(
        edge.source, edge.target, "enables", result, edge.on, edge.rule_id, edge.otherwise or None, edge.rework or None
    )
