"""Open tasks: of people, of workers, and off the graph (R10, R14, R18)."""

from datetime import timedelta
from typing import Final

from engine.core.documents import lacking
from engine.core.explain_clocks import of_task
from engine.core.explain_documents import with_documents
from engine.core.explain_held import Held, Prospect, Scene, clause, lasting, moment, times
from engine.core.process import Task

_NOTHING_KNOWN: Final = Prospect()
UNASKED: Final = timedelta(seconds=30)
"""From when on due work that nobody took is told as such."""


def task(scene: Scene, task: Task) -> Held:
    """What an open task waits for."""
    who, needs, text = _system(scene, task) if task.kind == "system" else _human(scene, task)
    documents = lacking(scene.journey, scene.process, task.atom)
    who, needs, text = with_documents(scene, documents, who, needs, text)
    return Held(
        kind="task",
        n=task.n,
        atom=task.atom,
        visit=task.visit,
        name=task.name,
        since=task.created_at,
        who=who,
        needs=needs,
        unblocks=scene.behind(task.atom) if task.atom else (),
        text=text,
        item_index=task.item_index,
        due_at=task.next_at if task.kind == "system" else task.due_at,
        documents=documents,
        told=of_task(scene, task),
    )


def _subject(scene: Scene, task: Task) -> str:
    if task.atom is None:
        return f"“{task.name}”, a task added by hand,"
    return scene.subject(task.atom, task.item_index)


def _human(scene: Scene, task: Task) -> tuple[tuple[str, ...], str, str]:
    subject = _subject(scene, task)
    role = f"role:{task.role}" if task.role else "permission:task:act_any"
    who = (task.assignee or role,)
    if task.status == "blocked":
        reason = scene.known.blocked.get(task.n)
        why = f": {clause(reason)}" if reason else ""
        return who, "the task unblocked and completed", f"{subject} is blocked{why}."
    if task.assignee:
        verb = "is being done by" if task.status == "in_progress" else "is assigned to"
        asked = f", to whom {task.delegated_by} delegated it" if task.delegated_by else ""
        return who, "the task completed", f"{subject} {verb} {task.assignee}{asked}."
    needs, text = _free(scene, task, subject)
    return who, needs, text


def _free(scene: Scene, task: Task, subject: str) -> tuple[str, str]:
    """What is needed of a task that nobody has, and how it can come to somebody."""
    somebody = f"someone with the role {scene.role(task.role)}" if task.role else "someone"
    prospect = scene.known.prospects.get(task.n, _NOTHING_KNOWN)
    why = f" {prospect.why}" if prospect.why else ""
    if task.seeks:
        needs = "the task given to somebody, or claimed, and completed"
        if prospect.to:
            return needs, f"{subject} is about to be given to {prospect.to}."
        return needs, f"{subject} waits to be given to {somebody}.{why}"
    route = scene.journey.routes[task.atom] if task.atom else None
    if route and route.strategy == "manual" and route.role == task.role:
        text = f"{subject} waits for a manager to give it to {somebody}.{why}"
        return "the task given to somebody and completed", text
    return "the task claimed and completed", f"{subject} waits for {somebody} to take it.{why}"


def _system(scene: Scene, task: Task) -> tuple[tuple[str, ...], str, str]:
    subject, action, now = _subject(scene, task), task.action or "", scene.known.now
    who, needs = (f"action:{action}",), f"a worker that does {action}"
    if task.lease and (now is None or task.lease.until > now):
        text = f"{subject} is being done by the worker {task.lease.worker}, which has until {moment(task.lease.until)}"
        return who, "the worker's answer", f"{text}{_tries(scene, task)}."
    if rest := scene.known.resting.get(action):
        since = f"on {moment(rest.since)} {rest.by} paused the action {action}: {clause(rest.reason)}"
        return ("permission:action:resume",), "the action resumed", f"{subject} waits{_tries(scene, task)}: {since}."
    if task.next_at and now and task.next_at > now:
        return (
            who,
            "time for the next attempt",
            f"{subject} is tried again on {moment(task.next_at)}{_tries(scene, task)}.",
        )
    waited = now - task.next_at if now and task.next_at else timedelta()
    if waited < UNASKED or scene.suspended:
        return who, needs, f"{subject} waits for a worker to do {action}{_tries(scene, task)}."
    if action in scene.known.busy:
        text = f"{subject} has waited {lasting(waited)} for a worker to do {action}, while those that do it are busy"
        return who, f"a worker that does {action} to get to it, or one more of them", f"{text}{_tries(scene, task)}."
    text = f"{subject} waits for a worker to do {action}, and for {lasting(waited)} none has asked for such work"
    return who, f"{needs}: none runs, or none has time", f"{text}{_tries(scene, task)}."


def _tries(scene: Scene, task: Task) -> str:
    if not task.attempts:
        return ""
    error = scene.known.errors.get(task.n)
    said = f" (the last time: {clause(error)})" if error else ""
    return f" after {times(task.attempts, 'failed attempt')}{said}"
