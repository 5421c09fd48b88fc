"""What people answer fits the forms of the tasks."""

import pytest

from engine.core.schemas import Schema
from seed import cases, replies
from tests.seed.walk import journey

BORROWERS = [*cases.borrowers(), *(f"B-{number}" for number in range(7000, 7060))]


def test_every_task_of_the_fha_journey_has_an_answer_that_fits_its_form_r9():
    forms = {
        atom.id: Schema(atom.output or {}) for atom in journey("fha-purchase").definition.atoms if atom.kind == "human"
    }
    for borrower_id in BORROWERS:
        case = cases.borrower(borrower_id)
        done = {atom for atom in forms if _takes_place(atom, case)}
        wrong = {atom: forms[atom].errors(replies.answer(atom, case, {})) for atom in done}
        assert not {atom: errors for atom, errors in wrong.items() if errors}


def _takes_place(atom: str, case: cases.Case) -> bool:
    return atom != "atom-cust-conditions" or bool(case["conditions"])


@pytest.mark.parametrize("name", ["leave-approval", "invoice-approval"])
def test_without_a_case_people_agree(name: str):
    for atom in journey(name).definition.atoms:
        if atom.kind == "human":
            answer = replies.answer(atom.id, {}, {})
            assert Schema(atom.output or {}).errors(answer) == []
            assert all(answer.values())


def test_an_atom_that_nobody_does_is_refused():
    with pytest.raises(LookupError, match="atom-sys-wire"):
        replies.answer("atom-sys-wire", {}, {})


def test_an_application_fits_what_a_start_needs_r9():
    start = Schema(journey("fha-purchase").definition.context)
    assert not [errors for borrower_id in BORROWERS if (errors := start.errors(cases.application(borrower_id)))]


def test_a_derived_borrower_is_the_same_every_time_and_differs_from_the_next():
    assert cases.borrower("B-7001") == cases.borrower("B-7001")
    assert cases.borrower("B-7001") != cases.borrower("B-7002")
