"""Processes in memory: what the databases, the workers and the clock do around `decide`, one thing after another.

A command is decided and then everything that follows from it, before the next one is taken: first what it posts to
other processes, in order, then the clocks and timers that are due (R11, R15). Time stands still unless it is moved on.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Command,
    DeliverMessage,
    FireTimers,
    Kept,
    Post,
    Start,
    Strike,
    TakeKept,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.durations import Duration
from engine.core.errors import Conflict, EngineError, NotFound
from engine.core.events import Event, MessageDelivered, MessageRefused
from engine.core.frozen import changed
from engine.core.journey import NO_JOURNEY, Journey
from engine.core.organisation import Organisation
from engine.core.process import Lease, Process, Task, Timer, Wait
from engine.core.values import canonical

TTL: Final = Duration(span=timedelta(hours=1))
"""How long a message is kept where its sender does not say (R16)."""
MOST_KEPT: Final = 20
"""Kept messages that a step which starts to wait is offered at once."""

Sent = Literal["delivered", "kept", "known"]
"""What became of a message: it went to a wait, is kept for one, or its id had been used before."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that nobody waited for. `row` counts them from 1, in the order they came; it is kept before `until`."""

    row: int
    name: str
    key: Any
    message: str
    body: Mapping[str, Any]
    until: datetime


