"""Values that decisions make by the dozen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.core.events import TYPES
from engine.core.frozen import Frozen, changed
from engine.core.process import Element, Incident, Lease, Process, Step, Task, Timer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = Task(1, "system", "a", 1, "A", None, "do.it", "pending", "low", None, NOON)


@pytest.mark.parametrize(
    "value",
    [
        Step("a", 2, "active", ready_at=NOON),
        TASK,
        Incident(1, "a", 1, "no_path", "edges", "why", "how", NOON),
        Element("one"),
        Timer(1, "for", "a", 1, NOON, moves=True),
    ],
)
def test_a_copy_has_every_field_of_the_value_but_those_that_are_given(value: Any):
    names = value.__struct_fields__
    for name in names:
        copy = changed(value, **{name: "other"})
        assert type(copy) is type(value)
        assert getattr(copy, name) == "other" != getattr(value, name)
        assert all(getattr(copy, other) is getattr(value, other) for other in names if other != name)


def test_no_field_of_it_can_be_set():
    with pytest.raises(AttributeError):
        setattr(TASK, TASK.__struct_fields__[0], 7)


def test_a_field_that_there_is_none_of_is_an_error():
    with pytest.raises(TypeError):
        changed(Step("a", 1, "waiting"), sate="active")


def test_every_fact_is_such_a_value():
    assert [
        name for name, fact in TYPES.items() if not issubclass(fact, Frozen) or not fact.__struct_config__.frozen
    ] == []


def test_what_workers_hold_and_how_often_a_row_was_written_is_no_part_of_a_task():
    held = changed(TASK, lease=Lease(1, "w", NOON), version=3)
    assert held == TASK
    assert changed(held, attempts=1) != TASK


def test_what_belongs_to_the_work_on_a_marking_is_no_part_of_it():
    marking = Process("p", None, None, None, "running", "low", "ada", "ada", NOON, {}, tasks={1: TASK})
    other = marking.copy()
    assert other == marking
    other.title, other.changes.tasks[1] = "A case", None
    assert other == marking
    assert marking.changes.tasks == {}
    other.tasks[1] = changed(TASK, attempts=1)
    assert other != marking
    assert marking.tasks == {1: TASK}
