"""Which names surely have a value when an atom starts or exits: what a case needs to start, and what atoms before it
write on every way that leads to it (R1–R5, R9).

One number stands for a set of names, and one for a set of atoms, with a bit for each. Rework can only add: a later
visit finds what an earlier one found.
"""

from collections.abc import Callable, Iterable, Iterator

from engine.loading.draft import Draft
from engine.loading.flow import Flow, all_of, at_least
from engine.loading.writing import Writing

_MOST_ON_A_WAY = 100


class Presence:
    """The names that surely have a value, for every atom of a draft without errors.

    Args:
        names: the names that are asked about.
        complete: the decision atoms of whose table surely some row is true.
    """

    def __init__(self, draft: Draft, names: Iterable[str], complete: frozenset[str]) -> None:
        self._names = {name: 1 << place for place, name in enumerate(dict.fromkeys(names))}
        self._flow = Flow(draft)
        self._writing = Writing(draft, self._names, complete)
        self._written = _Union(len(self._flow.atoms), self._by_any_exit)
        self._start: dict[str, int] = {}
        self._arrivals: dict[str, list[tuple[str, int]]] = {}
        for atom in self._flow.order:
            self._start[atom] = self._at_start(atom)
        for atom, undone in self._flow.undoing.items():
            self._start[atom] = all_of(self._at_exit(known, "done") for known in undone)

    def at_start(self, atom: str) -> Callable[[str], bool]:
        """Says of a name whether it surely has a value when the atom starts."""
        return self._says(self._start[atom])

    def at_sets(self, atom: str, names: Iterable[str]) -> Iterator[Callable[[str], bool]]:
        """Says it of the moments when the `sets` of an atom give the `names` a value, one after the other."""
        present = self._start[atom] | self._writing.before_sets(atom)
        for name in names:
            yield self._says(present)
            present |= self._writing.whole((name,))

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

    def _by_any_exit(self, place: int) -> int:
        """What an atom surely has written that has exited, it is not known how."""
        atom = self._flow.atoms[place]
        return all_of(self._at_exit(atom, on) for on in self._flow.exits(atom))

    def _at_start(self, atom: str) -> int:
        flow = self._flow
        present = self._writing.start
        for target in flow.completed_before(atom):
            present |= self._at_exit(target, "done")
        arrivals: list[tuple[str, int]] = []
        for edge, surely in flow.arrivals(atom):
            arrived = self._at_exit(edge.source, edge.on)
            arrivals.append((edge.source, arrived | self._written.over(surely)))
        self._arrivals[atom] = arrivals
        if not arrivals:
            return present | self._written.over(flow.before_entry(atom))
        return present | at_least([has for _, has in arrivals], len(arrivals) - flow.needed(atom) + 1)


class _Union:
    """For sets of places, what is at any of them. Sets that have a half, or a half of one, in common share its union,
    so that many sets that are almost the same cost little more than one.

    Args:
        places: how many there are; a set is a number with a bit for each.
        at: what is at a place; asked once, when a set first holds it.
    """

    def __init__(self, places: int, at: Callable[[int], int]) -> None:
        self._at = at
        self._width = 1 << max(places - 1, 0).bit_length()
        self._found: dict[tuple[int, int, int], int] = {}

    def over(self, places: int) -> int:
        """What is at any place of a set."""
        return self._part(places, 0, self._width)

    def _part(self, places: int, first: int, width: int) -> int:
        """The same of as many places as `width`, a power of two, of which the lowest bit is the place `first`."""
        if not places:
            return 0
        key = first, width, places
        found = self._found.get(key)
        if found is None:
            half = width // 2
            low = places & ((1 << half) - 1)
            found = (
                self._part(low, first, half) | self._part(places >> half, first + half, half)
                if half
                else self._at(first)
            )
            self._found[key] = found
        return found
