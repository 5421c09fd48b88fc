"""Which edges and atoms of a journey its cases went through, and which never."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.core.events import Event, StepStarted, TaskCreated
from engine.core.journey import Edge, Journey

Passed = tuple[str, int]
"""An edge by its source and its place among the source's edges."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases of a journey went through. Atoms that only undo others count as atoms too.

    Attributes:
        edges: how many edges the journey has, of every `on` and `rework` ones included.
        atoms: how many atoms it has.
        never_taken: the edges that no case took, in file order.
        never_reached: the atoms that no case started, in file order.
    """

    edges: int
    atoms: int
    never_taken: tuple[Edge, ...]
    never_reached: tuple[str, ...]

    @property
    def full(self) -> bool:
        """Whether the cases took every edge and started every atom."""
        return not self.never_taken and not self.never_reached


def coverage_of(journey: Journey, histories: Iterable[Sequence[Event]]) -> Coverage:
    """What the processes of these histories, all of `journey`, went through."""
    taken: set[Passed] = set()
    reached: set[str] = set()
    for history in histories:
        for event in history:
            _note(event, taken, reached)
    edges = [edge for route in journey.routes.values() for edge in route.enables]
    return Coverage(
        len(edges),
        len(journey.atoms),
        tuple(edge for edge in edges if (edge.source, edge.position) not in taken),
        tuple(atom for atom in journey.atoms if atom not in reached),
    )


def _note(event: Event, taken: set[Passed], reached: set[str]) -> None:
    fact = event.fact
    atom = getattr(fact, "atom", None)
    if atom is None:
        return
    if fact.name in ("step.completed", "step.failed") or isinstance(fact, TaskCreated | StepStarted):
        reached.add(atom)
    for position, edge in enumerate(getattr(fact, "edges", None) or ()):
        if edge.taken:
            taken.add((atom, position))
