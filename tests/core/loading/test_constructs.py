"""What the keys of R7 and R10–R16 become in a journey version."""

from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from engine.core.durations import Duration
from engine.core.journey import Atom, Route, join_up
from engine.core.policies import Timeout
from engine.core.rules import Rule
from engine.core.values import decode, encode
from engine.loading import load
from engine.loading.document_schema import document_schema
from tests.core.loading.orders import ORDER, order
from tests.model.generate import EVERYTHING, Generator


def atoms(*changes: tuple[str, str]) -> dict[str, Atom]:
    loaded = load(order(*changes).text)
    assert loaded.definition is not None, loaded.findings
    return {atom.id: atom for atom in loaded.definition.atoms}


def routes() -> dict[str, Route]:
    loaded = load(ORDER)
    assert loaded.routes is not None
    return {route.atom: route for route in loaded.routes.routes}


_SOON = Rule.compile({"add_time": [{"var": "now"}, "P2D"]})


def test_an_atom_holds_its_visits_and_times() -> None:
    found = atoms()
    assert (found["check"].max_visits, found["book"].max_visits) == (3, 10)
    assert found["check"].due == Duration(span=timedelta(days=1))
    assert found["book"].timeout == Timeout(after=Duration(span=timedelta(hours=1)))
    assert found["payment"].timeout == Timeout(at=_SOON)


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("soon", _SOON),
        ("P1M", Duration(months=1)),
        ("'2026-03-01'", Rule.compile("2026-03-01")),
        ("{var: deliver_at}", Rule.compile({"var": "deliver_at"})),
    ],
)
def test_a_text_for_a_due_time_is_a_rule_s_name_or_a_duration_or_itself(written: str, due: Any) -> None:
    """Rules: in `due` a text names one of `rules` if there is one; else it is itself."""
    assert atoms(("due: P1D", f"due: {written}"))["check"].due == due


def test_a_rule_goes_before_a_duration_of_its_name() -> None:
    found = atoms(("due: P1D", "due: P2D"), ("  soon:", "  P2D: {logic: {var: deliver_at}}\n  soon:"))
    assert found["check"].due == Rule.compile({"var": "deliver_at"})


def test_a_wait_holds_what_it_waits_for() -> None:
    """R16."""
    found = atoms()
    assert (found["payment"].message, found["payment"].until, found["payment"].duration) == ("payment", None, None)
    assert found["payment"].correlate == Rule.compile({"var": "process.business_key"})
    assert found["delivery"].until == Rule.compile({"var": "deliver_at"})
    assert atoms(("until: {var: deliver_at}", "for: P1Y"))["delivery"].duration == Duration(months=12)
    assert atoms(("{var: process.business_key}", "large"))["payment"].correlate == Rule.compile(
        {">": [{"var": "amount"}, 100]}
    )
    assert atoms(("{var: process.business_key}", "till"))["payment"].correlate == Rule.compile("till")


def test_an_atom_for_each_element_holds_its_list() -> None:
    """R14."""
    many = atoms()["pick"].many
    assert many is not None
    assert (many.list, many.in_order, many.done_when) == (Rule.compile({"var": "items"}), True, 1)
    assert atoms(("done_when: {count: 1}", "done_when: any"))["pick"].many.done_when == "any"  # type: ignore[union-attr]
    assert atoms()["check"].many is None


def test_a_subjourney_holds_what_it_gives_and_takes() -> None:
    """R15."""
    bill = atoms()["bill"]
    assert (bill.returns, bill.output, bill.saves) == (("invoice",), None, "bill")
    assert bill.input == (("total", Rule.compile({"var": "amount"})),)
    assert routes()["bill"].calls == "billing@^1.2"


def test_an_atom_says_what_it_reads_before_its_start_and_what_it_writes() -> None:
    found = atoms()
    assert found["pick"].reads == ("items",)
    assert found["delivery"].reads == ("deliver_at",)
    assert (found["pick"].writes, found["payment"].writes, found["bill"].writes) == (("picked",), ("paid",), ("bill",))
    assert atoms(("    saves: bill\n", ""))["bill"].writes == ("invoice",)
    assert atoms(("due: P1D", "due: {var: deliver_at}"))["check"].reads == ("deliver_at",)


def test_routes_hold_exits_rework_and_compensations() -> None:
    found = routes()
    assert [(edge.target, edge.on, edge.rework) for edge in found["book"].enables] == [
        ("pick", "done", False),
        ("repair", "error", False),
        ("repair", "timeout", False),
    ]
    assert [(edge.target, edge.rework, edge.ruled) for edge in found["repair"].enables] == [
        ("check", True, True),
        ("pick", False, False),
    ]
    assert found["book"].compensated_by == "return-goods"


def test_what_undoes_takes_no_part() -> None:
    """R13: such atoms take no part in R1–R8."""
    loaded = load(ORDER)
    assert loaded.definition is not None
    assert loaded.routes is not None
    journey = join_up(loaded.definition, loaded.routes)
    assert journey.compensations == {"return-goods"}
    assert "return-goods" not in (journey.part(None) or ())


_validator = jsonschema_rs.Draft202012Validator(document_schema())


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_random_journeys_of_every_construct_are_not_refused(first: int) -> None:
    """The generator of the reference model follows the contract alone: what it draws is right, by the schema too."""
    for seed in range(first, first + 100):
        for document in Generator(seed, EVERYTHING).journeys():
            text = encode(document)
            found = [each for each in load(text, "json").findings if each.severity == "error"]
            assert found == [], f"seed {seed}"
            assert _validator.is_valid(decode(text)), f"seed {seed}"
