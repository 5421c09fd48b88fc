"""Sample Python actions for the seed journeys: the outside services of a lender, answered from `cases.json`.

Each answers the same for the same input, and hands out references that hang on the idempotency key, so that an attempt
made twice pays or registers once. A case's `faults` make a service fail: a number fails that many first attempts,
`always` every one, `refused` at once and for good.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from engine.actions import ActionCall, ActionFailed, action
from engine.core.task_facts import Link
from seed import cases

_CENT: Final = Decimal("0.01")
_HIGHEST_VALUE: Final = 10_000_000
_DOCUMENTS: Final = frozenset({"loan-estimate", "closing-disclosure", "adverse-action-notice", "withdrawal-notice"})
"""What `docs.generate` makes that is a document of the journey by the same name."""


@action("docs.generate")
def docs_generate(call: ActionCall) -> dict[str, Any]:
    """A document of the asked kind; its id is the same in every attempt."""
    _answering("docs.generate", call)
    kind = call.input["kind"]
    if kind in _DOCUMENTS:
        _bring(call, kind)
    pages = {"loan-estimate": 3, "closing-disclosure": 5, "closing-documents": 84}.get(kind, 1)
    return {"document_id": f"{kind}-{cases.reference(call.idempotency_key, kind)}", "pages": pages}


@action("credit.pull")
async def credit_pull(call: ActionCall) -> dict[str, Any]:
    """The merged credit report of a borrower."""
    case = _answering("credit.pull", call)
    _bring(call, "credit-report")
    return _of(
        case,
        "credit_score",
        "monthly_debts",
        "discretionary_accounts",
        "credit_history_months",
        "housing_late_payments",
    )


@action("income.verify")
async def income_verify(call: ActionCall) -> dict[str, Any]:
    """What the employer says the borrower earns a month."""
    return _of(_answering("income.verify", call), "employer_income", "employer_confirmed")


@action("assets.verify")
async def assets_verify(call: ActionCall) -> dict[str, Any]:
    """The balance of the borrower's accounts."""
    return _of(_answering("assets.verify", call), "account_balance")


@action("avm.estimate")
async def avm_estimate(call: ActionCall) -> dict[str, Any]:
    """The automated valuation of the home; refuses a stated value that no home of this lender has."""
    stated = _decimal(call.input["property_value"])
    if stated > _HIGHEST_VALUE:
        detail = (
            f"avm.estimate takes values up to {_HIGHEST_VALUE:,}, not {stated:,}: correct property_value, then retry"
        )
        raise ActionFailed(detail, retryable=False)
    return _of(_answering("avm.estimate", call), "avm_value", "avm_confidence")


@action("title.search")
async def title_search(call: ActionCall) -> dict[str, Any]:
    """Liens on the home and exceptions that stay in the title policy."""
    case = _answering("title.search", call)
    return {"liens": list(case["liens"]), "exceptions": list(case["title_exceptions"])}


@action("flood.determine")
def flood_determine(call: ActionCall) -> dict[str, Any]:
    """The flood zone; zones that begin with A or V need flood insurance."""
    zone = _answering("flood.determine", call)["flood_zone"]
    return {"zone": zone, "insurance_required": zone[0] in "AV"}


@action("fraud.check")
def fraud_check(call: ActionCall) -> dict[str, Any]:
    """A fraud score from 0 to 999 (higher is worse) and the alerts behind it."""
    return _of(_answering("fraud.check", call), "fraud_score", "fraud_alerts")


@action("fha.case_number")
async def fha_case_number(call: ActionCall) -> dict[str, Any]:
    """An FHA case number: three digits of the office, seven of the case."""
    _answering("fha.case_number", call)
    office = cases.reference("office", call.input["state"], digits=3)
    return {"case_number": f"{office}-{cases.reference(call.idempotency_key, digits=7)}"}


@action("fha.caivrs")
async def fha_caivrs(call: ActionCall) -> dict[str, Any]:
    """Whether the borrower owes no federal agency."""
    return _of(_answering("fha.caivrs", call), "caivrs_clear")


