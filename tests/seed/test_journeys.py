"""The seed journeys load without a finding, and every sample case ends as its story says."""

from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.events import EdgeResult, StepCompleted
from engine.loading import load
from seed import cases
from tests.seed.walk import JOURNEYS, Walk, borrower, journey

FHA = "fha-purchase"
DOCUMENTS = sorted(path for path in JOURNEYS.glob("*.yaml") if not path.stem.endswith(".cases"))
ORDERS = 3

SAID: dict[str, tuple[Any, ...]] = {
    "credit_score": (480, 500, 579, 580, 619, 620, 700),
    "exception_requested": (False, True),
    "exception_granted": (False, True),
    "credit_history_accepted": (True, False),
    "loan_amount": (240_000, 289_500, 800_000),
    "property_value": (300_000, 830_000),
    "loan_term_months": (180, 360),
    "county_loan_limit": (541_287, 900_000),
    "occupancy": ("primary", "secondary"),
    "monthly_income": (4_000, 7_000, 8_000, 20_000),
    "current_housing_payment": (0, 2_330),
    "discretionary_accounts": (0, 3),
    "verified_assets": (10_000, 31_000, 90_000),
    "intent": ("proceed", "withdraw"),
    "terms": ("accept", "withdraw"),
    "fraud_score": (100, 700),
    "fraud_cleared": (True, False),
    "repairs": ([], ["Roof"]),
    "repairs_completed": (True, False),
    "property_accepted": (True, False),
    "energy_efficient": (False, True),
    "liens": ([], ["Judgment"]),
    "title_cured": (True, False),
    "caivrs_clear": (True, False),
    "residual_income": (0, 2_000),
    "underwriting_decision": ("approve", "decline"),
    "conditions": ([], ["Letter"]),
    "second_review_agrees": (True, False),
    "still_employed": (True, False),
}
"""What services and people might say; the first value of most is the smooth one."""

WHATEVER = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SAID.items()})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_seed_journey_loads_without_any_finding(path: Path):
    assert load(path.read_bytes(), "yaml").findings == ()


def test_the_fha_journey_has_the_size_of_a_real_one():
    definition = journey(FHA).definition
    assert len(definition.atoms) >= 45
    assert len(definition.roles) >= 12
    phases = [phase.id for phase in definition.phases]
    assert phases == ["application", "processing", "underwriting", "closing", "post-closing", "ended-early"]
    assert {atom.outcome for atom in definition.atoms if atom.outcome} == {"funded", "declined", "withdrawn"}


def test_every_atom_says_in_words_what_it_is():
    for name in (FHA, "leave-approval", "invoice-approval"):
        assert all(atom.name != atom.id and atom.description for atom in journey(name).definition.atoms)


def test_people_outside_see_only_what_is_theirs():
    outside = {"borrower", "appraiser", "settlement-agent"}
    fha = journey(FHA)
    assert all(fha.atoms[atom].input is not None for atom, route in fha.routes.items() if route.role in outside)


def test_nobody_can_hand_in_more_than_the_form_asks():
    for name in (FHA, "leave-approval", "invoice-approval"):
        people = [atom for atom in journey(name).definition.atoms if atom.kind == "human"]
        assert all((atom.output or {}).get("additionalProperties") is False for atom in people)


@pytest.mark.parametrize("borrower_id", cases.borrowers())
def test_each_named_borrower_ends_as_the_story_says_in_any_order(borrower_id: str):
    for order in range(ORDERS):
        assert borrower(borrower_id, order).go().end == cases.borrower(borrower_id)["ends"]


def test_the_named_borrowers_visit_every_atom():
    visited: set[str] = set()
    for borrower_id in cases.borrowers():
        walk = borrower(borrower_id).go()
        visited |= {atom for atom, state in walk.states.items() if state == "completed"}
    assert visited == set(journey(FHA).atoms)


def test_a_borrower_nobody_named_ends_without_an_incident():
    ends = Counter(borrower(f"B-{number}", number).go().end for number in range(5000, 5040))
    assert set(ends) == {"funded", "declined", "withdrawn"}
    assert ends["funded"] > sum(ends.values()) / 2


