"""Which service level holds for what: the document's own, else the configuration that fits it best."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from engine.core.clocks import key_of
from engine.core.durations import Length, WorkingTime
from engine.core.facts import ClockOf
from engine.core.journey import Atom, Definition, Route, own_levels
from engine.core.service_levels import ServiceLevel


@dataclass(frozen=True, slots=True)
class Fits:
    """What a configuration is for; what is not None must agree. `name` is that of an atom, module or phase."""

    of: ClockOf = "task"
    journey: str | None = None
    name: str | None = None
    task_type: str | None = None
    service_area: str | None = None
    role: str | None = None

    @property
    def closeness(self) -> tuple[bool, ...]:
        """The one that says more, and the more particular of that, goes before others."""
        asked = (self.name, self.journey, self.task_type, self.service_area, self.role)
        return tuple(part is not None for part in asked)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A service level for what fits. Working time without a calendar is counted in that of the journey."""

    fits: Fits
    level: ServiceLevel


def levels_of(
    definition: Definition, routes: Mapping[str, Route], configurations: Iterable[Configuration]
) -> dict[str, ServiceLevel]:
    """The service levels of a version, by what they are of (`key_of`)."""
    ranked: dict[ClockOf, list[Configuration]] = {}
    for each in (*_ranked(configurations), *_ranked(USUAL)):
        if each.fits.journey in (None, definition.key):
            ranked.setdefault(each.fits.of, []).append(each)
    found: dict[str, ServiceLevel] = {}
    for key, candidate in _candidates(definition, routes):
        best = next((each for each in ranked.get(candidate.of, ()) if _agrees(each.fits, candidate)), None)
        if best is not None:
            found[key] = counted_in(best.level, definition.calendar)
    return found | own_levels(definition)


def _ranked(configurations: Iterable[Configuration]) -> list[Configuration]:
    by_name = sorted(configurations, key=lambda each: each.level.name)
    return sorted(by_name, key=lambda each: each.fits.closeness, reverse=True)


def counted_in(level: ServiceLevel, calendar: str | None) -> ServiceLevel:
    """The level with its working time counted in `calendar` where it names none."""

    def bound(length: Length) -> Length:
        if isinstance(length, WorkingTime) and not length.calendar and calendar:
            return replace(length, calendar=calendar)
        return length

    return replace(
        level,
        target=bound(level.target),
        warn_before=bound(level.warn_before),
        escalations=tuple(replace(each, after=bound(each.after)) for each in level.escalations),
    )


def _candidates(definition: Definition, routes: Mapping[str, Route]) -> Iterator[tuple[str, Fits]]:
    """What a configuration may be for, each with all there is to say of it. Of tasks, only people's."""
    journey = definition.key
    yield key_of("process", None), Fits("process", journey)
    for phase in definition.phases:
        yield key_of("phase", phase.id), Fits("phase", journey, phase.id)
    for module in definition.modules:
        yield key_of("module", module.id), Fits("module", journey, module.id)
    for atom in definition.atoms:
        if atom.kind == "human":
            yield key_of("task", atom.id), _of_atom("task", journey, atom, routes[atom.id].role)
        elif atom.kind == "subjourney":
            yield key_of("step", atom.id), _of_atom("step", journey, atom, None)
    yield key_of("task", None), Fits("task", journey)


def _of_atom(of: ClockOf, journey: str, atom: Atom, role: str | None) -> Fits:
    return Fits(of, journey, atom.id, atom.task_type, atom.service_area, role)


def _agrees(asked: Fits, candidate: Fits) -> bool:
    """Whether all that is asked of a candidate, beside its kind and its journey, is so."""
    return (
        asked.name in (None, candidate.name)
        and asked.task_type in (None, candidate.task_type)
        and asked.service_area in (None, candidate.service_area)
        and asked.role in (None, candidate.role)
    )


def _usual(name: str, minutes: int, task_type: str | None = None, service_area: str | None = None) -> Configuration:
    target = WorkingTime(span=timedelta(minutes=minutes))
    return Configuration(Fits(task_type=task_type, service_area=service_area), ServiceLevel(name, target))


USUAL: Final[tuple[Configuration, ...]] = (
    *(
        _usual(f"usual-{name}", minutes, **{kind: name})
        for name, minutes in (("intake", 60), ("assessment", 240), ("review", 120))
        for kind in ("task_type", "service_area")
    ),
    _usual("usual", 480),
)
"""What holds for people's tasks where nothing else is said: by the type of the task, else by its service area."""
