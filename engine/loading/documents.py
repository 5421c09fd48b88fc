"""Warns of documents that an atom requires and that no atom before it makes (`never_produced`).

They can still be brought: by who performs the atom, or who may `document:receive`. So it is no error; but most often
the atom that makes one is forgotten, or comes too late.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from engine.loading.draft import Draft, present
from engine.loading.finding import Report
from engine.loading.reachability import Reach, links_of
from engine.loading.wording import listed, short


def check_documents(draft: Draft, report: Report) -> None:
    """Adds a warning for every required document that nothing makes before it is required."""
    requiring = [atom for atom in draft.atoms if "requires_documents" in atom.given]
    if not requiring:
        return
    makers = _makers(draft)
    reach = Reach(links_of(draft), draft.declared("atoms"))
    for atom in requiring:
        for index, document in present(atom.keys.get("requires_documents")):
            making = makers.get(document, ())
            if any(reach.leads(maker, atom.id) for maker in making):
                continue
            why = f"only {listed(making, most=4)} {_does(making)}, not before it" if making else "no atom produces it"
            message = f"Atom {atom.label} cannot complete without the document `{short(document)}`, and {why}."
            fix = (
                f"Let an atom before it say `produces: [{short(document)}]`; else only who performs it can bring it, "
                "or who may `document:receive`."
            )
            report.warning("never_produced", (*atom.path, "requires_documents", index), message, fix)


def _makers(draft: Draft) -> Mapping[str, Sequence[str]]:
    """The atoms that produce each document, in file order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for atom in draft.atoms:
        for _, document in present(atom.keys.get("produces")):
            found[document].append(atom.id)
    return found


def _does(making: Sequence[str]) -> str:
    return "produces it" if len(making) == 1 else "produce it"
