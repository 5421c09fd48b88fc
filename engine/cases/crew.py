"""The people and workers of a case: they do open work as its script says, in the order in which it was given out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

from engine.cases.performers import performer
from engine.cases.suite import NO_VALUES, Place, Script, Values
from engine.cases.world import TTL, World
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    CompleteTask,
    CompleteWork,
    FailTask,
    FailWork,
)
from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument, standing
from engine.core.durations import Duration
from engine.core.errors import Conflict, Invalid
from engine.core.journey import Journey
from engine.core.process import DocumentState, Process, Task, Wait
from engine.core.task_facts import Link

MOST: Final = 2_000
"""Pieces of work of one case; a journey that needs more goes round in circles."""

REASON: Final = "The case says so."
_MAY: Final = frozenset({"task:act_any", "task:read_all", "task:reassign", "document:receive", "document:accept"})
DESIGNER: Final = Caller("designer", permissions=_MAY)


@dataclass(frozen=True, slots=True)
class Stop(Exception):
    """Why a case cannot go on: what is the matter, what to write, and the line of what was to happen."""

    message: str
    fix: str
    line: int | None = None


class Crew:
    """Does the open work of every process of a world."""

    def __init__(self, world: World, script: Script) -> None:
        self._world = world
        self._script = script
        self._failed: Counter[tuple[str, str, int, int | None]] = Counter()
        self._done = 0
        self._told = 0

    def work(self) -> None:
        """Does all that the script says, until what is open is left, or waits for time or for something from outside.

        Raises:
            Stop: when work has no output in the script and cannot be done without one, or one that is refused.
        """
        while True:
            if self._file_one() or self._one() or self._hear() or self._to_the_next_attempt():
                self._done += 1
                if self._done > MOST:
                    raise Stop(f"The case needs more than {MOST:,} pieces of work.", "Let its rework come to an end.")
            else:
                return

    def pass_time(self, until: datetime) -> None:
        """Moves the clock on; what a timer on the way gives to do is done at its time.

        Raises:
            Stop: as `work`.
        """
        while (due := self._world.next_due()) is not None and due <= until:
            self._world.advance_to(due)
            self.work()
        self._world.advance_to(until)

    def do(self, place: Place, output: Values | None, item: int | None, by: str | None = None) -> None:
        """Does open work of an atom now: with `output`, else with what the script says; a task is done by who is named.

        Raises:
            Stop: when it has none.
            Forbidden: when that one may not do it: `four_eyes`, `kept_for_another`.
        """
        for process, wait in self._waits():
            if self._place(process, wait.atom) == place:
                body = self._script.output(place, wait.visit, None) if output is None else output
                self.tell(wait.name, wait.key, body or NO_VALUES, None, TTL)
                return
        process, task = self._task(place, item, "do")
        self._complete(process, task, output, by)

    def fail(self, place: Place, reason: str, item: int | None, by: str | None = None) -> None:
        """Lets open work of an atom fail for good; of a task by who is named.

        Raises:
            Stop: when it has none.
            Forbidden: as `do`.
        """
        process, task = self._task(place, item, "fail")
        self._fail(process, task, reason, False, by)

    def tell(self, name: str, key: Any, body: Values, id: str | None, ttl: Duration) -> None:
        """Sends a message, with an id of its own where it is given none.

        Raises:
            Invalid: `output_invalid`, when the wait cannot take its body.
        """
        self._told += 1
        self._world.message(name, key, id or f"message-{self._told}", body, ttl)

    def file(self, process: str, document: str, state: DocumentState, reason: str = REASON) -> None:
        """Lets a document stand so: it comes where it is missing or a new one is wanted, then somebody judges it."""
        stands = standing(self._world.processes[process], document)
        if stands == "missing" or state == "received":
            link = Link(document, f"https://files.example/{document}")
            self._world.do(process, ReceiveDocument(DESIGNER, document, (link,)))
        if state == "accepted" and stands != state:
            self._world.do(process, AcceptDocument(DESIGNER, document))
        if state == "refused" and stands != state:
            self._world.do(process, RefuseDocument(DESIGNER, document, reason))

    def _file_one(self) -> bool:
        """Files the first document that the script gives and a process does not have; false when there is none."""
        for process in self._world.processes.values():
            if process.status != "running":
                continue
            for (journey, document), state in self._script.documents.items():
                if journey == process.journey and document not in process.documents:
                    self.file(process.id, document, state)
                    return True
        return False

    def _one(self) -> bool:
        """Does the oldest piece of work that the script says something of; false when there is none."""
        for process, task in self._tasks():
            if self._left(process, task.atom):
                continue
            if task.kind == "system" and (task.next_at is None or task.next_at > self._world.now):
                continue
            failing = self._failing(process, task)
            if failing is not None:
                self._fail(process, task, *failing)
            else:
                self._complete(process, task, None)
            return True
        return False

    def _hear(self) -> bool:
        """Sends what the script says that a waiting step hears; false when nothing is to be sent."""
        for process, wait in self._waits():
            place = self._place(process, wait.atom)
            body = self._script.output(place, wait.visit, None)
            if body is not None and place not in self._script.leaves:
                self._refused(partial(self.tell, wait.name, wait.key, body, None, TTL), place, scripted=True)
                return True
        return False

    def _to_the_next_attempt(self) -> bool:
        """Moves the clock to the next attempt of an action, or to a timer before it; false when none is to come."""
        now = self._world.now
        later = [
            task.next_at
            for process, task in self._tasks()
            if task.next_at is not None and task.next_at > now and not self._left(process, task.atom)
        ]
        if not later:
            return False
        due = self._world.next_due()
        self._world.advance_to(min([*later, *([due] if due else [])]))
        return True

    def _complete(self, process: Process, task: Task, output: Values | None, by: str | None = None) -> None:
        place = self._place(process, task.atom)
        said = self._script.output(place, task.visit or 1, task.item_index) if output is None else output
        if said is None:
            self._nothing_missing(process, task, place)
            said = NO_VALUES
        self._refused(partial(self._hand_in, process, task, said, by), place, scripted=output is None)

    def _hand_in(self, process: Process, task: Task, output: Values, by: str | None) -> None:
        if task.kind == "system":
            token = self._world.claim(process.id, task.n)
            self._world.do(process.id, CompleteWork(SYSTEM, task.n, token, output))
        else:
            self._world.do(process.id, CompleteTask(self._performer(process, task, by), task.n, output))

    def _fail(self, process: Process, task: Task, reason: str, retryable: bool, by: str | None = None) -> None:
        self._failed[_work(process, task)] += 1
        if task.kind == "system":
            token = self._world.claim(process.id, task.n)
            self._world.do(process.id, FailWork(SYSTEM, task.n, token, reason, retryable))
        else:
            self._world.do(process.id, FailTask(self._performer(process, task, by), task.n, reason))

    def _performer(self, process: Process, task: Task, by: str | None) -> Caller:
        if by is None and (task.assignee or task.role is None):
            return DESIGNER
        return performer(self._world.journey_of(process.id), process, task, by)

    def _failing(self, process: Process, task: Task) -> tuple[str, bool] | None:
        failed = self._failed[_work(process, task)]
        for failing in self._script.fails.get(self._place(process, task.atom), ()):
            if failing.hits(task.visit or 1, task.item_index, failed):
                return failing.reason, failing.retryable
        return None

    def _nothing_missing(self, process: Process, task: Task, place: Place) -> None:
        """Stops where the output of a piece of work has required fields that the script does not give."""
        journey = self._world.journey_of(process.id)
        missing = dict(_required(journey, task))
        if missing:
            fields = ", ".join(f"{name}: …" for name in missing)
            listed = ", ".join(f"`{name}`" + (f" ({kind})" if kind else "") for name, kind in missing.items())
            name = self._written(place)
            message = f"`{name}` is open, and the case does not say what is handed in; it needs {listed}."
            fix = f"Write `{name}: {{{fields}}}` under `outputs`, or name it in `leaves` if nobody does it."
            raise Stop(message, fix)

    def _refused(self, step: Callable[[], None], place: Place, *, scripted: bool) -> None:
        """Does a step that hands something in; tells which atom refuses it, and where the script says it."""
        try:
            step()
        except Conflict as refusal:
            if refusal.code != "documents_missing":
                raise
            filed = ", ".join(f"{one['document']}: accepted" for one in refusal.details["documents"])
            fix = f"Write `documents: {{{filed}}}`, or name `{self._written(place)}` in `leaves` if nobody does it."
            raise Stop(refusal.detail, fix) from None
        except Invalid as refusal:
            errors = cast("list[Mapping[str, str]]", refusal.details.get("errors", []))
            said = "; ".join(f"{error['pointer'] or '/'}: {error['message']}" for error in errors)
            name = self._written(place)
            message = f"What the case hands in for `{name}` is refused: {said or refusal.detail}."
            if scripted:
                raise Stop(message, "Correct what is written there.", self._script.lines.get(place)) from None
            raise Stop(message, "Correct its `output`.") from None

    def _task(self, place: Place, item: int | None, what: str) -> tuple[Process, Task]:
        """The oldest open task of an atom, of one element if it is said."""
        for process, task in self._tasks():
            element = process.parent.item_index if process.parent and task.item_index is None else task.item_index
            if self._place(process, task.atom) == place and item in (None, element):
                return process, task
        of = "" if item is None else f" for element {item}"
        open_work = ", ".join(f"`{self._written(self._place(one, task.atom))}`" for one, task in self._tasks())
        message = f"`{what}: {self._written(place)}`: it has no open work{of}."
        raise Stop(message, f"Open are {open_work}." if open_work else "Nothing is open.")

    def _tasks(self) -> Iterator[tuple[Process, Task]]:
        """The open tasks of running processes, in the order in which they were given out."""
        running = [process for process in self._world.processes.values() if process.status == "running"]
        found = [(task.created_at, place, task.n) for place, one in enumerate(running) for task in one.open_tasks()]
        for _, place, number in sorted(found):
            yield running[place], running[place].tasks[number]

    def _waits(self) -> Iterator[tuple[Process, Wait]]:
        for process in list(self._world.processes.values()):
            if process.status == "running":
                yield from ((process, wait) for wait in process.waits.values() if wait.bound is None)

    def _left(self, process: Process, atom: str | None) -> bool:
        """Whether nobody does it: it is left, or off the graph."""
        return atom is None or self._place(process, atom) in self._script.leaves

    def _place(self, process: Process, atom: str | None) -> Place:
        return process.journey or "", atom or ""

    def _written(self, place: Place) -> str:
        """An atom as the case writes it: a called journey's with its journey."""
        main = next(iter(self._world.processes.values())).journey
        return place[1] if place[0] == main else f"{place[0]}/{place[1]}"


def _required(journey: Journey, task: Task) -> Iterator[tuple[str, str]]:
    """The fields that an output must have, by what the atom and its action say, with their types."""
    atom = journey.atoms[task.atom or ""]
    action = next((one for one in journey.definition.actions if one.name == task.action), None)
    for schema in (atom.output, action.output if action else None):
        properties = cast("Mapping[str, Any]", (schema or {}).get("properties", {}))
        for name in cast("list[str]", (schema or {}).get("required", [])):
            described = properties.get(name)
            kind: Any = cast("Mapping[str, Any]", described).get("type") if isinstance(described, Mapping) else None
            yield name, kind if isinstance(kind, str) else ""


def _work(process: Process, task: Task) -> tuple[str, str, int, int | None]:
    return process.id, task.atom or "", task.visit or 1, task.item_index
