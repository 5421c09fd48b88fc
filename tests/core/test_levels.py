"""Which of several configurations holds: the one that says most, in the order that docs/service-levels.md gives."""

from datetime import timedelta
from typing import Any

import pytest

from engine.core.durations import Duration
from engine.core.journey import own_levels
from engine.core.levels import Configuration, Fits, levels_of
from engine.core.service_levels import ServiceLevel
from tests.core.play import HEAD, journey_of

ATOMS = """
phases:
  - id: front
    atoms: [{id: front, performed_by: clerk, task_type: intake, service_area: desk, enables: [call]}]
  - id: back
    modules:
      - {id: deep, atoms: [{id: call, kind: subjourney, calls: example@1.0.0}]}
"""
CLOSEST_FIRST: list[dict[str, Any]] = [
    {"name": "front"},
    {"journey": "example"},
    {"task_type": "intake"},
    {"service_area": "desk"},
    {"role": "clerk"},
    {},
]


def held(configurations: dict[str, dict[str, Any]]) -> dict[str, str]:
    child = journey_of("[{id: x, performed_by: clerk}]")
    journey = journey_of(ATOMS, HEAD, {"example@1.0.0": child})
    made = [
        Configuration(Fits(**fits), ServiceLevel(name, Duration(span=timedelta(hours=1))))
        for name, fits in configurations.items()
    ]
    return {key: level.name for key, level in levels_of(journey.definition, journey.routes, made).items()}


@pytest.mark.parametrize("place", range(len(CLOSEST_FIRST) - 1))
def test_the_closer_goes_before_all_that_are_wider_together(place: int) -> None:
    wider = {key: value for fits in CLOSEST_FIRST[place + 1 :] for key, value in fits.items()}
    assert held({"z": CLOSEST_FIRST[place], "a": wider})["task:front"] == "z"
    assert held({"z": CLOSEST_FIRST[place]})["task:front"] == "z", "and before the usual one"


def test_of_two_that_say_as_much_the_first_by_id_holds() -> None:
    assert held({"b": {"role": "clerk"}, "a": {"role": "clerk"}})["task:front"] == "a"


@pytest.mark.parametrize(
    "fits",
    [{"journey": "other"}, {"name": "call"}, {"task_type": "review"}, {"service_area": "x"}, {"role": "chief"}],
)
def test_what_does_not_agree_does_not_hold(fits: dict[str, Any]) -> None:
    assert held({"a": fits})["task:front"] == "usual-intake"
    assert held({"a": {**fits, "task_type": fits.get("task_type", "intake")}})["task:front"] == "usual-intake"


def test_what_is_no_task_has_one_only_where_it_is_configured() -> None:
    assert held({}).keys() == {"task:front", "task:"}
    of = {one: {"of": one} for one in ("process", "phase", "module", "step")}
    assert held({**of, "own": {"of": "phase", "name": "front"}}) == {
        "process:": "process",
        "phase:front": "own",
        "phase:back": "phase",
        "module:deep": "module",
        "step:call": "step",
        "task:front": "usual-intake",
        "task:": "usual",
    }


def test_tasks_off_the_graph_have_what_says_their_journey_at_most() -> None:
    assert held({"a": {"role": "clerk"}, "b": {"journey": "example"}})["task:"] == "b"
    assert held({"a": {}})["task:"] == "a"


def test_what_a_document_does_not_say_is_not_its_own() -> None:
    assert own_levels(journey_of("[{id: a, performed_by: clerk}]").definition) == {}
