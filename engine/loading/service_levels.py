"""Service levels in documents: their keys, what must hold between these, and the values they are read as."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.core.durations import Duration, Length, WorkingTime
from engine.core.service_levels import BLOCKED, USUAL_WARNING, Escalation, ServiceLevel
from engine.loading.draft import Draft, present
from engine.loading.finding import Report
from engine.loading.shapes import Fields, Flag, Key, Listing, Span, Text, Word
from engine.loading.tree import Path

_LENGTH: Final = Span(calendar=True, working=True, zero=False)

_OF_TASKS: Final = ("manager", "reassign", "priority")
"""What an escalation says that only tasks of people have."""

ESCALATION: Final = Fields(
    "escalation",
    (
        Key("after", _LENGTH, "How long after the one before it; the first, after the beginning.", required=True),
        Key("role", Text("role", refers="roles"), "The role that is told; the one it escalates to if not said."),
        Key("manager", Flag(), "Tell the manager of who has the task instead."),
        Key("reassign", Flag(), "Who is told gets the task."),
        Key("priority", Word(("one", "critical")), "Raise the task's priority by one, or to critical."),
    ),
)

SLA: Final = Fields(
    "service level",
    (
        Key("target", _LENGTH, "How long it may take.", required=True),
        Key("warn_before", Span(calendar=True, working=True), "How long before that it is at risk; 15 minutes."),
        Key("escalate_after", _LENGTH, "How long after the beginning somebody higher is told."),
        Key("escalations", Listing(ESCALATION, filled=True), "What happens when, level by level."),
        Key(
            "pauses_on",
            Listing(Text("role, or `blocked`", refers="roles", but=(BLOCKED,)), filled=True),
            "The clock stands while every open task of it is for one of these roles, or `blocked`.",
        ),
    ),
)


def level_of(name: str, keys: Mapping[str, Any] | None) -> ServiceLevel | None:
    """The service level that a document says, called `name`; None where it says none."""
    if keys is None:
        return None
    first = (Escalation(keys["escalate_after"]),) if "escalate_after" in keys else ()
    further = (Escalation(**each) for each in keys.get("escalations", ()))
    return ServiceLevel(
        name,
        keys["target"],
        keys.get("warn_before", USUAL_WARNING),
        (*first, *further),
        tuple(keys.get("pauses_on", ())),
    )


def check_levels(draft: Draft, report: Report) -> None:
    """Adds to the report what of the draft's service levels has the right shape and is wrong all the same."""
    for path, keys, of_task in _levels(draft):
        check_level(keys, (*path, "sla"), report, of_task=of_task)


def check_level(keys: Mapping[str, Any], path: Path, report: Report, *, of_task: bool) -> None:
    """Adds to the report a warning that would come before the beginning, and escalations that cannot be done."""
    target, warning = keys.get("target"), keys.get("warn_before")
    if isinstance(target, Length) and isinstance(warning, Length) and _reaches(warning, target):
        message = "The warning would come when the work begins, or before."
        report.error("bad_value", (*path, "warn_before"), message, "Make it shorter than `target`.")
    for place, escalation in present(keys.get("escalations")):
        _check_escalation(escalation, (*path, "escalations", place), report, of_task=of_task)


def _check_escalation(keys: Mapping[str, Any], path: Path, report: Report, *, of_task: bool) -> None:
    if keys.get("manager") and "role" in keys:
        message = "This would be told to the manager, so that `role` would not be looked at."
        report.error("bad_value", (*path, "role"), message, "Keep one of `role` and `manager`.", at_key=True)
    for key in _OF_TASKS:
        if not of_task and keys.get(key):
            message = f"`{key}` is for the service levels of people's tasks: nothing else is somebody's to give away."
            report.error("bad_value", (*path, key), message, "Remove it; name the `role` that is told.", at_key=True)


def _reaches(warning: Length, target: Length) -> bool:
    """Whether the one is as long as the other at least, as far as that can be told without a calendar."""
    match warning, target:
        case Duration(months=0, span=span), Duration(months=0, span=whole):
            return span >= whole
        case WorkingTime(days=0, span=span), WorkingTime(days=0, span=whole):
            return span >= whole
        case _:
            return warning == target


def _levels(draft: Draft) -> Iterator[tuple[Path, Mapping[str, Any], bool]]:
    """Each service level with where it stands, and whether it is one of people's tasks."""
    keys = draft.keys
    groups: list[tuple[Path, Mapping[str, Any], bool]] = [((), keys, False)]
    for place, phase in present(keys.get("phases")):
        groups.append((("phases", place), phase, False))
        groups += [(("phases", place, "modules", at), module, False) for at, module in present(phase.get("modules"))]
    groups += [(("modules", place), module, False) for place, module in present(keys.get("modules"))]
    groups += [(atom.path, atom.keys, atom.kind == "human") for atom in draft.atoms]
    for path, found, of_task in groups:
        if isinstance(found.get("sla"), dict):
            yield path, found["sla"], of_task
