"""Configurations of service levels: what they describe, and every finding with its place."""

from datetime import timedelta

import pytest

from engine.configurations.reading import configuration_of, read_configuration, read_configurations
from engine.core.durations import Duration, WorkingTime
from engine.core.levels import Configuration, Fits
from engine.core.service_levels import Escalation, ServiceLevel
from engine.core.values import decode, encode

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALL = "for: {of: task}\ntarget: PT1H\n"


def findings(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in read_configuration("quick", text, "yaml", ["office"]).findings]


def test_a_document_describes_a_service_level_and_what_it_is_for() -> None:
    (read,) = read_configuration(
        "quick",
        """
name: Quick intake
for: {of: task, journey: loan, name: take-in, task_type: intake, service_area: desk, role: clerk}
target: {working: PT45M}
warn_before: {working: PT10M, calendar: office}
escalate_after: {working: PT1H}
escalations: [{after: PT30M, manager: true, reassign: true, priority: one}]
pauses_on: [blocked, borrower]
slo: {percent: 97.5, window: P28D}
""",
        "yaml",
        ["office"],
    ).configurations
    level = ServiceLevel(
        "quick",
        WorkingTime(span=45 * MINUTE),
        WorkingTime(span=10 * MINUTE, calendar="office"),
        (
            Escalation(WorkingTime(span=HOUR)),
            Escalation(Duration(span=30 * MINUTE), manager=True, reassign=True, priority="one"),
        ),
        ("blocked", "borrower"),
    )
    assert read.configuration == Configuration(Fits("task", "loan", "take-in", "intake", "desk", "clerk"), level)
    assert read.calendars == ("office",)
    kept = decode(encode(read.content))
    assert configuration_of("quick", kept) == read.configuration, "as it comes back from the database"


def test_what_is_not_said_is_as_usual() -> None:
    (read,) = read_configuration("quick", "for: {}\ntarget: P2D", "yaml").configurations
    assert read.configuration == Configuration(Fits("task"), ServiceLevel("quick", Duration(span=timedelta(days=2))))
    assert read.configuration.level.warn_before == Duration(span=15 * MINUTE)
    assert read.calendars == ()


def test_json_is_read_as_yaml_is() -> None:
    (read,) = read_configuration("quick", '{"for": {"of": "process"}, "target": "P30D"}', "json").configurations
    assert read.configuration.fits == Fits("process")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("syntax", "")]),
        ("[]", [("bad_value", "")]),
        ("name: Quick", [("missing_key", "/for"), ("missing_key", "/target")]),
        (ALL + "traget: PT1H", [("unknown_key", "/traget")]),
        (ALL.replace("task", "atom"), [("bad_value", "/for/of")]),
        (ALL.replace("of: task", "kind: task"), [("unknown_key", "/for/kind")]),
        (ALL.replace("of: task", "journey: Big Loan"), [("bad_value", "/for/journey")]),
        (ALL.replace("of: task", "task_type: ''"), [("bad_value", "/for/task_type")]),
        (ALL.replace("of: task", "of: process, name: a"), [("bad_value", "/for/name")]),
        (ALL.replace("of: task", "of: phase, role: clerk"), [("bad_value", "/for/role")]),
        (ALL.replace("of: task", "of: step, service_area: desk"), [("bad_value", "/for/service_area")]),
        (ALL.replace("PT1H", "{working: PT1H, calendar: ofice}"), [("unknown_name", "/target/calendar")]),
        (ALL.replace("PT1H", "{working: PT0S}"), [("bad_value", "/target/working")]),
        (ALL + "warn_before: PT1H", [("bad_value", "/warn_before")]),
        (
            ALL.replace("task", "module") + "escalations: [{after: PT1H, reassign: true}]",
            [("bad_value", "/escalations/0/reassign")],
        ),
        (ALL + "slo: {percent: 95}", [("missing_key", "/slo/window")]),
        (ALL + "slo: {percent: 0.95, window: P28D}", [("bad_value", "/slo/percent")]),
        (ALL + "slo: {percent: 101, window: P28D}", [("bad_value", "/slo/percent")]),
        (ALL + "slo: {percent: 95, window: P1M}", [("bad_value", "/slo/window")]),
        (ALL + "slo: {percent: 95, window: PT59M}", [("bad_value", "/slo/window")]),
        (ALL + "slo: {percent: 95, window: P367D}", [("bad_value", "/slo/window")]),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert findings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        ALL.replace("of: task", "of: step, journey: loan, name: credit"),
        ALL.replace("of: task", "of: module, journey: loan, name: desk"),
        ALL.replace("of: task", "of: process, journey: loan"),
        ALL.replace("PT1H", "{working: PT1H, calendar: office}"),
        ALL + "slo: {percent: 100, window: PT1H}",
    ],
)
def test_a_near_miss_is_accepted(text: str) -> None:
    assert findings(text) == []


def test_where_calendars_are_not_known_they_are_not_looked_for() -> None:
    read = read_configuration("quick", ALL.replace("PT1H", "{working: PT1H, calendar: any}"), "yaml")
    assert read.findings == () and read.configurations[0].calendars == ("any",)


def test_a_document_of_several_gives_all_of_them_or_none() -> None:
    good = "  a: {for: {}, target: {working: PT1H, calendar: x}}\n"
    read = read_configurations(f"service_levels:\n{good}  b: {{for: {{}}, target: PT2H}}\n", "yaml")
    assert [(one.id, one.calendars) for one in read.configurations] == [("a", ("x",)), ("b", ())]
    read = read_configurations(f"service_levels:\n{good}  B: {{for: {{}}, target: PT2H}}\n", "yaml")
    assert read.configurations == ()
    assert [(one.pointer, one.line) for one in read.findings] == [("/service_levels/B", 3)]
