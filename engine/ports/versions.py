"""Journey versions in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.core.journey import Definition, Routes
from engine.loading.load import Media


@dataclass(frozen=True, slots=True)
class Version:
    """A journey version as PostgreSQL keeps it. `routes` is set from the moment it is published."""

    journey: str
    version: str
    name: str
    status: str
    hash: str
    document: str
    media: Media
    created_at: datetime
    published_at: datetime | None
    publishing: bool
    routes: Routes | None
    routes_hash: str | None


@dataclass(frozen=True, slots=True)
class JourneyRecord:
    """A journey and its versions, oldest first, as (version, status)."""

    journey: str
    name: str
    paused: bool
    versions: tuple[tuple[str, str], ...]


class Versions(Protocol):
    """Journey versions in PostgreSQL: the document as loaded, and once published its routes."""

    async def save(self, definition: Definition, document: str, media: Media, by: str) -> Version:
        """Keeps a draft, in place of the draft it had; a published or retired version stays and is given as it is."""
        ...

    async def mark_publishing(self, journey: str, version: str) -> Version:
        """Says that the draft is on its way; `publishing` is how the next start finds what a crash left."""
        ...

    async def publish(
        self,
        journey: str,
        version: str,
        hash: str,
        routes: Routes,
        routes_hash: str,
        by: str,
        calendars: Sequence[str] = (),
    ) -> Version:
        """Publishes the draft if it still has this content; the moment of truth. Published already is no error.

        From then on none of its `calendars` can be deleted.

        Raises:
            NotFound: `calendar_not_found`, where one of them is not there.
        """
        ...

    async def retire(self, journey: str, version: str, by: str) -> Version:
        """published → retired: no new starts; what runs goes on."""
        ...

    async def pause(self, journey: str, paused: bool, by: str) -> JourneyRecord:
        """Stops or allows new starts of all versions."""
        ...

    async def get(self, journey: str, version: str) -> Version | None:
        """One version."""
        ...

    async def journey(self, journey: str) -> JourneyRecord | None:
        """One journey."""
        ...

    async def journeys(self, after: str | None, limit: int) -> Sequence[JourneyRecord]:
        """Journeys by key, those after `after`."""
        ...

    async def sensitive_names(self) -> frozenset[str]:
        """The names at the top of the case data that hold something sensitive in any published or retired version."""
        ...

    async def unfinished(self) -> Sequence[tuple[str, str]]:
        """(journey, version) of what was being published."""
        ...

    async def published(self) -> Sequence[tuple[str, str, str]]:
        """(journey, version, status) of every published or retired version, for comparing with Neo4j."""
        ...
