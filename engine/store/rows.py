"""Values of the core as rows of their tables, for `engine.store.writes`; names are those of the columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw

from engine.core.clocks import Alert, Clock, Watch
from engine.core.commands import Post
from engine.core.decision import Decision
from engine.core.events import Event, Parent
from engine.core.process import Child, Incident, Process, Step, Task, Timer, Wait
from engine.core.values import canonical, encode
from engine.ports import Pending, Remembered
from engine.store.posts import kind_of

Row = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)


class ProcessRow(msgspec.Struct, omit_defaults=True):
    """A process as its table has it; `expected` is the seq that it was decided on, None for a start."""

    id: str
    expected: int | None
    title: str
    status: str
    priority: str
    owner: str
    context: Any
    started_at: datetime
    seq: int
    last_at: datetime | None
    last_task: int
    last_incident: int
    last_timer: int
    last_wait: int
    last_child: int
    last_watch: int
    compensating: bool
    suspended_by_parent: bool
    undo: tuple[str, ...]
    gates: Mapping[str, tuple[str, ...]]
    outcome: str | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    suspended_at: datetime | None = None
    initiated_by: str | None = None
    journey: str | None = None
    journey_version: str | None = None
    part: str | None = None
    business_key: str | None = None
    parent: Parent | None = None


def process(chain: Sequence[Decision]) -> ProcessRow:
    """The process as the last of the decisions leaves it. What never changes is there for a start alone."""
    first, last = chain[0].before, chain[-1]
    after = last.after
    row = ProcessRow(
        id=after.id,
        expected=first.seq if first else None,
        title=last.title,
        status=after.status,
        priority=after.priority,
        owner=after.owner,
        context=after.context,
        started_at=after.started_at,
        seq=after.seq,
        last_at=after.last_at,
        last_task=after.last_task,
        last_incident=after.last_incident,
        last_timer=after.last_timer,
        last_wait=after.last_wait,
        last_child=after.last_child,
        last_watch=after.last_watch,
        compensating=after.compensating,
        suspended_by_parent=after.suspended_by_parent,
        undo=after.undo,
        gates=after.gates,
        outcome=after.outcome,
        due_at=after.due_at,
        ended_at=after.ended_at,
        suspended_at=after.suspended_at,
    )
    if first is None:
        row.initiated_by, row.business_key, row.parent = after.initiated_by, after.business_key, after.parent
        row.journey, row.journey_version, row.part = after.journey, after.version, after.part
    return row


def owned(process: str, value: Step | Incident) -> Raw:
    """A step or incident of the process: their fields are the columns."""
    return Raw(b'{"process_id":' + encode(process) + b"," + encode(value)[1:])


def task(process: str, task: Task) -> Raw:
    """A task: its fields are the columns, but for lease and version; beside them what its clock is looked for by."""
    marks = b""
    if task.sla:
        next_at = task.sla.next_at if task.open else None
        marks = b'"sla_target_at":' + encode(task.sla.target_at) + b',"sla_next_at":' + encode(next_at) + b","
        if alert := _alert(task.sla, open=task.open):
            marks += b'"sla_alert":"' + alert.encode() + b'",'
    return Raw(b'{"process_id":' + encode(process) + b"," + marks + encode(task)[1:])


def watch(process: str, watch: Watch) -> Row:
    """The clock of what is no task, with what it is looked for by."""
    return {
        "process_id": process,
        "n": watch.n,
        "subject": watch.of,
        "atom": watch.atom,
        "visit": watch.visit,
        "part": watch.part,
        "sla": watch.clock,
        "ended_at": watch.ended_at,
        "next_at": watch.clock.next_at if watch.running else None,
        "target_at": watch.clock.target_at,
        "alert": _alert(watch.clock, open=watch.running),
    }


def _alert(clock: Clock, *, open: bool) -> Alert | None:
    """What was given up is at risk no more; breached stays breached."""
    return clock.alert if open or clock.state == "breached" else None


def work(process: str, task: Task, standing: bool) -> Row:
    """The place of a system task in the workers' queue."""
    return {
        "process_id": process,
        "n": task.n,
        "action": task.action,
        "due_at": task.next_at,
        "timeout_seconds": task.timeout_seconds,
        "attempt": task.attempts,
        "standing": standing,
    }


def sought(process: str, task: Task) -> Row:
    """The place of a task for which the engine chooses somebody, from when it was made."""
    return {"process_id": process, "n": task.n, "role": task.role, "since": task.created_at}


def timer(process: str, timer: Timer) -> Row:
    """A timer; what it has left in seconds, exactly."""
    left = None if timer.left is None else Decimal(timer.left // _MICROSECOND).scaleb(-6)
    return {
        "process_id": process,
        "n": timer.n,
        "kind": timer.kind,
        "atom": timer.atom,
        "visit": timer.visit,
        "due_at": timer.due_at,
        "moves": timer.moves,
        "standing": timer.standing,
        "left_seconds": left,
        "calendar": timer.calendar,
    }


def wait(process: str, wait: Wait) -> Row:
    """A wait for a message, with the text that its key shares with all that equal it."""
    return {
        "process_id": process,
        "n": wait.n,
        "atom": wait.atom,
        "visit": wait.visit,
        "name": wait.name,
        "key": canonical(wait.key).decode(),
        "key_value": wait.key,
        "since": wait.since,
        "bound_message": wait.bound.message if wait.bound else None,
        "bound_body": wait.bound.body if wait.bound else None,
    }


def child(process: str, child: Child, over: bool) -> Row:
    """A child; `over` once its parent has nothing to do with it any more."""
    return {
        "process_id": process,
        "child": child.id,
        "n": child.n,
        "atom": child.atom,
        "visit": child.visit,
        "item_index": child.item_index,
        "since": child.since,
        "ended": child.ended,
        "over": over,
    }


def posted(sender: str, post: Post, correlation_id: str | None) -> Row:
    """A command for another process, or for the same one in a decision of its own."""
    return {
        "process_id": post.to,
        "kind": kind_of(post.command),
        "payload": post.command,
        "calls": post.calls,
        "from_process_id": sender,
        "correlation_id": correlation_id,
    }


def business_key(process: Process) -> Row:
    """The business key that an ended process gives back."""
    return {"journey": process.journey, "business_key": process.business_key, "process_id": process.id}


def pending(pending: Pending) -> Row:
    """The place of a posted command."""
    return {"process_id": pending.process, "id": pending.id}


class EventRow(msgspec.Struct, omit_defaults=True):
    """An event as its table has it: what of the fact has a column, and all else as the `payload`."""

    process_id: str
    seq: int
    at: datetime
    type: str
    v: int
    actor: str
    severity: str
    payload: dict[str, Any]
    correlation_id: str | None = None
    atom: str | None = None
    visit: int | None = None
    task: int | None = None


def event(event: Event, correlation_id: str | None) -> EventRow:
    """An event of the history."""
    fact = event.fact
    payload = msgspec.structs.asdict(fact)
    return EventRow(
        process_id=event.process,
        seq=event.seq,
        at=event.at,
        type=fact.name,
        v=fact.v,
        actor=event.actor,
        severity=fact.severity,
        correlation_id=correlation_id,
        atom=payload.pop("atom", None),
        visit=payload.pop("visit", None),
        task=payload.pop("task", None),
        payload=payload,
    )


def answer(answer: Remembered) -> Row:
    """A remembered answer."""
    return {
        "caller": answer.key.caller,
        "key": answer.key.key,
        "fingerprint": answer.key.fingerprint,
        "status": answer.status,
        "body": answer.body.decode(),
    }
