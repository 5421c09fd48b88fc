"""`requires_documents` of an atom: what is read, and the warning of what nobody makes before (`never_produced`)."""

from typing import Any

import pytest

from tests.core.loading.documents import load_changed, told

LATE = {"id": "late", "kind": "milestone", "produces": ["form"]}


def last(**changes: Any) -> dict[str, Any]:
    """The changes by which the last atom, `sign`, requires the form, with further keys."""
    sign = {"id": "sign", "performed_by": "clerk", "requires_documents": ["form"], **changes}
    return {"/atoms/3": sign, "/atoms/2/enables": ["sign"]}


def test_what_an_atom_requires_it_uses_too() -> None:
    loaded = load_changed(last(uses=["form"]) | {"/atoms/0/produces": ["form"]})
    assert loaded.definition, loaded.findings
    assert not loaded.findings
    sign = loaded.definition.atoms[3]
    assert (sign.uses, sign.requires_documents) == (("form",), ("form",))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (last(), "no atom produces it"),
        (last(enables=["late"]) | {"/atoms/4": LATE}, "only `late` produces it, not before it"),
    ],
)
def test_a_required_document_that_no_atom_before_makes_is_warned_of(changes: dict[str, Any], said: str) -> None:
    loaded = load_changed(changes)
    assert loaded.ok
    (finding,) = loaded.findings
    assert (finding.code, finding.severity, finding.pointer, finding.atom) == (
        *("never_produced", "warning"),
        "/atoms/3/requires_documents/0",
        "sign",
    )
    assert said in finding.message
    assert "produces: [form]" in finding.fix


@pytest.mark.parametrize("maker", [0, 1, 2, 3])
def test_an_atom_before_it_or_itself_may_make_it(maker: int) -> None:
    assert not load_changed(last() | {f"/atoms/{maker}/produces": ["form"]}).findings


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"/atoms/0/requires_documents": ["photo"]}, "unknown_name", "/atoms/0/requires_documents/0"),
        ({"/atoms/0/requires_documents": []}, "bad_value", "/atoms/0/requires_documents"),
        ({"/atoms/1/requires_documents": ["form"]}, "unknown_key", "/atoms/1/requires_documents"),
        ({"/atoms/2/requires_documents": ["form"]}, "unknown_key", "/atoms/2/requires_documents"),
    ],
)
def test_what_is_no_document_or_on_no_human_atom_is_refused(changes: dict[str, Any], code: str, pointer: str) -> None:
    assert told(load_changed(changes).findings) == [(code, pointer)]
