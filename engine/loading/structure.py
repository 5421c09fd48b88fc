"""Checks how atoms are joined: `no_performer`, `no_otherwise`, `timeout_edge`, `extra_entry`, and edges that make no
sense.
"""

from collections import Counter
from collections.abc import Iterator
from typing import cast

from engine.loading.draft import Draft, DraftAtom, DraftEdge
from engine.loading.finding import Report
from engine.loading.names import probably_meant
from engine.loading.wording import listed


def check_structure(draft: Draft, report: Report) -> None:
    """Adds what is wrong with the structure of a draft to the report, what leads in circles or backwards apart."""
    incoming = Counter(edge.target for atom in draft.atoms for edge in atom.forward())
    undoing = draft.compensations()
    for atom in draft.atoms:
        _performer(atom, report)
        _otherwise(atom, report)
        _every_edge_ruled(atom, report)
        _timeout(atom, report, undoes=atom.id in undoing)
        _join(atom, incoming[atom.id], report)
    _entries(draft, incoming, report)


def _performer(atom: DraftAtom, report: Report) -> None:
    if atom.kind == "human" and "performed_by" not in atom.given:
        message = f"Nobody performs the human atom {atom.label}."
        report.error("no_performer", atom.path, message, "Add `performed_by` with one of `roles`.")
    if atom.kind == "system" and "action" not in atom.given:
        message = f"The system atom {atom.label} has no action for a worker to do."
        report.error("no_performer", atom.path, message, "Add `action` with one of `actions`.")


def _otherwise(atom: DraftAtom, report: Report) -> None:
    for edge in atom.edges:
        path = (*edge.path, "otherwise")
        if edge.otherwise and edge.ruled:
            message = "An `otherwise` edge has no rule: it is taken when no ruled edge was (R2)."
            report.error("bad_value", path, message, "Remove `rule`, or `otherwise`.", at_key=True)
        if edge.otherwise and edge.rework:
            message = "A rework edge cannot be `otherwise`: it is looked at before all others (R7)."
            report.error("bad_value", path, message, "Remove `otherwise`, or `rework`.", at_key=True)


def _every_edge_ruled(atom: DraftAtom, report: Report) -> None:
    forward = list(atom.forward())
    for on in dict.fromkeys(edge.on for edge in forward):
        edges = [edge for edge in forward if edge.on == on]
        if all(edge.ruled and not edge.otherwise for edge in edges) and not atom.keys.get("may_end"):
            which = f"edge out of atom {atom.label}" + ("" if on == "done" else f" on `{on}`")
            message = f"Every {which} has a rule; when none is true, the process is stuck (R2)."
            fix = "Add an edge with `otherwise: true`, or say `may_end: true` if it is right to go no further."
            report.error("no_otherwise", (*atom.path, "enables"), message, fix, at_key=True)
    for edge in _alone(atom):
        message = f"When the rule of this rework edge is not true, nothing follows on `{edge.on}` (R7)."
        fix = f"Add an edge with `on: {edge.on}` that leads forward, or remove the rule."
        report.error("no_otherwise", (*edge.path, "rule"), message, fix, at_key=True)


def _alone(atom: DraftAtom) -> Iterator[DraftEdge]:
    """Its ruled rework edges on `error` or `timeout` without a forward edge on the same."""
    led = {edge.on for edge in atom.forward()} | {"done"}
    return (edge for edge in atom.edges if edge.rework and edge.ruled and edge.on not in led)


def _timeout(atom: DraftAtom, report: Report, *, undoes: bool) -> None:
    edges = [edge for edge in atom.edges if edge.on == "timeout"]
    if "timeout" not in atom.given:
        for edge in edges:
            message = f"Atom {atom.label} has no `timeout`: this edge can never be taken (R11)."
            fix = "Add a `timeout` to the atom, or remove the edge."
            report.error("timeout_edge", (*edge.path, "on"), message, fix)
    elif all(edge.rework for edge in edges) and atom.kind not in (None, "decision", "milestone"):
        message = f"Nothing follows when atom {atom.label} times out (R11)."
        fix = "Remove `timeout`" if undoes else "Add an edge with `on: timeout` that leads forward, or remove `timeout`"
        report.error("timeout_edge", (*atom.path, "timeout"), message, f"{fix}.", at_key=True)


def _join(atom: DraftAtom, edges: int, report: Report) -> None:
    count = join_count(atom)
    if count is not None and count > edges:
        message = f"`join` waits for {count} edges, but {edges} lead to atom {atom.label}: it could never start (R3)."
        fix = f"Write a count from 1 to {edges}." if edges else "Remove `join`."
        report.error("bad_value", (*atom.path, "join", "count"), message, fix)


def _depends(atom: DraftAtom) -> bool:
    """Whether it has a DEPENDS_ON, be it one that could not be read."""
    return "depends_on" in atom.given and atom.keys.get("depends_on") != []


def join_count(atom: DraftAtom) -> int | None:
    """The n of `join: {count: n}`, else None."""
    join = atom.keys.get("join")
    return cast("dict[str, int]", join).get("count") if isinstance(join, dict) else None


def _entries(draft: Draft, incoming: Counter[str | None], report: Report) -> None:
    apart = probably_meant(draft) | incoming.keys() | draft.compensations()
    entries = [atom for atom in draft.atoms if atom.id and atom.id not in apart and not _depends(atom)]
    if len(entries) < 2:
        return
    for atom in entries:
        if atom.keys.get("entry"):
            continue
        others = listed([other.id for other in entries[:5] if other is not atom][:4])
        message = f"Nothing leads to `{atom.id}`: it would start with the process, like {others} (R1)."
        fix = "Let an atom enable it, or say `entry: true` if it is meant to start with the process."
        report.error("extra_entry", atom.path, message, fix)
