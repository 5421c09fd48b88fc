"""The world in memory: posts before timers, timers at their time, messages once, leases (R11, R12, R15, R16, R17)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.cases.world import World
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AddTask,
    Cancel,
    CompleteTask,
    CompleteWork,
    Extra,
    FailWork,
    Resume,
    Start,
    Suspend,
)
from engine.core.durations import parse
from engine.core.errors import Conflict, Invalid, NotFound
from engine.core.fold import fold
from tests.core.cases.orders import SHIPPING, versions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = Caller("ada", permissions=frozenset({"task:act_any", "task:read_all"}))


class Orders:
    """A world of orders; each method takes one of them a step on."""

    def __init__(self, *ids: str) -> None:
        self.world = World(versions().all, NOON)
        for id in ids:
            self.begin(id)

    def begin(self, id: str, key: str | None = None) -> None:
        context = {"parts": ["a"], "price": 10}
        self.world.start("order@1.0.0", Start(ADA, id, context, business_key=key or id))

    def complete(self, id: str, atom: str, **output: Any) -> None:
        task = next(task for task in self.world.processes[id].open_tasks() if task.atom == atom)
        if task.kind == "system":
            token = self.world.claim(id, task.n)
            self.world.do(id, CompleteWork(SYSTEM, task.n, token, output))
        else:
            self.world.do(id, CompleteTask(ADA, task.n, output))

    def to_the_payment(self, *ids: str) -> "Orders":
        for id in ids:
            self.complete(id, "atom-reserve", slot="A1")
            self.complete(id, "atom-check", ok=True)
        return self

    def to_the_shipping(self, id: str) -> str:
        """The child's id."""
        self.to_the_payment(id)
        self.world.message("payment", id, f"m-{id}", {"paid": 10})
        self.complete(id, "atom-pack", good=True)
        (child,) = self.world.processes[id].children
        return child

    def open(self, id: str) -> list[str | None]:
        process = self.world.processes[id]
        return [task.atom for task in process.open_tasks()] + [wait.atom for wait in process.waits.values()]


def test_every_history_folds_into_the_marking_and_has_no_gaps():
    orders = Orders("o1")
    child = orders.to_the_shipping("o1")
    orders.complete(child, "atom-drive", tracking="T-1")
    orders.world.advance(parse("P14D"))
    assert (orders.world.processes["o1"].outcome, orders.world.processes[child].outcome) == ("delivered", "there")
    for id, history in orders.world.histories.items():
        assert fold(orders.world.journey_of(id), history) == orders.world.processes[id]
        assert [event.seq for event in history] == list(range(1, len(history) + 1))
    assert sum(map(len, orders.world.histories.values())) == len(orders.world.events)


def test_a_child_starts_on_the_pinned_version_and_its_end_moves_its_parent_at_once_r15():
    orders = Orders("o1")
    child = orders.to_the_shipping("o1")
    assert orders.world.journey_of(child).ref == "shipping@1.2.0"
    orders.complete(child, "atom-drive", tracking="T-1")
    parent = orders.world.processes["o1"]
    assert parent.steps["atom-ship"].state == "completed"
    assert parent.context["shipment"] == {"tracking": "T-1"}
    assert not parent.children


def test_the_children_of_a_list_start_in_its_order_r14_r15():
    world = World(versions(FLEET, SHIPPING).all, NOON)
    world.start("fleet@1.0.0", Start(ADA, "p1", {"prices": [3, 1, 2]}))
    assert [one.context.get("price") for one in list(world.processes.values())[1:]] == [3, 1, 2]


FLEET = """\
journey: fleet
version: 1.0.0
context: {type: object, required: [prices], properties: {prices: {type: array}, trips: {type: array}}}
atoms:
  - {id: atom-ship, kind: subjourney, calls: shipping@1.2.0, for_each: {var: prices}, saves: trips,
     input: {price: {var: item}}, output: [tracking]}
"""


