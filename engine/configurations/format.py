"""Every key of a configuration of service levels, once; those of the service level itself are `engine.loading`'s."""

from typing import Final

from engine.loading.service_levels import SLA
from engine.loading.shapes import KEBAB, NAME, Fields, Key, Names, Number, Span, Text, Word

_ID: Final = Text("id", KEBAB, "small letters, digits and single hyphens, such as `quick-intake`")

FOR: Final = Fields(
    "subject of a service level",
    (
        Key(
            "of",
            Word(("task", "step", "module", "phase", "process")),
            "What is to be done in time; `task` if not said. A step is a subjourney.",
        ),
        Key("journey", Text("journey", KEBAB, "a journey's key, such as `fha-purchase`"), "Those of this journey."),
        Key("name", Text("id", KEBAB, "the id of an atom, a module or a phase"), "The atom, module or phase."),
        Key("task_type", Text("task type"), "Those whose atom has this `task_type`."),
        Key("service_area", Text("service area"), "Those whose atom has this `service_area`."),
        Key(
            "role",
            Text("role", NAME, "letters, digits, `.`, `_` and `-`, such as `loan-officer`"),
            "Those that this role performs.",
        ),
    ),
)

OBJECTIVE: Final = Fields(
    "objective",
    (
        Key("percent", Number(False, 1, 100), "How many of a hundred should be met.", required=True),
        Key("window", Span(zero=False), "The time over which that is looked at, such as `P28D`.", required=True),
    ),
)

CONFIGURATION: Final = Fields(
    "configuration",
    (
        Key("name", Text(), "What people call it."),
        Key("for", FOR, "What it holds for: all that is said must agree.", required=True),
        *SLA.keys,
        Key("slo", OBJECTIVE, "The objective: how many should be met, over which time."),
    ),
)

CONFIGURATIONS: Final = Fields(
    "document of service levels",
    (Key("service_levels", Names(_ID, CONFIGURATION), "The configurations, by id.", required=True),),
)
