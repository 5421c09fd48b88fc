"""What outputs, `sets` and patches make of the case data; titles and dimensions follow them (R9, R18)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from engine.core.commands import ClaimTask, ReleaseTask
from engine.core.context import merge_patch, put
from engine.core.errors import Conflict, Invalid
from engine.core.rules import Rule
from tests.core.play import ADMIN, Play

HEAD = """
journey: example
version: 1.0.0
name: Example
title: {cat: [{var: who}, ", ", {var: loan.amount}]}
dimensions: [loan.amount, branch]
context:
  type: object
  properties:
    who: {type: string}
    branch: {}
    loan: {type: object, properties: {amount: {type: number, minimum: 0}, term: {}}}
roles: {clerk: {name: Clerk}}
"""
ONE = "[{id: a, performed_by: clerk, saves: loan, enables: [b]}, {id: b, performed_by: clerk}]"


def found(play: Play) -> dict[str, object]:
    return next(event.fact.dimensions for event in reversed(play.events) if hasattr(event.fact, "dimensions"))


def test_an_outputs_keys_replace_those_of_the_object_and_leave_the_others():
    play = Play(ONE, HEAD).start(loan={"amount": 1, "term": {"years": 30}})
    play.done("a", term={"months": 3})
    assert play.process.context["loan"] == {"amount": 1, "term": {"months": 3}}
    play.done("b", loan={"term": 1})
    assert play.process.context["loan"] == {"term": 1}


def test_the_dimensions_that_changed_are_told_with_the_event_that_changed_them():
    play = Play(ONE, HEAD).start(branch="north")
    assert play.events[0].fact.dimensions == {"branch": "north"}
    play.done("a", amount=5)
    assert found(play) == {"loan.amount": 5}
    play.patch(branch=None, loan={"amount": 5})
    assert found(play) == {"branch": None}
    play.patch(branch=True)
    play.patch(branch=1)
    assert found(play) == {"branch": 1}, "one is not true"
    play.patch(who="x")
    assert found(play) == {}


def test_the_title_follows_the_case_and_has_a_stand_in_while_a_name_has_no_value():
    play = Play(ONE, HEAD).start(who="Ada")
    assert play.patch(branch="x").title == "Example p1"
    assert play.done("a", amount=5).title == "Ada, 5"


def test_the_business_key_stands_in_for_a_title():
    from engine.core.callers import Caller
    from engine.core.commands import Start

    assert Play(ONE, HEAD).give(Start(Caller("olga"), "p1", {}, business_key="case 7")).title == "case 7"


def test_a_patch_is_a_json_merge_patch():
    before = {"a": {"b": 1, "c": 2}, "d": 3, "l": [1, 2]}
    assert merge_patch(before, {"a": {"b": None, "e": 5}, "l": [3]}) == {"a": {"c": 2, "e": 5}, "d": 3, "l": [3]}
    assert merge_patch(before, {"d": {"x": {"y": None, "z": 1}}, "a": None}) == {"d": {"x": {"z": 1}}, "l": [1, 2]}
    assert before == {"a": {"b": 1, "c": 2}, "d": 3, "l": [1, 2]}


def test_a_value_below_a_name_that_is_no_object_makes_it_one():
    assert put({"a": [1]}, ["a", "b", "c"], 2) == {"a": {"b": {"c": 2}}}


def test_an_output_that_breaks_the_case_says_where_in_the_case_data():
    play = Play(ONE, HEAD).start()
    with pytest.raises(Invalid, match="output_invalid") as refused:
        play.done("a", amount=-1)
    (error,) = refused.value.details["errors"]
    assert error["pointer"] == "/loan/amount"
    assert error["message"].startswith("In the case data: ")
    assert play.process.context == {}


def test_an_output_without_a_schema_may_have_any_name_and_rules_still_see_the_reserved_ones():
    play = Play(
        """
      - {id: a, performed_by: clerk, sets: {who: {var: process.id}}, enables: [b]}
      - {id: b, performed_by: clerk}
    """,
        HEAD,
    ).start()
    play.done("a", process={"id": "mine"})
    assert play.process.context == {"process": {"id": "mine"}, "who": "p1"}


def test_sets_are_computed_in_order_and_a_later_one_wins():
    play = Play(
        """
      - id: a
        kind: decision
        table: {hit: first, rows: [{rule: true, sets: {branch: 1}}]}
        sets: {who: {cat: [{var: branch}, "."]}, branch: {cat: [{var: who}, "!"]}}
        enables: [{to: b, rule: {"==": [{var: branch}, "1.!"]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """,
        HEAD,
    ).start()
    assert play.process.context == {"who": "1.", "branch": "1.!"}
    assert play.open == ["b"]


def test_a_process_that_has_ended_takes_no_command_at_all():
    play = Play("[{id: a, performed_by: clerk}]", HEAD).start()
    play.done("a")
    for command in (play.cancel, lambda: play.patch(branch=1)):
        with pytest.raises(Conflict, match="process_ended") as refused:
            command()
        assert refused.value.details == {"status": "completed"}


def test_the_time_of_a_process_never_goes_back_behind_its_last_event():
    play = Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").start()
    play.now -= timedelta(hours=1)
    play.done("a")
    assert [event.at for event in play.events] == sorted(event.at for event in play.events)
    assert play.process.last_at == play.process.started_at


def test_a_title_that_reads_the_time_follows_it_though_the_case_data_stay():
    head = HEAD.replace('title: {cat: [{var: who}, ", ", {var: loan.amount}]}', "title: {var: now}")
    play = Play(ONE, head).start()
    claims = [play.give(ClaimTask(ADMIN, 1)), play.give(ReleaseTask(ADMIN, 1))]
    assert [one.title for one in claims] == ["2026-03-01T12:00:02.000Z", "2026-03-01T12:00:03.000Z"]


@pytest.mark.parametrize("name", ["process.id", {"cat": ["process", ".id"]}, {"if": [True, "process.id"]}])
def test_r9_a_rule_sees_the_reserved_names_also_by_a_name_that_it_computes(name: Any):
    rule = {"==": [{"var": name}, "p1"]}
    atoms = [{"id": "a", "kind": "decision", "enables": [{"to": "b", "rule": rule}], "may_end": True}]
    play = Play(json.dumps([*atoms, {"id": "b", "performed_by": "clerk"}]), HEAD.replace("atoms:", "")).start()
    assert play.open == ["b"]


@pytest.mark.parametrize(
    ("logic", "closed"),
    [
        ({"var": "who"}, True),
        ({"<": [{"var": ["loan.amount", 0]}, 5]}, True),
        ({"missing": ["who", "branch"]}, True),
        ({"some": [{"var": "list"}, {"==": [{"var": ""}, 1]}]}, True),
        ({"var": "now"}, False),
        ({"var": ["item.name", 0]}, False),
        ({"var": ""}, False),
        ({"var": {"cat": ["no", "w"]}}, False),
        ({"missing": {"merge": [["now"], []]}}, False),
        ({"missing_some": [1, {"merge": [["now"]]}]}, False),
    ],
)
def test_a_rule_is_closed_where_it_reads_nothing_but_names_of_the_case_data_that_it_writes_out(
    logic: Any, closed: bool
):
    assert Rule.compile(logic).closed is closed
