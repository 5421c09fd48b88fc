"""The promise, as functions: each looks at everything that lies there after the campaign and tells what breaks it.

A `Finding` is the sentence for one place. Those about a single process see its `Story`; the others see the ledger
beside what was read at once. Nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from chaos import reading
from chaos.actions import receipt
from chaos.effects import Effect, keys_of_steps
from chaos.ledger import Command, Ledger, Outcome
from chaos.reading import Connection, Noted, Remembered, Story, Versions
from engine.core.clock_facts import AtRisk, Breached, ClockSet, Met
from engine.core.events import TaskCompleted
from engine.core.facts import ClockFact
from engine.core.fold import fold
from engine.core.process import Child, Incident, Process, Task, Timer, Wait


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks the promise: which one, where, and what is wrong."""

    invariant: str
    place: str
    sentence: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.invariant}: {self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger's commands left: events by correlation id, answers by key, deliveries by message."""

    events: Mapping[str, list[Noted]]
    answers: Mapping[tuple[str, str], list[Remembered]]
    deliveries: Mapping[str, int]

    def of(self, command: Command) -> list[Noted]:
        """The events that this command caused, in whichever request it came."""
        types = LEAVES[command.does]
        return [
            event
            for correlation in command.correlations
            for event in self.events.get(correlation, ())
            if event.type in types
            and (command.process in {"", event.process} or command.does == "message")
            and (not command.task or command.task == event.task)
        ]

    def times(self, command: Command) -> int:
        """How often it happened. Cancelling may say two things, each once: that it compensates, and its end (R13)."""
        return max(Counter(event.type for event in self.of(command)).values(), default=0)


LEAVES: Final[Mapping[str, frozenset[str]]] = {
    "start": frozenset({"process.started"}),
    "complete": frozenset({"task.completed"}),
    "claim": frozenset({"task.assigned"}),
    "fail": frozenset({"task.failed"}),
    "suspend": frozenset({"process.suspended"}),
    "resume": frozenset({"process.resumed"}),
    "cancel": frozenset({"process.cancelled", "process.compensating"}),
    "change": frozenset({"process.context_changed"}),
    "retry": frozenset({"incident.resolved"}),
    "message": frozenset({"message.delivered"}),
}
"""The event that each command leaves in the history, once; a message may be kept first."""


def acknowledged_once(commands: Iterable[Command], evidence: Evidence) -> Iterator[Finding]:
    """Every acknowledged command is there exactly once: its answer under its key, its event in the history."""
    for command in commands:
        if command.outcome is not Outcome.ACKNOWLEDGED:
            continue
        place = f"{command.does} {command.key} of {command.process or 'no process'}"
        answers = evidence.answers.get((command.caller, command.key), [])
        if len(answers) != 1:
            yield Finding("acknowledged once", place, f"its answer is remembered {len(answers)} times")
        elif not answers[0].says(command):
            yield Finding("acknowledged once", place, "another answer is remembered than the client got")
        times = evidence.times(command)
        if command.does == "message":
            yield from _delivered(command, evidence, place)
        elif times != 1:
            yield Finding("acknowledged once", place, f"its event is in the history {times} times")


def _delivered(command: Command, evidence: Evidence, place: str) -> Iterator[Finding]:
    times = evidence.deliveries.get(command.key, 0)
    if times > 1:
        yield Finding("acknowledged once", place, f"the message was delivered {times} times")
    if not times and command.told["status"] == "delivered":
        yield Finding("acknowledged once", place, "the message was said to be delivered, and no wait has it")


def refused_absent(commands: Iterable[Command], evidence: Evidence) -> Iterator[Finding]:
    """A refused command has left nothing: neither an answer under its key nor an event."""
    for command in commands:
        if command.outcome is not Outcome.REFUSED:
            continue
        place = f"{command.does} {command.key} of {command.process or 'no process'}"
        if evidence.answers.get((command.caller, command.key)):
            yield Finding("refused absent", place, f"it was refused ({command.status}), and an answer is remembered")
        if found := evidence.of(command):
            yield Finding("refused absent", place, f"it was refused ({command.status}), and {found[0].type} happened")


def unknown_whole_or_absent(commands: Iterable[Command], evidence: Evidence) -> Iterator[Finding]:
    """A command of unknown outcome is whole or absent: the answer under its key and its event, or neither."""
    for command in commands:
        if command.settled:
            continue
        answers = len(evidence.answers.get((command.caller, command.key), []))
        events = evidence.times(command)
        whole = answers == 1 and (events == 1 or command.does == "message")
        if not whole and (answers or events):
            place = f"{command.does} {command.key} of {command.process or 'no process'}"
            yield Finding("unknown whole or absent", place, f"{answers} answers and {events} events of it are there")


def settled(commands: Iterable[Command]) -> Iterator[Finding]:
    """Giving an unknown command again with the same key settles it, and no answer is an internal error."""
    for command in commands:
        place = f"{command.does} {command.key} of {command.process or 'no process'}"
        if not command.settled:
            yield Finding("settled", place, f"it is unknown still, after {command.times} requests")
        for broken in command.broken[:1]:
            yield Finding("settled", place, f"it was answered {broken}")


def of_process(story: Story) -> Iterator[Finding]:
    """What has to be so of every process by itself."""
    yield from gapless(story)
    yield from folded(story)
    yield from moved(story)
    yield from marked(story)


def gapless(story: Story) -> Iterator[Finding]:
    """Events are numbered from 1 without gaps, their time never goes back, and the last is the stored one."""
    numbers = [event.seq for event in story.history]
    if numbers != [*range(1, len(numbers) + 1)]:
        missing = sorted(set(range(1, max(numbers, default=0) + 1)).difference(numbers))
        twice = sorted(number for number, times in Counter(numbers).items() if times > 1)
        yield Finding("gapless", story.process, f"events {missing[:5]} are missing, {twice[:5]} are there twice")
    if any(later.at < sooner.at for sooner, later in pairwise(story.history)):
        yield Finding("gapless", story.process, "the time of its events goes back")
    if story.marking and numbers and story.marking.seq != numbers[-1]:
        yield Finding("gapless", story.process, f"it is stored at event {story.marking.seq}, its last is {numbers[-1]}")


def folded(story: Story) -> Iterator[Finding]:
    """Folding its events gives the stored marking, and the state of each task that it ever had."""
    if story.marking is None or not story.history:
        what = "events and no row" if story.history else "a row and no events"
        yield Finding("folded", story.process, f"it has {what}")
        return
    try:
        found = fold(story.journey, story.history)
    except Exception as error:
        yield Finding("folded", story.process, f"its events cannot be folded: {type(error).__name__}: {error}")
        return
    wanted = found.at_rest()
    if wanted != story.marking:
        names = [name for name in Process.__struct_fields__ if getattr(wanted, name) != getattr(story.marking, name)]
        yield Finding("folded", story.process, f"the fold of its events has other {', '.join(names)} than is stored")
    states = {task.n: task.status for task in found.tasks.values()}
    differing = [n for n in {*states, *story.tasks} if states.get(n) != story.tasks.get(n)]
    if differing:
        yield Finding("folded", story.process, f"tasks {differing[:5]} are in another state than their events say")
    if story.marks != (ahead := _ahead(wanted)):
        wrong = sorted(f"{of} {n}" for of, n, _ in story.marks ^ ahead)
        yield Finding("folded", story.process, f"the next marks of {wrong[:5]} are others than their events say")


def _ahead(process: Process) -> frozenset[tuple[str, int, datetime]]:
    """The next mark of every clock that runs, or stands."""
    tasks = [("task", task.n, task.sla) for task in process.tasks.values() if task.sla]
    watches = [("watch", watch.n, watch.clock) for watch in process.watches.values()]
    return frozenset((of, n, clock.next_at) for of, n, clock in tasks + watches if clock.next_at)


def marked(story: Story) -> Iterator[Finding]:
    """Each mark of a clock is noted once, at its moment or after it, and nothing is met that was breached."""
    said: dict[tuple[object, ...], set[str]] = {}
    for event in story.history:
        if not isinstance(event.fact, ClockFact):
            continue
        fact = event.fact
        clock = (fact.of, fact.atom, fact.task, fact.part)
        if isinstance(fact, ClockSet) and fact.clock is not None:
            said[clock] = set()
        if isinstance(fact, AtRisk | Breached) and fact.reached_at > event.at:
            yield Finding("marked", story.process, f"{fact.name} of {fact.of} was noted before its moment")
        if isinstance(fact, AtRisk | Breached | Met):
            earlier = said.setdefault(clock, set())
            if fact.name in earlier or "sla.met" in earlier or {fact.name, *earlier} >= {"sla.met", "sla.breached"}:
                yield Finding("marked", story.process, f"{fact.name} of {fact.of} comes after {sorted(earlier)}")
            earlier.add(fact.name)


def moved(story: Story) -> Iterator[Finding]:
    """A running process, and each of its active steps, has something that will move it; an ended one has nothing."""
    process = story.marking
    if process is None:
        return
    open_work: list[Task | Timer | Wait | Incident | Child] = [
        *process.open_tasks(),
        *process.timers.values(),
        *process.waits.values(),
        *process.open_incidents(),
        *process.children.values(),
    ]
    if process.ended and open_work:
        yield Finding("moved", story.process, f"it is {process.status}, and {len(open_work)} things are open")
    if process.status != "running":
        return
    if not any(not (isinstance(one, Task) and one.optional) for one in open_work):
        yield Finding("moved", story.process, "it runs, and nothing will move it")
    busy = {one.atom for one in open_work}
    for step in process.steps.values():
        if step.state == "active" and not step.held and step.atom not in busy:
            yield Finding("moved", story.process, f"the step {step.atom} is active, and nothing will move it")


def nothing_left(connection: Connection, by: datetime) -> Iterator[Finding]:
    """No timer or work that was due by then is left, no lease of a worker that is gone, no posted command."""
    for what, processes in reading.overdue(connection, by).items():
        for process in processes:
            yield Finding("nothing left", process, f"{what} is left that should be over")


def queued(connection: Connection, open_work: Iterable[tuple[str, int]]) -> Iterator[Finding]:
    """Every open system task lies in the workers' queue, and nothing else does."""
    wanted, there = set(open_work), reading.holders_of_work(connection)
    for process, n in sorted(wanted - there):
        yield Finding("queued", f"{process}.{n}", "the task is open, and no worker will ever be given it")
    for process, n in sorted(there - wanted):
        yield Finding("queued", f"{process}.{n}", "workers are given it, and the task is closed or none")


def related(connection: Connection) -> Iterator[Finding]:
    """The children that a process waits for are there and have not ended unheard."""
    for row in reading.families(connection):
        if row["status"] is None:
            yield Finding("related", row["parent"], f"it waits for the child {row['child']}, which was never started")
        elif row["status"] in {"completed", "failed", "cancelled"} and not row["ended"]:
            yield Finding("related", row["parent"], f"its child {row['child']} is {row['status']}, and it was not told")


def effects_once(effects: Iterable[Effect], stories: Mapping[tuple[str, str, int], str]) -> Iterator[Finding]:
    """No action's effect is recorded twice: each step's work has one key, and what came of it is that key's receipt.

    `stories` has the receipt that the history holds for each completed step of an action.
    """
    keys = keys_of_steps(effects)
    for step, used in keys.items():
        if len(used) > 1:
            yield Finding("effects once", " ".join(map(str, step)), f"its work was done under {len(used)} keys")
    owners: dict[str, tuple[str, str, int]] = {}
    for step, used in keys.items():
        for key in used:
            if owners.setdefault(key, step) != step:
                yield Finding("effects once", key, "two steps did their work under one key: one of them was not done")
    for step, found in stories.items():
        if found not in {receipt(key) for key in keys.get(step, ())}:
            yield Finding("effects once", " ".join(map(str, step)), "it was completed with a receipt of no call")


def check(
    connection: Connection,
    versions: Versions,
    ledger: Ledger,
    effects: Iterable[Effect],
    by: datetime,
    looked_at: Counter[str],
) -> list[Finding]:
    """Everything but the graph; `looked_at` counts what each invariant has seen."""
    evidence = gather(connection)
    findings = [*settled(ledger), *acknowledged_once(ledger, evidence), *refused_absent(ledger, evidence)]
    findings += unknown_whole_or_absent(ledger, evidence)
    open_work: list[tuple[str, int]] = []
    receipts: dict[tuple[str, str, int], str] = {}
    for story in reading.stories(connection, versions):
        findings += of_process(story)
        looked_at.update({"processes": 1, "events": len(story.history)})
        if story.marking:
            open_work += [(story.process, task.n) for task in story.marking.open_tasks() if task.kind == "system"]
        receipts |= _receipts(story)
    findings += [*nothing_left(connection, by), *queued(connection, open_work), *related(connection)]
    kept = [*effects]
    findings += effects_once(kept, receipts)
    looked_at.update({"commands": len(ledger), "effects": len(kept)})
    return findings


def gather(connection: Connection) -> Evidence:
    """What the ledger is held against."""
    return Evidence(
        reading.noted(connection, sorted({type for types in LEAVES.values() for type in types})),
        reading.remembered(connection),
        reading.deliveries(connection),
    )


def _receipts(story: Story) -> dict[tuple[str, str, int], str]:
    facts: list[TaskCompleted] = [event.fact for event in story.history if isinstance(event.fact, TaskCompleted)]
    return {
        (story.process, fact.atom, fact.visit): fact.output["receipt"]
        for fact in facts
        if fact.atom and fact.visit and "receipt" in fact.output
    }
