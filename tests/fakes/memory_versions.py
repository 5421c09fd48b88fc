"""A fake of the port `Versions` that keeps everything in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from engine.core.errors import Conflict, NotFound
from engine.core.journey import Definition, Routes
from engine.core.places import places_of
from engine.ports import JourneyRecord, Version
from tests.fakes.memory import milliseconds
from tests.fakes.memory_calendars import MemoryCalendars


class MemoryVersions:
    """The port `Versions`; it passes tests/conformance/test_versions.py."""

    def __init__(self, now: Callable[[], datetime] = milliseconds, calendars: MemoryCalendars | None = None) -> None:
        self._now = now
        self._calendars = calendars or MemoryCalendars(now)
        self._versions: dict[tuple[str, str], Version] = {}
        self._names: dict[str, str] = {}
        self._sensitive: dict[tuple[str, str], tuple[str, ...]] = {}
        self._paused: set[str] = set()

    async def save(self, definition: Definition, document: str, media: str, by: str) -> Version:
        key = (definition.key, definition.version)
        known = self._versions.get(key)
        self._names[definition.key] = definition.name
        if known is None or known.status == "draft":
            self._sensitive[key] = tuple(places_of(definition.context).marked_names())
            self._versions[key] = Version(
                journey=definition.key,
                version=definition.version,
                name=definition.name,
                status="draft",
                hash=definition.hash,
                document=document,
                media=media,
                created_at=known.created_at if known else self._now(),
                published_at=None,
                publishing=known is not None and known.publishing and known.hash == definition.hash,
                routes=None,
                routes_hash=None,
            )
        return self._versions[key]

    async def mark_publishing(self, journey: str, version: str) -> Version:
        known = self._found(journey, version)
        return self._keep(replace(known, publishing=True)) if known.status == "draft" else known

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
        known = self._found(journey, version)
        if known.hash != hash:
            raise Conflict("version_exists", published_hash=known.hash, hash=hash)
        if known.status != "draft":
            return known
        self._calendars.use(calendars, f"{journey}@{version}")
        return self._keep(
            replace(
                known,
                status="published",
                publishing=False,
                published_at=self._now(),
                routes=routes,
                routes_hash=routes_hash,
            )
        )

    async def retire(self, journey: str, version: str, by: str) -> Version:
        known = self._found(journey, version)
        if known.status == "draft":
            raise Conflict("invalid_transition", **{"from": "draft", "to": "retired", "allowed": ["published"]})
        return self._keep(replace(known, status="retired"))

    async def pause(self, journey: str, paused: bool, by: str) -> JourneyRecord:
        if journey not in self._names:
            raise NotFound("journey_not_found")
        (self._paused.add if paused else self._paused.discard)(journey)
        return self._record(journey)

    async def get(self, journey: str, version: str) -> Version | None:
        return self._versions.get((journey, version))

    async def journey(self, journey: str) -> JourneyRecord | None:
        return self._record(journey) if journey in self._names else None

    async def journeys(self, after: str | None, limit: int) -> Sequence[JourneyRecord]:
        keys = sorted(journey for journey in self._names if after is None or journey > after)
        return [self._record(journey) for journey in keys[:limit]]

    async def sensitive_names(self) -> frozenset[str]:
        return frozenset(name for key, each in self._versions.items() if each.routes for name in self._sensitive[key])

    async def unfinished(self) -> Sequence[tuple[str, str]]:
        return sorted(key for key, version in self._versions.items() if version.publishing)

    async def published(self) -> Sequence[tuple[str, str, str]]:
        return sorted((*key, version.status) for key, version in self._versions.items() if version.status != "draft")

    def _found(self, journey: str, version: str) -> Version:
        known = self._versions.get((journey, version))
        if known is None:
            raise NotFound("version_not_found")
        return known

    def _keep(self, version: Version) -> Version:
        self._versions[version.journey, version.version] = version
        return version

    def _record(self, journey: str) -> JourneyRecord:
        versions = [version for (key, _), version in self._versions.items() if key == journey]
        ordered = sorted(versions, key=lambda version: (version.created_at, version.version))
        return JourneyRecord(
            journey,
            self._names[journey],
            journey in self._paused,
            tuple((each.version, each.status) for each in ordered),
        )
