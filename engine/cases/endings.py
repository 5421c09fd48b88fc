"""How the steps of a process ended, in order, and which edges each ending decided; told from its events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from engine.core.events import (
    EdgeResult,
    Event,
    IncidentResolved,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepSkipped,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskFailed,
)

How = Literal["done", "error", "timeout", "skipped", "cancelled"]
EXITS: frozenset[How] = frozenset({"done", "error", "timeout"})


@dataclass(frozen=True, slots=True)
class Ending:
    """One visit of an atom that ended. `edges` are those out of it, in file order; none while they are pending."""

    atom: str
    visit: int
    how: How
    edges: tuple[EdgeResult, ...] = ()


def endings(events: Iterable[Event]) -> list[Ending]:
    """Every visit that ended, in the order in which they did."""
    found: list[Ending] = []
    elements: set[int] = set()
    for event in events:
        fact = event.fact
        if isinstance(fact, TaskCreated) and fact.item_index is not None:
            elements.add(fact.task)
        elif isinstance(fact, IncidentResolved):
            _went_on(found, fact)
        elif not (isinstance(fact, TaskCompleted | TaskFailed | TaskCancelled) and fact.task in elements):
            ending = _ending(event)
            found += [ending] if ending else []
    return found


def _ending(event: Event) -> Ending | None:
    match event.fact:
        case StepCompleted(atom=atom, visit=visit, edges=edges) | TaskCompleted(atom=atom, visit=visit, edges=edges):
            return _told(atom, visit, "done", edges)
        case (
            StepFailed(atom=atom, visit=visit, exit=exit, edges=edges)
            | TaskFailed(atom=atom, visit=visit, exit=exit, edges=edges)
            | TaskCancelled(atom=atom, visit=visit, exit=exit, ends=False, edges=edges)
        ):
            return _told(atom, visit, exit, edges)
        case StepSkipped(atom=atom, visit=visit, edges=edges):
            return _told(atom, visit, "skipped", edges)
        case StepCancelled(atom=atom, visit=visit) | TaskCancelled(atom=atom, visit=visit, ends=True):
            return _told(atom, visit, "cancelled", ())
        case _:
            return None


def _told(atom: str | None, visit: int | None, how: How | None, edges: tuple[EdgeResult, ...] | None) -> Ending | None:
    """The ending; None for a task off the graph, and for one whose end does not end its step."""
    return None if atom is None or visit is None or how is None else Ending(atom, visit, how, edges or ())


def _went_on(found: list[Ending], fact: IncidentResolved) -> None:
    """An exit that an incident had held went on after all: its edges are known now."""
    if fact.edges is not None:
        for place, ending in enumerate(found):
            if (ending.atom, ending.visit) == (fact.atom, fact.visit):
                found[place] = replace(ending, edges=fact.edges)
