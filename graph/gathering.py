"""What each fact of a batch says of the graph, gathered round by round."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.core.events import (
    Began,
    DocumentAccepted,
    DocumentFact,
    DocumentReceived,
    DocumentRefused,
    EdgeResult,
    Event,
    IncidentRaised,
    IncidentResolved,
    ProcessCancelled,
    ProcessCompensating,
    ProcessCompleted,
    ProcessContextChanged,
    ProcessFailed,
    ProcessResumed,
    ProcessStarted,
    ProcessSuspended,
    StepCancelled,
    StepCompleted,
    StepFact,
    StepFailed,
    StepReworked,
    StepSkipped,
    StepStarted,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskChanged,
    TaskCompleted,
    TaskCreated,
    TaskDelegated,
    TaskEscalated,
    TaskFact,
    TaskFailed,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
    TaskStarted,
    TaskUnblocked,
    TimerCancelled,
    TimerFact,
    TimerFired,
    TimerKind,
    TimerSet,
)
from engine.core.facts import ClockFact, Marks
from graph.clocking import begun, note_clock
from graph.net import FIRST_VISIT, Known, Net, Row, properties, step_key
from graph.round import FREE, Round, StepState, TaskState

_ENDED: Final = {"suspended_at": None, "suspended_by_parent": None, "compensating": None, "not_before": None}
_DOCUMENT: Final[Mapping[type[DocumentFact], str]] = {
    DocumentReceived: "received",
    DocumentAccepted: "accepted",
    DocumentRefused: "refused",
}
_CLOSED: Final = {TaskCompleted: "completed", TaskFailed: "failed", TaskCancelled: "cancelled"}


def net(events: Sequence[Event], known: Known) -> list[Net]:
    """The rounds that `events` (at least one) come to, each process's in the order of their numbers."""
    gathering = Gathering(known)
    # Transactions that waited for each other may come in the order in which they began, not in that of their locks.
    for event in sorted(events, key=lambda event: event.seq):
        gathering.add(event)
    return gathering.nets()


