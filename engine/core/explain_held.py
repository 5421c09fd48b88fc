"""What the parts of `engine.core.explain` share: what is told of an open thing, what is known, the wording."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from engine.core.clocks import Clock
from engine.core.facts import ClockOf
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.scope import Scope

HolderKind = Literal["task", "timer", "message", "child", "incident", "suspension"]


@dataclass(frozen=True, slots=True)
class Told:
    """A clock of a service level, and a sentence about it. `of` is what it is of, `name` its id; none of a process."""

    of: ClockOf
    name: str | None
    clock: Clock
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """One open thing.

    Attributes:
        n: its number in the process, among those of its kind; 0 for a suspension.
        name: of its atom, or of the task; None where it concerns the whole process.
        who: users, or `role:…`, `action:…`, `message:…`, `process:…`, `permission:…`: whoever could move it. Empty
            where only time does.
        needs: what they must do.
        unblocks: the atoms that wait for it, in file order; of a compensation those that follow (R13).
        text: one sentence.
        child: the id of the child process that is waited for.
        writers: the atoms that write the name that has no value.
        documents: those that must be accepted first.
        told: what the clock of its service level says, where it has one.
    """

    kind: HolderKind
    n: int
    atom: str | None
    visit: int | None
    name: str | None
    since: datetime
    who: tuple[str, ...]
    needs: str
    unblocks: tuple[str, ...]
    text: str
    item_index: int | None = None
    due_at: datetime | None = None
    child: str | None = None
    writers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """An action that nobody is given work of: since when, who said so, and why."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """Who a task is about to be given `to`; without, `why` nobody can be given it, or take it, in sentences."""

    to: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the marking does not tell: from the history, and from the workers' queue.

    Attributes:
        now: the time of the answer; without it nothing is said of ages.
        blocked: why each blocked task is, by its number.
        errors: what the last attempt of each task said, by its number.
        suspended_by: who suspended the process, and `suspended_for` what reason.
        cancelled_for: the reason for which it compensates.
        busy: the actions that some worker has work of just now.
        resting: the actions that operators paused.
        prospects: what becomes of tasks that nobody has, by their numbers, as far as the organisation tells.
    """

    now: datetime | None = None
    blocked: Mapping[int, str] = field(default_factory=dict[int, str])
    errors: Mapping[int, str] = field(default_factory=dict[int, str])
    suspended_by: str | None = None
    suspended_for: str | None = None
    cancelled_for: str | None = None
    busy: frozenset[str] = frozenset()
    resting: Mapping[str, Rest] = field(default_factory=dict[str, Rest])
    prospects: Mapping[int, Prospect] = field(default_factory=dict[int, Prospect])


UNKNOWN: Final = Known()


@dataclass(frozen=True, slots=True)
class Scene:
    """What is explained: a process, its journey, and what is known besides."""

    scope: Scope
    process: Process
    known: Known
    _behind: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], init=False, repr=False)

    @property
    def journey(self) -> Journey:
        """The version that the process runs."""
        return self.scope.journey

    @property
    def suspended(self) -> bool:
        """Whether nothing moves until it resumes (R12)."""
        return self.process.status == "suspended"

    def name(self, atom: str) -> str:
        """What people call an atom, in quotes."""
        return f"“{self.journey.atoms[atom].name}”"

    def names(self, atoms: Iterable[str], last: str = "and") -> str:
        """Atoms in a sentence."""
        return listed([self.name(atom) for atom in atoms], last)

    def subject(self, atom: str, item_index: int | None = None) -> str:
        """An atom at the start of a sentence, with its element (R14) and what it undoes (R13)."""
        step = self.process.steps.get(atom)
        if item_index is not None:
            count = len(step.elements) if step and step.elements else 0
            return f"{self.name(atom)} ({item_index + 1} of {count})" if count else self.name(atom)
        if atom in self.journey.compensations:
            undone = [route.atom for route in self.journey.routes.values() if route.compensated_by == atom]
            return f"{self.name(atom)}, which undoes {self.names(undone, 'or')},"
        return self.name(atom)

    def role(self, role: str) -> str:
        """What people call a role."""
        return next((one.name for one in self.journey.definition.roles if one.id == role), role)

    def started(self, atom: str | None) -> datetime:
        """When the current visit of an atom started."""
        step = self.process.steps.get(atom) if atom else None
        return (step.started_at or step.ready_at if step else None) or self.process.started_at

    def behind(self, atom: str) -> tuple[str, ...]:
        """The atoms that cannot start before this is resolved, or may become dead with it; in file order.

        Behind a compensation are those that follow it, in the order in which they will run (R13).
        """
        if atom not in self._behind:  # a list has the same for each of its elements, of which there may be thousands
            self._behind[atom] = self._look_behind(atom)
        return self._behind[atom]

    def _look_behind(self, atom: str) -> tuple[str, ...]:
        if atom in self.journey.compensations:
            undoing = [self.journey.routes[done].compensated_by for done in reversed(self.process.undo)]
            return tuple(dict.fromkeys(one for one in undoing if one and one != atom))
        if self.process.compensating:
            return ()
        seen: set[str] = set()
        queue = deque([atom])
        while queue:
            for following in self.scope.following(queue.popleft()):
                if following not in seen and self.waits(following):
                    seen.add(following)
                    queue.append(following)
        return tuple(one for one in self.journey.atoms if one in seen)

    def waits(self, atom: str) -> bool:
        """Whether an atom has not started in its current visit, nor been resolved."""
        step = self.process.steps.get(atom)
        return step is None or step.state == "waiting"

    def waiting(self) -> tuple[str, ...]:
        """All atoms in scope that wait, in file order; while it compensates, those that will undo (R13)."""
        if self.process.compensating:
            return self.behind(next(iter(self.journey.compensations), ""))
        return tuple(atom for atom in self.journey.atoms if atom in self.scope.atoms and self.waits(atom))


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def moment(at: datetime) -> str:
    """A time as people write it: `3 March 2026, 12:05 UTC`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def lasting(length: timedelta) -> str:
    """A length of time as people say it, in its two largest units: `12 minutes 5 seconds`, `1 day`."""
    left = max(int(length.total_seconds()), 0)
    parts: list[str] = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, size)
        if count or (parts and len(parts) < _UNITS):
            parts.append(times(count, unit) if count else "")
    return " ".join(filter(None, parts[:_UNITS])) or "0 seconds"


_UNITS: Final = 2


def working(length: timedelta) -> str:
    """A length of working time, in hours and minutes: a day of it is no day of the clock."""
    hours, rest = divmod(max(int(length.total_seconds()), 0), 3_600)
    parts = [times(hours, "hour")] if hours else []
    parts += [times(rest // 60, "minute")] if rest >= 60 or not hours else []
    return f"{' '.join(parts)} of working time"


def times(count: int, thing: str) -> str:
    """A number of things: `1 minute`, `2 minutes`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def stop(sentence: str) -> str:
    """A sentence that ends as one, whoever wrote it."""
    text = sentence.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def clause(sentence: str) -> str:
    """What somebody wrote, to stand before the full stop of another sentence."""
    return sentence.strip().rstrip(".")
