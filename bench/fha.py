"""The FHA path: the sample journey of 77 atoms, on which a person does what a system does there.

So every atom of a case is a completion over HTTP, and no time passes between one and the next. Else it is the journey
as it is seeded, with its rules, tables and joins, and what the first of its example cases hands in: a first home with
3.5 % down, where nothing goes wrong. It has the usual service levels instead of its own, which are counted in a
calendar that the server of a bench does not have.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

JOURNEY: Final = "bench-fha"
FIRST: Final = "atom-cust-application"
COMPLETIONS: Final = 44
"""Tasks from the start of that case to its end."""
_SEED: Final = Path(__file__).resolve().parents[1] / "seed" / "journeys"


def document(role: str) -> bytes:
    """The journey, with one role that does everything."""
    whole = _bare()
    actions = whole.pop("actions")
    for atom in _atoms(whole):
        atom.pop("escalates_to", None)
        if atom["kind"] == "system":
            atom.pop("retry", None)
            atom |= {"kind": "human", "output": actions[atom.pop("action")]["output"]}
        if atom["kind"] == "human":
            atom["performed_by"] = role
    return msgspec.json.encode(whole | {"journey": JOURNEY, "roles": {role: {"name": "Lender"}}})


def undocumented() -> bytes:
    """The journey as it is seeded, but that no atom waits for a document: what comes is all that is measured."""
    return msgspec.json.encode(_bare())


def context() -> Mapping[str, Any]:
    """What the case starts with."""
    return _defaults()["start"]


def outputs() -> Mapping[str, Mapping[str, Any]]:
    """What is handed in for each atom."""
    return _defaults()["outputs"]


def _bare() -> dict[str, Any]:
    """The journey without what a case would wait for a person or a document for, and without service levels."""
    whole = _read("fha-purchase.yaml")
    whole.pop("calendar")
    parts = [module for phase in whole["phases"] for module in phase.get("modules", ())]
    for part in (whole, *whole["phases"], *parts):
        part.pop("sla", None)
    for atom in _atoms(whole):
        atom.pop("requires_documents", None)
        atom.pop("sla", None)
        if atom["kind"] == "human" and not isinstance(atom["performed_by"], str):
            atom["performed_by"] = atom["performed_by"]["role"]
    return whole


def _defaults() -> dict[str, Any]:
    return _read("fha-purchase.cases.yaml")["defaults"]


def _atoms(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for phase in whole["phases"]:
        yield from phase.get("atoms", ())
        for module in phase.get("modules", ()):
            yield from module["atoms"]


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load((_SEED / name).read_text("utf-8"), yaml.CSafeLoader)
    return read
