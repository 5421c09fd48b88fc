"""The marking is the fold of the events: replaying a process's history gives exactly the stored state.

`decide` makes its events through the same `evolve`, so what is written and what is replayed cannot differ.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from engine.core import context
from engine.core.durations import NEVER
from engine.core.events import (
    ChildEnded,
    ChildStarted,
    ClockFact,
    DocumentFact,
    Ended,
    Event,
    MessageDelivered,
    MessageRefused,
    ProcessCancelled,
    ProcessCompensating,
    ProcessCompleted,
    ProcessContextChanged,
    ProcessFailed,
    ProcessResumed,
    ProcessStarted,
    ProcessSuspended,
    StepFact,
    TaskFact,
    TimerCancelled,
    TimerFired,
    TimerSet,
)
from engine.core.fold_clocks import end_watches, evolve_clock
from engine.core.fold_documents import evolve_document
from engine.core.fold_work import evolve_task, evolve_work
from engine.core.frozen import changed
from engine.core.journey import Journey
from engine.core.marking import activate
from engine.core.noting import (
    change_element,
    change_step,
    change_task,
    drop_child,
    drop_timer,
    drop_waits,
    put_child,
    put_step,
    put_timer,
    put_wait,
)
from engine.core.process import Bound, Child, Process, Step, Timer
from engine.core.scope import Scope


def fold(journey: Journey, events: Iterable[Event]) -> Process:
    """The marking that `events`, a process's whole history in order, lead to.

    Raises:
        ValueError: when the history does not begin with `process.started`.
    """
    history = iter(events)
    process = born(next(history))
    scope = Scope.of(journey, process.part)
    for event in history:
        evolve(scope, process, event)
    return process


def born(event: Event) -> Process:
    """The marking right after `process.started`: every entry atom is ready, if it is not pending (R1)."""
    fact = event.fact
    if not isinstance(fact, ProcessStarted):
        raise ValueError(f"a history begins with process.started, not {fact.name}")
    process = Process(
        id=event.process,
        journey=fact.journey,
        version=fact.version,
        part=fact.part,
        status="pending" if fact.not_before else "running",
        priority=fact.priority,
        initiated_by=event.actor,
        owner=event.actor,
        started_at=event.at,
        context=dict(fact.context),
        business_key=fact.business_key,
        due_at=fact.due_at,
        parent=fact.parent,
        seq=event.seq,
        last_at=event.at,
        steps={atom: Step(atom, 1, "waiting", ready_at=event.at) for atom in fact.entries},
    )
    process.changes.steps.update(dict.fromkeys(fact.entries))
    return process


def evolve(scope: Scope, process: Process, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one case for each fact
    """Applies one event to `process`, in place.

    Raises:
        ValueError: for a fact that cannot follow in a history.
    """
    process.seq = event.seq
    process.last_at = at = event.at
    match event.fact:
        case TaskFact():
            evolve_task(scope, process, event)
        case MessageDelivered() | MessageRefused() as fact:
            _message(process, fact)
        case ChildStarted() as fact:
            _start_child(scope, process, fact, at)
        case ChildEnded() as fact:
            _end_child(scope, process, fact)
        case StepFact():
            evolve_work(scope, process, event)
        case ClockFact():
            evolve_clock(process, event)
        case DocumentFact():
            evolve_document(process, event)
        case ProcessContextChanged(patch=patch):
            process.context = context.merge_patch(process.context, patch)
        case ProcessSuspended() as fact:
            _suspend(process, fact, at)
        case ProcessResumed():
            _resume(process, at)
        case ProcessCompensating():
            process.status, process.compensating = "running", True
            process.suspended_at, process.suspended_by_parent = None, False
        case ProcessCompleted(outcome=outcome):
            _end(process, "completed", at, outcome)
        case ProcessFailed():
            _end(process, "failed", at)
        case ProcessCancelled():
            _end(process, "cancelled", at)
        case TimerSet() as fact:
            _set_timer(process, fact)
        case TimerCancelled(timer=timer):
            drop_timer(process, timer)
        case TimerFired(timer=timer):
            _fire(scope, process, timer, at)
        case fact:
            raise ValueError(f"{fact.name} cannot follow in a history")


def _suspend(process: Process, fact: ProcessSuspended, at: datetime) -> None:
    """R12: durations keep the time that is left; dates stay dates."""
    process.status, process.suspended_at, process.suspended_by_parent = "suspended", at, fact.by_parent
    to_work = dict(fact.left)
    for timer in process.timers.values():
        left = to_work.get(timer.n, timer.due_at - at) if timer.moves else None
        put_timer(process, changed(timer, standing=True, left=left))


def _resume(process: Process, at: datetime) -> None:
    stood = at - (process.suspended_at or at)
    process.status, process.suspended_at, process.suspended_by_parent = "running", None, False
    for timer in process.timers.values():
        due_at = timer.due_at if timer.left is None else _after(at, timer.left)
        put_timer(process, changed(timer, standing=False, left=None, due_at=due_at))
    for task in process.tasks.values():
        if task.next_at is not None:
            change_task(process, task.n, next_at=task.next_at + stood)


def _after(at: datetime, left: timedelta) -> datetime:
    """What never comes stays beyond all times, however long it stood still."""
    try:
        return at + left
    except OverflowError:
        return NEVER


def _set_timer(process: Process, fact: TimerSet) -> None:
    process.last_timer = max(process.last_timer, fact.timer)
    timer = Timer(fact.timer, fact.kind, fact.atom, fact.visit, fact.due_at, fact.moves, calendar=fact.calendar)
    put_timer(process, timer)


def _fire(scope: Scope, process: Process, n: int, at: datetime) -> None:
    timer = drop_timer(process, n)
    if timer.kind == "not_before":
        process.status, process.started_at = "running", at
        for atom in scope.entries():
            put_step(scope, process, Step(atom, 1, "waiting", ready_at=at))


def _message(process: Process, fact: MessageDelivered | MessageRefused) -> None:
    """A wait that took its message is over with its step; one that lost or refused it goes on waiting."""
    wait = process.waits.get(fact.wait)
    if wait is None:
        return
    bound = Bound(fact.message, fact.body) if isinstance(fact, MessageDelivered) and fact.bound else None
    put_wait(process, changed(wait, bound=bound))


def _start_child(scope: Scope, process: Process, fact: ChildStarted, at: datetime) -> None:
    process.last_child = fact.n
    activate(scope, process, fact.atom, fact.visit, at)
    put_child(process, Child(fact.child, fact.n, fact.atom, fact.visit, fact.item_index, at))
    if fact.item_index is not None:
        change_element(scope, process, fact.atom, fact.item_index, "open")


def _end_child(scope: Scope, process: Process, fact: ChildEnded) -> None:
    if fact.child is not None:
        child = drop_child(process, fact.child)
        if fact.why == "later":
            ended = Ended(fact.status, fact.outcome, fact.output, process.seq)
            put_child(process, changed(child, ended=ended))
            return
    if fact.why in ("done", "failed"):
        change_step(scope, process, fact.atom, outcome=fact.outcome)
    if fact.item_index is not None and fact.why == "done":
        change_element(scope, process, fact.atom, fact.item_index, "done", fact.output)
    elif fact.item_index is not None and fact.why in ("failed", "refused"):
        change_element(scope, process, fact.atom, fact.item_index, "failed")


def _end(
    process: Process, status: Literal["completed", "failed", "cancelled"], at: datetime, outcome: str | None = None
) -> None:
    process.status = status
    process.ended_at = at
    process.outcome = outcome
    process.compensating = False
    process.suspended_at, process.suspended_by_parent = None, False
    end_watches(process, at)
    drop_waits(process, list(process.waits))
