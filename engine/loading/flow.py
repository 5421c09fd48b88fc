"""Which atoms surely run in every process in which an atom starts (R1–R4), as far as rules and exits leave no choice.

One number stands for a set of atoms, with a bit for each. What is known of an exit grows with what is found out about
the atoms it leads to, and is not computed again: a journey costs as much as it has edges, however many leave one atom.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from graphlib import TopologicalSorter

from engine.loading.draft import Draft, DraftAtom, DraftEdge
from engine.loading.structure import join_count

_ROUNDS = 3


@dataclass(slots=True)
class _Choice:
    """Atoms of which surely one is enabled when an exit is taken: for an edge that is always taken, its target alone.

    `unsure` is how many of them may not start although they are enabled.
    """

    exit: "_Exit"
    targets: Sequence[str]
    unsure: int


@dataclass(slots=True)
class _Exit:
    """An exit of an atom. `leads` are the atoms that surely start because of it, as far as is known (R2)."""

    choices: list[_Choice] = field(default_factory=list[_Choice])
    leads: int = 0


class Flow:
    """Which atoms surely have run when an atom starts, for a draft without errors.

    `_led` of an atom are those that surely start at some time because it does; `_known` those that surely start in
    every process in which it does; `_resolved` those that have been resolved when it is ready, run or not. `_surely`
    are the atoms for which one edge is enough to start.

    Attributes:
        order: the atoms that lie on a way, each after all that come before it.
        undoing: the atoms that only undo others, each with those that it undoes (R13).
    """

    def __init__(self, draft: Draft) -> None:
        self._atoms = {atom.id: atom for atom in draft.atoms}
        self._ids = list(self._atoms)
        self._bits = {atom: 1 << place for place, atom in enumerate(self._ids)}
        self._incoming: defaultdict[str, list[DraftEdge]] = defaultdict(list)
        forward = {atom.id: list(atom.forward()) for atom in draft.atoms}
        for edges in forward.values():
            for edge in edges:
                self._incoming[str(edge.target)].append(edge)
        self._depended = {atom.id: [str(found.target) for found in atom.dependencies()] for atom in draft.atoms}
        self._completed = {atom.id: list(_completed_before(atom)) for atom in draft.atoms}
        self._needed = {atom.id: join_count(atom) or 1 for atom in draft.atoms}
        self.undoing: defaultdict[str, list[str]] = defaultdict(list)
        for atom in draft.atoms:
            if undone := atom.keys.get("compensated_by"):
                self.undoing[undone].append(atom.id)
        self.order = [atom for atom in self._sorted() if atom not in self.undoing]
        self._surely = {atom for atom in self._ids if self._needed[atom] == 1 and not self._completed[atom]}
        self._choosing: defaultdict[str, list[_Choice]] = defaultdict(list)
        self._exits = {atom.id: self._exits_of(atom, forward[atom.id]) for atom in draft.atoms}
        self._led: dict[str, int] = {}
        self._always = 0
        self._known: dict[str, int] = {}
        self._resolved: dict[str, int] = {}
        self._joined: dict[str, int] = {}
        for _ in range(_ROUNDS):  # what is known of dependencies lets more be known of what waits for them
            sure = len(self._surely)
            self._look_ahead()
            for known in self.order:
                self._learn(known)
            if len(self._surely) == sure:
                break

    @property
    def atoms(self) -> Sequence[str]:
        """Every atom, that of the lowest bit first."""
        return self._ids

    def needed(self, atom: str) -> int:
        """How many of the edges into an atom have been taken when it starts, at least (R3)."""
        return self._needed[atom]

    def exits(self, atom: str) -> Iterable[str]:
        """The exits an atom may have."""
        return self._exits[atom]

    def completed_before(self, atom: str) -> Sequence[str]:
        """R4: the atoms without whose completion it does not start."""
        return self._completed[atom]

    def arrivals(self, atom: str) -> Iterator[tuple[DraftEdge, int]]:
        """Each edge into an atom, and the atoms that surely have run when it starts and this edge was taken; those
        before the edge's source left out.
        """
        waited_for = self._known_by_dependencies(atom)
        for edge in self._incoming[atom]:
            source = edge.source
            earlier = self._known[source] & self._resolved[source] | self._bits[source]
            yield edge, (self._through(edge) | waited_for) & self._resolved[atom] & ~earlier

    def before_entry(self, atom: str) -> int:
        """The atoms that surely have run when an entry atom starts."""
        return (self._always | self._known_by_dependencies(atom)) & self._resolved[atom]

    def _sorted(self) -> Iterable[str]:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for atom in self._ids:
            sorter.add(atom, *(edge.source for edge in self._incoming[atom]), *self._depended[atom])
        return sorter.static_order()

    def _exits_of(self, atom: DraftAtom, edges: Sequence[DraftEdge]) -> Mapping[str, _Exit]:
        exits = {on: _Exit() for on in dict.fromkeys(["done", *(edge.on for edge in edges)])}
        for on, leaving in exits.items():
            for targets in _chosen(atom, [edge for edge in edges if edge.on == on]):
                unsure = sum(target not in self._surely for target in targets)
                choice = _Choice(leaving, targets, unsure)
                leaving.choices.append(choice)
                for target in targets:
                    self._choosing[target].append(choice)
        return exits

    def _look_ahead(self) -> None:
        for atom in reversed(self.order):
            exits = self._exits[atom].values()
            for leaving in exits:
                leaving.leads = 0
                for choice in leaving.choices:
                    self._lead(choice)
            self._led[atom] = self._bits[atom] | all_of(leaving.leads for leaving in exits)
        entries = [atom for atom in self.order if not self._incoming[atom] and atom in self._surely]
        self._always = reduce(int.__or__, (self._led[atom] for atom in entries), 0)

    def _lead(self, choice: _Choice) -> None:
        """What surely starts because a choice is made: nothing where one of its atoms needs more than that (R3, R4)."""
        if not choice.unsure:
            choice.exit.leads |= all_of(self._led[target] for target in choice.targets)

    def _learn(self, atom: str) -> None:
        edges, depended = self._incoming[atom], self._depended[atom]
        known = [self._through(edge) for edge in edges]
        common = at_least(known, len(known) - self._needed[atom] + 1) if known else self._always
        self._known[atom] = self._bits[atom] | common | self._known_by_dependencies(atom)
        if atom not in self._surely and self._starts_surely(atom, common):
            self._surely.add(atom)
            for choice in self._choosing[atom]:
                choice.unsure -= 1
                self._lead(choice)
        waits_for_all = len(edges) <= 1 or self._atoms[atom].keys.get("join", "all") == "all"
        self._joined[atom] = self._before(edge.source for edge in edges if waits_for_all)
        resolved = self._joined[atom] | self._before(depended)
        self._resolved[atom] = resolved | (self._resolved[edges[0].source] if len(edges) == 1 else 0)

    def _before(self, atoms: Iterable[str]) -> int:
        """Some atoms, and those that have been resolved when they are, though it be that they are skipped."""
        return reduce(int.__or__, (self._bits[atom] | self._joined[atom] for atom in atoms), 0)

    def _starts_surely(self, atom: str, common: int) -> bool:
        """Whether one edge is enough for an atom to start: what it needs completed surely runs, and has no exit but
        `done`. `common` are the atoms that surely start where it is enabled.
        """
        return self._needed[atom] == 1 and all(
            common & self._bits[target] and list(self._exits[target]) == ["done"] for target in self._completed[atom]
        )

    def _through(self, edge: DraftEdge) -> int:
        """The atoms that surely start in a process in which an edge is taken."""
        return self._known[edge.source] | self._exits[edge.source][edge.on].leads | self._always

    def _known_by_dependencies(self, atom: str) -> int:
        known = 0
        for target in self._completed[atom]:
            known |= self._known[target] | self._exits[target]["done"].leads
        return known


def _completed_before(atom: DraftAtom) -> Iterator[str]:
    return (str(found.target) for found in atom.dependencies() if found.require == "completed")


def _chosen(atom: DraftAtom, edges: Sequence[DraftEdge]) -> Iterator[Sequence[str]]:
    """The targets of the edges of one exit, grouped so that of each group surely one is enabled (R2)."""
    if atom.keys.get("terminate"):
        return
    looked_at = sorted(edges, key=lambda edge: edge.priority)
    plain = [edge for edge in looked_at if not edge.ruled and not edge.otherwise]
    otherwise = [edge for edge in looked_at if edge.otherwise]
    ruled = [edge for edge in looked_at if edge.ruled and not edge.otherwise]
    if atom.keys.get("split") != "first":
        yield from ([str(edge.target)] for edge in plain)
        last = otherwise
    elif plain:
        ruled = [edge for edge in looked_at[: looked_at.index(plain[0])] if not edge.otherwise]
        last = plain[:1]
    else:
        last = otherwise[:1]
    if last:
        yield [str(edge.target) for edge in (*ruled, *last)]


def all_of(sets: Iterable[int]) -> int:
    """What is in every one of some sets; nothing where there are none."""
    found: int | None = None
    for one in sets:
        found = one if found is None else found & one
    return found or 0


def at_least(sets: Sequence[int], times: int) -> int:
    """What is in at least so many of some sets. Counts all elements at once, in binary: a number for each digit."""
    if times <= 1:
        return reduce(int.__or__, sets, 0)
    if times >= len(sets):
        return all_of(sets)
    digits = [0] * len(sets).bit_length()
    for one in sets:
        carried = one
        for place, digit in enumerate(digits):
            digits[place], carried = digit ^ carried, digit & carried
            if not carried:
                break
    more, equal = 0, -1
    for place in reversed(range(len(digits))):
        if times >> place & 1:
            equal &= digits[place]
        else:
            more |= equal & digits[place]
    return more | equal