class World:
    """Every process with what they share: versions, time, messages, and what crosses between them.

    Attributes:
        now: the time of every decision; it never goes back.
        processes: the marking of each process, by its id, ended ones included; tasks carry their workers' leases.
        histories: the events of each process, by its id; folding them gives its marking.
        events: the same events in the order they happened.
        kept: the messages that wait for a wait, oldest first, those past their time included.
        refused: the posts that the process they were for refused, and why; they are dropped, as in production.
        organisation: who there is, for what takes too long; nobody, unless it is set.
    """

    def __init__(self, journeys: Mapping[str, Journey], now: datetime) -> None:
        """A world without processes.

        Args:
            journeys: every version that may be started or called, by `key@version`, its calls pinned (R15).
            now: the time it begins, with its zone.
        """
        self.now = now
        self.processes: dict[str, Process] = {}
        self.histories: dict[str, list[Event]] = {}
        self.events: list[Event] = []
        self.kept: list[KeptMessage] = []
        self.refused: list[tuple[Post, EngineError]] = []
        self.organisation = Organisation()
        self._journeys = journeys
        self._of: dict[str, Journey] = {}
        self._posts: deque[Post] = deque()
        self._known: set[str] = set()
        self._order: dict[tuple[str, str, int], int] = {}
        self._tokens = 0
        self._rows = 0

    def start(self, version: str | None, command: Start) -> Decision:
        """Starts a process of `version`, `key@version`; None for one that holds only a task off the graph (R18).

        Raises:
            EngineError: `version_not_found`, `business_key_taken` (R17), and what `decide` refuses.
        """
        journey = self._version(version)
        decision = decide(journey, None, command, self.now)
        self._claim_business_key(journey, command)
        self._begin(journey, decision)
        self.settle()
        return decision

    def do(self, process: str, command: Command) -> Decision:
        """Gives `command` to a process, and takes up all that follows from it.

        Raises:
            EngineError: `process_not_found`, and what `decide` refuses; then nothing has happened.
        """
        decision = self._decide(process, command)
        self.settle()
        return decision

    def message(
        self, name: str, key: Any, id: str, body: Mapping[str, Any], ttl: Duration = TTL
    ) -> tuple[Sent, Decision | None]:
        """Sends a message (R16): to the oldest wait of its name and key, else it is kept. The same id counts once.

        Raises:
            Invalid: `output_invalid`, when the waiting step cannot take the body; the id stays free.
        """
        if id in self._known:
            return "known", None
        waiting = min(self._waiting(name, key), key=lambda found: self._place("wait", *found), default=None)
        if waiting is None:
            self._rows += 1
            self.kept.append(KeptMessage(self._rows, name, key, id, body, ttl.add_to(self.now)))
            self._known.add(id)
            return "kept", None
        decision = self._decide(waiting[0], DeliverMessage(SYSTEM, waiting[1], id, body))
        self._known.add(id)
        self.settle()
        return "delivered", decision

    def claim(self, process: str, task: int, until: datetime | None = None, worker: str = "worker") -> int:
        """Lets a worker take a system task that is due, until `until` (default: as its action allows).

        Returns:
            The token that the worker's answer must carry.

        Raises:
            Conflict: `lease_lost`, when it is not to be had: done, held by another, not due, or standing (R12).
        """
        marking = self._marking(process)
        found = marking.tasks.get(task)
        if found is None or marking.status != "running" or not _claimable(found, self.now):
            raise Conflict("lease_lost", "No worker can take this task now.")
        self._tokens += 1
        end = until or self.now + timedelta(seconds=found.timeout_seconds or 0)
        held = changed(found, lease=Lease(self._tokens, worker, end))
        after = marking.copy()
        after.tasks[task] = held
        self.processes[process] = after
        return self._tokens

    def advance(self, by: timedelta | Duration) -> None:
        """Moves the clock on; each timer on the way fires at its time, never before (R11)."""
        self.advance_to(by.add_to(self.now) if isinstance(by, Duration) else self.now + by)

    def advance_to(self, until: datetime) -> None:
        """Moves the clock to `until`, if that is ahead; each timer on the way fires at its time."""
        self.settle()
        while (due := self.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.settle()
        self.now = max(self.now, until)

    def next_due(self) -> datetime | None:
        """When the next timer fires that nothing holds up, or a clock comes to its next mark; None where none does."""
        timers = (timer.due_at for _, timer in self._timers())
        return min((*timers, *(at for at, _ in self._marks())), default=None)

    def settle(self) -> None:
        """Takes up every post, strikes every clock and fires every timer that is due, until nothing is left of them."""
        while True:
            if self._posts:
                self._take_up(self._posts.popleft())
            elif (first := min(self._marks(), default=None)) and first[0] <= self.now:
                decision = self._decide(first[1], Strike(SYSTEM, self.organisation))
                assert decision.events, f"a clock of {first[1]} has come to a mark, and striking it changes nothing"
            elif due := self._first_due():
                decision = self._decide(due, FireTimers(SYSTEM))
                assert decision.events, f"a timer of {due} is due, and firing it changes nothing"
            else:
                return

    def journey_of(self, process: str) -> Journey:
        """The version that a process runs."""
        return self._of[process]

    def _version(self, version: str | None) -> Journey:
        if version is None:
            return NO_JOURNEY
        if version not in self._journeys:
            raise NotFound("version_not_found", f"There is no version {version} here.")
        return self._journeys[version]

    def _claim_business_key(self, journey: Journey, command: Start) -> None:
        key = command.business_key
        for process in self.processes.values():
            taken = key is not None and process.business_key == key and process.journey == journey.definition.key
            if taken and not process.ended:
                raise Conflict("business_key_taken", process=process.id)

    def _begin(self, journey: Journey, decision: Decision) -> None:
        self._of[decision.after.id] = journey
        self._write(decision)

    def _marking(self, process: str) -> Process:
        if process not in self.processes:
            raise NotFound("process_not_found")
        return self.processes[process]

    def _decide(self, process: str, command: Command) -> Decision:
        marking = self._marking(process)
        decision = decide(self._of[process], marking, command, self.now)
        if decision.events:
            self._write(decision)
        return decision

    def _write(self, decision: Decision) -> None:
        after = decision.after
        self.processes[after.id] = _leases_moved(decision, self.now)
        self.histories.setdefault(after.id, []).extend(decision.events)
        self.events += decision.events
        self._posts += decision.posts
        for timer in decision.timers:
            self._order.setdefault(("timer", after.id, timer.n), len(self._order))
        for wait in decision.waits:
            self._order.setdefault(("wait", after.id, wait.n), len(self._order))
        used = {_row(event) for event in decision.events}
        self.kept = [message for message in self.kept if message.row not in used]

    def _take_up(self, post: Post) -> None:
        """One post is one decision; what is refused is dropped."""
        command = post.command
        try:
            if isinstance(command, Start):
                journey = self._version(post.calls)
                self._begin(journey, decide(journey, None, command, self.now))
            elif isinstance(command, TakeKept):
                self._decide(post.to, replace(command, kept=self._kept_for(post.to, command.wait)))
            else:
                self._decide(post.to, command)
        except EngineError as refusal:
            self.refused.append((post, refusal))

    def _kept_for(self, process: str, number: int) -> tuple[Kept, ...]:
        """What is kept for a wait, oldest first; nothing for one that is over or has its message."""
        wait = self._marking(process).waits.get(number)
        if wait is None or wait.bound is not None:
            return ()
        fitting = [one for one in self.kept if one.until > self.now and _matches(wait, one.name, one.key)]
        return tuple(Kept(one.row, one.message, one.body) for one in fitting[:MOST_KEPT])

    def _waiting(self, name: str, key: Any) -> Iterator[tuple[str, int]]:
        for process in self.processes.values():
            for wait in process.waits.values():
                if wait.bound is None and _matches(wait, name, key):
                    yield process.id, wait.n

    def _timers(self) -> Iterator[tuple[str, Timer]]:
        """The timers that run; those of a suspended process do not (R12)."""
        for process in self.processes.values():
            if process.status in ("pending", "running"):
                yield from ((process.id, timer) for timer in process.timers.values() if not timer.standing)

    def _marks(self) -> Iterator[tuple[datetime, str]]:
        """The next mark of the clocks of every process that has one."""
        for process in self.processes.values():
            if not process.ended and (at := process.next_mark) is not None:
                yield at, process.id

    def _first_due(self) -> str | None:
        due = [(timer.due_at, self._place("timer", id, timer.n), id) for id, timer in self._timers()]
        first = min(due, default=None)
        return first[2] if first and first[0] <= self.now else None

    def _place(self, kind: Literal["timer", "wait"], process: str, number: int) -> int:
        return self._order[kind, process, number]


def _matches(wait: Wait, name: str, key: Any) -> bool:
    return wait.name == name and canonical(wait.key) == canonical(key)


def _claimable(task: Task, now: datetime) -> bool:
    due = task.next_at is not None and task.next_at <= now
    return task.kind == "system" and task.open and task.lease is None and due


def _leases_moved(decision: Decision, now: datetime) -> Process:
    """The marking after a decision; the leases of a process that resumes run on with the time they had left (R12)."""
    before, after = decision.before, decision.after
    stood_since = before.suspended_at if before and before.status == "suspended" else None
    if stood_since is None or after.status == "suspended":
        return after
    moved = after.copy()
    for task in after.open_tasks():
        if task.lease:
            lease = changed(task.lease, until=task.lease.until + (now - stood_since))
            moved.tasks[task.n] = changed(task, lease=lease)
    return moved


def _row(event: Event) -> int | None:
    """The row of the kept message that an event used up."""
    match event.fact:
        case MessageDelivered(kept=row) | MessageRefused(kept=row):
            return row
        case _:
            return None
