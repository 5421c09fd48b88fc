"""The clocks of service levels a second time, slow and plain: what they must say, from what there was to see.

Written from the contract's words and not from the engine's code, of which it knows the shape of a service level only.
What it is given is how a process stood after each decision; working time is `slow_calendar`'s. It says nothing of when
anything is noted: a mark is passed at its moment if its clock runs then, and that is all.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.core.durations import Length, WorkingTime
from engine.core.service_levels import ServiceLevel
from tests.core.slow_calendar import Walk

Said = tuple[str, datetime]
"""What a clock says, and when that happened."""
MARKS = ("at_risk", "breached", "escalated")


@dataclass(frozen=True, slots=True)
class OpenTask:
    atom: str | None
    role: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """How a process stood after a decision: of each step its state and exit, and its open tasks.

    `done` are the tasks that were completed in it, `reworked` the atoms of each region that was reset (R7).
    """

    at: datetime
    status: str
    steps: Mapping[str, tuple[str, str | None]]
    tasks: Mapping[int, OpenTask]
    done: frozenset[int] = frozenset()
    reworked: tuple[frozenset[str], ...] = ()

    @property
    def ended(self) -> bool:
        return self.status in ("completed", "failed", "cancelled")


@dataclass(slots=True)
class SlowClock:
    """One clock. `ahead` are the marks it has not passed: moments while it runs, how much is left while it stands."""

    level: ServiceLevel
    walks: Mapping[str, Walk]
    begun: datetime
    ahead: dict[str, datetime] = field(default_factory=dict[str, datetime])
    standing: dict[str, timedelta] | None = None
    escalated: int = 0
    breached: bool = False

    def __post_init__(self) -> None:
        target = self.later(self.begun, self.level.target)
        warning = self.sooner(target, self.level.warn_before)
        self.ahead["breached"] = target
        if warning > self.begun:
            self.ahead["at_risk"] = warning
        self._await_escalation(self.begun)

    def later(self, at: datetime, length: Length) -> datetime:
        if isinstance(length, WorkingTime):
            walk = self.walks[length.calendar]
            return walk.add(walk.add_days(at, length.days), length.span)
        assert not length.months
        return at + length.span

    def sooner(self, at: datetime, length: Length) -> datetime:
        if isinstance(length, WorkingTime):
            walk = self.walks[length.calendar]
            return walk.add_days(walk.add(at, -length.span), -length.days)
        return at - length.span

    def run(self, until: datetime) -> Iterator[Said]:
        """The marks it passes up to a moment, that one too; of the same moment the warning first, then the target."""
        while self.standing is None:
            due = [(at, MARKS.index(mark), mark) for mark, at in self.ahead.items() if at <= until]
            if not due:
                return
            at, _, mark = min(due)
            del self.ahead[mark]
            if mark == "escalated":
                self.escalated += 1
                self._await_escalation(at)
            self.breached = self.breached or mark == "breached"
            yield mark, at

    def stand(self, at: datetime) -> None:
        walk = self._walk
        self.standing = {mark: walk.between(at, to) if walk else to - at for mark, to in self.ahead.items()}

    def go_on(self, at: datetime) -> None:
        walk = self._walk
        assert self.standing is not None
        self.ahead = {mark: walk.add(at, left) if walk else at + left for mark, left in self.standing.items()}
        self.standing = None

    @property
    def _walk(self) -> Walk | None:
        """What is left while it stands is counted as the target is."""
        target = self.level.target
        return self.walks[target.calendar] if isinstance(target, WorkingTime) else None

    def _await_escalation(self, since: datetime) -> None:
        if self.escalated < len(self.level.escalations):
            self.ahead["escalated"] = self.later(since, self.level.escalations[self.escalated].after)


class SlowClocks:
    """All clocks of one process. `groups` are the atoms of modules, phases and subjourneys, by `module:m` and such."""

    def __init__(
        self, levels: Mapping[str, ServiceLevel], groups: Mapping[str, frozenset[str]], walks: Mapping[str, Walk]
    ) -> None:
        self._levels = levels
        self._groups = groups
        self._walks = walks
        self._running: dict[str, SlowClock] = {}
        self.said: defaultdict[str, list[Said]] = defaultdict(list)

    def follow(self, seen: Sequence[Seen], until: datetime) -> dict[str, list[Said]]:
        """What is said by each clock, in its order: of tasks by `task 1`, of all else by `module:m` and such."""
        for one in seen:
            self._look(one)
        for of in list(self._running):
            self._run(of, until)
        return {of: said for of, said in self.said.items() if said}

    def _look(self, seen: Seen) -> None:
        self._tasks(seen)
        self._groups_of(seen)
        self._process(seen)
        for of, clock in self._running.items():
            stands = seen.status == "suspended" or self._pauses(of, seen)
            if stands and clock.standing is None:
                self._run(of, seen.at)
                clock.stand(seen.at)
                self.said[of].append(("paused", seen.at))
            elif not stands and clock.standing is not None:
                clock.go_on(seen.at)
                self.said[of].append(("set", seen.at))

    def _tasks(self, seen: Seen) -> None:
        for of in [of for of in self._running if of.startswith("task ")]:
            n = int(of.removeprefix("task "))
            if n not in seen.tasks:
                clock = self._end(of, seen.at)
                if n in seen.done and not clock.breached:
                    self.said[of].append(("met", seen.at))
        for n, task in seen.tasks.items():
            if f"task {n}" not in self._running and (level := self._levels.get(f"task:{task.atom or ''}")):
                self._running[f"task {n}"] = SlowClock(level, self._walks, seen.at)

    def _groups_of(self, seen: Seen) -> None:
        """They run from their first step until all in them is over; a rework of all of it begins anew.

        What only the end of its process cancels is not over by itself: its clock ends without a word.
        """
        for of, atoms in self._groups.items():
            if of not in self._levels:
                continue
            states = [seen.steps.get(atom, ("", None)) for atom in sorted(atoms)]
            if of in self._running and any(atoms <= region for region in seen.reworked):
                self._end(of, seen.at)
                self.said[of].append(("ended", seen.at))
            over = all(state in ("completed", "failed", "skipped") for state, _ in states)
            if of in self._running and over and seen.status not in ("failed", "cancelled"):
                clock = self._end(of, seen.at)
                done = not of.startswith("step:") or states[0][1] == "done"
                self.said[of].append(("met" if done and not clock.breached else "ended", seen.at))
            if of not in self._running and not seen.ended and any(state == "active" for state, _ in states):
                self._begin(of, seen.at)
            if of in self._running and seen.ended:
                self._end(of, seen.at)

    def _process(self, seen: Seen) -> None:
        of = "process:"
        if of in self._running and seen.ended:
            clock = self._end(of, seen.at)
            if seen.status == "completed":
                self.said[of].append(("ended" if clock.breached else "met", seen.at))
        elif of in self._levels and of not in self._running and seen.status == "running":
            self._begin(of, seen.at)

    def _begin(self, of: str, at: datetime) -> None:
        self._running[of] = SlowClock(self._levels[of], self._walks, at)
        self.said[of].append(("set", at))

    def _end(self, of: str, at: datetime) -> SlowClock:
        self._run(of, at)
        return self._running.pop(of)

    def _run(self, of: str, until: datetime) -> None:
        self.said[of] += self._running[of].run(until)

    def _pauses(self, of: str, seen: Seen) -> bool:
        """Whether there are open tasks of it, all of them of a kind that its service level stands for."""
        if of.startswith("task "):
            tasks = [seen.tasks[int(of.removeprefix("task "))]]
        else:
            tasks = [task for task in seen.tasks.values() if of == "process:" or task.atom in self._groups[of]]
        kinds = self._running[of].level.pauses_on
        return bool(tasks) and all(task.role in kinds or (task.blocked and "blocked" in kinds) for task in tasks)
