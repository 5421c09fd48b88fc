"""From the text of a configuration of service levels to its findings and, when it has none, what it says.

Working time that names no calendar is counted in that of the journey it comes to hold for.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from engine.configurations.format import CONFIGURATION, CONFIGURATIONS, FOR
from engine.core.levels import Configuration, Fits
from engine.loading.calendars import calendars_of, check_calendars
from engine.loading.finding import Enough, Finding, Report
from engine.loading.load import Media, parsed
from engine.loading.reading import UNREADABLE, Reader
from engine.loading.service_levels import check_level, level_of
from engine.loading.shapes import Fields
from engine.loading.tree import Node, Path
from engine.loading.wording import a, listed

_THE_JOURNEYS: Final = ""
"""The calendar of working time that names none."""

_AGREEING: Final[Mapping[str, frozenset[str]]] = {
    "task": frozenset(key.name for key in FOR.keys),
    "step": frozenset({"of", "journey", "name"}),
    "module": frozenset({"of", "journey", "name"}),
    "phase": frozenset({"of", "journey", "name"}),
    "process": frozenset({"of", "journey"}),
}
"""What can be said of each that a configuration may be for."""

_SHORTEST_WINDOW: Final = timedelta(hours=1)
_LONGEST_WINDOW: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ConfigurationDocument:
    """What a document says of one configuration: `content` as written, and the `calendars` that it names."""

    id: str
    content: Mapping[str, Any]
    calendars: tuple[str, ...]

    @property
    def configuration(self) -> Configuration:
        """The service level that it describes, and what that is for."""
        return configuration_of(self.id, self.content)


@dataclass(frozen=True, slots=True)
class ReadConfigurations:
    """What became of a document: its configurations, or none; and every finding, by position."""

    configurations: tuple[ConfigurationDocument, ...]
    findings: tuple[Finding, ...]


def read_configuration(
    id: str, text: bytes | str, media: Media, calendars: Collection[str] | None = None
) -> ReadConfigurations:
    """The configuration that a document describes, or all that is wrong with it. Never raises because of the document.

    Args:
        id: what it is called.
        text: the whole document, at most 1 MiB, UTF-8 where it is bytes.
        media: how it is written.
        calendars: the ids of all calendars that there are; None where that is not known, then it is not checked.
    """

    def place(keys: Mapping[str, Any]) -> _Places:
        return {id: (keys, ())}

    return _read(text, media, CONFIGURATION, place, calendars)


def read_configurations(
    text: bytes | str, media: Media, calendars: Collection[str] | None = None
) -> ReadConfigurations:
    """The configurations of a document that holds several, below `service_levels` by their ids."""

    def places(keys: Mapping[str, Any]) -> _Places:
        below: Mapping[str, Mapping[str, Any]] = keys.get("service_levels", {})
        return {id: (configuration, ("service_levels", id)) for id, configuration in below.items()}

    return _read(text, media, CONFIGURATIONS, places, calendars)


def configuration_of(id: str, content: Mapping[str, Any]) -> Configuration:
    """What a document without findings says.

    Args:
        id: what it is called, and so its service level.
        content: the document's values.
    """
    keys = Reader(Report(), calendar=_THE_JOURNEYS).fields(CONFIGURATION, content, ())
    level = level_of(id, keys)
    assert level is not None, "it has keys"
    return Configuration(Fits(**keys["for"]), level)


_Places = Mapping[str, tuple[Mapping[str, Any], Path]]
"""The readable keys of each configuration, by id, and where it stands."""


def _read(
    text: bytes | str,
    media: Media,
    shape: Fields,
    places: Callable[[Mapping[str, Any]], _Places],
    calendars: Collection[str] | None,
) -> ReadConfigurations:
    report = Report()
    try:
        root = parsed(text, media, report)
        if root is not None:
            report.root = root
            reader = Reader(report, calendar=_THE_JOURNEYS)
            keys = reader.fields(shape, root.value, ())
            if calendars is not None:
                check_calendars(reader.draft, calendars, report)
            if keys is not UNREADABLE:
                return _checked(places(keys), root, reader, report)
    except Enough:
        pass
    return ReadConfigurations((), report.findings())


def _checked(places: _Places, root: Node, reader: Reader, report: Report) -> ReadConfigurations:
    for keys, path in places.values():
        fits = keys.get("for", {})
        of = fits.get("of", "task")
        check_level(keys, path, report, of_task=of == "task")
        _check_fits(of, fits, (*path, "for"), report)
        _check_window(keys.get("slo", {}), (*path, "slo"), report)
    if report.refuses:
        return ReadConfigurations((), report.findings())
    found = (
        ConfigurationDocument(id, cast("Mapping[str, Any]", root.value_at(path)), calendars_of(reader.draft, path))
        for id, (_, path) in places.items()
    )
    return ReadConfigurations(tuple(found), report.findings())


def _check_fits(of: str, fits: Mapping[str, Any], path: Path, report: Report) -> None:
    """What can be said of a task only never agrees with anything else."""
    agreeing = _AGREEING[of]
    for key in fits.keys() - agreeing:
        message = f"{a(of).capitalize()} has no `{key}`: this would never hold for anything."
        fix = f"Remove it; {listed(key.name for key in FOR.keys if key.name in agreeing)} can be said of {a(of)}."
        report.error("bad_value", (*path, key), message, fix, at_key=True)


def _check_window(objective: Mapping[str, Any], path: Path, report: Report) -> None:
    window = objective.get("window")
    if window is not None and not _SHORTEST_WINDOW <= window <= _LONGEST_WINDOW:
        message = "An objective is looked at over an hour at least, and at most over 366 days."
        report.error("bad_value", (*path, "window"), message, "Write a time between, such as `P28D`.")
