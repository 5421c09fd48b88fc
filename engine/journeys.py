"""The journey versions that run, as values: from memory, then from PostgreSQL."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from engine.almanac import Almanac
from engine.core.calendars import Calendar
from engine.core.errors import NotFound
from engine.core.journey import NO_CALENDARS, NO_JOURNEY, Journey, join_up
from engine.loading import load
from engine.ports import Versions

_CAPACITY = 256


class Journeys:
    """Published versions never change, so what was read once stays; at most 256 are kept, the latest used.

    Calendars do change: a version that counts working time has them as the `almanac` does. Without one it has none,
    which is enough for reading.
    """

    def __init__(self, versions: Versions, almanac: Almanac | None = None) -> None:
        self._versions = versions
        self._almanac = almanac
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def known(self, journey: str | None, version: str | None) -> Journey | None:
        """The version if it is in memory, at once; None where it has to be read first."""
        if journey is None or version is None:
            return NO_JOURNEY
        kept = self._kept.get((journey, version))
        if kept is None:
            return None
        self._kept.move_to_end((journey, version))
        if self._almanac is None or not kept.journey.definition.calendars:
            return kept.journey
        calendars = self._almanac.known()
        return None if calendars is None else kept.counting_in(calendars)

    async def get(self, journey: str | None, version: str | None) -> Journey:
        """The version, its atoms joined by the routes that Cypher gave when it was published.

        Of a process without a journey (R18) both are None, and it is `NO_JOURNEY`.

        Raises:
            NotFound: `version_not_found`, where it is not there or never was published.
        """
        if known := self.known(journey, version):
            return known
        assert journey is not None
        assert version is not None
        if kept := self._kept.get((journey, version)):
            return kept.counting_in(await self._calendars())
        stored = await self._versions.get(journey, version)
        if stored is None or stored.routes is None:
            raise NotFound("version_not_found", f"{journey}@{version} is not published.")
        definition = load(stored.document, stored.media).definition
        assert definition is not None, f"{journey}@{version} was published and no longer loads"
        # What it calls was published before it, so this cannot go round in a circle.
        calls = {route.calls for route in stored.routes.routes if route.calls is not None}
        called = {ref: (await self.get(*ref.split("@"))).definition.context for ref in sorted(calls)}
        calendars = await self._calendars() if definition.calendars else NO_CALENDARS
        found = join_up(definition, stored.routes, called, calendars)
        self._kept[journey, version] = _Kept(found, calendars)
        if len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return found

    async def _calendars(self) -> Mapping[str, Calendar]:
        return await self._almanac.all() if self._almanac else NO_CALENDARS


@dataclass(slots=True)
class _Kept:
    """A version in memory, and the almanac's calendars that it was given."""

    journey: Journey
    calendars: Mapping[str, Calendar]

    def counting_in(self, calendars: Mapping[str, Calendar]) -> Journey:
        """The version with these calendars."""
        if calendars is not self.calendars:
            self.journey, self.calendars = self.journey.keeping(calendars), calendars
        return self.journey