def test_a_timer_fires_at_its_own_time_and_not_before_r11():
    orders = Orders("o1").to_the_payment("o1")
    orders.world.advance(3 * DAY - timedelta(microseconds=1))
    assert orders.open("o1") == ["atom-pay"]
    orders.world.advance(5 * DAY)
    assert orders.open("o1") == ["atom-remind"]
    (fired,) = [event.at for event in orders.world.events if event.fact.name == "timer.fired"]
    assert fired == NOON + 3 * DAY


def test_timers_of_one_moment_fire_in_the_order_they_were_set_whatever_their_process_r11():
    orders = Orders("o2", "o1").to_the_payment("o2", "o1")
    orders.world.advance(3 * DAY)
    fired = [event.process for event in orders.world.events if event.fact.name == "timer.fired"]
    assert fired == ["o2", "o1"]


def test_a_message_goes_to_the_oldest_wait_of_its_name_and_key_and_only_once_r16():
    orders = Orders()
    for id in ("o1", "o2"):
        orders.begin(id, key="same" if id == "o1" else "other")
        orders.to_the_payment(id)
    assert orders.world.message("payment", "same", "m1", {"paid": 1})[0] == "delivered"
    assert orders.world.message("payment", "same", "m1", {"paid": 1})[0] == "known"
    assert orders.open("o1") == ["atom-pack"]
    assert orders.open("o2") == ["atom-pay"]
    assert orders.world.message("refund", "other", "m2", {"paid": 1})[0] == "kept"
    assert orders.open("o2") == ["atom-pay"]


def test_of_two_waits_with_one_key_the_older_gets_the_message_whatever_its_process_is_called_r16():
    orders = Orders()
    for id in ("o2", "o1"):
        orders.world.start("order@1.0.0", Start(ADA, id, {"parts": ["a"], "price": 10}))
        orders.to_the_payment(id)
    orders.world.message("payment", None, "m1", {"paid": 1})
    assert (orders.open("o2"), orders.open("o1")) == (["atom-pack"], ["atom-pay"])


def test_a_wait_that_has_a_message_bound_while_suspended_gets_no_second_one_r12_r16():
    orders = Orders("o1").to_the_payment("o1")
    orders.world.do("o1", Suspend(ADA, "wait"))
    assert orders.world.message("payment", "o1", "m1", {"paid": 1})[0] == "delivered"
    assert orders.world.message("payment", "o1", "m2", {"paid": 2})[0] == "kept"
    orders.world.do("o1", Resume(ADA))
    assert orders.open("o1") == ["atom-pack"]
    assert orders.world.processes["o1"].context["paid"] == 1


def test_a_kept_message_is_taken_by_a_step_that_starts_to_wait_and_is_kept_no_longer_r16():
    orders = Orders("o1")
    assert orders.world.message("payment", "o1", "m1", {"paid": 7})[0] == "kept"
    orders.to_the_payment("o1")
    assert orders.open("o1") == ["atom-pack"]
    assert orders.world.processes["o1"].context["paid"] == 7
    assert orders.world.kept == []


def test_a_message_is_not_kept_beyond_its_ttl_r16():
    orders = Orders("o1")
    orders.world.message("payment", "o1", "m1", {"paid": 7}, ttl=parse("PT5M"))
    orders.world.advance(timedelta(minutes=5))
    orders.to_the_payment("o1")
    assert orders.open("o1") == ["atom-pay"]


def test_a_kept_message_that_breaks_the_schema_is_dropped_and_the_next_one_is_taken_r16():
    orders = Orders("o1")
    orders.world.message("payment", "o1", "m1", {"paid": "much"})
    orders.world.message("payment", "o1", "m2", {"paid": 8})
    orders.to_the_payment("o1")
    assert orders.world.processes["o1"].context["paid"] == 8
    assert orders.world.kept == []


