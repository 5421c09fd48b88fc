"""A world that notes what there was to see after each decision, to hold what its clocks said against `slow_clocks`."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from engine.cases.world import World
from engine.core.clock_facts import Escalated
from engine.core.decision import Decision
from engine.core.events import Event, StepReworked, TaskCompleted, TaskEscalated
from engine.core.facts import ClockFact
from engine.core.fold import fold
from engine.core.journey import Journey
from tests.core.slow_calendar import Walk
from tests.core.slow_clocks import OpenTask, Said, Seen, SlowClocks


class Watching(World):
    """`seen` is how each process stood after each of its decisions, those of its clocks included."""

    def __init__(self, journeys: Mapping[str, Journey], now: datetime) -> None:
        super().__init__(journeys, now)
        self.seen: defaultdict[str, list[Seen]] = defaultdict(list)

    def _write(self, decision: Decision) -> None:
        super()._write(decision)
        self.seen[decision.after.id].append(_look(decision))

    def compare(self, process: str, walks: Mapping[str, Walk], *, escalations: bool = True) -> int:
        """Holds all that the clocks of a process said against the second implementation; gives how many verdicts.

        It also sees to it that the marking is the fold of the history. Without `escalations` those are left out: one
        that is noted too late may have nothing left to be done for.
        """
        journey, history = self.journey_of(process), self.histories[process]
        assert fold(journey, history) == self.processes[process]
        definition = journey.definition
        groups = {f"phase:{phase.id}": frozenset[str]() for phase in definition.phases}
        groups |= {f"module:{module.id}": frozenset[str]() for module in definition.modules}
        for atom in definition.atoms:
            for of in (f"phase:{atom.phase}", f"module:{atom.module}"):
                if of in groups:
                    groups[of] |= {atom.id}
            if atom.kind == "subjourney":
                groups[f"step:{atom.id}"] = frozenset({atom.id})
        wanted = SlowClocks(journey.levels, groups, walks).follow(self.seen[process], self.now)
        found = said(history)
        if not escalations:
            wanted, found = _without_escalations(wanted), _without_escalations(found)
        apart = [
            f"{of} at {journey.levels.get(of)}\n  says  {_told(found.get(of))}\n  wants {_told(wanted.get(of))}"
            for of in sorted({*found, *wanted})
            if found.get(of) != wanted.get(of)
        ]
        assert not apart, "\n".join([process, *apart])
        return sum(what in ("at_risk", "breached", "met") for clock in found.values() for what, _ in clock)


def said(history: list[Event]) -> dict[str, list[Said]]:
    """What each clock of a process said, with the moment it happened."""
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for event in history:
        match event.fact:
            case TaskEscalated(reached_at=datetime() as at, task=n):
                found[f"task {n}"].append(("escalated", at))
            case Escalated(reached_at=at) as fact:
                found[_subject(fact)].append(("escalated", at))
            case ClockFact() as fact:
                found[_subject(fact)].append((fact.name.removeprefix("sla."), getattr(fact, "reached_at", event.at)))
            case _:
                pass
    return dict(found)


def _told(clock: list[Said] | None) -> str:
    return ", ".join(f"{what} {at:%d.%m. %H:%M:%S}" for what, at in clock or ())


def _subject(fact: ClockFact) -> str:
    return f"{fact.of}:{fact.part or fact.atom or ''}" if fact.task is None else f"task {fact.task}"


def _without_escalations(said: Mapping[str, list[Said]]) -> dict[str, list[Said]]:
    kept = {of: [one for one in clock if one[0] != "escalated"] for of, clock in said.items()}
    return {of: clock for of, clock in kept.items() if clock}


def _look(decision: Decision) -> Seen:
    facts = [event.fact for event in decision.events]
    process = decision.after
    return Seen(
        decision.events[-1].at,
        process.status,
        {atom: (step.state, step.exit) for atom, step in process.steps.items()},
        {task.n: OpenTask(task.atom, task.role, task.status == "blocked") for task in process.open_tasks()},
        frozenset(fact.task for fact in facts if isinstance(fact, TaskCompleted)),
        tuple(frozenset(fact.region) for fact in facts if isinstance(fact, StepReworked)),
    )
