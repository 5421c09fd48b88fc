"""What people answer to the tasks of the seed journeys, so that a demo or a test can work cases through to their end.

An answer is the output that completes the task. It comes from the case alone, or from the case and the process's
context where a person would look something up; the same arguments give the same answer.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from seed import cases

Answer = Callable[[cases.Case, Mapping[str, Any]], dict[str, Any]]


def answer(atom: str, case: cases.Case, context: Mapping[str, Any]) -> dict[str, Any]:
    """The output with which a person completes the task of `atom`; numbers are int or Decimal.

    Args:
        atom: the id of a human atom of a seed journey.
        case: of `cases.borrower`, `cases.leave_requests` or `cases.invoices`; `{}` agrees to a leave or an invoice.
        context: of the process, as far as the person may see it; may be empty.

    Raises:
        LookupError: no seed journey has such a human atom.
    """
    if not any(atom in told for told in (_COPIED, _AGREED, _DATED, _SAID, _WRITTEN)):
        raise LookupError(f"nobody in the seed journeys does {atom}")
    return {
        **{name: case[name] for name in _COPIED.get(atom, ()) if name in case},
        **{name: case.get(name, True) for name in _AGREED.get(atom, ())},
        **{name: _on(case, days) for name, days in _DATED.get(atom, {}).items()},
        **_SAID.get(atom, {}),
        **_WRITTEN.get(atom, _nothing)(case, context),
    }


def brought(atom: str) -> tuple[str, ...]:
    """The documents that a person brings who does a task of `atom`."""
    return _BROUGHT.get(atom, ())


def accepted(atom: str) -> tuple[str, ...]:
    """The documents that a person looks at, and finds right, before completing a task of `atom`."""
    return _ACCEPTED.get(atom, ())


def link(document: str, case: cases.Case) -> dict[str, str]:
    """Where the file of a document is kept that a person brings."""
    name = f"{document}-{cases.reference(document, str(case.get('loan_amount')), str(case.get('branch')))}.pdf"
    return {"name": name, "url": f"https://files.example/{name}", "media_type": "application/pdf"}


def _on(case: cases.Case, days: int) -> str:
    return (date.fromisoformat(case["applied_on"]) + timedelta(days=days)).isoformat()


def _nothing(_case: cases.Case, _context: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _appraisal(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": case["appraised_value"],
        "condition": case["condition"],
        "energy_efficient": case["energy_efficient"],
        "repairs": list(case["repairs"]),
    }


def _appraisal_review(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    repairs = list(case["repairs"])
    return {"property_accepted": case["property_accepted"], "repairs_required": bool(repairs), "repairs": repairs}


def _title_review(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"title_clear": not case["liens"], "title_defects": list(case["liens"])}


def _title_curative(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    cured = case["title_cured"]
    return {"title_clear": cured, "title_defects": [] if cured else list(case["liens"])}


def _insurance(case: cases.Case, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy_number": f"HO3-{cases.reference(str(case['loan_amount']), case['branch'], digits=7)}",
        "coverage": context.get("total_loan", case["loan_amount"] * Decimal("1.0175")),
        "flood_policy": case["flood_zone"][0] in "AV",
    }


def _servicing(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"loan_number": cases.reference("servicing", str(case["loan_amount"]), case["branch"])}


def _recording(case: cases.Case, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"instrument_number": cases.reference("recorder", case["property_state"], str(case["loan_amount"]))}


_BROUGHT: Final[Mapping[str, tuple[str, ...]]] = {
    "atom-app-appraisal": ("appraisal-report",),
    "atom-bo-title-review": ("title-commitment",),
}
_ACCEPTED: Final[Mapping[str, tuple[str, ...]]] = {
    "atom-bo-credit-analysis": ("credit-report",),
    "atom-bo-appraisal-review": ("appraisal-report",),
    "atom-bo-closing-package": ("closing-disclosure", "title-commitment"),
}

_COPIED: Final[Mapping[str, tuple[str, ...]]] = {
    "atom-cust-application": (
        "property_state",
        "loan_term_months",
        "occupancy",
        "first_time_buyer",
        "household_size",
        "stated_monthly_income",
        "current_housing_payment",
    ),
    "atom-lo-interview": (
        "purchase_price",
        "note_rate",
        "closing_costs",
        "monthly_taxes",
        "monthly_insurance",
        "monthly_dues",
        "county_loan_limit",
    ),
    "atom-cust-intent-to-proceed": ("intent", "withdrawal_reason"),
    "atom-bo-credit-analysis": ("credit_history_accepted",),
    "atom-bo-score-exception": ("exception_granted",),
    "atom-bo-income-verification": ("monthly_income", "additional_income"),
    "atom-bo-asset-verification": ("verified_assets", "gift_funds"),
    "atom-app-final-inspection": ("repairs_completed",),
    "atom-bo-fraud-review": ("fraud_cleared",),
    "atom-bo-residual-income": ("residual_income", "residual_income_required"),
    "atom-bo-underwriting-review": ("underwriting_decision", "conditions"),
    "atom-bo-second-review": ("second_review_agrees",),
    "atom-cust-terms": ("terms", "withdrawal_reason"),
    "atom-bo-employment-recheck": ("still_employed",),
}
"""What the case says word for word, where it says it."""

_AGREED: Final[Mapping[str, tuple[str, ...]]] = {
    "atom-bo-manager-approval": ("manager_approves",),
    "atom-bo-hr-approval": ("hr_approves",),
    "atom-bo-difference": ("difference_explained",),
    "atom-bo-director-approval": ("director_approves",),
    "atom-bo-cfo-approval": ("cfo_approves",),
}
"""What people agree to unless the case says otherwise."""

_DATED: Final[Mapping[str, Mapping[str, int]]] = {
    "atom-bo-appraisal-order": {"inspection_on": 9},
    "atom-cust-closing-disclosure": {"disclosure_received_on": 36},
    "atom-bo-closing-package": {"closing_on": 41},
    "atom-sa-signing": {"signed_on": 41},
    "atom-sa-recording": {"recorded_on": 47},
    "atom-bo-insuring": {"submitted_on": 60},
    "atom-lo-rate-lock": {"expires_on": 75},
    "atom-bo-servicing-setup": {"first_payment_on": 90},
}
"""Dates in an output, in days after the application."""

_SAID: Final[Mapping[str, Mapping[str, Any]]] = {
    "atom-cust-income-documents": {"income_documents": ["pay-stubs.pdf", "w-2-two-years.pdf"]},
    "atom-bo-conditions-review": {"conditions_note": "All met"},
    "atom-lo-rate-lock": {"days": 45},
    "atom-bo-insurance-review": {"insurance_accepted": True},
    "atom-bo-compliance-review": {"fees_within_tolerance": True, "cure_amount": 0},
    "atom-sa-signing": {"notarised": True},
    "atom-bo-funding-review": {"called_back": True},
    "atom-bo-post-closing-audit": {"complete": True, "trailing_documents": []},
    "atom-bo-quality-control": {"finding": "none"},
}
"""What is the same in every case."""

_WRITTEN: Final[Mapping[str, Answer]] = {
    "atom-bo-file-setup": lambda case, _: {"processing_note": f"File of {case['branch']}"},
    "atom-cust-asset-documents": lambda case, _: {
        "asset_documents": ["statement-1.pdf", "statement-2.pdf", *(["gift-letter.pdf"] if case["gift_funds"] else [])]
    },
    "atom-app-appraisal": _appraisal,
    "atom-bo-appraisal-review": _appraisal_review,
    "atom-lo-repairs": lambda case, _: {"repair_note": f"Done by the seller: {', '.join(case['repairs'])}"},
    "atom-bo-title-review": _title_review,
    "atom-bo-title-curative": _title_curative,
    "atom-cust-conditions": lambda case, _: {
        "condition_documents": [f"condition-{number}.pdf" for number, _ in enumerate(case["conditions"], 1)]
    },
    "atom-cust-insurance": _insurance,
    "atom-sa-recording": _recording,
    "atom-bo-servicing-setup": _servicing,
}
"""What a person works out from the case."""
