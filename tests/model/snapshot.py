"""What both sides must agree on after every command, in one canonical form."""

from decimal import Decimal


def snapshot(world):
    """process id → what is seen of it, for every process of the model, and the ids of the messages that are kept."""
    found = {process.id: of_process(process) for process in world.processes.values()}
    return found | {"messages": [message["id"] for message in world.kept if message["until"] > world.now]}


def of_process(process):
    """Tasks, timers, waits and incidents are the open ones, in the order in which they came to be."""
    return {
        "status": process.status,
        "outcome": process.outcome,
        "compensating": process.compensating,
        "context": canonical(process.context),
        "steps": {step.atom: [step.visit, step.state, step.exit] for step in process.steps.values() if step.known},
        "edges": edges(process),
        "tasks": [of_task(task) for task in process.open_tasks()],
        "timers": [[timer.atom, timer.kind, when(timer.due, timer.left)] for timer in process.timers],
        "waits": [[wait.atom, wait.name, canonical(wait.key), canonical(wait.bound)] for wait in process.waits],
        "incidents": [[one.code, one.atom, one.visit, one.item_index] for one in process.incidents],
        "children": sorted(process.children),
    }


def of_task(task):
    """A system task is open work while a worker may take it, now or later."""
    return {
        "kind": task.kind,
        "atom": task.atom,
        "visit": task.visit,
        "item_index": task.item_index,
        "status": task.status,
        "assignee": task.assignee,
        "blocked_from": task.blocked_from if task.status == "blocked" else None,
        "priority": task.priority,
        "delegated_by": task.delegated_by,
        "escalated": [task.escalations, task.escalated_to],
        "attempts": task.attempts,
        "next_at": task.next_at.isoformat() if task.next_at else None,
        "due_at": task.due.isoformat() if task.due else None,
        "input": canonical(task.given),
    }


def edges(process):
    """atom → how each of its edges was resolved in the current visit, for those where any was."""
    found = {atom: [process.edges[edge.n] for edge in process.outgoing(atom)] for atom in process.scope}
    return {atom: results for atom, results in found.items() if any(one is not None for one in results)}


def when(due, left):
    """When a timer fires, or how much time it has left."""
    return f"{left.total_seconds()} s left" if left is not None else due.isoformat()


def canonical(value):
    """A JSON value in which equal numbers are written alike."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        return f"number {int(value) if value == int(value) else Decimal(value).normalize()}"
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    return [canonical(element) for element in value]
