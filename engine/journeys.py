"""The journey versions that run, as values: from memory, then from PostgreSQL."""

from collections import OrderedDict

from engine.core.errors import NotFound
from engine.core.journey import NO_JOURNEY, Journey, join_up
from engine.loading import load
from engine.ports import Versions

_CAPACITY = 256


class Journeys:
    """Published versions never change, so what was read once stays; at most 256 are kept, the latest used."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._kept: OrderedDict[tuple[str, str], Journey] = OrderedDict()

    def known(self, journey: str | None, version: str | None) -> Journey | None:
        """The version if it is in memory, at once; None where it has to be read first."""
        if journey is None or version is None:
            return NO_JOURNEY
        if kept := self._kept.get((journey, version)):
            self._kept.move_to_end((journey, version))
        return kept

    async def get(self, journey: str | None, version: str | None) -> Journey:
        """The version, its atoms joined by the routes that Cypher gave when it was published.

        Of a process without a journey (R18) both are None, and it is `NO_JOURNEY`.

        Raises:
            NotFound: `version_not_found`, where it is not there or never was published.
        """
        if kept := self.known(journey, version):
            return kept
        assert journey is not None
        assert version is not None
        stored = await self._versions.get(journey, version)
        if stored is None or stored.routes is None:
            raise NotFound("version_not_found", f"{journey}@{version} is not published.")
        definition = load(stored.document, stored.media).definition
        assert definition is not None, f"{journey}@{version} was published and no longer loads"
        # What it calls was published before it, so this cannot go round in a circle.
        calls = {route.calls for route in stored.routes.routes if route.calls is not None}
        called = {ref: (await self.get(*ref.split("@"))).definition.context for ref in sorted(calls)}
        found = self._kept[journey, version] = join_up(definition, stored.routes, called)
        if len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return found
