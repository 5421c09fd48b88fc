"""Checks that an accepted graph ends: no circle over forward ENABLES and reversed DEPENDS_ON (`cycle`)."""

from collections.abc import Iterator

from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.reachability import Link, Links, links_of

_MOST_SHOWN = 16


def check_cycles(draft: Draft, report: Report) -> None:
    """Adds a finding for every link that closes a circle, looked at from the entry atoms in file order.

    Removing these links leaves no circle, so a document is mended when its findings are.
    """
    links = links_of(draft)
    atoms = draft.declared("atoms")
    enabled = {link.target for out in links.values() for link in out if not link.waits}
    waiting = {link.target for out in links.values() for link in out if link.waits}
    order = sorted(atoms, key=lambda atom: (atom in enabled, atom in waiting))
    for circle in _circles(links, order):
        closing = circle[-1]
        fix = "Remove one of these links."
        report.error("cycle", closing.path, f"These atoms wait for each other in a circle: {_told(circle)}.", fix)


def _circles(links: Links, order: list[str]) -> Iterator[list[Link]]:
    """A circle for each link that leads back to an atom on the way to it (depth first, without recursion)."""
    done: set[str] = set()
    for start in order:
        if start in done:
            continue
        way: list[Link] = []
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


def _told(circle: list[Link]) -> str:
    """The circle as `a → b → c → a`, with what is a dependency."""
    atoms = [circle[0].source, *(link.target for link in circle)]
    if len(atoms) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        atoms = [*atoms[:half], f"… {len(atoms) - _MOST_SHOWN} more …", *atoms[-half:]]
    told = " → ".join(atoms)
    waits = [f"`{link.target}` depends on `{link.source}`" for link in circle if link.waits][:4]
    return f"{told} ({', '.join(waits)})" if waits else told
