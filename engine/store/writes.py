"""What one transaction writes, as the parameters of `write_commits`: decisions made rows, each in its last state."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.core.events import Event
from engine.core.process import Incident, Process, Step, Task
from engine.core.values import encode
from engine.ports import Commit, Remembered
from engine.store.assignments import Assignments

Row = dict[str, Any]

_COLUMNS = ("atom", "visit", "task")
"""Parts of a fact that are columns beside its payload."""


def parameters(commits: Sequence[Commit], answers: Sequence[Remembered]) -> Mapping[str, str]:
    """The JSON texts of every set that `write_commits` writes.

    Several decisions on one process follow each other: the rows are those of the last, the events those of all.

    Raises:
        AssertionError: when a decision was not made on the outcome of the one before it.
    """
    chains = _chains(commits)
    processes = [_process(chain) for chain in chains.values()]
    steps: dict[Any, Row] = {}
    tasks: dict[Any, Row] = {}
    work: dict[Any, Task] = {}
    incidents: dict[Any, Row] = {}
    for commit in commits:
        decision, id = commit.decision, commit.decision.after.id
        steps |= {(id, step.atom, step.visit): _step(id, step) for step in decision.steps}
        tasks |= {(id, task.n): _task(id, task) for task in decision.tasks}
        work |= {(id, task.n): task for task in decision.work}
        incidents |= {(id, incident.n): _incident(id, incident) for incident in decision.incidents}
    assignments = Assignments.of(commit.decision for commit in commits)
    events = [_event(event, commit.correlation_id) for commit in commits for event in commit.decision.events]
    sets: dict[str, Iterable[Row]] = {
        "processes": processes,
        "steps": steps.values(),
        "tasks": tasks.values(),
        "placed": [tasks[key] for key, task in work.items() if task.open],
        "closed": [{"process_id": key[0], "n": key[1]} for key, task in work.items() if not task.open],
        "incidents": incidents.values(),
        "events": events,
        "assigned": assignments.assigned,
        "released": assignments.released,
        "answers": [_answer(answer) for answer in answers],
    }
    return {name: encode(list(rows)).decode() for name, rows in sets.items()}


def _chains(commits: Sequence[Commit]) -> dict[str, list[Commit]]:
    chains: dict[str, list[Commit]] = {}
    for commit in commits:
        chain = chains.setdefault(commit.decision.after.id, [])
        if chain:
            before, last = commit.decision.before, chain[-1].decision.after
            assert before is not None, f"{last.id} was started twice"
            assert before.seq == last.seq, f"{last.id} was decided on event {before.seq}, after {last.seq}"
        chain.append(commit)
    return chains


def _process(chain: Sequence[Commit]) -> Row:
    first, last = chain[0].decision.before, chain[-1].decision
    process: Process = last.after
    return {
        "id": process.id,
        "expected": first.seq if first else None,
        "journey": process.journey,
        "journey_version": process.version,
        "part": process.part,
        "title": last.title,
        "status": process.status,
        "outcome": process.outcome,
        "priority": process.priority,
        "business_key": process.business_key,
        "initiated_by": process.initiated_by,
        "owner": process.owner,
        "context": process.context,
        "started_at": process.started_at,
        "due_at": process.due_at,
        "ended_at": process.ended_at,
        "seq": process.seq,
        "last_at": process.last_at,
        "last_task": process.last_task,
        "last_incident": process.last_incident,
    }


def _step(process: str, step: Step) -> Row:
    return {
        "process_id": process,
        "atom": step.atom,
        "visit": step.visit,
        "state": step.state,
        "exit": step.exit,
        "ready_at": step.ready_at,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "ended_seq": step.ended_seq,
        "edges": step.edges,
        "held": step.held,
        "output": step.output,
    }


def _task(process: str, task: Task) -> Row:
    return {
        "process_id": process,
        "n": task.n,
        "kind": task.kind,
        "atom": task.atom,
        "visit": task.visit,
        "name": task.name,
        "role": task.role,
        "action": task.action,
        "status": task.status,
        "priority": task.priority,
        "input": task.input,
        "output": task.output,
        "created_at": task.created_at,
        "assignee": task.assignee,
        "started_at": task.started_at,
        "ended_at": task.ended_at,
        "attempts": task.attempts,
        "next_at": task.next_at,
        "timeout_seconds": task.timeout_seconds,
    }


def _incident(process: str, incident: Incident) -> Row:
    return {
        "process_id": process,
        "n": incident.n,
        "atom": incident.atom,
        "visit": incident.visit,
        "code": incident.code,
        "stage": incident.stage,
        "message": incident.message,
        "fix": incident.fix,
        "raised_at": incident.raised_at,
        "task": incident.task,
        "resolved_at": incident.resolved_at,
    }


def _event(event: Event, correlation_id: str | None) -> Row:
    payload = event.payload
    return {
        "process_id": event.process,
        "seq": event.seq,
        "at": event.at,
        "type": event.fact.name,
        "v": event.fact.v,
        "actor": event.actor,
        "severity": event.fact.severity,
        "correlation_id": correlation_id,
        **{name: payload.pop(name, None) for name in _COLUMNS},
        "payload": payload,
    }


def _answer(answer: Remembered) -> Row:
    return {
        "caller": answer.key.caller,
        "key": answer.key.key,
        "fingerprint": answer.key.fingerprint,
        "status": answer.status,
        "body": answer.body.decode(),
    }
