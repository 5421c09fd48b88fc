"""R2 to R6 and R8 said a second time, straight from the contract: slow, naive, and sharing no code with `decide`.

It knows the random journeys of `tests.core.journeys` only: their rules compare one name with a number.
"""

from collections.abc import Mapping
from typing import Any

from engine.core.journey import Atom, Definition, Edge, Route, Routes


class Absent(Exception):
    """A rule read a name that is not there."""


def holds(logic: Any, context: Mapping[str, Any]) -> bool:
    ((operator, (variable, value)),) = logic.items()
    if variable["var"] not in context:
        raise Absent
    found = context[variable["var"]]
    return {"==": found == value, "<": found < value, ">=": found >= value}[operator]


def taken(route: Route, context: Mapping[str, Any]) -> set[int] | None:
    """R2: the positions of the edges that are taken; None where there were some and none is."""
    edges = sorted(route.enables, key=lambda edge: (edge.priority, edge.position))
    usual = [edge for edge in edges if not edge.otherwise]
    others = [edge.position for edge in edges if edge.otherwise]
    if route.split == "first":
        first = next((edge for edge in usual if not edge.ruled or holds(edge.logic, context)), None)
        chosen = [first.position] if first else others[:1]
    else:
        true = [edge.position for edge in usual if edge.ruled and holds(edge.logic, context)]
        chosen = true + [edge.position for edge in usual if not edge.ruled] + ([] if true else others)
    return set(chosen) if chosen or not edges or route.may_end else None


class Oracle:
    """`states` holds active, completed, skipped and cancelled steps; `edges` those resolved; `held` the atoms held."""

    def __init__(self, version: tuple[Definition, Routes], part: str | None, context: Mapping[str, Any]) -> None:
        definition, routes = version
        self.atoms: dict[str, Atom] = {
            atom.id: atom for atom in definition.atoms if part in (None, atom.phase, atom.module)
        }
        self.routes = {route.atom: route for route in routes.routes}
        self.context = dict(context)
        self.states: dict[str, str] = {}
        self.edges: dict[tuple[str, int], bool] = {}
        self.held: set[str] = set()
        self.outcome: str | None = None
        self.ended = False

    def into(self, atom: str) -> list[Edge]:
        return [edge for source in self.atoms for edge in self.routes[source].enables if edge.target == atom]

    def ready(self, atom: str) -> bool | None:
        """R1, R3: None where that is still open."""
        results = [self.edges.get((edge.source, edge.position)) for edge in self.into(atom)]
        join = self.routes[atom].join
        if not results:
            return True
        if join == "all":
            return None if None in results else any(results)
        needed = 1 if join == "any" else min(int(join), len(results))
        if results.count(True) >= needed:
            return True
        return None if results.count(True) + results.count(None) >= needed else False

    def may_start(self, atom: str) -> bool | None:
        """R3, R4: false where it is to be skipped, None where it waits."""
        ready = self.ready(atom)
        if not ready:
            return ready
        needs = [(each, self.states.get(each.target)) for each in self.routes[atom].depends_on]
        needs = [(each, state) for each, state in needs if each.target in self.atoms]
        resolved = {"completed", "skipped", "cancelled"}
        if any(each.require == "completed" and state in resolved - {"completed"} for each, state in needs):
            return False
        return True if all(state in resolved for _, state in needs) else None

    def settle(self) -> list[str]:
        """R5, R6, R8: gives what starts, in order."""
        started: list[str] = []
        queue: list[str] = []
        while not self.ended:
            while dead := [atom for atom in self.atoms if atom not in self.states and self.may_start(atom) is False]:
                self.states[dead[0]] = "skipped"
                self.resolve(dead[0], set())
            queue += [
                atom for atom in self.atoms if atom not in (*self.states, *queue) and self.may_start(atom) is True
            ]
            if not queue:
                break
            started.append(queue.pop(0))
            self.start(started[-1])
        self.ended = self.ended or (not self.held and "active" not in self.states.values())
        return started

    def start(self, atom: str) -> None:
        if self.atoms[atom].kind in ("decision", "milestone"):
            self.exit(atom)
            return
        self.states[atom] = "active"
        if self.atoms[atom].input and "absent" not in self.context:
            self.held.add(atom)

    def exit(self, atom: str) -> None:
        self.states[atom] = "completed"
        if self.atoms[atom].kind == "milestone" and self.atoms[atom].outcome:
            self.outcome = self.atoms[atom].outcome
        if self.atoms[atom].terminate:
            self.end("cancelled")
        else:
            self.leave(atom)

    def leave(self, atom: str) -> None:
        """R2, R9."""
        try:
            chosen = taken(self.routes[atom], self.context)
        except Absent:
            chosen = None
        if chosen is None:
            self.held.add(atom)
        else:
            self.held.discard(atom)
            self.resolve(atom, chosen)

    def resolve(self, atom: str, chosen: set[int]) -> None:
        for edge in self.routes[atom].enables:
            self.edges[atom, edge.position] = edge.position in chosen

    def end(self, state: str) -> None:
        self.ended = True
        self.held.clear()
        self.states = {atom: state if now == "active" else now for atom, now in self.states.items()}

    def complete(self, atom: str) -> list[str]:
        self.exit(atom)
        return self.settle()

    def retry(self, atom: str) -> list[str]:
        """R18: of a step held before its work, or after its exit."""
        if self.states[atom] == "active":
            if "absent" in self.context:
                self.held.discard(atom)
            return [atom] if atom not in self.held else []
        self.leave(atom)
        return self.settle()
