"""Checks that an accepted graph ends: no circle over forward ENABLES and reversed DEPENDS_ON (`cycle`)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.tree import Path

_MOST_SHOWN = 16


@dataclass(frozen=True, slots=True)
class _Link:
    """`source` comes before `target`, because it enables it or, with `waits`, because `target` depends on it."""

    source: str
    target: str
    path: Path
    waits: bool


def check_cycles(draft: Draft, report: Report) -> None:
    """Adds a finding for every link that closes a circle, looked at from the entry atoms in file order.

    Removing these links leaves no circle, so a document is mended when its findings are.
    """
    links = _links(draft)
    atoms = draft.declared("atoms")
    enabled = {link.target for out in links.values() for link in out if not link.waits}
    waiting = {link.target for out in links.values() for link in out if link.waits}
    order = sorted(atoms, key=lambda atom: (atom in enabled, atom in waiting))
    for circle in _circles(links, order):
        closing = circle[-1]
        fix = "Remove one of these links."
        report.error("cycle", closing.path, f"These atoms wait for each other in a circle: {_told(circle)}.", fix)


def _links(draft: Draft) -> Mapping[str, list[_Link]]:
    atoms = draft.declared("atoms")
    links: defaultdict[str, list[_Link]] = defaultdict(list)
    for atom in draft.atoms:
        if not atom.id:
            continue
        for edge in atom.forward():
            if edge.target in atoms:
                links[atom.id].append(_Link(atom.id, str(edge.target), edge.path, waits=False))
        for dependency in atom.dependencies():
            if dependency.target in atoms:
                target = str(dependency.target)
                links[target].append(_Link(target, atom.id, dependency.path, waits=True))
    return links


def _circles(links: Mapping[str, list[_Link]], order: list[str]) -> Iterator[list[_Link]]:
    """A circle for each link that leads back to an atom on the way to it (depth first, without recursion)."""
    done: set[str] = set()
    for start in order:
        if start in done:
            continue
        way: list[_Link] = []
        open_at = {start: 0}
        waiting = [(start, iter(links.get(start, ())))]
        while waiting:
            atom, rest = waiting[-1]
            link = next(rest, None)
            if link is None:
                waiting.pop()
                del open_at[atom]
                done.add(atom)
                if way:
                    way.pop()
            elif link.target in open_at:
                yield [*way[open_at[link.target] :], link]
            elif link.target not in done:
                way.append(link)
                open_at[link.target] = len(way)
                waiting.append((link.target, iter(links.get(link.target, ()))))


def _told(circle: list[_Link]) -> str:
    """The circle as `a → b → c → a`, with what is a dependency."""
    atoms = [circle[0].source, *(link.target for link in circle)]
    if len(atoms) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        atoms = [*atoms[:half], f"… {len(atoms) - _MOST_SHOWN} more …", *atoms[-half:]]
    told = " → ".join(atoms)
    waits = [f"`{link.target}` depends on `{link.source}`" for link in circle if link.waits][:4]
    return f"{told} ({', '.join(waits)})" if waits else told
