"""The canonical form of routes: what PostgreSQL keeps and Neo4j is compared with (house, One direction for data)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.core.journey import Dependency, Edge, Route, Routes, Wanted
from engine.core.routes import difference, digest, dump, load


def routes(logic: Any = None, **changes: Any) -> Routes:
    first = Route(
        "a",
        join=2,
        enables=(Edge("a", "b", 0, logic=logic, ruled=logic is not None), Edge("a", "c", 1, otherwise=True)),
        depends_on=(Dependency("a", "c", "completed"),),
    )
    return Routes((replace(first, **changes), Route("b"), Route("c", role="clerk", strategy="pool")))


def test_what_is_kept_reads_back_the_same():
    whole = routes({">": [{"var": "x"}, Decimal("12345678901234567890.10")]})
    assert load(dump(whole)) == whole
    assert b"12345678901234567890.10" in dump(whole)


def test_equal_numbers_and_the_order_of_keys_make_no_other_hash():
    one = routes({"if": [{"var": "x"}, {"==": [1, Decimal("1.50")]}, False]})
    two = routes({"if": [{"var": "x"}, {"==": [1, Decimal("1.5")]}, False]})
    assert digest(one) == digest(two)
    assert difference(one, two) is None


def test_numbers_that_differ_in_the_last_digit_have_another_hash():
    one, two = (routes({"==": [{"var": "x"}, Decimal(f"1234567890123456789012345678901.{end}")]}) for end in (1, 2))
    assert digest(one) != digest(two)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (routes(join="any"), "`join` of a"),
        (routes(enables=()), "`enables` of a"),
        (routes(depends_on=()), "`depends_on` of a"),
        (Routes(routes().routes[:2]), "the route of c is missing"),
        (Routes((*routes().routes, Route("d"))), "a route of d"),
        (Routes(routes().routes[::-1]), "another order"),
    ],
)
def test_a_difference_is_named(other: Routes, named: str):
    assert named in (difference(routes(), other) or "")
    assert digest(other) != digest(routes())


def test_a_truth_value_is_not_a_number():
    assert difference(routes({"==": [{"var": "x"}, 1]}), routes({"==": [{"var": "x"}, True]}))


def test_a_version_published_before_routes_said_more_keeps_its_hash():
    assert digest(routes()) == "ec75ebda0f29bc81855aa76c80a39b50d7fb53ce0af91d006b85ab323b15af36"
    assert digest(routes(calls="child@1.0.0")) != digest(routes())
    assert "`calls` of a is null, not" in (difference(routes(calls="child@1.0.0"), routes()) or "")


@pytest.mark.parametrize(
    "said",
    [
        {"skills": (Wanted("law"),)},
        {"not_same_as": ("b",)},
        {"same_as": "b"},
        {"escalates_to": "chief"},
    ],
)
def test_who_performs_an_atom_counts_in_the_hash_where_it_is_said(said: dict[str, Any]):
    assert digest(routes(**said)) != digest(routes())
    assert f"`{next(iter(said))}` of a" in (difference(routes(**said), routes()) or "")
    assert load(dump(routes(**said))) == routes(**said)
