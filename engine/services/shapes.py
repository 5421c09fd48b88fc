"""The answers about processes, tasks and incidents, made from a marking: of a read or of a decision alike."""

from collections.abc import Callable
from datetime import datetime

from engine.answers import (
    CompletedAnswer,
    ExplainAnswer,
    Holder,
    IncidentAnswer,
    ProcessAnswer,
    ProcessState,
    Progress,
    SlaAnswer,
    StartedAnswer,
    StepAnswer,
    TaskAnswer,
)
from engine.core.decision import Decision
from engine.core.explain import explain
from engine.core.ids import numbered
from engine.core.journey import Journey
from engine.core.process import Process, Task
from engine.core.times import format_time


def process_answer(journey: Journey, process: Process, title: str) -> ProcessAnswer:
    """A process with the current visit of each atom that has one, in file order."""
    return ProcessAnswer(
        id=process.id,
        title=title,
        journey=process.journey,
        version=process.version,
        part=process.part,
        status=process.status,
        outcome=process.outcome,
        business_key=process.business_key,
        context=process.context,
        priority=process.priority,
        initiated_by=process.initiated_by,
        owner=process.owner,
        started_at=format_time(process.started_at),
        ended_at=_moment(process.ended_at),
        due_at=_moment(process.due_at),
        progress=_progress(journey, process),
        steps=tuple(
            StepAnswer(step.atom, step.visit, step.state, step.exit)
            for atom in journey.atoms
            if (step := process.steps.get(atom))
        ),
        open_tasks=tuple(numbered(process.id, task.n) for task in process.open_tasks() if task.kind == "human"),
        incidents=tuple(numbered(process.id, incident.n) for incident in process.open_incidents()),
    )


def task_answer(journey: Journey, decision: Decision, n: int) -> TaskAnswer:
    """The task number `n` as it is after a decision that changed it."""
    process, task = decision.after, decision.after.tasks[n]
    return TaskAnswer(
        id=numbered(process.id, n),
        kind=task.kind,
        process=process.id,
        process_title=decision.title,
        journey=process.journey,
        atom=task.atom,
        visit=task.visit,
        item_index=None,
        name=task.name,
        role=task.role,
        assignee=task.assignee,
        status=task.status,
        priority=task.priority,
        due_at=None,
        sla=SlaAnswer(),
        input=process.context if task.input is None else task.input,
        output=task.output,
        form=journey.atoms[task.atom].output,
        created_at=format_time(task.created_at),
        started_at=_moment(task.started_at),
        ended_at=_moment(task.ended_at),
        version=_version(decision, task),
    )


def started(journey: Journey, decision: Decision) -> ProcessAnswer:
    """The process as a decision leaves it."""
    return process_answer(journey, decision.after, decision.title)


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


def retried_incident(n: int) -> Callable[[Journey, Decision], IncidentAnswer]:
    """What makes the answer of retrying the incident number `n`."""

    def shape(_: Journey, decision: Decision) -> IncidentAnswer:
        process, incident = decision.after, decision.after.incidents[n]
        return IncidentAnswer(
            id=numbered(process.id, n),
            process=process.id,
            atom=incident.atom,
            visit=incident.visit,
            item_index=None,
            code=incident.code,
            message=incident.message,
            fix=incident.fix,
            status="open" if incident.open else "resolved",
            raised_at=format_time(incident.raised_at),
            resolved_at=_moment(incident.resolved_at),
        )

    return shape


def explained(journey: Journey, process: Process) -> ExplainAnswer:
    """What holds a process."""
    return ExplainAnswer(
        process=process.id,
        status=process.status,
        waiting_for=tuple(
            Holder(
                kind=held.kind,
                atom=held.atom,
                visit=held.visit,
                since=format_time(held.since),
                who=held.who,
                needs=held.needs,
                unblocks=held.unblocks,
                text=held.text,
                id=numbered(process.id, held.n),
            )
            for held in explain(journey, process)
        ),
    )


def _progress(journey: Journey, process: Process) -> Progress:
    scope = journey.part(process.part) or frozenset()
    return Progress(sum(step.resolved for step in process.steps.values()), len(scope))


def _version(decision: Decision, task: Task) -> int:
    """The version of the task's row once the decision is written: each write counts it up by one."""
    known = decision.before.tasks.get(task.n) if decision.before else None
    return known.version + (known is not task) if known else 1


def _moment(at: datetime | None) -> str | None:
    return format_time(at) if at else None
