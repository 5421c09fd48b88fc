"""`sla` of an atom, a module, a phase and a journey: what it is read as, and what is refused where."""

from datetime import timedelta
from typing import Any

import pytest

from engine.core.durations import Duration, WorkingTime
from engine.core.journey import own_levels
from engine.core.service_levels import Escalation, ServiceLevel
from engine.loading import load
from tests.core.loading.documents import GONE, load_changed, told

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TARGET = {"target": "PT1H"}
WHOLE = """
journey: whole
version: 1.0.0
calendar: office
roles: {clerk: {}, chief: {}, borrower: {}}
sla: {target: P1M, warn_before: P3D}
phases:
  - id: first
    sla: {target: {working: P5D}, pauses_on: [borrower]}
    modules:
      - id: desk
        sla: {target: P2D, escalations: [{after: P1D, role: chief}]}
        atoms:
          - id: ask
            performed_by: clerk
            sla:
              target: {working: PT4H, calendar: night}
              warn_before: {working: PT30M}
              escalate_after: {working: PT6H}
              escalations: [{after: PT2H, manager: true, reassign: true, priority: critical}]
              pauses_on: [blocked, borrower]
"""


def on_an_atom(**keys: Any) -> dict[str, Any]:
    return {"/atoms/0/sla": keys}


def test_it_is_read_as_it_stands_with_the_usual_warning_where_none_is_said() -> None:
    loaded = load(WHOLE)
    assert loaded.definition and loaded.findings == (), loaded.findings
    escalations = (
        Escalation(WorkingTime(span=6 * HOUR, calendar="office")),
        Escalation(Duration(span=2 * HOUR), manager=True, reassign=True, priority="critical"),
    )
    assert own_levels(loaded.definition) == {
        "process:": ServiceLevel("whole", Duration(months=1), Duration(span=timedelta(days=3))),
        "phase:first": ServiceLevel("whole/first", WorkingTime(5, calendar="office"), pauses_on=("borrower",)),
        "module:desk": ServiceLevel(
            "whole/desk",
            Duration(span=timedelta(days=2)),
            Duration(span=15 * MINUTE),
            (Escalation(Duration(span=timedelta(days=1)), role="chief"),),
        ),
        "task:ask": ServiceLevel(
            "whole/ask",
            WorkingTime(span=4 * HOUR, calendar="night"),
            WorkingTime(span=30 * MINUTE, calendar="office"),
            escalations,
            ("blocked", "borrower"),
        ),
    }
    assert loaded.calendars == ("office", "night")


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        (on_an_atom(), "missing_key", "/target"),
        (on_an_atom(target="4 hours"), "bad_value", "/target"),
        (on_an_atom(target="PT0S"), "bad_value", "/target"),
        (on_an_atom(target={"working": "PT0S", "calendar": "us"}), "bad_value", "/target/working"),
        (on_an_atom(target={"working": "P1M", "calendar": "us"}), "bad_value", "/target/working"),
        (on_an_atom(target={"working": "P1D"}), "missing_key", "/target/calendar"),
        (on_an_atom(**TARGET, warn="PT5M"), "unknown_key", "/warn"),
        (on_an_atom(**TARGET, warn_before="PT1H"), "bad_value", "/warn_before"),
        (
            on_an_atom(
                target={"working": "PT1H", "calendar": "us"}, warn_before={"working": "PT90M", "calendar": "us"}
            ),
            *("bad_value", "/warn_before"),
        ),
        (on_an_atom(**TARGET, escalations=[]), "bad_value", "/escalations"),
        (on_an_atom(**TARGET, escalations=[{"role": "clerk"}]), "missing_key", "/escalations/0/after"),
        (
            on_an_atom(**TARGET, escalations=[{"after": "PT1H", "role": "cleric"}]),
            "unknown_name",
            "/escalations/0/role",
        ),
        (
            on_an_atom(**TARGET, escalations=[{"after": "PT1H", "role": "clerk", "manager": True}]),
            *("bad_value", "/escalations/0/role"),
        ),
        (
            on_an_atom(**TARGET, escalations=[{"after": "PT1H", "priority": "two"}]),
            "bad_value",
            "/escalations/0/priority",
        ),
        (on_an_atom(**TARGET, pauses_on="blocked"), "bad_value", "/pauses_on"),
        (on_an_atom(**TARGET, pauses_on=["borrower"]), "unknown_name", "/pauses_on/0"),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(changes: dict[str, Any], code: str, pointer: str) -> None:
    loaded = load_changed(changes)
    assert told(loaded.findings) == [(code, f"/atoms/0/sla{pointer}")], loaded.findings
    (finding,) = loaded.findings
    assert finding.atom == "first" and finding.line and finding.fix.endswith((".", "?"))


@pytest.mark.parametrize(
    "changes",
    [
        on_an_atom(**TARGET, warn_before="PT59M"),
        on_an_atom(target="P1M", warn_before="P31D"),
        on_an_atom(target={"working": "P1D", "calendar": "us"}, warn_before={"working": "PT20H", "calendar": "us"}),
        on_an_atom(**TARGET, pauses_on=["blocked", "clerk"]),
        on_an_atom(**TARGET, escalations=[{"after": "PT1H", "role": "clerk", "manager": False, "reassign": True}]),
        {"/atoms/1/sla": TARGET},
        {"/sla": {**TARGET, "escalations": [{"after": "PT1H", "role": "clerk"}]}},
    ],
)
def test_a_near_miss_is_accepted(changes: dict[str, Any]) -> None:
    assert load_changed(changes).findings == ()


@pytest.mark.parametrize("kind", ["milestone", "decision"])
def test_what_takes_no_time_has_no_service_level(kind: str) -> None:
    loaded = load_changed({"/atoms/2": {"id": "third", "kind": kind, "sla": TARGET}})
    assert told(loaded.findings) == [("unknown_key", "/atoms/2/sla")]


@pytest.mark.parametrize("key", ["manager", "reassign", "priority"])
def test_only_tasks_are_somebody_s_and_have_a_priority(key: str) -> None:
    value: Any = "one" if key == "priority" else True
    wrong = {**TARGET, "escalations": [{"after": "PT1H", key: value}]}
    phase = {"id": "p", "sla": wrong, "atoms": [{"id": "a", "performed_by": "clerk", "sla": wrong}]}
    loaded = load_changed({"/atoms": GONE, "/phases": [phase]})
    assert told(loaded.findings) == [("bad_value", f"/phases/0/sla/escalations/0/{key}")]
    call = {"id": "fourth", "kind": "subjourney", "calls": "other@^1", "entry": True, "sla": wrong}
    loaded = load_changed({"/atoms/0/entry": True, "/atoms/3": call})
    assert told(loaded.findings) == [("bad_value", f"/atoms/3/sla/escalations/0/{key}")]
    assert told(load_changed({"/sla": wrong}).findings) == [("bad_value", f"/sla/escalations/0/{key}")]
    work = {"id": "fourth", "kind": "system", "action": "do.it", "entry": True, "sla": wrong}
    loaded = load_changed({"/atoms/0/entry": True, "/atoms/3": work, "/actions/do.it": {}})
    assert told(loaded.findings) == [("bad_value", f"/atoms/3/sla/escalations/0/{key}")]
