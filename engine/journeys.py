"""The journey versions that run, as values: from memory, then from PostgreSQL."""

from collections import OrderedDict

from engine.core.errors import NotFound
from engine.core.journey import Journey, join_up
from engine.loading import load
from engine.ports import Versions

_CAPACITY = 256


class Journeys:
    """Published versions never change, so what was read once stays; at most 256 are kept, the latest used."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._kept: OrderedDict[tuple[str, str], Journey] = OrderedDict()

    async def get(self, journey: str, version: str) -> Journey:
        """The version, its atoms joined by the routes that Cypher gave when it was published.

        Raises:
            NotFound: `version_not_found`, where it is not there or never was published.
        """
        key = (journey, version)
        if kept := self._kept.get(key):
            self._kept.move_to_end(key)
            return kept
        stored = await self._versions.get(journey, version)
        if stored is None or stored.routes is None:
            raise NotFound("version_not_found", f"{journey}@{version} is not published.")
        definition = load(stored.document, stored.media).definition
        assert definition is not None, f"{journey}@{version} was published and no longer loads"
        found = self._kept[key] = join_up(definition, stored.routes)
        if len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return found
