"""Small versions for the tests of the graph, with everything that joins atoms."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.core.durations import parse
from engine.core.journey import (
    Atom,
    Definition,
    Dependency,
    Edge,
    Module,
    Named,
    NamedRule,
    Phase,
    Route,
    Routes,
    Wanted,
)
from engine.core.policies import Many, Timeout
from engine.core.rules import Rule


def definition(atoms: Sequence[Atom], version: str = "1.0.0", **facts: Any) -> Definition:
    """A version of `loan` that holds `atoms`."""
    given: Mapping[str, Any] = {
        "key": "loan",
        "name": "Loan",
        "description": "",
        "hash": "0" * 64,
        "context": {"type": "object", "properties": {"amount": {"type": "number"}}},
        "title": None,
        "dimensions": ("branch",),
        **facts,
    }
    return Definition(version=version, atoms=tuple(atoms), **given)


def loan(version: str = "1.0.0") -> tuple[Definition, Routes]:
    """Application, two checks side by side that join, a decision that may lead back to one of them, two ends.

    Beside it stand a call, a wait and the withdrawal that undoes the application.
    """
    threshold = {">=": [{"var": "score"}, Decimal("620.50")]}
    atoms = [
        Atom("apply", 0, "human", "Apply", phase="front", writes=("amount",)),
        Atom(
            "credit",
            1,
            "system",
            "Pull credit",
            phase="front",
            module="checks",
            action="credit.pull",
            many=Many(Rule.compile({"var": "bureaus"}), in_order=True, done_when=2),
        ),
        Atom(
            "income",
            2,
            "human",
            "Check income",
            phase="front",
            module="checks",
            reads=("amount",),
            uses=("payslip",),
            max_visits=3,
            timeout=Timeout(after=parse("P1M2DT3H")),
            due=Rule.compile({"var": "when"}),
        ),
        Atom("decide", 3, "decision", "Decide", phase="back", governed_by=("hud",), reads=("score",)),
        Atom("funded", 4, "milestone", "Funded", phase="back", outcome="funded"),
        Atom("declined", 5, "milestone", "Declined", phase="back", outcome="declined", terminate=True),
        Atom("appraise", 6, "subjourney", "Appraise", phase="back"),
        Atom("signed", 7, "wait", "Signed", phase="back", message="signed", correlate=Rule.compile({"var": "deed"})),
        Atom("withdraw", 8, "human", "Withdraw", phase="back"),
    ]
    routes = [
        Route(
            "apply",
            role="borrower",
            strategy="pool",
            enables=(Edge("apply", "income", 0), Edge("apply", "credit", 1)),
            compensated_by="withdraw",
        ),
        Route("credit", enables=(Edge("credit", "decide", 0),)),
        Route(
            "income",
            role="processor",
            strategy="skill_based",
            skills=(Wanted("sums", 2), Wanted("law")),
            not_same_as=("apply", "withdraw"),
            escalates_to="borrower",
            enables=(Edge("income", "decide", 0),),
            depends_on=(Dependency("income", "credit", "completed"), Dependency("income", "apply")),
        ),
        Route(
            "decide",
            split="first",
            join=2,
            enables=(
                Edge("decide", "funded", 0, priority=1, rule_id="good", logic=threshold, ruled=True),
                Edge("decide", "declined", 1, otherwise=True),
                Edge("decide", "funded", 2, on="error", logic=None, ruled=True),
                Edge("decide", "income", 3, rework=True, logic={"var": "doubt"}, ruled=True),
            ),
        ),
        Route("funded", join="any", may_end=True),
        Route("declined"),
        Route("appraise", calls="appraisal@2.0.1"),
        Route("signed"),
        Route("withdraw", role="borrower", strategy="manual", same_as="apply"),
    ]
    made = definition(
        atoms,
        version,
        phases=(Phase("front", "Front office"), Phase("back", "Back office")),
        modules=(Module("checks", "Checks", "front"),),
        roles=(Named("borrower", "Borrower"), Named("processor", "Processor", {"description": "Collects papers."})),
        rules=(NamedRule("good", "Good enough.", threshold, ("score",)),),
        regulations=(Named("hud", "HUD Handbook"),),
        documents=(Named("payslip", "Payslip"),),
    )
    return made, Routes(tuple(routes))
