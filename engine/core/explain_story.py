"""Why an atom started, why it was skipped, and how it ended, from the events and rule values that decided it."""

from engine.core.events import (
    Event,
    StepCancelled,
    StepFailed,
    StepReworked,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from engine.core.explain_held import Scene, clause, listed, moment
from engine.core.explain_links import EXITED, ended_as, how
from engine.core.explain_past import Past
from engine.core.explain_rules import because
from engine.core.process import Step


def started(scene: Scene, past: Past, step: Step) -> str:
    """Why a step started: what led back to it, the edges that were taken, or the start of the process."""
    name = scene.name(step.atom)
    rework = past.reworks.get((step.atom, step.visit))
    if rework and isinstance(rework.fact, StepReworked) and rework.fact.atom == step.atom:
        return f"{name} started again because {_cause(scene, past, rework, rework.fact)}."
    edges = [edge for edge in scene.scope.incoming(step.atom) if _taken(scene, edge.source, edge.position)]
    met = [one.target for one in scene.scope.depends_on(step.atom)]
    again = " again" if rework else ""
    after = [how(scene, past, edge) for edge in edges]
    after += [f"{scene.name(target)} {ended_as(scene.process.steps[target])}" for target in met if _over(scene, target)]
    if after:
        return f"{name} started{again} because {listed(after)}."
    at = f" on {moment(step.started_at)}" if step.started_at else ""
    return f"{name} started{again}{at}, as nothing has to come before it."


def skipped(scene: Scene, past: Past, step: Step) -> str:
    """Why a step was skipped before it started: by hand, by a dependency, or as no path leads to it (R3-R5, R18)."""
    name = scene.name(step.atom)
    if by_hand := past.skips.get((step.atom, step.visit)):
        return f"{name} was skipped by {by_hand[0]}: {clause(by_hand[1])}."
    refused = [
        f"{scene.name(one.target)} {ended_as(found)}"
        for one in scene.scope.depends_on(step.atom)
        if (found := scene.process.steps.get(one.target)) and one.require == "completed"
        if found.resolved and found.state != "completed"
    ]
    edges = list(scene.scope.incoming(step.atom))
    taken = sum(_taken(scene, edge.source, edge.position) for edge in edges)
    not_taken = [how(scene, past, edge) for edge in edges if _not_taken(scene, edge.source, edge.position)]
    join = scene.journey.routes[step.atom].join
    needed = min(join, len(edges)) if isinstance(join, int) else 1
    if refused and (taken >= needed or not edges):
        return f"{name} was skipped because it needs completed what was not: {listed(refused)}."
    if needed > 1:
        came = f"{needed} branches must lead to it and only {taken} did" if taken else "no branch led to it"
        return f"{name} was skipped because {came}: {listed(not_taken)}."
    return f"{name} was skipped because nothing led to it: {listed(not_taken)}."


def ended(scene: Scene, past: Past, step: Step) -> tuple[str, ...]:
    """How a step ended, in a sentence; nothing while it is active."""
    if not step.resolved or step.ended_at is None:
        return ()
    name, at = scene.name(step.atom), moment(step.ended_at)
    if by_hand := past.skips.get((step.atom, step.visit)):
        return (f"{name} was skipped by {by_hand[0]} on {at}: {clause(by_hand[1])}.",)
    event = past.ends.get((step.atom, step.visit))
    match event.fact if event else None:
        case TaskCompleted(assignee=str(person)):
            return (f"{name} was completed by {person} on {at}.",)
        case TaskFailed(reason=reason) | StepFailed(reason=str(reason)):
            return (f"{name} failed on {at}: {clause(reason)}.",)
        case StepCancelled() | TaskCancelled(exit=None):
            return (f"{name} was cancelled on {at}, with the process.",)
        case _:
            return (f"{name} {ended_as(step)} on {at}.",)


def reworked(scene: Scene, past: Past, step: Step) -> tuple[str, ...]:
    """Which rework opened this visit (R7), in a sentence; nothing for a first visit, or where `started` says it."""
    event = past.reworks.get((step.atom, step.visit))
    if event is None or not isinstance(event.fact, StepReworked):
        return ()
    if event.fact.atom == step.atom and step.started_at:
        return ()
    text = f"This is visit {step.visit} of {scene.name(step.atom)} because"
    return (f"{text} {_cause(scene, past, event, event.fact)}, on {moment(event.at)}.",)


def _cause(scene: Scene, past: Past, event: Event, rework: StepReworked) -> str:
    """What led back, as the part of a sentence."""
    target = scene.name(rework.atom)
    if rework.source is None:
        return f"{target} was repeated by {event.actor} ({clause(rework.reason or 'no reason given')})"
    edge = past.back(rework.source, rework.atom)
    values = f" ({because(edge.trace)})" if edge and edge.trace else ""
    over = EXITED[edge.on] if edge else "ended"
    return f"{scene.name(rework.source)} {over} and led back to {target}{values}"


def _taken(scene: Scene, source: str, position: int) -> bool:
    step = scene.process.steps.get(source)
    return step is not None and step.edges is not None and step.edges[position]


def _not_taken(scene: Scene, source: str, position: int) -> bool:
    step = scene.process.steps.get(source)
    return step is not None and step.edges is not None and not step.edges[position]


def _over(scene: Scene, atom: str) -> bool:
    step = scene.process.steps.get(atom)
    return step is not None and step.resolved
