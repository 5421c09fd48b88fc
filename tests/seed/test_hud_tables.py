"""The decision tables of the FHA journey at each boundary of HUD Handbook 4000.1 and Mortgagee Letter 2023-05."""

from decimal import Decimal
from typing import Any

import pytest

from tests.seed.walk import decided

FHA = "fha-purchase"


@pytest.mark.parametrize(
    ("score", "band", "max_ltv", "down"),
    [
        (850, "standard", "96.5", "3.5"),
        (580, "standard", "96.5", "3.5"),
        (579, "reduced", "90", "10"),
        (500, "reduced", "90", "10"),
        (499, "ineligible", "0", "100"),
        (300, "ineligible", "0", "100"),
    ],
)
def test_the_score_decides_the_down_payment(score: int, band: str, max_ltv: str, down: str):
    found = decided(FHA, "atom-dec-minimum-score", credit_score=score)
    assert (found["score_band"], found["max_ltv"]) == (band, Decimal(max_ltv))
    assert found["minimum_investment_percent"] == Decimal(down)


@pytest.mark.parametrize(
    ("score", "requested", "to"),
    [
        (620, None, "atom-ms-credit-cleared"),
        (619, None, "atom-dec-decline-reasons"),
        (619, False, "atom-dec-decline-reasons"),
        (619, True, "atom-bo-score-exception"),
        (500, True, "atom-bo-score-exception"),
        (499, True, "atom-dec-decline-reasons"),
    ],
)
def test_the_lender_starts_at_620_and_hud_bounds_the_exceptions(score: int, requested: bool | None, to: str):
    asked = {} if requested is None else {"exception_requested": requested}
    assert decided(FHA, "atom-dec-minimum-score", credit_score=score, **asked)["to"] == [to]


@pytest.mark.parametrize(
    ("months", "loan", "ltv", "bps", "years"),
    [
        (360, 726_200, "90", 50, 11),
        (360, 726_200, "90.0001", 50, 30),
        (360, 726_200, "95", 50, 30),
        (360, 726_200, "95.0001", 55, 30),
        (360, "726200.01", "90", 70, 11),
        (360, "726200.01", "90.0001", 70, 30),
        (360, "726200.01", "95", 70, 30),
        (360, "726200.01", "95.0001", 75, 30),
        (181, 300_000, "90", 50, 11),
        (180, 300_000, "90", 15, 11),
        (180, 300_000, "90.0001", 40, 15),
        (180, 726_200, "78.0001", 15, 11),
        (180, "726200.01", "78", 15, 11),
        (180, "726200.01", "78.0001", 40, 11),
        (180, "726200.01", "90", 40, 11),
        (180, "726200.01", "90.0001", 65, 15),
        (120, 300_000, "80", 15, 10),
    ],
)
def test_the_annual_premium_follows_term_loan_and_ltv(months: int, loan: int | str, ltv: str, bps: int, years: int):
    case = {"loan_term_months": months, "loan_amount": Decimal(loan), "ltv": Decimal(ltv)}
    found = decided(FHA, "atom-dec-mip", **case)
    assert (found["annual_mip_bps"], found["mip_years"]) == (bps, years)


def test_the_upfront_premium_is_exactly_one_and_three_quarters_percent_and_financed():
    found = decided(FHA, "atom-dec-mip", loan_term_months=360, loan_amount=289_500, ltv=Decimal("96.5"))
    assert found["upfront_mip"] == Decimal("5066.25")
    assert found["total_loan"] == Decimal("294566.25")


@pytest.mark.parametrize(("price", "appraised", "ltv"), [(300_000, 310_000, "96.5"), (300_000, 289_500, "100")])
def test_the_loan_is_compared_with_the_lesser_of_price_and_appraisal(price: int, appraised: int, ltv: str):
    case = {"loan_amount": 289_500, "purchase_price": price, "closing_costs": 8_500, "appraisal": {"value": appraised}}
    found = decided(FHA, "atom-dec-loan-to-value", **case)
    assert found["ltv"] == Decimal(ltv)
    assert found["funds_to_close"] == 19_000


