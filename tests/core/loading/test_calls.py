"""R15: what a subjourney calls is there, takes what it is given, has what is taken, and is pinned to one version."""

from collections.abc import Mapping

import pytest

from engine.core.journey import Definition
from engine.loading import Published, load
from engine.loading.calls import NotPublished, pin
from tests.core.loading.orders import ORDER, errors, order

BILLING = """
journey: billing
version: 1.3.0
context:
  type: object
  required: [total]
  properties: {total: {type: number}, address: {type: object, properties: {street: {}}, additionalProperties: false}}
  additionalProperties: false
roles: {clerk: {}}
atoms:
  - {id: write, performed_by: clerk, output: {properties: {number: {}}}, saves: invoice.head, sets: {paid: false}}
"""
VERSIONS = {"billing": ("1.1.0", "1.3.0", "1.4.0-rc.1", "2.0.0")}


def child(text: str = BILLING) -> Definition:
    definition = load(text).definition
    assert definition is not None
    return definition


def published(text: str = BILLING) -> Published:
    return Published(VERSIONS, {"billing@1.3.0": child(text)})


def test_a_call_of_what_is_published_is_right() -> None:
    assert errors(ORDER, published()) == []


def test_without_knowing_what_is_published_nothing_is_said_of_it() -> None:
    assert errors(order(("billing@^1.2", "nothing-such@^7")).text) == []


_WRONG = {
    "a journey that is not published": (("billing@^1.2", "⟦biling@^1.2"), "unknown_name", "/atoms/6/calls"),
    "a range without a published version": (("billing@^1.2", "⟦billing@^1.5"), "unknown_name", "/atoms/6/calls"),
    "a version that is not published": (("billing@^1.2", "⟦billing@1.2.0"), "unknown_name", "/atoms/6/calls"),
    "an input that the child does not know": (
        ("input: {total: {var: amount}}", "input: {total: {var: amount}, ⟦totals: 1}"),
        *("unknown_name", "/atoms/6/input/totals"),
    ),
    "an input below a closed object": (
        ("input: {total: {var: amount}}", "input: {total: {var: amount}, ⟦address.city: x}"),
        *("unknown_name", "/atoms/6/input/address.city"),
    ),
    "an input that the child's context refuses": (
        ("input: {total: {var: amount}}", "input: {total: {var: amount}, ⟦paid: true}"),
        *("unknown_name", "/atoms/6/input/paid"),
    ),
    "an input that the child needs and does not get": (
        ("input: {total: {var: amount}}", "input: ⟦{address.street: x}"),
        *("missing_key", "/atoms/6/input/total"),
    ),
    "a field that the child never has": (("[invoice]", "[invoice, ⟦receipt]"), "unknown_name", "/atoms/6/output/1"),
}


@pytest.mark.parametrize("case", _WRONG.values(), ids=_WRONG)
def test_a_call_that_cannot_work_is_found_at_its_place(case: tuple[tuple[str, str], str, str]) -> None:
    change, code, pointer = case
    wrong = order(change)
    found = [(each.code, each.pointer, (each.line, each.column)) for each in errors(wrong.text, published())]
    assert found == [(code, pointer, wrong.place)]


_RIGHT: Mapping[str, tuple[str, str]] = {
    "an input below an object": ("input: {total: {var: amount}}", "input: {total: 1, address.street: x}"),
    "a field of the child's context": ("[invoice]", "[total, address]"),
    "a field that an atom of the child sets": ("[invoice]", "[paid, invoice]"),
    "the exact version": ("billing@^1.2", "billing@1.3.0"),
    "a version of which nothing else is known": ("billing@^1.2", "billing@^2"),
}


@pytest.mark.parametrize("change", _RIGHT.values(), ids=_RIGHT)
def test_a_call_that_works_is_not_refused(change: tuple[str, str]) -> None:
    assert errors(order(change).text, published()) == []


def test_an_open_context_of_the_child_takes_names_that_its_atoms_write() -> None:
    open_context = BILLING.replace("  additionalProperties: false\n", "")
    given = order(("input: {total: {var: amount}}", "input: {total: 1, paid: true}"))
    assert errors(given.text, published(open_context)) == []


def test_what_a_document_calls_is_told_though_it_has_errors_elsewhere() -> None:
    loaded = load(order(("max_visits: 3", "max_visits: 0")).text)
    assert not loaded.ok
    assert loaded.calls == ("billing@^1.2",)


def test_a_call_is_pinned_to_the_highest_release_in_its_range() -> None:
    routes = load(ORDER).routes
    assert routes is not None
    calls = {route.atom: route.calls for route in pin(routes, VERSIONS).routes if route.calls}
    assert calls == {"bill": "billing@1.3.0"}
    with pytest.raises(NotPublished, match=r"`bill` calls billing@\^1\.2"):
        pin(routes, {"billing": ("1.1.0", "2.0.0")})
