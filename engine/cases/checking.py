"""What a case must show against what happened: where they part, and which rule values decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

from engine.cases.endings import EXITS, Ending, endings
from engine.cases.service_levels import standing_in_time
from engine.cases.suite import Expectation, ExpectedTask, Holder, OnPath
from engine.core.context import save
from engine.core.documents import standing
from engine.core.events import Event
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.values import canonical

_LAST_DECISIONS: Final = 8


@dataclass(frozen=True, slots=True)
class PathLine:
    """One line of the comparison of two paths: an atom that is on both (`=`), only expected (`-`), only happened (`+`).

    `at` is how many atoms of what happened come before it.
    """

    sign: Literal["=", "-", "+"]
    atom: str
    at: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is otherwise than expected.

    Attributes:
        what: the key of the expectation, with the atom or name it is about: `outcome`, `context.dti`.
        expected: the value written in the case.
        happened: the value there is instead.
        line: where the expectation is written.
        path: for a path, its comparison with what happened: `=` on both, `-` only expected, `+` only happened.
        decided: the endings whose edges led to it; their rules' traces say which values did.
        held: where a process should have ended, what it waits for instead, in a sentence each.
        writer: of a context value, the atom that wrote it last.
    """

    what: str
    expected: Any
    happened: Any
    line: int | None
    path: tuple[PathLine, ...] = ()
    decided: tuple[Ending, ...] = ()
    held: tuple[str, ...] = ()
    writer: str | None = None


def check(
    expected: Expectation, journey: Journey, process: Process, history: Sequence[Event], *, at_end: bool
) -> list[Mismatch]:
    """All that is otherwise than expected. `at_end` a process must have completed unless the case says otherwise."""
    return list(_Comparison(expected, journey, process, history).all(at_end=at_end))


