"""Why one atom has not started, has started, or was skipped: the way back through joins and dependencies (R3, R4, R7).

What it waits for comes from the marking; why it went as it did from the events that decided it (`Past`).
"""

from dataclasses import dataclass

from engine.core.explain import held_in
from engine.core.explain_held import Held, Scene, clause
from engine.core.explain_links import Link, links, open_links
from engine.core.explain_past import Past
from engine.core.explain_story import ended, reworked, skipped, started
from engine.core.explain_waiting import not_started
from engine.core.process import Step, StepState


@dataclass(frozen=True, slots=True)
class Why:
    """Why an atom is where it is.

    Attributes:
        visit: its current visit.
        state: of its step; `waiting` where it has none yet.
        text: the answer in one sentence.
        reasons: what else led to it, a sentence each: the rework that opened the visit, how it ended.
        path: every edge and dependency that it hangs on, from the atom back to what is open, nearest first.
        leaves: what is open at the end of the path, and holds it; as `explain` tells it.
    """

    atom: str
    name: str
    visit: int
    state: StepState
    text: str
    reasons: tuple[str, ...]
    path: tuple[Link, ...]
    leaves: tuple[Held, ...]


def why(scene: Scene, atom: str, past: Past) -> Why:
    """Why `atom`, which must be one of the version, has or has not started in its current visit."""
    step = scene.process.steps.get(atom) or Step(atom, 1, "waiting")
    if atom in scene.journey.compensations:
        return _told(scene, step, _compensation(scene, step), (), ())
    if atom not in scene.scope.atoms:
        text = f"{scene.name(atom)} does not belong to this process, which runs “{_part(scene)}” only."
        return _told(scene, step, text, (), ())
    again = reworked(scene, past, step)
    if step.state == "waiting":
        path = _back(scene, past, atom)
        return _told(scene, step, not_started(scene, past, atom), again, path)
    if step.state == "skipped" and step.started_at is None:
        return _told(scene, step, skipped(scene, past, step), again, _dead(scene, past, atom))
    reasons = again + ended(scene, past, step)
    return _told(scene, step, started(scene, past, step), reasons, links(scene, past, atom))


def asked(scene: Scene, atom: str) -> tuple[str, ...]:
    """The atoms whose events tell why `atom` is where it is: itself, all that lead to it, and what leads back."""
    seen = [atom]
    for one in seen:
        behind = [edge.source for edge in scene.scope.incoming(one)]
        behind += [dependency.target for dependency in scene.scope.depends_on(one)]
        seen += [other for other in dict.fromkeys(behind) if other not in seen]
    back = (edge.source for route in scene.journey.routes.values() for edge in route.enables if edge.rework)
    return tuple(dict.fromkeys((*seen, *back)))


def _told(scene: Scene, step: Step, text: str, reasons: tuple[str, ...], path: tuple[Link, ...]) -> Why:
    name = scene.journey.atoms[step.atom].name
    return Why(step.atom, name, step.visit, step.state, text, reasons, path, _leaves(scene, step, path))


def _leaves(scene: Scene, step: Step, path: tuple[Link, ...]) -> tuple[Held, ...]:
    """What is open at the atom itself, or at the ends of the way back; a process that stands still holds all of it."""
    process = scene.process
    if (step.resolved and not step.held) or (step.state == "waiting" and (process.compensating or process.ended)):
        return ()
    ends = {step.atom}
    if step.state == "waiting":
        ends |= {link.source for link in open_links(scene, path)}
    pending = process.status == "pending"
    return tuple(
        one for one in held_in(scene) if one.atom in ends or one.kind == "suspension" or (pending and one.atom is None)
    )


def _back(scene: Scene, past: Past, atom: str) -> tuple[Link, ...]:
    """Breadth first from `atom`, through what is open, to what has started."""
    found: list[Link] = []
    seen = [atom]
    for one in seen:
        here = links(scene, past, one)
        found += here
        waiting = (link.source for link in open_links(scene, here) if scene.waits(link.source))
        seen += [source for source in dict.fromkeys(waiting) if source not in seen]
    return tuple(found)


def _dead(scene: Scene, past: Past, atom: str) -> tuple[Link, ...]:
    """Breadth first from a skipped atom, through what was skipped like it, to what decided."""
    found: list[Link] = []
    seen = [atom]
    steps = scene.process.steps
    for one in seen:
        here = links(scene, past, one)
        found += here
        dead = (link.source for link in here if (step := steps.get(link.source)) and step.state == "skipped")
        seen += [source for source in dict.fromkeys(dead) if source not in seen]
    return tuple(found)


def _part(scene: Scene) -> str | None:
    """What people call the phase or module that the process was started at."""
    definition, part = scene.journey.definition, scene.process.part
    names = {phase.id: phase.name for phase in definition.phases}
    names |= {module.id: module.name for module in definition.modules}
    return names.get(part, part) if part else None


def _compensation(scene: Scene, step: Step) -> str:
    """R13."""
    process, name = scene.process, scene.name(step.atom)
    undone = [route.atom for route in scene.journey.routes.values() if route.compensated_by == step.atom]
    of = scene.names(undone, "or")
    if not process.compensating:
        if step.started_at:
            return f"{name} undid {of} when the process was cancelled."
        return f"{name} only undoes {of}: it runs if the process is cancelled and what it did is to be undone."
    reason = f" ({clause(scene.known.cancelled_for)})" if scene.known.cancelled_for else ""
    if step.state == "active":
        return f"{name} is undoing {of}, as the process is being cancelled{reason}."
    left = sum(scene.journey.routes[done].compensated_by == step.atom for done in process.undo)
    if left:
        return f"{name} will undo {of} when its turn comes: the last step that was done is undone first."
    return f"{name} has undone {of}." if step.started_at else f"{name} has nothing to undo here: {of} was not done."
