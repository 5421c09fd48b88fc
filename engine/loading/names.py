"""Checks that ids are given once and that what is named exists: `duplicate_id`, `unknown_atom`, `unknown_name`,
`reserved_name`.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from engine.core.rules import RESERVED
from engine.loading.context_names import ContextNames, written_by_schemas
from engine.loading.draft import Draft, DraftAtom, present
from engine.loading.finding import Report
from engine.loading.shapes import Kindred
from engine.loading.tree import Path
from engine.loading.wording import listed, meant, nearest, short

_Key = TypeVar("_Key", bound=Hashable)

_NOUNS: Mapping[Kindred, str] = {
    "atoms": "atom",
    "roles": "role",
    "rules": "rule",
    "actions": "action",
    "regulations": "regulation",
    "documents": "document",
}


def check_names(draft: Draft, names: ContextNames, report: Report) -> None:
    """Adds what is wrong with the ids and names of a draft to the report."""
    _atoms_once(draft, report)
    _groups_once(draft, report)
    for atom in draft.atoms:
        _edges_once(atom, report)
    _references(draft, report)
    _reserved(draft, report)
    for index, name in present(draft.keys.get("dimensions")):
        if not names.declares(name):
            message = f"The dimension `{short(name)}` is no context name: no schema declares it and no atom writes it."
            fix = meant(name, names.known, "Declare it in `context`, or remove it.")
            report.error("unknown_name", ("dimensions", index), message, fix)


def probably_meant(draft: Draft) -> frozenset[str]:
    """The atoms that references to no atom are nearest to: what they lack may be just that reference."""
    atoms = draft.declared("atoms")
    unknown = (found.name for found in draft.references if found.kindred == "atoms" and found.name not in atoms)
    return frozenset(near for name in unknown if (near := nearest(name, atoms)))


def _atoms_once(draft: Draft, report: Report) -> None:
    for atom, path, first in _again((atom.id, (*atom.path, "id")) for atom in draft.atoms if atom.id):
        message = f"There is another atom `{atom}`, in line {_line(report, first)}; an id is unique within a version."
        report.error("duplicate_id", path, message, "Give one of them another id.")


def _groups_once(draft: Draft, report: Report) -> None:
    """Phases and modules share one space of ids, since a process may be started at either (R1)."""
    for group, path, first in _again(_groups(draft)):
        message = f"There is another phase or module `{group}`, in line {_line(report, first)}."
        report.error("duplicate_id", path, message, "Give one of them another id.")


def _groups(draft: Draft) -> Iterator[tuple[str, Path]]:
    modules: list[tuple[Path, object]] = [(("modules",), draft.keys.get("modules"))]
    for index, phase in present(draft.keys.get("phases")):
        if "id" in phase:
            yield phase["id"], ("phases", index, "id")
        modules.append((("phases", index, "modules"), phase.get("modules")))
    for path, listing in modules:
        for index, module in present(listing):
            if "id" in module:
                yield module["id"], (*path, index, "id")


def _edges_once(atom: DraftAtom, report: Report) -> None:
    edges = (((edge.target, edge.on), edge.path) for edge in atom.edges if edge.target)
    for (target, on), path, first in _again(edges):
        message = f"The atom {atom.label} enables `{target}` twice on `{on}`, first in line {_line(report, first)}."
        fix = "Make it one edge; two rules become one with `or`."
        report.error("duplicate_id", path, message, fix)
    for target, path, first in _again((found.target, found.path) for found in atom.dependencies() if found.target):
        message = f"The atom {atom.label} depends on `{target}` twice, first in line {_line(report, first)}."
        report.error("duplicate_id", path, message, "Remove one of them.")


def _again(keyed: Iterable[tuple[_Key, Path]]) -> Iterator[tuple[_Key, Path, Path]]:
    """Each key that stood before, with its path and that of its first."""
    first: dict[_Key, Path] = {}
    for key, path in keyed:
        if key in first:
            yield key, path, first[key]
        else:
            first[key] = path


def _line(report: Report, path: Path) -> int:
    return report.root.place(path)[0] if report.root else 0


def _references(draft: Draft, report: Report) -> None:
    everything = {kindred: draft.declared(kindred) for kindred in _NOUNS}
    for reference in draft.references:
        if reference.kindred == "calendars":
            continue
        declared = everything[reference.kindred]
        if reference.name in declared:
            continue
        noun, name = _NOUNS[reference.kindred], short(reference.name)
        if reference.kindred == "atoms":
            message = f"There is no atom `{name}` in this version."
            fix = meant(reference.name, declared, "Name an atom of this version.")
            report.error("unknown_atom", reference.path, message, fix)
            continue
        message = f"There is no {noun} `{name}` among the document's `{reference.kindred}`."
        fix = meant(reference.name, declared, f"Add it to `{reference.kindred}`, or name one that is there.")
        report.error("unknown_name", reference.path, message, fix)


def _reserved(draft: Draft, report: Report) -> None:
    written = [(place.name, place.path) for place in draft.names]
    fields = [field for atom in draft.atoms if atom.kind == "subjourney" for field in _fields(atom)]
    for name, path in (*written, *fields, *written_by_schemas(draft)):
        head = name.split(".")[0]
        if head in RESERVED:
            message = f"`{head}` is reserved: rules find something else under it than the context."
            fix = f"Use another name; reserved are {listed(sorted(RESERVED))}."
            report.error("reserved_name", path, message, fix, at_key=True)


def _fields(atom: DraftAtom) -> Iterator[tuple[str, Path]]:
    """The names that a subjourney writes into a context: its child's, by `input`, and ours without `saves` (R15)."""
    for name in atom.keys.get("input", {}):
        yield name, (*atom.path, "input", name)
    if "saves" not in atom.given:
        for place, name in present(atom.keys.get("output")):
            yield name, (*atom.path, "output", place)