def test_a_refused_message_leaves_its_id_free_r16():
    orders = Orders("o1").to_the_payment("o1")
    with pytest.raises(Invalid, match="output_invalid"):
        orders.world.message("payment", "o1", "m1", {"paid": "much"})
    assert orders.world.message("payment", "o1", "m1", {"paid": 9})[0] == "delivered"


def test_the_timers_of_a_suspended_process_stand_still_and_run_on_with_the_time_left_r12():
    orders = Orders("o1").to_the_payment("o1")
    orders.world.advance(DAY)
    orders.world.do("o1", Suspend(ADA, "wait"))
    orders.world.advance(30 * DAY)
    assert orders.open("o1") == ["atom-pay"]
    orders.world.do("o1", Resume(ADA))
    assert orders.world.next_due() == orders.world.now + 2 * DAY


def test_the_lease_of_a_worker_runs_on_with_the_time_it_had_left_after_a_suspension_r12():
    orders = Orders("o1")
    (task,) = orders.world.processes["o1"].open_tasks()
    token = orders.world.claim("o1", task.n)
    orders.world.do("o1", Suspend(ADA, "wait"))
    orders.world.advance(DAY)
    orders.world.do("o1", Resume(ADA))
    orders.world.do("o1", CompleteWork(SYSTEM, task.n, token, {"slot": "A1"}))
    assert orders.open("o1") == ["atom-check"]


def test_work_that_is_not_due_or_is_held_by_a_worker_cannot_be_claimed_r10():
    orders = Orders("o1")
    (task,) = orders.world.processes["o1"].open_tasks()
    token = orders.world.claim("o1", task.n)
    with pytest.raises(Conflict, match="lease_lost"):
        orders.world.claim("o1", task.n)
    orders.world.do("o1", FailWork(SYSTEM, task.n, token, "no line"))
    with pytest.raises(Conflict, match="lease_lost"):
        orders.world.claim("o1", task.n)
    orders.world.advance(timedelta(seconds=1))
    assert orders.world.claim("o1", task.n) > token


def test_a_cancelled_parent_cancels_its_child_first_and_is_cancelled_then_r13():
    orders = Orders("o1")
    child = orders.to_the_shipping("o1")
    orders.world.do("o1", Cancel(ADA, "not wanted"))
    assert {id: one.status for id, one in orders.world.processes.items()} == {"o1": "cancelled", child: "cancelled"}


def test_a_refused_command_changes_nothing_and_the_time_stays():
    orders = Orders("o1")
    before = list(orders.world.events)
    with pytest.raises(Conflict, match="lease_lost"):
        orders.world.do("o1", CompleteWork(SYSTEM, 1, 99, {"slot": "A1"}))
    with pytest.raises(NotFound, match="process_not_found"):
        orders.world.do("o9", Resume(ADA))
    assert orders.world.events == before
    assert orders.world.now == NOON


def test_a_business_key_is_free_again_when_its_process_has_ended_r17():
    orders = Orders("o1")
    with pytest.raises(Conflict, match="business_key_taken"):
        orders.begin("o2", key="o1")
    orders.world.do("o1", Cancel(ADA, "not wanted"))
    orders.begin("o2", key="o1")
    assert orders.world.processes["o2"].status == "running"


def test_a_task_off_the_graph_gets_a_process_without_a_journey_r18():
    world = World({}, NOON)
    world.start(None, Start(ADA, "p1", {}, task=Extra("Call back", role="clerk")))
    (task,) = world.processes["p1"].open_tasks()
    world.do("p1", AddTask(ADA, Extra("Write a letter", role="clerk", optional=True)))
    world.do("p1", CompleteTask(ADA, task.n, {}))
    assert world.processes["p1"].status == "completed"


def test_a_version_that_is_not_there_cannot_be_started():
    with pytest.raises(NotFound, match="version_not_found"):
        World({}, NOON).start("order@1.0.0", Start(ADA, "p1", {}))
