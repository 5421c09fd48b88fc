"""Values of the core as rows of their tables, for `engine.store.writes`; names are those of the columns."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Raw

from engine.core.clocks import Alert, Clock, Watch
from engine.core.commands import Post
from engine.core.decision import Decision
from engine.core.events import Event
from engine.core.process import Child, Incident, Process, Step, Task, Timer, Wait
from engine.core.values import canonical, encode
from engine.ports import Pending, Remembered
from engine.store.posts import kind_of

Row = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)


def process(chain: Sequence[Decision]) -> Row:
    """The process as the last of the decisions leaves it; `expected` is the seq that the first was made on."""
    first, last = chain[0].before, chain[-1]
    after: Process = last.after
    return {
        "id": after.id,
        "expected": first.seq if first else None,
        "journey": after.journey,
        "journey_version": after.version,
        "part": after.part,
        "title": last.title,
        "status": after.status,
        "outcome": after.outcome,
        "priority": after.priority,
        "business_key": after.business_key,
        "initiated_by": after.initiated_by,
        "owner": after.owner,
        "context": after.context,
        "started_at": after.started_at,
        "due_at": after.due_at,
        "ended_at": after.ended_at,
        "seq": after.seq,
        "last_at": after.last_at,
        "last_task": after.last_task,
        "last_incident": after.last_incident,
        "last_timer": after.last_timer,
        "last_wait": after.last_wait,
        "last_child": after.last_child,
        "last_watch": after.last_watch,
        "parent": after.parent,
        "compensating": after.compensating,
        "suspended_at": after.suspended_at,
        "suspended_by_parent": after.suspended_by_parent,
        "undo": after.undo,
        "gates": after.gates,
    }


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


def event(event: Event, correlation_id: str | None) -> Row:
    """An event of the history, its fact whole as the payload."""
    fact = event.fact
    return {
        "process_id": event.process,
        "seq": event.seq,
        "at": event.at,
        "type": fact.name,
        "v": fact.v,
        "actor": event.actor,
        "severity": fact.severity,
        "correlation_id": correlation_id,
        "atom": getattr(fact, "atom", None),
        "visit": getattr(fact, "visit", None),
        "task": getattr(fact, "task", None),
        "payload": Raw(encode(fact)),
    }


def answer(answer: Remembered) -> Row:
    """A remembered answer."""
    return {
        "caller": answer.key.caller,
        "key": answer.key.key,
        "fingerprint": answer.key.fingerprint,
        "status": answer.status,
        "body": answer.body.decode(),
    }
