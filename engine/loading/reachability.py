"""What comes after what: over forward ENABLES and reversed DEPENDS_ON (the contract's `cycle` and R7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.loading.draft import Draft
from engine.loading.tree import Path


@dataclass(frozen=True, slots=True)
class Link:
    """`source` comes before `target`, because it enables it or, with `waits`, because `target` depends on it."""

    source: str
    target: str
    path: Path
    waits: bool


Links = Mapping[str, Sequence[Link]]


def links_of(draft: Draft) -> Links:
    """The links out of each atom that has any; those to atoms that do not exist are left out."""
    atoms = draft.declared("atoms")
    links: defaultdict[str, list[Link]] = defaultdict(list)
    for atom in draft.atoms:
        if not atom.id:
            continue
        for edge in atom.forward():
            if edge.target in atoms:
                links[atom.id].append(Link(atom.id, str(edge.target), edge.path, waits=False))
        for dependency in atom.dependencies():
            if dependency.target in atoms:
                target = str(dependency.target)
                links[target].append(Link(target, atom.id, dependency.path, waits=True))
    return links


class Reach:
    """Which atoms can be reached from which, itself included. Right for circles too, which other checks refuse.

    Each atom's reach is one number with a bit for each atom, so that a thousand rework edges cost no thousand searches.
    """

    def __init__(self, links: Links, atoms: Iterable[str]) -> None:
        self._bits = {atom: 1 << place for place, atom in enumerate(atoms)}
        self._reach = dict(self._bits)
        order = _postorder(links, self._bits)
        changed = True
        while changed:  # a second time to see that nothing changes; more often only where there are circles
            changed = False
            for atom in order:
                before = after = self._reach[atom]
                for link in links.get(atom, ()):
                    after |= self._reach[link.target]
                self._reach[atom] = after
                changed = changed or after != before

    def leads(self, first: str, last: str) -> bool:
        """Whether `last` can be reached from `first`."""
        return bool(self._reach[first] & self._bits[last])


def _postorder(links: Links, atoms: Iterable[str]) -> list[str]:
    """Every atom after those it leads to, but where there is a circle."""
    found: list[str] = []
    seen: set[str] = set()
    for start in atoms:
        if start in seen:
            continue
        seen.add(start)
        way = [(start, iter(links.get(start, ())))]
        while way:
            atom, rest = way[-1]
            link = next(rest, None)
            if link is None:
                found.append(atom)
                way.pop()
            elif link.target not in seen:
                seen.add(link.target)
                way.append((link.target, iter(links.get(link.target, ()))))
    return found
