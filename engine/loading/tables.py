"""Which decision tables set something in every case: their rows leave nothing over (R9)."""

from contextlib import suppress
from typing import Final

from engine.loading.boxes import Budget, Exhausted
from engine.loading.case_names import CaseNames, Source
from engine.loading.cases import Cases
from engine.loading.draft import Draft, written_out
from engine.loading.formulas import Formula, formula_of

_OPERATIONS: Final = 20_000
"""For all tables of a document; one takes at most a fifth."""


def complete_tables(draft: Draft, context: Source | None) -> frozenset[str]:
    """The decision atoms of whose rows surely one is true whenever none of them fails."""
    names = CaseNames(context, None, lambda _: True, frozenset())
    budget = Budget(_OPERATIONS)
    found: list[str] = []
    for atom in draft.atoms:
        formulas: list[Formula] = [formula_of(written_out(draft, row["rule"])) for _, row in atom.table_rows()]
        if not formulas:
            continue
        part = budget.part(_OPERATIONS // 5)
        with suppress(Exhausted):
            cases = Cases(formulas, names, part)
            left = cases.space.everything
            for formula in formulas:
                left = cases.space.both(left, cases.may(formula).false)
            if not left:
                found.append(atom.id)
        budget.give_back(part)
    return frozenset(found)
