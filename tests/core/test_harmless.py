"""A JSON text that passes at a glance holds nothing that the careful look would refuse (Semantics, Rules)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.values import DEPTH, DIGITS, decode, entering, harmless

NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
TEXTS = st.text(alphabet=st.characters(codec="utf-8") | st.just("\0")).map(json.dumps)


def _lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")


def _objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(TEXTS, inner).map(":".join), max_size=3)
    return pairs.map(lambda members: f"{{{','.join(members)}}}")


VALUES = st.recursive(NUMBERS | TEXTS, lambda inner: _lists(inner) | _objects(inner), max_leaves=8)


@given(VALUES)
def test_what_passes_at_a_glance_passes_the_careful_look(text: str):
    if harmless(text.encode()):
        assert entering(decode(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "1" * (DIGITS + 1),
        f"0.{'1' * (DIGITS + 1)}",
        "1E309",
        "1e-0400",
        '"\\u0000"',
        '{"\\u0000": 1}',
        "[" * (DEPTH + 2) + "]" * (DEPTH + 2),
    ],
)
def test_what_is_beyond_the_bounds_gets_the_careful_look(text: str):
    assert entering(decode(text))
    assert not harmless(text.encode())


def test_what_people_send_passes_at_a_glance():
    text = {"output": {"amount": 320000.25, "who": "Zoë", "id": "019a9d2e-7e3f-7c11-9a55-0123456789ab", "on": True}}
    assert harmless(json.dumps(text).encode())
