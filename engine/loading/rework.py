"""Checks rework edges: they lead back (`not_backwards`), and something is done where they are not taken (R7)."""

from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.reachability import Reach, links_of


def check_rework(draft: Draft, report: Report) -> None:
    """Adds what is wrong with the rework edges of a draft to the report."""
    edges = [edge for atom in draft.atoms for edge in atom.edges if edge.rework]
    if not edges:
        return
    atoms = draft.declared("atoms").keys() - draft.compensations()
    reach = Reach(links_of(draft), draft.declared("atoms"))
    for edge in edges:
        target = edge.target or ""
        if edge.source in atoms and target in atoms and not reach.leads(target, edge.source):
            message = f"This rework edge does not lead back: `{edge.source}` does not come after `{target}` (R7)."
            fix = "Lead it to an atom from which this one is reached, or remove `rework`."
            report.error("not_backwards", (*edge.path, "to"), message, fix)
