"""Where sensitive data go in a version, and what is covered of all that a decision writes."""

from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from engine.core.covering import CARRYING, COVERED, Cover, marker
from engine.core.events import TYPES, Ended
from engine.core.fold import fold
from engine.core.frozen import Frozen, changed
from engine.core.process import Bound, Child, Process, Wait
from engine.core.values import encode, entering, harmless
from tests.core.play import journey_of
from tests.core.stage import Stage

SECRET = "078-05-1120"
HEAD = """
journey: main
version: 1.0.0
context:
  type: object
  properties:
    ssn: {type: string, x-sensitive: true}
    copy: {type: string, x-sensitive: true}
    known: {type: boolean, x-sensitive: false}
    name: {type: string}
    people: {type: array, items: {type: object, properties: {ssn: {type: string, x-sensitive: true}, name: {}}}}
    answers: {type: array, items: {type: object, properties: {ssn: {x-sensitive: true}}}}
    said: {type: object, properties: {ssn: {x-sensitive: true}}}
roles: {clerk: {}}
actions: {ask: {input: {type: object, properties: {number: {type: string}}}}}
"""
ATOMS = """
- id: enter
  performed_by: clerk
  sets: {copy: {var: ssn}, known: {"!!": [{var: ssn}]}}
  enables: [{to: pull, rule: {"==": [{var: ssn}, {var: copy}]}}, {to: each, otherwise: true}]
- id: pull
  kind: system
  action: ask
  input: {number: {var: ssn}, name: {var: name}}
  enables: [each]
- id: each
  performed_by: clerk
  for_each: {var: people}
  input: {who: {var: item}, tail: {substr: [{var: item.ssn}, -4]}, name: {var: item.name}}
  saves: answers
  enables: [hear]
- {id: hear, kind: wait, message: reply, saves: said, enables: [last]}
- {id: last, performed_by: clerk}
"""


def test_what_flows_from_the_context_is_sensitive_where_it_goes() -> None:
    found = journey_of(ATOMS, HEAD).sensitive
    assert found is not None
    assert found.inputs["pull"].at(["number"]).whole and not found.inputs["pull"].at(["name"])
    each = found.inputs["each"]
    assert each.at(["who", "ssn"]).whole and not each.at(["who", "name"]) and each.at(["tail"]).whole
    assert not each.at(["name"])
    assert found.outputs["each"].at(["ssn"]).whole and found.outputs["hear"].at(["ssn"]).whole
    assert found.traced == {"enter"}


def test_a_version_that_marks_nothing_has_nothing_to_look_for() -> None:
    assert journey_of("[{id: one, performed_by: {role: clerk}}]").sensitive is None


def test_nothing_that_is_written_of_a_whole_run_holds_the_secret_once_it_is_covered() -> None:
    stage = Stage(ATOMS, head=HEAD)
    people = [{"ssn": SECRET, "name": "Ada"}, {"ssn": SECRET, "name": "Bo"}]
    stage.start(ssn=SECRET, name="Ada", people=people)
    assert stage.journey.sensitive is not None
    cover = Cover(stage.journey.sensitive, marker)
    seen: list[Process] = [stage.process]
    for atom, output in [("enter", {"ssn": SECRET}), ("pull", {})]:
        seen.append(stage.done(atom, **output).process)
    seen += [stage.done("each", item, ssn=SECRET).process for item in (0, 1)]
    stage.world.message("reply", None, "m1", {"ssn": SECRET, "fine": True})
    seen.append(stage.done("last", ssn=SECRET).process)
    events = stage.world.histories["p1"]
    assert SECRET in encode(events).decode()
    for process in seen:
        covered = [cover.context(process.context)]
        covered += [cover.task(task) for task in process.tasks.values()]
        covered += [cover.step(step) for step in process.steps.values()]
        covered += [cover.wait(wait) for wait in process.waits.values()]
        assert SECRET not in encode(covered).decode()
        assert "Ada" in encode(covered).decode()
    facts = encode([cover.fact(event.fact) for event in events]).decode()
    assert SECRET not in facts
    assert "Ada" in facts and '"known"' in facts
    last = fold(stage.journey, [changed(event, fact=cover.fact(event.fact)) for event in events])
    assert last.context == cover.context(seen[-1].context), "covered events lead to the covered case"
    assert {n: cover.task(task) for n, task in seen[-1].tasks.items()} == last.tasks


def test_what_waits_for_a_process_to_resume_is_covered() -> None:
    stage = Stage(ATOMS, head=HEAD).start(ssn=SECRET, name="Ada", people=[])
    assert stage.journey.sensitive is not None
    cover = Cover(stage.journey.sensitive, marker)
    bound = Wait(1, "hear", 1, "reply", None, stage.world.now, Bound("m1", {"ssn": SECRET, "fine": True}))
    assert cover.wait(bound).bound == Bound("m1", {"ssn": COVERED, "fine": True})
    ended = Child("c1", 1, "hear", 1, None, stage.world.now, Ended("completed", None, {"ssn": SECRET, "fine": 1}))
    told = cover.child(ended).ended
    assert told is not None and told.output == {"ssn": COVERED, "fine": 1}
    assert cover.child(changed(ended, ended=None)).ended is None


def test_every_field_of_a_fact_that_may_hold_a_value_of_the_case_is_covered() -> None:
    free = {"dimensions"}
    found = {
        (fact.__name__, name)
        for fact in TYPES.values()
        for name in fact.__struct_fields__
        if _holds_any(get_type_hints(fact)[name]) and name not in CARRYING | free
    }
    assert found == set()


def _holds_any(hint: Any) -> bool:
    if hint is Any:
        return True
    if is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, Frozen)):
        return any(_holds_any(one) for one in get_type_hints(hint).values())
    return any(map(_holds_any, get_args(hint)))


def test_the_errors_of_a_schema_do_not_tell_sensitive_values() -> None:
    head = HEAD.replace("ssn: {type: string, x-sensitive: true}\n", "ssn: {pattern: '^[0-9]$', x-sensitive: true}\n", 1)
    (error,) = journey_of(ATOMS, head).schemas.errors("context", {"ssn": SECRET})
    assert SECRET not in error["message"] and "[0-9]" in error["message"]


@pytest.mark.parametrize("name", ["$sealed", "$sensitive"])
def test_what_stands_for_a_hidden_value_does_not_come_in(name: str) -> None:
    value = {"ssn": {name: True}}
    assert [error["pointer"] for error in entering(value)] == [f"/ssn/{name}"]
    assert not harmless(encode(value))
    assert not harmless(encode(value).replace(b"$s", b"\\u0024s"))
    assert not harmless(encode(value).replace(b"$s", b"$\\u0073"))
    assert entering(dict(COVERED))
