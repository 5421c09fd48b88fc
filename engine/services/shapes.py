"""The answers about processes, tasks and incidents, made from a marking: of a read or of a decision alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.answers import (
    CompletedAnswer,
    IncidentAnswer,
    Parent,
    ProcessAnswer,
    ProcessState,
    Progress,
    StartedAnswer,
    StepAnswer,
    TaskAnswer,
)
from engine.clock_answers import process_sla, sla_answer
from engine.core.clocks import Clock, key_of
from engine.core.covering import Cover, marker
from engine.core.decision import Decision
from engine.core.ids import numbered
from engine.core.journey import Journey
from engine.core.process import Child, Process, Task
from engine.core.times import format_if_any, format_time
from engine.ports import ChildRow
from engine.services.documents import documents_of

Children = Mapping[tuple[str, int], tuple[str, ...]]
"""The ids of child processes by the atom and visit that called them, oldest first."""


def process_answer(
    journey: Journey,
    process: Process,
    title: str,
    children: Children,
    clock: Clock | None = None,
    cover: Cover | None = None,
) -> ProcessAnswer:
    """A process with the current visit of each atom that has one, in file order.

    `clock` is its own, where it is over and no longer in the marking; `cover` covers what is sensitive, where what was
    read has not been.
    """
    alerts = [clock.alert for clock in _running_clocks(process)]
    return ProcessAnswer(
        id=process.id,
        title=title,
        journey=process.journey,
        version=process.version,
        part=process.part,
        status=process.status,
        outcome=process.outcome,
        business_key=process.business_key,
        context=process.context if cover is None else cover.context(process.context),
        priority=process.priority,
        initiated_by=process.initiated_by,
        owner=process.owner,
        started_at=format_time(process.started_at),
        ended_at=format_if_any(process.ended_at),
        due_at=format_if_any(process.due_at),
        progress=_progress(journey, process),
        steps=tuple(
            StepAnswer(step.atom, step.visit, step.state, step.exit, children.get((step.atom, step.visit), ()))
            for atom in journey.atoms
            if (step := process.steps.get(atom))
        ),
        open_tasks=tuple(numbered(process.id, task.n) for task in process.open_tasks() if task.kind != "system"),
        incidents=tuple(numbered(process.id, incident.n) for incident in process.open_incidents()),
        seq=process.seq,
        compensating=process.compensating,
        parent=_parent(process),
        not_before=_not_before(process),
        sla=process_sla(_own_clock(process) or clock, alerts.count("at_risk"), alerts.count("breached")),
    )


def task_answer(journey: Journey, decision: Decision, n: int) -> TaskAnswer:
    """The task number `n` as it is after a decision that changed it.

    What is sensitive is covered, but for who has the task and did this with it.
    """
    process, task = decision.after, decision.after.tasks[n]
    given, output = _shown(journey, decision, task)
    return TaskAnswer(
        id=numbered(process.id, n),
        kind=task.kind,
        process=process.id,
        process_title=decision.title,
        journey=process.journey,
        atom=task.atom,
        visit=task.visit,
        item_index=task.item_index,
        name=task.name,
        role=task.role,
        assignee=task.assignee,
        status=task.status,
        priority=task.priority,
        due_at=format_if_any(task.due_at),
        sla=sla_answer(task.sla),
        input=given,
        output=output,
        form=journey.atoms[task.atom].output if task.atom else None,
        created_at=format_time(task.created_at),
        started_at=format_if_any(task.started_at),
        ended_at=format_if_any(task.ended_at),
        version=_version(decision, task),
        description=task.description,
        optional=task.optional,
        delegated_by=task.delegated_by,
        seeking=task.seeking,
        escalations=task.escalations,
        documents=documents_of(journey, process, task.atom),
    )


def changed_process(journey: Journey, decision: Decision) -> ProcessAnswer:
    """The process as a decision leaves it; of its children those that are open. What is sensitive is covered."""
    children = children_of(decision.after.children.values())
    return process_answer(journey, decision.after, decision.title, children, cover=_cover(journey))


def children_of(rows: Iterable[Child | ChildRow]) -> Children:
    """Children by who called them."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for child in rows:
        place = (child.atom, child.visit)
        found[place] = (*found.get(place, ()), child.id)
    return found


def added_task(journey: Journey, decision: Decision) -> TaskAnswer:
    """The task off the graph that a decision added."""
    return task_answer(journey, decision, decision.after.last_task)


def changed_task(n: int) -> Callable[[Journey, Decision], TaskAnswer]:
    """What makes the answer of a command that changed the task number `n`."""
    return lambda journey, decision: task_answer(journey, decision, n)


def completed_task(n: int) -> Callable[[Journey, Decision], CompletedAnswer]:
    """What makes the answer of completing the task number `n`."""

    def shape(journey: Journey, decision: Decision) -> CompletedAnswer:
        process = decision.after
        return CompletedAnswer(
            task=task_answer(journey, decision, n),
            process=ProcessState(process.id, process.status, process.outcome),
            started=tuple(
                StartedAnswer(one.atom, one.visit, None if one.task is None else numbered(process.id, one.task))
                for one in decision.started
            ),
            skipped=decision.skipped,
        )

    return shape


def settled_incident(n: int) -> Callable[[Journey, Decision], IncidentAnswer]:
    """What makes the answer of retrying or skipping the incident number `n`."""

    def shape(_: Journey, decision: Decision) -> IncidentAnswer:
        process, incident = decision.after, decision.after.incidents[n]
        return IncidentAnswer(
            id=numbered(process.id, n),
            process=process.id,
            atom=incident.atom,
            visit=incident.visit,
            item_index=incident.item_index,
            code=incident.code,
            message=incident.message,
            fix=incident.fix,
            status="open" if incident.open else "resolved",
            raised_at=format_time(incident.raised_at),
            resolved_at=format_if_any(incident.resolved_at),
        )

    return shape


def _cover(journey: Journey) -> Cover | None:
    return None if journey.sensitive is None else Cover(journey.sensitive, marker)


def _shown(journey: Journey, decision: Decision, task: Task) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The input and output of a task, for who asked for the decision."""
    context = decision.after.context
    mine = bool(decision.events) and decision.events[0].actor == task.assignee
    cover = None if mine else _cover(journey)
    if cover is None:
        return (context if task.input is None else task.input), task.output
    covered = cover.task(task)
    return (cover.context(context) if covered.input is None else covered.input), covered.output


def _own_clock(process: Process) -> Clock | None:
    watch = process.watches.get(key_of("process", None))
    return watch.clock if watch else None


def _running_clocks(process: Process) -> Iterator[Clock]:
    yield from (task.sla for task in process.open_tasks() if task.sla)
    yield from (watch.clock for watch in process.running_watches())


def _progress(journey: Journey, process: Process) -> Progress:
    scope = journey.part(process.part) or frozenset()
    return Progress(sum(step.resolved for step in process.steps.values() if step.atom in scope), len(scope))


def _parent(process: Process) -> Parent | None:
    parent = process.parent
    return Parent(parent.process, parent.atom, parent.visit, parent.item_index) if parent else None


def _not_before(process: Process) -> str | None:
    """The time before which a pending process does not start (R1)."""
    return next((format_time(timer.due_at) for timer in process.timers.values() if timer.kind == "not_before"), None)


def _version(decision: Decision, task: Task) -> int:
    """The version of the task's row once the decision is written: each write counts it up by one."""
    known = decision.before.tasks.get(task.n) if decision.before else None
    return known.version + (known is not task) if known else 1
