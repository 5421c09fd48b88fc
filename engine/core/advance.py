"""How a process goes on: what may start is started, what is to be undone is undone, and it ends when nothing is left.

R6, R8, R13.
"""

from engine.core.ending import end
from engine.core.starting import start
from engine.core.turn import Turn


def advance(turn: Turn) -> None:
    """Starts all that may start, first in, first out (R6); then the next compensation, or the end."""
    while turn.process.status == "running":
        if turn.queue:
            start(turn, turn.queue.popitem(last=False)[0])
        elif turn.process.compensating:
            if _undoing(turn):
                return
            if turn.process.undo:
                start(turn, turn.journey.routes[turn.process.undo[-1]].compensated_by or "")
            else:
                end(turn, "cancelled", "What it had done is undone.")
        elif _holds_something_open(turn):
            return
        else:
            _assert_resolved(turn)
            end(turn, "completed")


def _undoing(turn: Turn) -> bool:
    """Whether children still compensate, or a compensation is under way or held (R13)."""
    steps = (turn.process.steps.get(atom) for atom in turn.journey.compensations)
    return bool(turn.process.children) or any(step and (step.state == "active" or step.held) for step in steps)


def _holds_something_open(turn: Turn) -> bool:
    """R8; R18 for tasks off the graph."""
    process = turn.process
    return bool(
        process.timers
        or process.waits
        or process.children
        or any(not task.optional for task in process.open_tasks())
        or any(process.open_incidents())
        or any(step.state == "active" for step in process.steps.values())
    )


def _assert_resolved(turn: Turn) -> None:
    steps = turn.process.steps
    stuck = [atom for atom in turn.scope.atoms if atom not in steps or not steps[atom].resolved]
    assert not stuck, f"nothing is open, yet these never resolved: {sorted(stuck)}"
