"""Which service level holds for each thing of a journey version, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from engine.core.clocks import key_of
from engine.core.durations import Length, WorkingTime
from engine.core.facts import ClockOf
from engine.core.journey import Definition, Journey, own_levels
from engine.core.levels import USUAL, Configuration, levels_of
from engine.core.service_levels import Escalation, ServiceLevel

_USUAL: Final = frozenset(each.level.name for each in USUAL)

LengthAnswer = str | Mapping[str, str]
"""A length as documents write it: `PT4H`, or `{working, calendar}`, the latter without a calendar where none is."""


@dataclass(frozen=True, slots=True)
class EscalationAnswer:
    """What happens `after` so much more time than the level before, as documents write it."""

    after: LengthAnswer
    role: str | None
    manager: bool
    reassign: bool
    priority: str | None


@dataclass(frozen=True, slots=True)
class LevelAnswer:
    """What holds for a thing of a version: tasks of the atom `id`, a step of it, a module, a phase, or the process.

    `id` is null for the process, and for tasks off the graph. `level` is the name of the service level; it comes from
    the journey's document, a configuration, or is a usual one.
    """

    of: ClockOf
    id: str | None
    name: str
    level: str
    source: Literal["journey", "configuration", "usual"]
    target: LengthAnswer
    warn_before: LengthAnswer
    escalations: tuple[EscalationAnswer, ...]
    pauses_on: tuple[str, ...]


def levels_shown(journey: Journey, configurations: Iterable[Configuration]) -> tuple[LevelAnswer, ...]:
    """What holds for the process, its phases and modules, its atoms in file order, and tasks off the graph."""
    definition = journey.definition
    own = own_levels(definition)
    levels = levels_of(definition, journey.routes, configurations)
    return tuple(
        _shown(of, id, name, levels[key], key in own)
        for of, id, name in _things(definition)
        if (key := key_of(of, id)) in levels
    )


def _things(definition: Definition) -> Iterator[tuple[ClockOf, str | None, str]]:
    yield "process", None, definition.name
    for phase in definition.phases:
        yield "phase", phase.id, phase.name
    for module in definition.modules:
        yield "module", module.id, module.name
    for atom in definition.atoms:
        yield "step" if atom.kind == "subjourney" else "task", atom.id, atom.name
    yield "task", None, "Tasks off the graph"


def _shown(of: ClockOf, id: str | None, name: str, level: ServiceLevel, own: bool) -> LevelAnswer:
    return LevelAnswer(
        of=of,
        id=id,
        name=name,
        level=level.name,
        source="journey" if own else "usual" if level.name in _USUAL else "configuration",
        target=_length(level.target),
        warn_before=_length(level.warn_before),
        escalations=tuple(map(_escalation, level.escalations)),
        pauses_on=level.pauses_on,
    )


def _escalation(escalation: Escalation) -> EscalationAnswer:
    return EscalationAnswer(
        _length(escalation.after), escalation.role, escalation.manager, escalation.reassign, escalation.priority
    )


def _length(length: Length) -> LengthAnswer:
    if not isinstance(length, WorkingTime):
        return str(length)
    return {"working": str(length)} | ({"calendar": length.calendar} if length.calendar else {})
