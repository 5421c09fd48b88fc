"""The journey versions that run, as values: from memory, then from PostgreSQL."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.almanac import Almanac
from engine.calendars.reading import calendar_of
from engine.configurations.reading import configuration_of
from engine.core.calendars import Calendar
from engine.core.errors import NotFound
from engine.core.journey import NO_CALENDARS, NO_JOURNEY, Journey, join_up
from engine.core.levels import Configuration, levels_of
from engine.loading import load
from engine.ports import CalendarRecord, ConfigurationRecord, Versions

_CAPACITY = 256

Calendars = Almanac[Any, Calendar]
Configurations = Almanac[Any, Configuration]


class Journeys:
    """Published versions never change, so what was read once stays; at most 256 are kept, the latest used.

    Calendars and configured service levels do change: a version has them as the almanacs do. Without these it counts
    in no calendar and has the service levels of its document alone, which is enough for reading.
    """

    def __init__(
        self, versions: Versions, calendars: Calendars | None = None, configurations: Configurations | None = None
    ) -> None:
        self._versions = versions
        self._calendars = calendars
        self._configurations = configurations
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._none = _Kept(NO_JOURNEY)

    def known(self, journey: str | None, version: str | None) -> Journey | None:
        """The version if it is in memory, at once; None where it has to be read first."""
        kept = self._kept.get((journey, version)) if journey and version else self._none
        if kept is None:
            return None
        if journey and version:
            self._kept.move_to_end((journey, version))
        around = self._known_around()
        return None if around is None else kept.amid(around)

    async def get(self, journey: str | None, version: str | None) -> Journey:
        """The version, its atoms joined by the routes that Cypher gave when it was published.

        Of a process without a journey (R18) both are None, and it is `NO_JOURNEY`, with what is configured.

        Raises:
            NotFound: `version_not_found`, where it is not there or never was published.
        """
        if known := self.known(journey, version):
            return known
        if journey is None or version is None:
            return self._none.amid(await self._around())
        if kept := self._kept.get((journey, version)):
            return kept.amid(await self._around())
        stored = await self._versions.get(journey, version)
        if stored is None or stored.routes is None:
            raise NotFound("version_not_found", f"{journey}@{version} is not published.")
        definition = load(stored.document, stored.media).definition
        assert definition is not None, f"{journey}@{version} was published and no longer loads"
        # What it calls was published before it, so this cannot go round in a circle.
        calls = {route.calls for route in stored.routes.routes if route.calls is not None}
        called = {ref: (await self.get(*ref.split("@"))).definition.context for ref in sorted(calls)}
        found = self._kept[journey, version] = _Kept(join_up(definition, stored.routes, called))
        if len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return found.amid(await self._around())

    def _known_around(self) -> "_Around | None":
        calendars = self._calendars.known() if self._calendars else NO_CALENDARS
        configurations = self._configurations.known() if self._configurations else _OWN
        if calendars is None or configurations is None:
            return None
        return calendars, configurations

    async def _around(self) -> "_Around":
        calendars = await self._calendars.all() if self._calendars else NO_CALENDARS
        return calendars, await self._configurations.all() if self._configurations else _OWN


_Around = tuple[Mapping[str, Calendar], Mapping[str, Configuration]]
"""The calendars and configurations that there are by now."""

_OWN: Mapping[str, Configuration] = {}
"""Stands for no configurations at all, not even the usual ones: a version has the service levels of its document."""


def kept_calendar(record: CalendarRecord) -> Calendar:
    """The working calendar of a record."""
    return calendar_of(record.id, record.document, record.holidays)


def kept_configuration(record: ConfigurationRecord) -> Configuration:
    """The service level of a record, and what it is for."""
    return configuration_of(record.id, record.document)


@dataclass(slots=True)
class _Kept:
    """A version in memory, and what it was put amid last."""

    journey: Journey
    around: _Around = (NO_CALENDARS, _OWN)

    def amid(self, around: _Around) -> Journey:
        """The version with these calendars and configurations."""
        if around[0] is not self.around[0] or around[1] is not self.around[1]:
            calendars, configurations = around
            journey = self.journey
            levels = None
            if configurations is not _OWN:
                levels = levels_of(journey.definition, journey.routes, configurations.values())
            self.journey, self.around = journey.keeping(calendars, levels), around
        return self.journey
