"""The sample cases: what services and people will say about each borrower, leave request and invoice.

`cases.json` names some; any other id gets a case derived from a hash of the id, so that every id has one and always the
same. Amounts are int or Decimal, dates are texts. Nothing here depends on the clock or on the order of calls.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

Case = Mapping[str, Any]

_START: Final = ("loan_amount", "property_value", "branch", "exception_requested")
_BRANCHES: Final = (("Columbus", "OH"), ("Dayton", "OH"), ("Austin", "TX"), ("Tampa", "FL"), ("Spokane", "WA"))


def borrowers() -> tuple[str, ...]:
    """The ids of the named borrowers, in file order; each case's `story` says what happens, `ends` how it ends.

    `ends` is the process's outcome, or `held` where an action fails and leaves an incident.
    """
    return tuple(_sample("borrowers"))


@cache
def borrower(borrower_id: str) -> Case:
    """The case of a borrower, named or derived. It has every key of `borrower_defaults` in `cases.json`, and more."""
    named = _sample("borrowers").get(borrower_id)
    case = {**_sample("borrower_defaults"), **(_derived(borrower_id) if named is None else named)}
    same_as = {
        "purchase_price": "property_value",
        "appraised_value": "property_value",
        "avm_value": "property_value",
        "stated_monthly_income": "monthly_income",
        "employer_income": "monthly_income",
        "account_balance": "verified_assets",
    }
    return {**{name: case[source] for name, source in same_as.items()}, **case}


def application(borrower_id: str) -> dict[str, Any]:
    """The context an `fha-purchase` process starts with for this borrower."""
    case = borrower(borrower_id)
    return {"borrower_id": borrower_id, **{name: case[name] for name in _START}}


def leave_requests() -> Mapping[str, Case]:
    """The sample cases of `leave-approval` by id; `start` is the context they start with."""
    return _sample("leave_requests")


def invoices() -> Mapping[str, Case]:
    """The sample cases of `invoice-approval` by id; `start` is the context they start with."""
    return _sample("invoices")


def reference(*parts: str, digits: int = 10) -> str:
    """A number of `digits` digits that belongs to `parts`: the same parts, the same number."""
    return str(_number(*parts) % 10**digits).zfill(digits)


def _derived(borrower_id: str) -> dict[str, Any]:
    """A case for an id that nobody named: most are funded, some declined, withdrawn or slower than the rest."""

    def pick(name: str, options: int) -> int:
        return _number(borrower_id, name) % options

    value = 180_000 + 5_000 * pick("value", 70)
    permille = (965, 965, 965, 950, 900, 800)[pick("down payment", 6)]
    loan = value * permille // 1000
    branch, state = _BRANCHES[pick("branch", len(_BRANCHES))]
    # A payment of about 0.0082 of the value, and ratios around the limits of 31/43.
    income = value * 82 // (100 * (23 + pick("ratio", 13)))
    costs = value * 3 // 100
    withdraws = pick("choice", 20)
    alert = pick("fraud", 16) == 0
    return {
        "loan_amount": loan,
        "property_value": value,
        "branch": branch,
        "property_state": state,
        "loan_term_months": 180 if pick("term", 12) == 0 else 360,
        "first_time_buyer": pick("first home", 3) > 0,
        "household_size": 1 + pick("household", 5),
        "note_rate": Decimal("5.75") + Decimal("0.125") * pick("rate", 8),
        "closing_costs": costs,
        "monthly_taxes": value // 1000,
        "monthly_insurance": value // 2500,
        "current_housing_payment": value * 6 // 1000,
        "credit_score": (545, 590, 610)[pick("low score", 3)]
        if pick("score", 8) == 0
        else 620 + pick("good score", 190),
        "monthly_debts": income * pick("debts", 14) // 100,
        "discretionary_accounts": pick("accounts", 6),
        "monthly_income": income,
        "verified_assets": value - loan + costs + value * pick("reserves", 6) // 100,
        "intent": "withdraw" if withdraws == 0 else "proceed",
        "terms": "withdraw" if withdraws == 1 else "accept",
        "conditions": ["Latest pay stub"] if pick("conditions", 2) else [],
        "repairs": ["Handrail at the rear steps"] if pick("repairs", 7) == 0 else [],
        "liens": ["Unpaid property tax"] if pick("lien", 9) == 0 else [],
        "fraud_score": 720 if alert else 60 + pick("fraud score", 300),
        "fraud_alerts": ["Address does not match the identity record"] if alert else [],
        "flood_zone": "AE" if pick("flood", 10) == 0 else "X",
    }


def _number(*parts: str) -> int:
    return int.from_bytes(sha256("\x1f".join(parts).encode()).digest()[:12], "big")


@cache
def _samples() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("cases.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return loaded


def _sample(section: str) -> dict[str, Any]:
    return _samples()[section]