ELIGIBLE: dict[str, Any] = {
    "ltv": Decimal("96.5"),
    "max_ltv": Decimal("96.5"),
    "loan_amount": 541_287,
    "county_loan_limit": 541_287,
    "funds_to_close": 19_000,
    "verified_assets": 12_000,
    "gift_funds": 7_000,
    "occupancy": "primary",
    "caivrs_clear": True,
    "title_clear": True,
    "property_accepted": True,
}


def test_a_case_at_every_limit_is_still_eligible():
    found = decided(FHA, "atom-dec-eligibility", **ELIGIBLE)
    assert (found["eligibility_findings"], found["to"]) == ([], ["atom-dec-mip"])


@pytest.mark.parametrize(
    "change",
    [
        {"ltv": Decimal("96.5001")},
        {"loan_amount": Decimal("541287.01")},
        {"gift_funds": Decimal("6999.99")},
        {"occupancy": "secondary"},
        {"caivrs_clear": False},
        {"fraud_cleared": False},
        {"title_clear": False},
        {"property_accepted": False},
        {"repairs_completed": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_thing_that_rules_out_insurance_is_found_by_itself(change: dict[str, Any]):
    found = decided(FHA, "atom-dec-eligibility", **ELIGIBLE | change)
    assert (len(found["eligibility_findings"]), found["to"]) == (1, ["atom-dec-decline-reasons"])


def _limits(front: str, back: str, factors: list[str] | None = None, **more: Any) -> tuple[str, bool]:
    case: dict[str, Any] = {
        "front_ratio": Decimal(front),
        "back_ratio": Decimal(back),
        "credit_score": 640,
        "discretionary_accounts": 2,
        "credit_history_months": 60,
        "appraisal": {"energy_efficient": False},
    }
    if factors is not None:
        case["compensating_factors"] = factors
    found = decided(FHA, "atom-dec-ratio-limits", **case | more)
    return found["ratio_basis"], found["ratios_accepted"]


EFFICIENT = {"appraisal": {"energy_efficient": True}}
NO_DEBT = {"discretionary_accounts": 0}
RESERVES, RESIDUAL, EXTRA = "cash-reserves", "residual-income", "additional-income"


@pytest.mark.parametrize(
    ("front", "back", "factors", "more", "basis"),
    [
        ("31.00", "43.00", None, {}, "base"),
        ("31.01", "43.00", [], {}, "exceeded"),
        ("31.00", "43.01", [], {}, "exceeded"),
        ("33.00", "45.00", [], EFFICIENT, "energy-efficient"),
        ("33.01", "45.00", [], EFFICIENT, "exceeded"),
        ("33.00", "45.01", [], EFFICIENT, "exceeded"),
        ("37.00", "47.00", [RESERVES], {}, "one-factor"),
        ("37.01", "47.00", [RESERVES], {}, "exceeded"),
        ("37.00", "47.01", [RESERVES], {}, "exceeded"),
        ("37.00", "47.00", [EXTRA], {}, "exceeded"),
        ("40.00", "40.00", [], NO_DEBT, "no-discretionary-debt"),
        ("40.01", "40.01", [], NO_DEBT, "exceeded"),
        ("40.00", "40.00", [], NO_DEBT | {"credit_history_months": 5}, "exceeded"),
        ("40.00", "50.00", [RESERVES, RESIDUAL], {}, "two-factors"),
        ("40.00", "50.00", [RESERVES, EXTRA], {}, "two-factors"),
        ("40.01", "50.00", [RESERVES, RESIDUAL], {}, "exceeded"),
        ("40.00", "50.01", [RESERVES, RESIDUAL], {}, "exceeded"),
        ("40.00", "50.00", [RESERVES], {}, "exceeded"),
        ("37.00", "47.00", [RESERVES], {"credit_score": 580}, "one-factor"),
        ("37.00", "47.00", [RESERVES], {"credit_score": 579}, "exceeded"),
        ("33.00", "45.00", [], EFFICIENT | {"credit_score": 579}, "energy-efficient"),
    ],
)
def test_the_ratio_limits_widen_with_what_speaks_for_the_borrower(
    front: str, back: str, factors: list[str] | None, more: dict[str, Any], basis: str
):
    assert _limits(front, back, factors, **more) == (basis, basis != "exceeded")


FACTORLESS: dict[str, Any] = {
    "housing_payment": 2_400,
    "monthly_debts": 700,
    "monthly_income": 6_000,
    "reserves": 0,
    "current_housing_payment": 1_000,
    "housing_late_payments": 0,
    "residual_income": 900,
    "residual_income_required": 990,
}


@pytest.mark.parametrize(
    ("change", "factors"),
    [
        ({}, []),
        ({"reserves": 7_200}, ["cash-reserves"]),
        ({"reserves": Decimal("7199.99")}, []),
        ({"current_housing_payment": 2_300}, ["minimal-increase"]),
        ({"current_housing_payment": Decimal("2299.99")}, []),
        ({"housing_payment": 1_050}, ["minimal-increase"]),
        ({"housing_payment": Decimal("1050.01")}, []),
        ({"current_housing_payment": 2_300, "housing_late_payments": 1}, ["minimal-increase"]),
        ({"current_housing_payment": 2_300, "housing_late_payments": 2}, []),
        ({"current_housing_payment": 0, "housing_payment": 0}, ["cash-reserves"]),
        ({"residual_income": 990}, ["residual-income"]),
        ({"additional_income": 600}, ["additional-income"]),
        ({"additional_income": 400}, []),
        ({"reserves": 8_000, "residual_income": 2_000}, ["cash-reserves", "residual-income"]),
    ],
)
def test_compensating_factors_are_listed_in_the_order_of_the_table_r9(change: dict[str, Any], factors: list[str]):
    assert decided(FHA, "atom-dec-compensating-factors", **FACTORLESS | change)["compensating_factors"] == factors


def test_gifts_are_no_reserves():
    case = {
        "principal_and_interest": Decimal("1813.70"),
        "monthly_mip": Decimal("132.69"),
        "monthly_taxes": 310,
        "monthly_insurance": 110,
        "monthly_income": Decimal("7633.5161"),
        "monthly_debts": 600,
        "verified_assets": 20_000,
        "gift_funds": 50_000,
        "funds_to_close": 19_000,
    }
    found = decided(FHA, "atom-dec-ratios", **case)
    assert (found["housing_payment"], found["reserves"]) == (Decimal("2366.39"), 1_000)


def test_a_ratio_of_exactly_31_percent_meets_the_limit_and_the_smallest_bit_more_does_not():
    case: dict[str, Any] = {"monthly_mip": 0, "monthly_taxes": 0, "monthly_insurance": 0, "monthly_debts": 0}
    case |= {"monthly_income": 7_000, "verified_assets": 0, "funds_to_close": 0}
    at_limit = decided(FHA, "atom-dec-ratios", principal_and_interest=2_170, **case)
    above = decided(FHA, "atom-dec-ratios", principal_and_interest=Decimal("2170.01"), **case)
    assert at_limit["front_ratio"] == 31
    assert (at_limit["to"], above["to"]) == (["atom-dec-ratio-limits"], ["atom-bo-residual-income"])


@pytest.mark.parametrize(("amount", "level"), [("10000", "manager"), ("10000.01", "director"), ("50000", "director")])
def test_an_invoice_goes_up_by_its_amount(amount: str, level: str):
    assert decided("invoice-approval", "atom-dec-level", amount=Decimal(amount))["level"] == level
    assert decided("invoice-approval", "atom-dec-level", amount=Decimal("50000.01"))["level"] == "cfo"


@pytest.mark.parametrize(
    ("kind", "days", "level"),
    [
        ("sick", "3", "automatic"),
        ("sick", "3.5", "manager"),
        ("annual", "10", "manager"),
        ("annual", "10.5", "manager-and-hr"),
        ("unpaid", "0.5", "manager-and-hr"),
    ],
)
def test_leave_goes_up_by_its_kind_and_length(kind: str, days: str, level: str):
    assert decided("leave-approval", "atom-dec-level", leave_type=kind, days=Decimal(days))["level"] == level