class Gathering:
    """Takes the events of a batch one by one."""

    def __init__(self, known: Known) -> None:
        self._rounds = [Round()]
        self._at: dict[str, int] = {}
        self._visits = {process: dict(visits) for process, visits in known.visits.items()}
        self._lists = set(known.lists)
        self._adopted: list[Row] = []
        self._rounds[0].again.update(known.visits)

    def nets(self) -> list[Net]:
        """The rows of every round; children are joined to their steps in the last, when all steps are there."""
        last = self._rounds[-1]
        return [round.net(self._adopted if round is last else []) for round in self._rounds]

    def add(self, event: Event) -> None:
        """Notes what one event says."""
        match event.fact:
            case (
                StepFact(atom=atom, visit=visit)
                | TaskFact(atom=str(atom), visit=int(visit))
                | ClockFact(atom=str(atom), visit=int(visit))
            ):
                if not isinstance(event.fact, StepReworked) and not self._round(event).takes(
                    event.process, atom, visit
                ):
                    self._next_round(event.process)
            case _:
                pass
        round = self._round(event)
        facts = round.processes.setdefault(event.process, {})
        match event.fact:
            case StepReworked() as fact:
                self._rework(round, event, fact)
            case StepFact() as fact:
                self._step(round, event, fact, facts)
            case TaskFact() as fact:
                self._task(round, event, fact, facts)
            case TimerFact():
                self._timer(round, event, facts)
            case ClockFact() as fact:
                note_clock(round, event, fact)
            case DocumentFact() as fact:
                round.documents[event.process, fact.document] = {
                    "state": _DOCUMENT[type(fact)],
                    "version": fact.version,
                    "since": event.at,
                }
            case _:
                self._process(round, event, facts)

    def _round(self, event: Event) -> Round:
        return self._rounds[self._at.setdefault(event.process, 0)]

    def _next_round(self, process: str, **facts: Any) -> None:
        """What else is said of `process` comes after the rows of this round; `facts` are the first of it."""
        self._at[process] += 1
        if self._at[process] == len(self._rounds):
            self._rounds.append(Round(again=self._rounds[-1].again))
        self._rounds[self._at[process]].processes[process] = facts

    def _process(self, round: Round, event: Event, facts: dict[str, Any]) -> None:
        match event.fact:
            case ProcessStarted() as fact:
                self._start(round, event, fact, facts)
            case ProcessSuspended(by_parent=by_parent):
                facts.update(status="suspended", suspended_at=event.at, suspended_by_parent=by_parent)
            case ProcessResumed():
                round.resumed.append({"process": event.process, "at": event.at})
                self._next_round(event.process, status="running", suspended_at=None, suspended_by_parent=None)
            case ProcessCompensating():
                facts.update(_ENDED, status="running", compensating=True)
            case ProcessCompleted(outcome=outcome):
                facts.update(_ENDED, status="completed", outcome=outcome, ended_at=event.at)
            case ProcessFailed():
                facts.update(_ENDED, status="failed", ended_at=event.at)
            case ProcessCancelled():
                facts.update(_ENDED, status="cancelled", ended_at=event.at)
            case ProcessContextChanged(dimensions=dimensions):
                facts.update(properties(dimensions))
            case _:
                pass

    def _start(self, round: Round, event: Event, fact: ProcessStarted, facts: dict[str, Any]) -> None:
        round.starts[event.process] = None if fact.journey is None else f"{fact.journey}@{fact.version}"
        facts.update(
            properties(fact.dimensions),
            journey=fact.journey,
            version=fact.version,
            part=fact.part,
            status="pending" if fact.not_before else "running",
            business_key=fact.business_key,
            priority=fact.priority,
            initiated_by=event.actor,
            started_at=event.at,
            due_at=fact.due_at,
            not_before=fact.not_before,
        )
        for atom in fact.entries:
            round.step(event.process, atom, FIRST_VISIT).open(event.at).ready_at = event.at
        if parent := fact.parent:
            step_of = step_key(parent.process, parent.atom, parent.visit)
            self._adopted.append({"id": event.process, "step": step_of, "item_index": parent.item_index})

    def _step(self, round: Round, event: Event, fact: StepFact, facts: dict[str, Any]) -> None:
        step = round.step(event.process, fact.atom, fact.visit)
        match fact:
            case StepStarted(ready_at=ready_at, began=began):
                step.start(event.at, ready_at)
                self._begin(step, began)
            case StepCompleted(ready_at=ready_at, dimensions=dimensions, edges=edges):
                step.open(event.at)
                step.started_at, step.ready_at = step.started_at or event.at, ready_at
                facts.update(properties(dimensions))
                step.end(event.at, "COMPLETED", "done")
                self._lead(round, event, step, edges)
            case StepFailed(exit=exit, edges=edges):
                step.end(event.at, "FAILED", exit)
                self._lead(round, event, step, edges)
            case StepSkipped(edges=edges):
                step.open(event.at).end(event.at, "SKIPPED")
                self._lead(round, event, step, edges)
            case StepCancelled():
                step.facts.update(FREE)
                step.end(event.at, "CANCELLED")
            case IncidentRaised(stage=stage, item_index=index):
                round.raise_incident(event.process, fact, event.at)
                if index is None and stage != "assignment":
                    step.facts["held"] = stage
            case IncidentResolved(incident=incident, how=how, began=began, dimensions=dimensions, edges=edges):
                round.resolve_incident(event.process, incident, how, event.at)
                if how != "assigned":  # that incident held nothing
                    step.facts.update(FREE)
                self._begin(step, began)
                facts.update(properties(dimensions))
                self._lead(round, event, step, edges)
            case _:
                pass  # of a child, its own start says which step it belongs to, and its end that it is over

    def _begin(self, step: StepState, began: Began | None) -> None:
        """What the rules before the start gave it. A message's key may be made of sensitive data and stays out."""
        if began is None:
            return
        if began.items is not None:
            self._lists.add(step.key)
            step.facts["elements"] = len(began.items)
        if began.message is not None:
            step.facts["message"] = began.message
        if began.due_at is not None:
            step.facts["due_at"] = began.due_at

    def _task(self, round: Round, event: Event, fact: TaskFact, facts: dict[str, Any]) -> None:
        task = round.task(event.process, fact.task, fact.atom, fact.visit)
        self._hand(task, event)
        if fact.atom is None or fact.visit is None:
            self._off_graph(round, event, fact)
            return
        step = round.step(event.process, fact.atom, fact.visit)
        match fact:
            case TaskCreated(ready_at=ready_at, item_index=None, due_at=due_at, sla=marks):
                step.start(event.at, ready_at)
                step.begin_clock(marks)
                if due_at is not None:
                    step.facts["due_at"] = due_at
            case TaskCreated(sla=Marks() as marks):
                step.facts.update(begun(marks))
            case TaskEscalated(level=level):
                step.facts["escalations"] = level
            case TaskCompleted(edges=edges, dimensions=dimensions) if edges is not None or step.key not in self._lists:
                facts.update(properties(dimensions))
                step.end(event.at, "COMPLETED", "done")
                self._lead(round, event, step, edges)
            case TaskFailed(exit="error", edges=edges):
                step.end(event.at, "FAILED", "error")
                self._lead(round, event, step, edges)
            case TaskCancelled(exit="timeout", edges=edges):
                step.end(event.at, "FAILED", "timeout")
                self._lead(round, event, step, edges)
            case TaskCancelled(ends=True):
                step.facts.update(FREE)
                step.end(event.at, "CANCELLED")
            case TaskChanged(due_at=due_at) if step.key not in self._lists:
                step.facts["due_at"] = due_at
            case _:
                pass

    @staticmethod
    def _hand(task: TaskState, event: Event) -> None:
        match event.fact:
            case (
                TaskAssigned(assignee=user)
                | TaskReassigned(assignee=user)
                | TaskDelegated(assignee=user, inherited=False)
                | TaskReturned(assignee=user)
                | TaskEscalated(assignee=str(user))
            ):
                task.hold(user)
            case TaskStarted(assignee=user):
                task.hold(user, event.at)
            case TaskReleased() | TaskEscalated(freed=True):
                task.hold(None)
            case TaskBlocked():
                task.blocked = True
            case TaskUnblocked():
                task.blocked = False
            case TaskCompleted(assignee=user):
                task.perform(user, event.actor, event.at)
            case TaskFailed() | TaskCancelled():
                task.drop()
            case _:
                pass

    @staticmethod
    def _off_graph(round: Round, event: Event, fact: TaskFact) -> None:
        match fact:
            case TaskCreated() as made:
                round.note_task(
                    event.process,
                    fact.task,
                    state="open",
                    role=made.role,
                    priority=made.priority,
                    optional=made.optional,
                    created_at=event.at,
                    due_at=made.due_at,
                    **(begun(made.sla) if made.sla else {}),
                )
            case TaskCompleted() | TaskFailed() | TaskCancelled():
                round.note_task(event.process, fact.task, state=_CLOSED[type(fact)], ended_at=event.at)
            case TaskChanged(priority=priority, due_at=due_at):
                round.note_task(event.process, fact.task, priority=priority, due_at=due_at)
            case TaskEscalated() as told:
                changed = {"priority": told.priority, "role": told.to_role if told.freed else None}
                facts = {name: value for name, value in changed.items() if value is not None}
                if facts:
                    round.note_task(event.process, fact.task, **facts)
            case _:
                pass

    def _timer(self, round: Round, event: Event, facts: dict[str, Any]) -> None:
        match event.fact:
            case TimerSet(atom=str(atom), visit=int(visit), kind=kind, due_at=due_at, moves=moves):
                # The timer of a task is set right before the task: the step may be new with it.
                step = round.step(event.process, atom, visit).open(event.at)
                step.facts.update(_timer_of(kind, due_at, moves))
            case TimerFired(atom=str(atom), visit=int(visit), kind=kind):
                round.step(event.process, atom, visit).facts.update(_timer_of(kind))
            case TimerCancelled(atom=str(atom), visit=int(visit)):
                # Only where the visit is over is a timer cancelled, and with it every other.
                step = round.step(event.process, atom, visit)
                step.facts.update(_timer_of("timeout"), **_timer_of("for"))
            case TimerSet(due_at=due_at):
                facts["not_before"] = due_at
            case TimerFired():
                round.begun.append({"process": event.process, "at": event.at})
                self._next_round(event.process, status="running", started_at=event.at, not_before=None)
            case _:
                pass

    def _rework(self, round: Round, event: Event, fact: StepReworked) -> None:
        """R7: what the graph holds of the region is reset by `rework.cypher`, after the round's other rows."""
        process = event.process
        visits = self._visits.setdefault(process, {})
        source = fact.source and step_key(process, fact.source, visits.get(fact.source, FIRST_VISIT))
        members: list[Row] = []
        for atom in fact.region:
            old = visits.get(atom, FIRST_VISIT)
            new = visits[atom] = fact.visits.get(atom, old)
            members.append(
                {"atom": atom, "visit": new, "key": step_key(process, atom, new), "old": step_key(process, atom, old)}
            )
        round.reworked.append(
            {
                "process": process,
                "at": event.at,
                "target": fact.atom,
                "key": step_key(process, fact.atom, fact.visit),
                "source": source,
                "region": list(fact.region),
                "members": members,
            }
        )
        round.again.add(process)
        self._next_round(process)

    def _lead(self, round: Round, event: Event, step: StepState, edges: Iterable[EdgeResult] | None) -> None:
        for edge in edges or ():
            if edge.taken and not edge.rework:
                visit = self._visits.get(event.process, {}).get(edge.to, FIRST_VISIT)
                target = round.step(event.process, edge.to, visit).open(event.at, own=False)
                round.led.append((step.place, target.place, edge.on))


def _timer_of(kind: TimerKind, due_at: datetime | None = None, moves: bool = False) -> dict[str, Any]:
    """A timer as a step shows it. One that `moves` stands still with its process (R12)."""
    name = "timeout" if kind == "timeout" else "wakes"
    return {f"{name}_at": due_at, f"{name}_moves": moves or None}
