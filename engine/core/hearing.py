"""What comes to a process from elsewhere: messages (R16), the ends of children (R15), and its timers (R11)."""

from collections.abc import Mapping
from typing import Any

from engine.core.advance import advance
from engine.core.callers import SYSTEM
from engine.core.commands import (
    DeliverMessage,
    FireTimers,
    HearChild,
    TakeKept,
)
from engine.core.errors import Conflict, Invalid
from engine.core.events import ChildEnded, Ended, MessageDelivered, MessageRefused, TimerFired
from engine.core.leaving import complete, time_out
from engine.core.outputs import check_output, check_saved
from engine.core.process import Child, Timer, Wait
from engine.core.settling import settle
from engine.core.turn import Turn
from engine.core.working import child_done


def deliver(turn: Turn, command: DeliverMessage) -> None:
    """A message for a wait; bound to it while the process is suspended (R12).

    Raises:
        Conflict: `wait_gone`, where the step does not wait for it any more.
        Invalid: `output_invalid`, where the step or the case data cannot take the body.
    """
    wait = turn.process.waits.get(command.wait)
    if wait is None or wait.bound:
        raise Conflict("wait_gone")
    _accept(turn, wait, command.body)
    _take(turn, wait, command.message, command.body)


def take_kept(turn: Turn, command: TakeKept) -> None:
    """The oldest kept message that the step can take; those before it that it cannot are dropped (R16).

    It is bound to the wait of a process that was suspended right after the wait began (R12).
    """
    wait = turn.process.waits.get(command.wait)
    if wait is None or wait.bound:
        return
    for kept in command.kept:
        if not _accepts(turn, wait, kept.body):
            turn.emit(MessageRefused(wait.atom, wait.visit, wait.n, kept.message, "output_invalid", kept.row))
            continue
        _take(turn, wait, kept.message, kept.body, kept.row)
        return
    if command.kept:
        turn.post(turn.process.id, TakeKept(SYSTEM, wait.n))


def take_bound(turn: Turn, n: int) -> None:
    """R12: delivered on resume; one that the context no longer admits is dropped, and the step goes on waiting."""
    wait = turn.process.waits.get(n)
    if wait is None or wait.bound is None or turn.process.status != "running":
        return
    if _accepts(turn, wait, wait.bound.body):
        complete(turn, wait.atom, wait.bound.body)
    else:
        turn.emit(MessageRefused(wait.atom, wait.visit, n, wait.bound.message, "output_invalid"))
        turn.post(turn.process.id, TakeKept(SYSTEM, n))


def child_ended(turn: Turn, command: HearChild) -> None:
    """A child has ended; while this process is suspended, that waits until it resumes (R12)."""
    child = turn.process.children.get(command.child)
    if child is None or child.ended:
        return
    if turn.process.status == "suspended":
        ended = command.ended
        turn.emit(
            ChildEnded(
                child.atom, child.visit, child.id, ended.status, "later", ended.outcome, ended.output, child.item_index
            )
        )
        return
    hear(turn, child, command.ended)
    advance(turn)


def hear(turn: Turn, child: Child, ended: Ended) -> None:
    """What the end of an open child means to this process (R13, R15)."""
    if turn.process.compensating and child.atom not in turn.journey.compensations:
        turn.emit(ChildEnded(child.atom, child.visit, child.id, ended.status, "undone", item_index=child.item_index))
    else:
        child_done(turn, child, ended)


def fire(turn: Turn, _: FireTimers) -> None:
    """R11: each timer that is due by now, in the order of due times, then of setting.

    What follows from one comes before the next; so this ends early where something follows in a decision after it.
    """
    while not turn.posts and (timer := _due(turn)) is not None:
        turn.emit(TimerFired(timer.atom, timer.visit, timer.n, timer.kind))
        if timer.atom is None:
            settle(turn, turn.scope.entries())
        elif timer.kind == "timeout":
            time_out(turn, timer.atom)
        else:
            complete(turn, timer.atom)
        advance(turn)


def _due(turn: Turn) -> Timer | None:
    if turn.process.status not in ("pending", "running"):
        return None
    due = [timer for timer in turn.process.timers.values() if timer.due_at <= turn.now]
    return min(due, key=lambda timer: (timer.due_at, timer.n), default=None)


def _take(turn: Turn, wait: Wait, message: str, body: Mapping[str, Any], kept: int | None = None) -> None:
    bound = turn.process.status == "suspended"
    turn.emit(MessageDelivered(wait.atom, wait.visit, wait.n, message, body, bound, kept))
    if not bound:
        complete(turn, wait.atom, body)
        advance(turn)


def _accept(turn: Turn, wait: Wait, body: Mapping[str, Any]) -> None:
    atom = turn.journey.atoms[wait.atom]
    check_output(turn, atom, body)
    check_saved(turn, atom, body)


def _accepts(turn: Turn, wait: Wait, body: Mapping[str, Any]) -> bool:
    try:
        _accept(turn, wait, body)
    except Invalid:
        return False
    return True
