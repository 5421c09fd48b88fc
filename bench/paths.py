"""The journeys that the benches walk: what starts a case of each, and what is handed in for each atom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import fha

ROLE: Final = "lender"
"""Who does every task of every path."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path through a journey on which every case gets from its start to its end.

    `document` gives the journey's text; `first` is the atom whose task opens at the start; `completions` take a case to
    its end. `outputs` and `bodies` are what completing an atom hands in, an atom without any being one of neither.
    """

    journey: str
    document: Callable[[], bytes]
    context: Mapping[str, Any]
    first: str
    completions: int
    outputs: Mapping[str, Mapping[str, Any]]

    def output(self, atom: str) -> Mapping[str, Any]:
        """What the atom's performer hands in."""
        return self.outputs.get(atom, {})

    def start_body(self, business_key: str) -> bytes:
        """The body that starts a case."""
        body = {"journey": self.journey, "business_key": business_key, "context": self.context}
        return msgspec.json.encode(body)


def _loan() -> bytes:
    return Path(__file__).with_name("loan.yaml").read_bytes()


def chain(atoms: int, key: str | None = None) -> Callable[[], bytes]:
    """A document of that many human atoms in a row; its journey is `bench-chain-{atoms}` where no key is given."""

    def document() -> bytes:
        ids = [f"atom-{n}" for n in range(1, atoms + 1)]
        rows = [{"id": id, "performed_by": ROLE, "enables": [after]} for id, after in pairwise(ids)]
        rows.append({"id": ids[-1], "performed_by": ROLE, "enables": []})
        roles = {ROLE: {"name": "Lender"}}
        whole = {
            "journey": key or f"bench-chain-{atoms}",
            "version": "1.0.0",
            "context": {"type": "object"},
            "roles": roles,
        }
        return msgspec.json.encode(whole | {"atoms": rows})

    return document


def _loop() -> bytes:
    back = {"to": "work", "rework": True, "rule": {"!": {"var": ["over", False]}}}
    work = {"id": "work", "performed_by": ROLE, "max_visits": 10_000, "enables": ["look"]}
    onward = {"to": "rest", "otherwise": True}
    look = {"id": "look", "performed_by": ROLE, "split": "first", "max_visits": 10_000, "enables": [back, onward]}
    context = {"type": "object", "properties": {"over": {"type": "boolean"}}}
    roles = {ROLE: {"name": "Lender"}}
    whole = {"journey": "bench-loop", "version": "1.0.0", "context": context, "roles": roles}
    return msgspec.json.encode(whole | {"atoms": [work, look, {"id": "rest", "performed_by": ROLE}]})


def _crowd() -> bytes:
    people = {"type": "array", "items": {"type": "integer"}}
    context = {"type": "object", "required": ["people"], "properties": {"people": people}}
    call = {"id": "call", "performed_by": ROLE, "for_each": {"var": "people"}, "saves": "calls"}
    roles = {ROLE: {"name": "Lender"}}
    whole = {"journey": "bench-crowd", "version": "1.0.0", "context": context, "roles": roles, "atoms": [call]}
    return msgspec.json.encode(whole)


def _late() -> bytes:
    call = {"id": "call", "performed_by": ROLE, "sla": {"target": "PT50M", "warn_before": "PT0S"}}
    roles = {ROLE: {"name": "Lender"}}
    whole = {"journey": "bench-late", "version": "1.0.0", "context": {"type": "object"}, "roles": roles}
    return msgspec.json.encode(whole | {"atoms": [call]})


CROWD: Final = 200
"""Tasks that one case of `crowd` opens."""

WAYS: Final[dict[str, Way]] = {
    "loan": Way(
        journey="bench-loan",
        document=_loan,
        context={"borrower": "B-1001", "loan_amount": 320000, "property_value": 410000},
        first="take-application",
        completions=10,
        outputs={
            "take-application": {"purpose": "purchase"},
            "pull-credit": {"credit_score": 712},
            "verify-income": {"dti": 31.5},
            "appraise": {"appraised_value": 405000},
        },
    ),
    "chain-100": Way("bench-chain-100", chain(100), {}, "atom-1", 100, {}),
    "chain-1000": Way("bench-chain-1000", chain(1000), {}, "atom-1", 1000, {}),
    "fha": Way(
        fha.JOURNEY,
        lambda: fha.document(ROLE),
        fha.context(),
        fha.FIRST,
        fha.COMPLETIONS,
        fha.outputs(),
    ),
    "loop-10": Way("bench-loop", _loop, {}, "work", 4, {}),
    "loop-10000": Way("bench-loop", _loop, {}, "work", 4_100, {}),
    "late": Way("bench-late", _late, {}, "call", 1, {}),
    "crowd": Way("bench-crowd", _crowd, {"people": list(range(CROWD))}, "call", CROWD, {}),
}
