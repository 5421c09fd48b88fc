"""What the start of one atom hangs on: each edge into it and each dependency, with how it stands and why (R3, R4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from engine.core.explain_held import Scene
from engine.core.explain_past import Past
from engine.core.explain_rules import because
from engine.core.journey import Dependency, Edge, Exit
from engine.core.process import Step

LinkState = Literal["open", "taken", "not_taken", "resolved", "refused"]

EXITED: Final[Mapping[str, str]] = {"done": "was completed", "error": "failed", "timeout": "timed out"}


@dataclass(frozen=True, slots=True)
class Link:
    """One edge into `atom` from `source`, or its dependency on `source`.

    `open`: not decided yet; edges are `taken` or `not_taken`, dependencies `resolved`, or `refused` where `source` had
    to be completed and ended otherwise (R4). `text` is one sentence.
    """

    atom: str
    source: str
    kind: Literal["enables", "depends_on"]
    state: LinkState
    text: str
    on: Exit = "done"
    rule: str | None = None


def links(scene: Scene, past: Past, atom: str) -> tuple[Link, ...]:
    """Everything that `atom` hangs on, edges first, in file order."""
    edges = (_edge(scene, past, edge) for edge in scene.scope.incoming(atom))
    return (*edges, *(_dependency(scene, dependency) for dependency in scene.scope.depends_on(atom)))


def open_links(scene: Scene, found: Iterable[Link]) -> tuple[Link, ...]:
    """Those of `found` that their atoms still wait for; edges do not count any more once one is ready (R3)."""

    def ready(atom: str) -> bool:
        step = scene.process.steps.get(atom)
        return step is not None and step.ready_at is not None

    return tuple(link for link in found if link.state == "open" and (link.kind == "depends_on" or not ready(link.atom)))


def how(scene: Scene, past: Past, edge: Edge) -> str:
    """How the source of a resolved edge ended and which rule values decided, as the part of a sentence."""
    step = scene.process.steps[edge.source]
    name = scene.name(edge.source)
    if (edge.source, step.visit) in past.skips:
        return f"{name} was skipped by hand"
    if step.state == "skipped":
        return f"{name} was skipped"
    if step.exit != edge.on and not (step.edges and step.edges[edge.position]):
        return f"{name} {EXITED[step.exit or 'done']}"
    over = f"{name} {EXITED[step.exit or 'done']}"
    found = past.edges.get((edge.source, step.visit))
    if found is None:
        return over
    results = found[1]
    result = results[edge.position]
    if result.trace:
        return f"{over} ({because(result.trace)})"
    looked_at = [one for one in results if one.on == edge.on and one.trace and one.taken != result.taken]
    values = f" ({', '.join(because(one.trace) for one in looked_at if one.trace)})" if looked_at else ""
    instead = [one.to for one in results if one.taken and not one.rework]
    if result.taken:
        return f"{over}{values if edge.otherwise else ''}"
    return f"{over} and led on to {scene.names(instead)} instead{values}" if instead else over


def _edge(scene: Scene, past: Past, edge: Edge) -> Link:
    step = scene.process.steps.get(edge.source)
    state: LinkState
    if step is None or step.edges is None:
        state, text = "open", _open(scene, step, edge)
    elif step.edges[edge.position]:
        state, text = "taken", f"{how(scene, past, edge)}, and leads on to {scene.name(edge.target)}."
    else:
        state, text = "not_taken", f"{how(scene, past, edge)}, and does not lead on to {scene.name(edge.target)}."
    return Link(edge.target, edge.source, "enables", state, text, edge.on, edge.rule_id)


def _open(scene: Scene, step: Step | None, edge: Edge) -> str:
    source, target = scene.name(edge.source), scene.name(edge.target)
    when = {"done": "is done", "error": "fails", "timeout": "times out"}[edge.on]
    if step is None or step.state == "waiting":
        return f"{source} has not started; when it {when}, it may lead on to {target}."
    if step.held and step.resolved:
        return f"{source} {EXITED[step.exit or 'done']} and is held; whether it leads on to {target} is not decided."
    if step.resolved:
        return f"{source} was ended before it led on to {target}."
    stands = "is held" if step.held else "is under way"
    return f"{source} {stands}; when it {when}, it may lead on to {target}."


def _dependency(scene: Scene, dependency: Dependency) -> Link:
    step = scene.process.steps.get(dependency.target)
    source, target = scene.name(dependency.target), scene.name(dependency.atom)
    must = "completed" if dependency.require == "completed" else "over"
    state: LinkState
    if step is None or not step.resolved:
        begun = "is under way" if step and step.state == "active" else "has not started"
        state, text = "open", f"{target} may not start before {source} is {must}, which {begun}."
    elif dependency.require == "completed" and step.state != "completed":
        state, text = "refused", f"{target} needs {source} to be completed, and it {ended_as(step)}."
    else:
        state, text = "resolved", f"{source}, which {target} depends on, {ended_as(step)}."
    return Link(dependency.atom, dependency.target, "depends_on", state, text)


def ended_as(step: Step) -> str:
    """How a resolved step ended, as a verb."""
    if step.exit:
        return EXITED[step.exit]
    return "was skipped" if step.state == "skipped" else "was cancelled"