@settings(max_examples=60, deadline=None)
@given(said=WHATEVER, order=st.integers(0, 1_000))
def test_whatever_services_and_people_say_every_rule_finds_its_values_r9(said: dict[str, Any], order: int):
    value = said["property_value"]
    case = {**cases.borrower("B-1001"), **said, "purchase_price": value, "appraised_value": value}
    with patch.object(cases, "borrower", return_value=case):
        assert borrower("B-1001", order).go().end in {"funded", "declined", "withdrawn"}


@pytest.mark.parametrize("request_id", cases.leave_requests())
def test_each_leave_request_ends_as_the_story_says(request_id: str):
    case = cases.leave_requests()[request_id]
    walk = Walk("leave-approval", case)
    walk.start(**case["start"])
    assert walk.go().end == case["ends"]


@pytest.mark.parametrize("invoice_id", cases.invoices())
def test_each_invoice_ends_as_the_story_says(invoice_id: str):
    case = cases.invoices()[invoice_id]
    walk = Walk("invoice-approval", case)
    walk.start(**case["start"])
    assert walk.go().end == case["ends"]


def test_the_verifications_are_open_side_by_side_and_join_r3():
    walk = borrower("B-1001")
    for atom in ("atom-cust-application", "atom-lo-interview", "atom-sys-loan-estimate"):
        walk.do(walk.task(atom))
    for atom in ("atom-cust-intent-to-proceed", "atom-sys-case-number", "atom-bo-file-setup"):
        walk.do(walk.task(atom))
    side_by_side = {
        "atom-sys-credit-pull",
        "atom-sys-income-verification",
        "atom-sys-asset-verification",
        "atom-bo-appraisal-order",
        "atom-sys-title-search",
    }
    assert side_by_side <= set(walk.open)
    walk.go(until=lambda walk: walk.states["atom-ms-file-verified"] == "completed")
    fha = journey(FHA)
    assert all(walk.states[edge.source] == "completed" for edge in fha.incoming["atom-ms-file-verified"])


def test_the_appraisal_is_ordered_only_after_the_case_number_r4():
    walk = borrower("B-1024").go()
    assert walk.states["atom-bo-appraisal-order"] == "waiting"
    assert walk.incident[:2] == ("action_failed", "atom-sys-case-number")


def test_a_score_below_620_takes_the_decline_edge_and_the_history_says_which_value_decided():
    walk = borrower("B-1006").go()
    completed = [event.fact for event in walk.events if isinstance(event.fact, StepCompleted)]
    (decision,) = [fact for fact in completed if fact.atom == "atom-dec-minimum-score"]
    edges: dict[str, EdgeResult] = {edge.to: edge for edge in decision.edges or ()}
    assert edges["atom-dec-decline-reasons"].taken
    refused = edges["atom-ms-credit-cleared"]
    assert (refused.taken, refused.rule) == (False, "rule-credit-score-threshold")
    assert "619" in repr(refused.trace)


def test_a_withdrawal_ends_the_process_and_cancels_what_is_open_r8():
    walk = borrower("B-1020").go(until=lambda walk: "atom-cust-terms" in walk.open)
    walk.do(walk.task("atom-cust-terms"))
    assert "atom-lo-rate-lock" in walk.open
    walk.do(walk.task("atom-sys-withdrawal-notice"))
    assert walk.ended == ("completed", "withdrawn")
    assert walk.states["atom-lo-rate-lock"] == "cancelled"
    assert walk.open == []


def test_a_decline_in_the_middle_of_verification_ends_the_process_r8():
    walk = borrower("B-1007", 4).go()
    assert walk.ended == ("completed", "declined")
    assert walk.process.context["decline_reasons"] == ["The credit score is below the minimum"]


def test_the_incident_of_a_mistyped_value_names_what_to_correct_r10():
    walk = borrower("B-1023").go()
    assert walk.incident[:2] == ("action_failed", "atom-sys-avm")
    (incident,) = walk.process.open_incidents()
    assert "correct property_value" in incident.message
    assert walk.types.count("action.attempted") == 1
