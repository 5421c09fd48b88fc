"""The loan path that the benches walk (`loan.yaml`): what starts a case, and what is handed in for each atom."""

from pathlib import Path
from typing import Any, Final

import msgspec

DOCUMENT: Final = Path(__file__).with_name("loan.yaml")
JOURNEY: Final = "bench-loan"
FIRST: Final = "take-application"
COMPLETIONS: Final = 10
"""Completions that take a case from its start to its milestone."""

OUTPUTS: Final[dict[str, dict[str, Any]]] = {
    "take-application": {"purpose": "purchase"},
    "pull-credit": {"credit_score": 712},
    "verify-income": {"dti": 31.5},
    "appraise": {"appraised_value": 405000},
    "assemble": {},
    "underwrite": {},
    "clear-conditions": {},
    "prepare-documents": {},
    "sign": {},
    "fund": {},
}
COMPLETION_BODIES: Final = {atom: msgspec.json.encode({"output": output}) for atom, output in OUTPUTS.items()}
"""The body of each atom's completion, encoded once: the load generator is to cost little."""


def start_body(business_key: str) -> bytes:
    """The body that starts a case."""
    context = {"borrower": business_key, "loan_amount": 320000, "property_value": 410000}
    return msgspec.json.encode({"journey": JOURNEY, "business_key": business_key, "context": context})
