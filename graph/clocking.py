"""What facts about the clocks of service levels say of the graph: moments, beside what each clock is of.

`sla_level`, `sla_target_at` (none while the clock stands), `at_risk_at`, `breached_at`, `escalations` lie on the Step
of a task or subjourney, on a Task off the graph, on the ProcessInstance, and for a phase or module on what joins it to
the process, once for each time that it began. That something was met is not written where it shows: it was completed,
and has no `breached_at`. Of a list (R14), and of a task that was made anew, there is what was said last.
"""

from collections.abc import Mapping
from typing import Any

from engine.core.clock_facts import AtRisk, Breached, ClockEnded, ClockPaused, ClockSet, Escalated, Met
from engine.core.events import Event
from engine.core.facts import ClockFact, Marks
from graph.round import Round


def begun(marks: Marks) -> dict[str, Any]:
    """The facts of a clock that begins, or goes on."""
    return {"sla_level": marks.level, "sla_target_at": marks.target_at}


def note_clock(round: Round, event: Event, fact: ClockFact) -> None:
    """Notes what a fact about a clock says of what it is of."""
    said = _said(fact)
    match fact:
        case ClockFact(of="module" | "phase", part=str(part)):
            begins = fact.clock if isinstance(fact, ClockSet) else None
            if begins is not None:
                said = {**said, "since": event.at}
            if isinstance(fact, Met | ClockEnded):
                said = {"met": isinstance(fact, Met), "ended_at": event.at}
            if said:
                round.time(event.process, part, begins, said)
        case ClockFact(of="process"):
            round.processes[event.process].update(said)
        case ClockFact(atom=str(atom), visit=int(visit)):
            if said:
                round.step(event.process, atom, visit).facts.update(said)
        case ClockFact(task=int(n)):
            if said:
                round.note_task(event.process, n, **said)
        case _:
            pass


def _said(fact: ClockFact) -> Mapping[str, Any]:
    match fact:
        case ClockSet(marks=marks):
            return begun(marks)
        case ClockPaused(target_left=left) if left is not None:
            return {"sla_target_at": None}
        case AtRisk(reached_at=at):
            return {"at_risk_at": at}
        case Breached(reached_at=at):
            return {"breached_at": at}
        case Escalated(level=level):
            return {"escalations": level}
        case _:
            return {}