class _Comparison:
    def __init__(self, expected: Expectation, journey: Journey, process: Process, history: Sequence[Event]) -> None:
        self._expected = expected
        self._journey = journey
        self._process = process
        self._history = history
        self._endings = endings(history)

    def all(self, *, at_end: bool) -> Iterator[Mismatch]:
        expected, process = self._expected, self._process
        status = expected.status_at_end if at_end else expected.status
        if status is not None and process.status != status:
            found = self._mismatch("status", status, process.status, decided=self._last_decisions())
            yield replace(found, held=tuple(_held(process)))
        if expected.outcome is not None and process.outcome != expected.outcome:
            yield self._mismatch("outcome", expected.outcome, process.outcome, decided=self._last_decisions())
        if expected.path is not None:
            yield from self._path(expected.path)
        yield from self._states()
        for atom, task in expected.tasks.items():
            yield from self._task(atom, task)
        for name, value in expected.context.items():
            found = _found(process.context, name)
            if canonical(found) != canonical(value):
                yield replace(self._mismatch(f"context.{name}", value, found), writer=self._writer(name))
        yield from self._documents()
        yield from self._service_levels()
        if expected.waits_for is not None:
            yield from self._open(expected.waits_for)
        if expected.incidents is not None:
            incidents = {incident.atom: incident.code for incident in process.open_incidents()}
            if incidents != dict(expected.incidents):
                yield self._mismatch("incidents", dict(expected.incidents), incidents)

    def _documents(self) -> Iterator[Mismatch]:
        for document, state in self._expected.documents.items():
            if standing(self._process, document) != state:
                yield self._mismatch(f"documents.{document}", state, standing(self._process, document))

    def _service_levels(self) -> Iterator[Mismatch]:
        for name, state in self._expected.service_levels.items():
            if (found := standing_in_time(self._journey, self._process, name)) != state:
                yield self._mismatch(f"service_levels.{name}", state, found)

    def _states(self) -> Iterator[Mismatch]:
        expected = self._expected
        wanted = (("completed", expected.completed), ("skipped", expected.skipped), ("failed", expected.failed))
        for state, atoms in wanted:
            for atom in atoms:
                step = self._process.steps.get(atom)
                found = step.state if step else None
                if found != state:
                    yield self._mismatch(f"{state}.{atom}", state, found, decided=self._edges_into(atom))
        for atom in expected.not_started:
            step = self._process.steps.get(atom)
            if step and (step.visit > 1 or step.started_at is not None):
                yield self._mismatch(f"not_started.{atom}", None, step.state, decided=self._edges_into(atom))

    def _path(self, expected: Sequence[OnPath | None]) -> Iterator[Mismatch]:
        happened = [ending for ending in self._endings if ending.how in EXITS]
        wanted = [None if place is None else _label(place.atom, place.exit) for place in expected]
        there = [_label(ending.atom, ending.how) for ending in happened]
        lines = [] if wanted == there else compared(wanted, there)
        parted = next((line.at for line in lines if line.sign != "="), None)
        if parted is None:
            return
        decided = tuple(ending for ending in happened[max(0, parted - 1) : parted] if _ruled(ending))
        shown = [place or "…" for place in wanted]
        yield self._mismatch("path", shown, there, path=tuple(lines), decided=decided)

    def _task(self, atom: str, expected: ExpectedTask) -> Iterator[Mismatch]:
        tasks = [task for task in self._process.tasks.values() if task.atom == atom]
        if expected.times is not None and len(tasks) != expected.times:
            yield self._mismatch(f"tasks.{atom}.times", expected.times, len(tasks), decided=self._edges_into(atom))
        if not tasks:
            if expected.times is None:
                yield self._mismatch(f"tasks.{atom}", "a task", None, decided=self._edges_into(atom))
            return
        last = tasks[-1]
        for name in ("role", "name", "priority"):
            value = getattr(expected, name)
            if value is not None and value != getattr(last, name):
                yield self._mismatch(f"tasks.{atom}.{name}", value, getattr(last, name))
        seen = self._process.context if last.input is None else last.input
        for name, value in (expected.input or {}).items():
            found = _found(seen, name)
            if canonical(found) != canonical(value):
                yield self._mismatch(f"tasks.{atom}.input.{name}", value, found)

    def _open(self, expected: Sequence[tuple[str, Holder | None]]) -> Iterator[Mismatch]:
        there = holders(self._process)
        missing = [one for one in expected if not any(_same(one, found) for found in there)]
        more = [found for found in there if not any(_same(one, found) for one in expected)]
        if missing or more:
            shown = [atom if kind is None else f"{atom} ({kind})" for atom, kind in expected]
            found = [f"{atom} ({kind})" for atom, kind in there]
            decided = tuple(ending for atom, _ in missing for ending in self._edges_into(atom))
            yield self._mismatch("waits_for", shown, found, decided=decided or self._last_decisions())

    def _writer(self, name: str) -> str | None:
        """The atom that last wrote a context name, or what lies below or above it."""
        for event in reversed(self._history):
            atom = getattr(event.fact, "atom", None)
            written: dict[str, Any] = dict(getattr(event.fact, "sets", ()))
            if atom is not None and event.fact.name in ("task.completed", "step.completed"):
                written |= save({}, self._journey.atoms[atom].saves, getattr(event.fact, "output", None))
            if name.partition(".")[0] in (one.partition(".")[0] for one in written):
                return atom
        return None

    def _edges_into(self, atom: str) -> tuple[Ending, ...]:
        """The last ending of each atom that led to `atom` or could have; what was skipped, back to where that began."""
        last = {ending.atom: ending for ending in self._endings}
        found: dict[tuple[str, str], Ending] = {}
        behind = [(edge.source, atom) for edge in self._journey.incoming[atom]]
        for source, target in behind:
            ending = last.get(source)
            if ending is None or (source, target) in found:
                continue
            found[source, target] = replace(ending, edges=tuple(edge for edge in ending.edges if edge.to == target))
            if ending.how == "skipped":
                behind += [(edge.source, source) for edge in self._journey.incoming[source]]
        return tuple(ending for ending in found.values() if ending.how != "skipped")

    def _last_decisions(self) -> tuple[Ending, ...]:
        return tuple(ending for ending in self._endings if _ruled(ending))[-_LAST_DECISIONS:]

    def _mismatch(
        self,
        what: str,
        expected: Any,
        happened: Any,
        *,
        path: tuple[PathLine, ...] = (),
        decided: tuple[Ending, ...] = (),
    ) -> Mismatch:
        return Mismatch(what, expected, happened, self._expected.line, path, decided)


