"""The sample actions answer deterministically, by the schemas the journeys declare."""

from decimal import Decimal

import pytest

from engine.actions import REGISTRY, ActionFailed, action
from seed import actions, cases
from tests.seed.walk import Walk, borrower, called, journey

JOURNEYS = ("fha-purchase", "leave-approval", "invoice-approval")


def test_every_declared_action_is_there():
    declared = {declared.name for name in JOURNEYS for declared in journey(name).definition.actions}
    assert declared <= set(REGISTRY)


def test_two_functions_may_not_share_the_name_of_an_action():
    with pytest.raises(ValueError, match=r"seed\.actions"):
        action("credit.pull")(actions.flood_determine)


def test_the_same_case_gives_the_same_context_every_time():
    first, second = (borrower("B-1008", order).go().process.context for order in (1, 2))
    assert first == second


@pytest.mark.parametrize("borrower_id", [*cases.borrowers()[:3], "B-9001", "anyone"])
def test_inputs_and_answers_fit_the_declared_schemas_r10(borrower_id: str):
    walk = borrower(borrower_id).go()
    schemas = walk.journey.schemas
    tasks = [task for task in walk.process.tasks.values() if task.kind == "system" and task.status == "completed"]
    assert tasks
    for task in tasks:
        assert schemas.errors(f"action-input/{task.action}", task.input) == []
        assert schemas.errors(f"action-output/{task.action}", task.output) == []


def test_a_payment_repeated_with_its_idempotency_key_is_the_same_payment():
    wire = {"borrower": "B-1001", "amount": 294_566}
    assert called("wire.send", wire, "p1.9", 1) == called("wire.send", wire, "p1.9", 2)
    assert called("wire.send", wire, "p1.9") != called("wire.send", wire, "p2.9")


def test_the_payment_of_a_level_loan_is_exact_to_the_cent():
    loan = {"total_loan": 200_000, "base_loan": 200_000, "note_rate": 6, "term_months": 360, "annual_mip_bps": 55}
    found = called("loan.payment", loan)
    assert found == {"principal_and_interest": Decimal("1199.10"), "monthly_mip": Decimal("91.67")}


def test_a_loan_without_interest_is_paid_in_equal_parts():
    loan = {"total_loan": 120_000, "base_loan": 120_000, "note_rate": 0, "term_months": 120, "annual_mip_bps": 0}
    assert called("loan.payment", loan)["principal_and_interest"] == 1_000


def test_a_service_that_fails_twice_answers_the_third_time_r10():
    for attempt in (1, 2):
        with pytest.raises(ActionFailed) as failed:
            called("credit.pull", {"borrower": "B-1021"}, attempt=attempt)
        assert failed.value.retryable
    assert called("credit.pull", {"borrower": "B-1021"}, attempt=3)["credit_score"] == 705


def test_a_refusal_says_that_retrying_is_useless_r10():
    with pytest.raises(ActionFailed) as failed:
        called("fha.case_number", {"borrower": "B-1024", "state": "OH"})
    assert not failed.value.retryable


def test_a_service_that_never_answers_ends_in_an_incident_after_its_attempts_r10():
    walk = borrower("B-1022").go()
    assert walk.incident[:2] == ("action_failed", "atom-sys-title-search")
    assert walk.types.count("action.attempted") == 3


def test_the_balance_of_an_unknown_employee_is_always_the_same():
    assert called("leave.balance", {"employee": "E-999"}) == called("leave.balance", {"employee": "E-999"})


def test_an_unknown_invoice_is_exactly_as_ordered():
    walk = Walk("invoice-approval", {})
    walk.start(invoice_id="V-77", supplier_id="S-1", amount=Decimal("12.30"))
    assert walk.go().end == "paid"
