"""Ids of tasks and incidents name their process."""

import pytest

from engine.core.ids import numbered, split


def test_an_id_names_its_process_and_number():
    assert split(numbered("0190f5a2-7c3e-7000-8000-000000000001", 12)) == ("0190f5a2-7c3e-7000-8000-000000000001", 12)


@pytest.mark.parametrize(
    "text", ["", ".", "p", "p.", ".1", "p.0", "p.-1", "p.01", "p.1.2", "p.٣", "p.1\n", "p/1", "p.1e3"]
)
def test_what_was_never_given_out_is_no_id(text: str):
    assert split(text) is None


def test_a_number_beyond_any_process_is_no_id():
    assert split("p.9999999999") is None
