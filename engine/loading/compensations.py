"""Checks the atoms that undo others (R13): `compensation_edges`, and what such an atom cannot be (`bad_value`)."""

from engine.loading.draft import Draft, DraftAtom
from engine.loading.finding import Report
from engine.loading.keys import PERFORMED
from engine.loading.wording import a


def check_compensations(draft: Draft, report: Report) -> None:
    """Adds what is wrong with `compensated_by` and the atoms it names to the report."""
    undoing = draft.compensations()
    if not undoing:
        return
    atoms = draft.declared("atoms")
    for atom in draft.atoms:
        undone_by = atoms.get(atom.keys.get("compensated_by", ""))
        if undone_by is not None:
            _fits(atom, undone_by, report)
        if atom.id in undoing and "compensated_by" in atom.given:
            message = f"Atom {atom.label} undoes another; nothing undoes it in turn (R13)."
            report.error("bad_value", (*atom.path, "compensated_by"), message, "Remove it.", at_key=True)
        _edges(atom, undoing, report)


def _fits(atom: DraftAtom, undone_by: DraftAtom, report: Report) -> None:
    if undone_by.kind in (None, *PERFORMED):
        return
    message = f"Atom {undone_by.label} is {a(undone_by.kind or '')}: it does no work that could undo something (R13)."
    fix = "Name a human, system or subjourney atom."
    report.error("bad_value", (*atom.path, "compensated_by"), message, fix)


def _edges(atom: DraftAtom, undoing: frozenset[str], report: Report) -> None:
    """Its ENABLES and DEPENDS_ON at whose one end is an atom that undoes others: such atoms have none (R13)."""
    links = [(edge.path, edge.target) for edge in atom.edges]
    links += [(dependency.path, dependency.target) for dependency in atom.dependencies()]
    for path, target in links:
        ends = [end for end in (atom.id, target) if end in undoing]
        if not ends:
            continue
        message = f"`{ends[0]}` undoes another atom: it runs only when a process is cancelled, and has no edges (R13)."
        fix = "Remove this link, or let another atom do the undoing."
        report.error("compensation_edges", path, message, fix)
