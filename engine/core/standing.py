"""How a process stands still and moves again (R12)."""

from engine.core.advance import advance
from engine.core.commands import SYSTEM, Resume, Suspend
from engine.core.events import ProcessResumed, ProcessSuspended
from engine.core.hearing import hear, take_bound
from engine.core.states import process_after
from engine.core.turn import Turn


def suspend(turn: Turn, command: Suspend) -> None:
    """running → suspended; children follow.

    Raises:
        Conflict: `invalid_transition`, where it is not running and no parent says so.
    """
    if command.by_parent and turn.process.status != "running":
        return
    process_after(turn.process, "suspend")
    turn.emit(ProcessSuspended(command.reason, command.by_parent))
    for child in turn.process.children.values():
        if child.ended is None:
            turn.post(child.id, Suspend(SYSTEM, "Its parent was suspended.", by_parent=True))


def resume(turn: Turn, command: Resume) -> None:
    """suspended → running; children that followed follow again. Then what came meanwhile: messages, ended children.

    Raises:
        Conflict: `invalid_transition`, where it is not suspended and no parent says so.
    """
    process = turn.process
    if command.by_parent and not (process.status == "suspended" and process.suspended_by_parent):
        return
    process_after(process, "resume")
    turn.emit(ProcessResumed(command.reason, command.by_parent))
    for child in process.children.values():
        if child.ended is None:
            turn.post(child.id, Resume(SYSTEM, "Its parent was resumed.", by_parent=True))
    for wait in sorted(wait.n for wait in process.waits.values() if wait.bound):
        take_bound(turn, wait)
        advance(turn)
    told = [(child.id, child.ended) for child in process.children.values() if child.ended]
    for id, ended in sorted(told, key=lambda one: one[1].told):
        if not process.ended and (open_child := process.children.get(id)):
            hear(turn, open_child, ended)
            advance(turn)
    advance(turn)
