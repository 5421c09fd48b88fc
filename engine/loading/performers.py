"""Checks who performs atoms: what four eyes, keeping the person and skills name (`bad_value`, `duplicate_id`).

Warns where the person to be kept may not be known yet (`never_performed`), and where nobody else is told when work
takes too long (`escalates_nowhere`). Whether there are people for it is asked of the organisation, by `staffing`.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from engine.loading.draft import Draft, DraftAtom, present
from engine.loading.finding import Report
from engine.loading.presence import Presence
from engine.loading.tree import Path
from engine.loading.wording import a, short
from engine.loading.writing import performance

_MOST_SHOWN = 8


def check_performers(draft: Draft, report: Report) -> None:
    """Adds what is wrong with the performers of a draft to the report."""
    kept = _Kept(draft)
    for atom in draft.atoms:
        for path, other in _named(atom):
            _is_another_persons_work(draft, atom, path, other, report)
        _once(atom, "not_same_as", _others(atom), report)
        _once(atom, "skills", _skills(atom), report)
        _apart(atom, kept, report)
        _skilled(atom, report)


def check_keeping(draft: Draft, presence: Presence, report: Report) -> None:
    """Adds the warnings about performers of a draft without errors to the report.

    Args:
        presence: has been asked about `performances(draft)`.
    """
    for atom in draft.atoms:
        kept = _keeps(atom)
        if kept is not None and not presence.at_start(atom.id)(performance(kept)):
            on = _way(presence.way_without(atom.id, performance(kept)))
            message = f"`{atom.id}` is kept for whoever performed `{kept}`, which nobody may have performed {on}."
            fix = f"Let every way to `{atom.id}` pass `{kept}`; otherwise its role gets it there as if it were new."
            report.warning("never_performed", (*atom.path, "performed_by", "same_as"), message, fix)
        role = _performer(atom).get("role")
        if role is not None and atom.keys.get("escalates_to") == role:
            message = f"`{atom.id}` escalates to `{short(role)}`, the role that performs it: nobody else is told."
            report.warning("escalates_nowhere", (*atom.path, "escalates_to"), message, "Name another role.")


def performances(draft: Draft) -> Iterator[str]:
    """The names that stand for it that the atoms of every `same_as` were performed."""
    return (performance(kept) for atom in draft.atoms if (kept := _keeps(atom)) is not None)


class _Kept:
    """Which atoms one person performs, as far as `same_as` says so, through any number of atoms.

    The work of a list is done by several people (R14): who else is kept for one of them need not be kept for the same.
    """

    def __init__(self, draft: Draft) -> None:
        self._first = {atom.id: atom.id for atom in draft.atoms}
        self._keeps = {atom.id: kept for atom in draft.atoms if (kept := _keeps(atom)) is not None}
        lists = {atom.id for atom in draft.atoms if "for_each" in atom.given}
        for atom, kept in self._keeps.items():
            if kept in self._first and kept not in lists:
                self._first[self._root(atom)] = self._root(kept)

    def for_each_other(self, one: str, other: str) -> bool:
        """Whether one of the two is kept for whoever performed the other."""
        return self._keeps.get(one) == other or self._keeps.get(other) == one

    def together(self, one: str, other: str) -> bool:
        """Whether the same person performs both."""
        return one in self._first and other in self._first and self._root(one) == self._root(other)

    def _root(self, atom: str) -> str:
        while self._first[atom] != atom:
            self._first[atom] = self._first[self._first[atom]]
            atom = self._first[atom]
        return atom


def _performer(atom: DraftAtom) -> Any:
    return atom.keys.get("performed_by", {})


def _keeps(atom: DraftAtom) -> str | None:
    """The atom whose performer it is kept for."""
    kept: str | None = _performer(atom).get("same_as")
    return kept


def _others(atom: DraftAtom) -> list[tuple[Path, str]]:
    """Where its `not_same_as` stand, and what they name."""
    path = (*atom.path, "performed_by", "not_same_as")
    return [((*path, place), other) for place, other in present(_performer(atom).get("not_same_as"))]


def _skills(atom: DraftAtom) -> list[tuple[Path, str]]:
    path = (*atom.path, "performed_by", "skills")
    skills = present(_performer(atom).get("skills"))
    return [((*path, place), skill["skill"]) for place, skill in skills if "skill" in skill]


def _named(atom: DraftAtom) -> list[tuple[Path, str]]:
    """Where it names other atoms for their performers."""
    kept = _keeps(atom)
    path = (*atom.path, "performed_by", "same_as")
    return _others(atom) if kept is None else [*_others(atom), (path, kept)]


def _is_another_persons_work(draft: Draft, atom: DraftAtom, path: Path, other: str, report: Report) -> None:
    named = draft.declared("atoms").get(other)
    if other == atom.id:
        message = f"Atom {atom.label} names itself: who performs it is compared with who performed another atom."
        report.error("bad_value", path, message, "Name another atom, or remove it.")
    elif named is not None and named.kind not in (None, "human"):
        message = f"`{other}` is {a(named.kind)}: no person performs it."
        report.error("bad_value", path, message, "Name a human atom.")


def _once(atom: DraftAtom, key: str, named: Iterable[tuple[Path, Hashable]], report: Report) -> None:
    seen: set[Hashable] = set()
    for path, name in named:
        if name in seen:
            message = f"The `{key}` of atom {atom.label} names `{short(str(name))}` twice."
            report.error("duplicate_id", path, message, "Remove one of them.")
        seen.add(name)


def _apart(atom: DraftAtom, kept: _Kept, report: Report) -> None:
    """Four eyes between two atoms that one person performs."""
    for path, other in _others(atom):
        if other == atom.id:
            continue
        if kept.for_each_other(atom.id, other):
            message = f"Atom {atom.label} is to be performed by the same person as `{other}`, and by another."
            report.error("bad_value", path, message, "Remove it from `not_same_as`, or from `same_as`.")
        elif kept.together(atom.id, other):
            message = (
                f"Nobody could perform both {atom.label} and `{other}`: by their `same_as` one person performs them, "
                "and here it must be another."
            )
            report.error("bad_value", path, message, "Remove it, or one of the `same_as` that lead there.")


def _skilled(atom: DraftAtom, report: Report) -> None:
    performer = _performer(atom)
    if performer.get("strategy") == "skill_based" and not performer.get("skills"):
        message = f"Atom {atom.label} goes to who has the skills for it best, and names no skills."
        path = (*atom.path, "performed_by", "strategy")
        report.error("bad_value", path, message, "Add `skills`, or choose another strategy.")


def _way(way: list[str]) -> str:
    shown = way if len(way) <= _MOST_SHOWN else [*way[: _MOST_SHOWN // 2], "…", *way[-_MOST_SHOWN // 2 :]]
    return f"on the way {' → '.join(shown)}" if len(way) > 1 else "where this atom starts the process"