def holders(process: Process) -> list[tuple[str, Holder]]:
    """What is open in a process, with what each step waits for: atoms in the order of its tasks, timers and so on."""
    timers = (timer for timer in process.timers.values() if timer.kind != "timeout")
    open_work: tuple[tuple[Holder, list[str | None]], ...] = (
        ("task", [task.atom for task in process.open_tasks()]),
        ("timer", [timer.atom for timer in timers]),
        ("message", [wait.atom for wait in process.waits.values()]),
        ("child", [child.atom for child in process.children.values()]),
        ("incident", [incident.atom for incident in process.open_incidents()]),
    )
    return [(atom, holder) for holder, atoms in open_work for atom in dict.fromkeys(atoms) if atom is not None]


def _held(process: Process) -> Iterator[str]:
    """What a process waits for; nothing once it has ended."""
    incidents = {incident.atom: incident.message for incident in process.open_incidents()}
    for atom, holder in [] if process.ended else holders(process):
        told = f": {incidents[atom]}" if holder == "incident" else ""
        yield f"{atom} ({holder}){told}"


def compared(expected: Sequence[str | None], happened: Sequence[str]) -> list[PathLine]:
    """Two paths line by line, with as many atoms as possible on both; None stands for any number of others.

    Dynamic programming over what is left of both; a None takes in atoms for nothing.
    """
    width = len(happened) + 1
    cost = [[0] * width for _ in range(len(expected) + 1)]
    for left in range(len(expected), -1, -1):
        for right in range(width - 1, -1, -1):
            cost[left][right] = min((step[0] for step in _steps(expected, happened, left, right, cost)), default=0)
    lines: list[PathLine] = []
    left = right = 0
    while left < len(expected) or right < len(happened):
        _, line, left, right = min(_steps(expected, happened, left, right, cost), key=lambda step: step[0])
        lines += [line] if line and not (line.atom == "…" and lines and lines[-1].atom == "…") else []
    return lines


def _steps(
    expected: Sequence[str | None], happened: Sequence[str], left: int, right: int, cost: list[list[int]]
) -> Iterator[tuple[int, PathLine | None, int, int]]:
    """The ways to go on from a place in both paths: (lines that differ from here on, the line, the next place)."""
    if left < len(expected) and expected[left] is None:
        yield cost[left + 1][right], None, left + 1, right
        if right < len(happened):
            yield cost[left][right + 1], PathLine("=", "…", right), left, right + 1
        return
    if left < len(expected) and right < len(happened) and expected[left] == happened[right]:
        yield cost[left + 1][right + 1], PathLine("=", happened[right], right), left + 1, right + 1
    if left < len(expected):
        yield cost[left + 1][right] + 1, PathLine("-", str(expected[left]), right), left + 1, right
    if right < len(happened):
        yield cost[left][right + 1] + 1, PathLine("+", happened[right], right), left, right + 1


def _label(atom: str, how: str) -> str:
    return atom if how == "done" else f"{atom} ({how})"


def _ruled(ending: Ending) -> bool:
    return any(edge.trace is not None for edge in ending.edges)


def _same(expected: tuple[str, Holder | None], found: tuple[str, Holder]) -> bool:
    return expected[0] == found[0] and expected[1] in (None, found[1])


def _found(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name, or of a dotted path; None where there is none."""
    if name in values:
        return values[name]
    value: Any = values
    for part in name.split("."):
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
    return value
