"""Copies of frozen values with other fields."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.core.copies import changed
from engine.core.process import Element, Incident, Lease, Step, Task, Timer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        Step("a", 2, "active", ready_at=NOON),
        Task(
            1, "system", "a", 1, "A", None, "do.it", "pending", "low", None, NOON, lease=Lease(1, "w", NOON), version=3
        ),
        Incident(1, "a", 1, "no_path", "edges", "why", "how", NOON),
        Element("one"),
        Timer(1, "for", "a", 1, NOON, moves=True),
    ],
)
def test_a_copy_has_every_field_of_the_value_but_those_that_are_given(value: Any):
    for field in fields(value):
        copy = changed(value, **{field.name: "other"})
        expected = replace(value, **{field.name: "other"})
        assert [getattr(copy, each.name) for each in fields(value)] == [
            getattr(expected, each.name) for each in fields(value)
        ]
        assert type(copy) is type(value)
        assert getattr(value, field.name) != "other"
    with pytest.raises(FrozenInstanceError):
        setattr(changed(value), fields(value)[0].name, 7)


def test_a_field_that_there_is_none_of_is_an_error():
    with pytest.raises(AttributeError):
        changed(Step("a", 1, "waiting"), sate="active")