@action("fha.pay_mip")
async def fha_pay_mip(call: ActionCall) -> dict[str, Any]:
    """Pays the upfront premium of a case; the receipt is the same in every attempt."""
    return {"mip_receipt": f"MIP-{cases.reference(call.idempotency_key, call.input['case_number'])}"}


@action("fha.endorse")
async def fha_endorse(call: ActionCall) -> dict[str, Any]:
    """The Mortgage Insurance Certificate of a case."""
    return {"insurance_certificate": f"MIC-{call.input['case_number']}"}


@action("loan.payment")
def loan_payment(call: ActionCall) -> dict[str, Any]:
    """Principal and interest of a level-payment loan, and a month of the annual premium, both rounded to the cent.

    The premium is taken on the base loan of the first year; it falls later with the balance.
    """
    total, base = _decimal(call.input["total_loan"]), _decimal(call.input["base_loan"])
    months = int(call.input["term_months"])
    rate = _decimal(call.input["note_rate"]) / 1200
    payment = total / months if rate == 0 else total * rate / (1 - (1 + rate) ** -months)
    premium = base * _decimal(call.input["annual_mip_bps"]) / 10_000 / 12
    return {"principal_and_interest": _cents(payment), "monthly_mip": _cents(premium)}


@action("wire.send")
async def wire_send(call: ActionCall) -> dict[str, Any]:
    """Sends money to the settlement agent; a second attempt of the same step is the same wire."""
    _answering("wire.send", call)
    return {"wire_reference": f"WIRE-{cases.reference(call.idempotency_key)}"}


@action("leave.balance")
async def leave_balance(call: ActionCall) -> dict[str, Any]:
    """The days of annual leave an employee has left."""
    employee = call.input["employee"]
    for case in cases.leave_requests().values():
        if case["start"]["employee_id"] == employee and "balance" in case:
            return {"balance": case["balance"]}
    return {"balance": 16 + int(cases.reference(employee, digits=1))}


@action("leave.book")
async def leave_book(call: ActionCall) -> dict[str, Any]:
    """Writes the leave into the personnel system."""
    return {"booking": f"LEAVE-{cases.reference(call.idempotency_key)}"}


@action("invoice.match")
async def invoice_match(call: ActionCall) -> dict[str, Any]:
    """The order an invoice belongs to and its amount; an unknown invoice is exactly as ordered."""
    invoice = call.input["invoice"]
    case = cases.invoices().get(invoice, {})
    return {
        "order_id": f"PO-{cases.reference(invoice, digits=6)}",
        "ordered_amount": case.get("ordered_amount", call.input["amount"]),
    }


@action("invoice.pay")
async def invoice_pay(call: ActionCall) -> dict[str, Any]:
    """Pays a supplier; a second attempt of the same step is the same payment."""
    return {"payment_reference": f"PAY-{cases.reference(call.idempotency_key)}"}


def _bring(call: ActionCall, document: str) -> None:
    """Hands in a document with the answer."""
    name = f"{document}-{cases.reference(call.idempotency_key, document)}.pdf"
    call.documents[document] = [Link(name, f"https://files.example/{name}", "application/pdf")]


def _answering(service: str, call: ActionCall) -> cases.Case:
    """The case of the borrower in the input, unless the case says that the service fails in this attempt."""
    borrower: str = call.input["borrower"]
    case = cases.borrower(borrower)
    fault = case["faults"].get(service)
    if fault == "refused":
        raise ActionFailed(f"{service} refuses {borrower}: the data cannot be accepted", retryable=False)
    if fault == "always" or (isinstance(fault, int) and call.attempt <= fault):
        raise ActionFailed(f"{service} does not answer for {borrower} (attempt {call.attempt})")
    return case


def _of(case: cases.Case, *names: str) -> dict[str, Any]:
    return {name: case[name] for name in names}


def _decimal(number: Any) -> Decimal:
    return Decimal(str(number))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
