"""Which names surely have a value when an atom starts or exits: what a case needs to start, and what atoms before it
write on every way that leads to it (R1–R5, R9).

One number stands for a set of names, and one for a set of atoms, with a bit for each. Rework can only add: a later
visit finds what an earlier one found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from graphlib import TopologicalSorter

from engine.loading.draft import Draft, DraftEdge
from engine.loading.structure import join_count
from engine.loading.writing import Writing

_MOST_ON_A_WAY = 100
_ROUNDS = 3


class Presence:
    """The names that surely have a value, for every atom of a draft without errors.

    Args:
        names: the names that are asked about.
        complete: the decision atoms of whose table surely some row is true.
    """

    def __init__(self, draft: Draft, names: Iterable[str], complete: frozenset[str]) -> None:
        self._names = {name: 1 << place for place, name in enumerate(dict.fromkeys(names))}
        self._flow = _Flow(draft)
        self._writing = Writing(draft, self._names, complete)
        self._start: dict[str, int] = {}
        self._arrivals: dict[str, list[tuple[str, int]]] = {}
        for atom in self._flow.order:
            self._start[atom] = self._at_start(atom)
        for atom, undone in self._flow.undoing.items():
            self._start[atom] = _all_of(self._at_exit(known, "done") for known in undone)

    def at_start(self, atom: str) -> Callable[[str], bool]:
        """Says of a name whether it surely has a value when the atom starts."""
        return self._says(self._start[atom])

    def at_sets(self, atom: str, before: Iterable[str]) -> Callable[[str], bool]:
        """Says it of the moment when the `sets` of an atom have given the names `before` a value."""
        return self._says(self._start[atom] | self._writing.before_sets(atom) | self._writing.whole(before))

    def at_exit(self, atom: str, on: str) -> Callable[[str], bool]:
        """Says of a name whether it surely has a value when the edges of an exit are looked at."""
        return self._says(self._at_exit(atom, on))

    def way_without(self, atom: str, name: str) -> list[str]:
        """A way from the start to an atom on which nothing surely writes the name, as atoms; the atom is the last."""
        way = [atom]
        while len(way) < _MOST_ON_A_WAY:
            lacking = (source for source, has in self._arrivals.get(way[-1], ()) if not has & self._names[name])
            source = next(lacking, None)
            if source is None:
                break
            way.append(source)
        return way[::-1]

    def _says(self, present: int) -> Callable[[str], bool]:
        return lambda name: bool(self._names.get(name, 0) & present)

    def _at_exit(self, atom: str, on: str) -> int:
        return self._start[atom] | (self._writing.of(atom) if on == "done" else 0)

    def _at_start(self, atom: str) -> int:
        flow = self._flow
        present = self._writing.start
        for target in flow.completed_before(atom):
            present |= self._at_exit(target, "done")
        arrivals: list[tuple[str, int]] = []
        for edge, surely in flow.arrivals(atom):
            arrived = self._at_exit(edge.source, edge.on)
            arrivals.append((edge.source, arrived | self._after(surely)))
        self._arrivals[atom] = arrivals
        if not arrivals:
            return present | self._after(flow.before_entry(atom))
        return present | _at_least([has for _, has in arrivals], len(arrivals) - flow.needed(atom) + 1)

    def _after(self, atoms: int) -> int:
        """What atoms surely have written that have exited, it is not known how."""
        present = 0
        for atom in self._flow.atoms_of(atoms):
            present |= _all_of(self._at_exit(atom, on) for on in self._flow.exits(atom))
        return present


class _Flow:
    """Which atoms surely have run when an atom starts.

    `_led` of an atom are those that surely start at some time because it does; `_known` those that surely start in
    every process in which it does; `_resolved` those that have been resolved when it is ready, run or not.
    """

    def __init__(self, draft: Draft) -> None:
        self._undone = draft.compensations()
        self._atoms = {atom.id: atom for atom in draft.atoms}
        self._bits = {atom: 1 << place for place, atom in enumerate(self._atoms)}
        self._ids = list(self._atoms)
        self._incoming: defaultdict[str, list[DraftEdge]] = defaultdict(list)
        self._forward = {atom.id: list(atom.forward()) for atom in draft.atoms}
        for edges in self._forward.values():
            for edge in edges:
                self._incoming[str(edge.target)].append(edge)
        self.order = [atom for atom in self._sorted() if atom not in self._undone]
        self.undoing: defaultdict[str, list[str]] = defaultdict(list)
        for atom in draft.atoms:
            if undone := atom.keys.get("compensated_by"):
                self.undoing[undone].append(atom.id)
        self._led: dict[str, int] = {}
        self._always = 0
        self._known: dict[str, int] = {}
        self._common: dict[str, int] = {}
        self._resolved: dict[str, int] = {}
        self._joined: dict[str, int] = {}
        for _ in range(_ROUNDS):  # what is known of dependencies lets more be known of what waits for them
            self._look_ahead()
            for known in self.order:
                self._learn(known)

    def needed(self, atom: str) -> int:
        """How many of the edges into an atom have been taken when it starts, at least (R3)."""
        return join_count(self._atoms[atom]) or 1

    def exits(self, atom: str) -> list[str]:
        """The exits an atom may have."""
        return list(dict.fromkeys(["done", *(edge.on for edge in self._forward[atom])]))

    def atoms_of(self, bits: int) -> Iterator[str]:
        """The atoms of a set."""
        while bits:
            lowest = bits & -bits
            yield self._ids[lowest.bit_length() - 1]
            bits ^= lowest

    def completed_before(self, atom: str) -> Iterator[str]:
        """R4: the atoms without whose completion it does not start."""
        return (str(found.target) for found in self._atoms[atom].dependencies() if found.require == "completed")

    def arrivals(self, atom: str) -> Iterator[tuple[DraftEdge, int]]:
        """Each edge into an atom, and the atoms that surely have run when it starts and this edge was taken; those
        before the edge's source left out.
        """
        for edge in self._incoming[atom]:
            source = edge.source
            earlier = self._known[source] & self._resolved[source] | self._bits[source]
            yield edge, (self._through(edge) | self._known_by_dependencies(atom)) & self._resolved[atom] & ~earlier

    def before_entry(self, atom: str) -> int:
        """The atoms that surely have run when an entry atom starts."""
        return (self._always | self._known_by_dependencies(atom)) & self._resolved[atom]

    def _sorted(self) -> Iterable[str]:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for atom in self._atoms.values():
            before = [edge.source for edge in self._incoming[atom.id]]
            sorter.add(atom.id, *before, *(str(found.target) for found in atom.dependencies()))
        return sorter.static_order()

    def _look_ahead(self) -> None:
        for atom in reversed(self.order):
            self._led[atom] = self._bits[atom] | _all_of(self._leads(atom, on) for on in self.exits(atom))
        entries = [atom for atom in self.order if not self._incoming[atom] and self._starts_surely(atom)]
        self._always = reduce(int.__or__, (self._led[atom] for atom in entries), 0)

    def _learn(self, atom: str) -> None:
        edges = self._incoming[atom]
        known = [self._through(edge) for edge in edges]
        common = _at_least(known, len(known) - self.needed(atom) + 1) if known else self._always
        self._common[atom] = common
        self._known[atom] = self._bits[atom] | common | self._known_by_dependencies(atom)
        waits_for_all = len(edges) <= 1 or self._atoms[atom].keys.get("join", "all") == "all"
        joined = 0
        for edge in edges if waits_for_all else ():
            joined |= self._bits[edge.source] | self._joined[edge.source]
        self._joined[atom] = joined
        for found in self._atoms[atom].dependencies():
            joined |= self._bits[str(found.target)] | self._joined[str(found.target)]
        for edge in edges if len(edges) == 1 else ():
            joined |= self._resolved[edge.source]
        self._resolved[atom] = joined

    def _through(self, edge: DraftEdge) -> int:
        """The atoms that surely start in a process in which an edge is taken."""
        return self._known[edge.source] | self._leads(edge.source, edge.on) | self._always

    def _known_by_dependencies(self, atom: str) -> int:
        known = 0
        for target in self.completed_before(atom):
            known |= self._known[target] | self._leads(target, "done")
        return known

    def _leads(self, atom: str, on: str) -> int:
        """The atoms that surely start because an atom exits like this (R2)."""
        edges = sorted((edge for edge in self._forward[atom] if edge.on == on), key=lambda edge: edge.priority)
        if not edges or self._atoms[atom].keys.get("terminate"):
            return 0
        plain = [edge for edge in edges if not edge.ruled and not edge.otherwise]
        otherwise = [edge for edge in edges if edge.otherwise]
        if self._atoms[atom].keys.get("split") == "first":
            last = edges.index(plain[0]) + 1 if plain else len(edges)
            choices = [edge for edge in edges[:last] if not edge.otherwise] + ([] if plain else otherwise[:1])
            return self._started_by_one(choices) if plain or otherwise else 0
        led = reduce(int.__or__, (self._started(edge) for edge in plain), 0)
        return led | (self._started_by_one([edge for edge in edges if edge not in plain]) if otherwise else 0)

    def _started_by_one(self, edges: Sequence[DraftEdge]) -> int:
        return _all_of(self._started(edge) for edge in edges)

    def _started(self, edge: DraftEdge) -> int:
        """What surely starts when an edge is taken: nothing where its target needs more than that (R3, R4)."""
        target = str(edge.target)
        return self._led[target] if self._starts_surely(target) else 0

    def _starts_surely(self, atom: str) -> bool:
        """Whether one edge is enough for an atom to start: what it needs completed surely runs, and has no exit but
        `done`.
        """
        known = self._common.get(atom, 0)
        needed = self.completed_before(atom)
        return self.needed(atom) == 1 and all(
            bool(known & self._bits[target]) and self.exits(target) == ["done"] for target in needed
        )


def _all_of(sets: Iterable[int]) -> int:
    """What is in every one of some sets; nothing where there are none."""
    found: int | None = None
    for one in sets:
        found = one if found is None else found & one
    return found or 0


def _at_least(sets: Sequence[int], times: int) -> int:
    """What is in at least so many of some sets."""
    if times <= 1:
        return reduce(int.__or__, sets, 0)
    if times >= len(sets):
        return _all_of(sets)
    counted = [-1] + [0] * times
    for one in sets:
        for count in range(times, 0, -1):
            counted[count] |= counted[count - 1] & one
    return counted[times]
