"""Why an atom has not started: what its join still needs, and what it depends on (R3, R4, R7)."""

from engine.core.explain_held import Scene, clause, moment, times
from engine.core.explain_past import Past
from engine.core.process import Step
from engine.core.routing import join


def not_started(scene: Scene, past: Past, atom: str) -> str:
    """One sentence for an atom that waits."""
    process, name = scene.process, scene.name(atom)
    again = "has not started again" if (atom, _visit(scene, atom)) in past.reworks else "has not started"
    if process.ended:
        return f"{name} never started: the process is {process.status}."
    if process.compensating:
        reason = f" ({clause(scene.known.cancelled_for)})" if scene.known.cancelled_for else ""
        return f"{name} will not start: the process is being cancelled{reason}, and what it did is undone."
    if process.status == "pending":
        due = next((timer.due_at for timer in process.timers.values() if timer.kind == "not_before"), None)
        return f"{name} has not started, as the process itself starts on {moment(due)}." if due else f"{name} {again}."
    parts = [part for part in (_branches(scene, atom), _dependencies(scene, atom)) if part]
    text = f"{name} {again}: it {', and it '.join(parts)}" if parts else f"{name} {again}"
    return f"{text}; besides, the process is suspended." if scene.suspended else f"{text}."


def _branches(scene: Scene, atom: str) -> str:
    """What the join of an atom still needs; empty where it is satisfied."""
    if join(scene.scope, scene.process, atom) != "open":
        return ""
    edges = list(scene.scope.incoming(atom))
    results = [(edge.source, _result(scene, edge.source, edge.position)) for edge in edges]
    open_ = list(dict.fromkeys(source for source, taken in results if taken is None))
    gates = scene.process.gates.get(atom, ())
    gated = [taken for source, taken in results if source in gates]
    if None in gated and True not in gated:
        sources = dict.fromkeys(source for source, taken in results if taken is None and source in gates)
        return f"waits for the work that was sent back to come by again from {scene.names(sources, 'or')}"
    if len(edges) == 1:
        return f"waits for {scene.names(open_)}"
    taken = sum(one is True for _, one in results)
    how = scene.journey.routes[atom].join
    if how == "all":
        done = len(results) - sum(one is None for _, one in results)
        decided = f"{done or 'none'} of its {len(edges)} branches {'are' if done > 1 else 'is'} decided"
        return f"waits for every branch: {decided}, and {scene.names(open_)} {'is' if len(open_) == 1 else 'are'} not"
    needed = 1 if how == "any" else min(how, len(edges))
    more = times(needed - taken, "more branch") if needed - taken == 1 else f"{needed - taken} more branches"
    come = f", {taken} came already" if taken else ""
    return f"needs {more} of {len(edges)}{come}, which can still come from {scene.names(open_, 'or')}"


def _dependencies(scene: Scene, atom: str) -> str:
    """What an atom depends on that is not resolved; empty where nothing is."""
    pending = [
        dependency.target
        for dependency in scene.scope.depends_on(atom)
        if not _resolved(scene.process.steps.get(dependency.target))
    ]
    return f"may not start before {scene.names(pending)} {'is' if len(pending) == 1 else 'are'} over" if pending else ""


def _resolved(step: Step | None) -> bool:
    return step is not None and step.resolved


def _result(scene: Scene, source: str, position: int) -> bool | None:
    step = scene.process.steps.get(source)
    return step.edges[position] if step and step.edges is not None else None


def _visit(scene: Scene, atom: str) -> int:
    step = scene.process.steps.get(atom)
    return step.visit if step else 1
