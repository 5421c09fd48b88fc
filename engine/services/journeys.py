"""Journeys and their versions: load, publish, retire, pause and read them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from engine.answers import JourneyAnswer, Page, VersionAnswer
from engine.commit import Answer
from engine.core.errors import Conflict, Invalid, NotFound
from engine.core.journey import Definition, Journey, Routes, join_up
from engine.core.semver import latest
from engine.core.times import format_if_any, format_time
from engine.journeys import Configurations
from engine.loading import Finding, Loaded, Published, Roster, load
from engine.loading.load import Media
from engine.ports import Calendars, JourneyRecord, Version, Versions
from engine.services.calls import Call, require
from engine.services.levels import LevelAnswer, levels_shown
from engine.services.lists_by_name import name_in, page_of
from engine.services.pictures import Drawing, drawing_of_version
from engine.services.publishing import Publisher, name_of
from engine.services.remembered import Memory
from engine.services.unknown import no_journey


@dataclass(frozen=True, slots=True)
class Received:
    """A document as it came in; `media` is yaml or json."""

    content: bytes
    media: Media


@dataclass(frozen=True, slots=True)
class Document:
    """A version's text as it was loaded; `media` is yaml or json."""

    text: str
    media: Media


class JourneyService:
    """Everything that is asked of journeys.

    Args:
        roster: who there is now, for the warning that there are too few; without, nobody is known.
        calendars: those that there are; without, it is not checked whether those that a document names are.
        configurations: the service levels that are configured; without, there are none but the usual ones.
    """

    def __init__(
        self,
        versions: Versions,
        publisher: Publisher,
        memory: Memory,
        roster: Callable[[], Awaitable[Roster]] | None = None,
        calendars: Calendars | None = None,
        configurations: Configurations | None = None,
    ) -> None:
        self._versions = versions
        self._publisher = publisher
        self._memory = memory
        self._roster = roster
        self._calendars = calendars
        self._configurations = configurations

    async def load(self, call: Call, received: Received, publish: bool = False, dry_run: bool = False) -> Answer:
        """Keeps a document as a draft, or publishes it; `dry_run` only looks for findings.

        201 with a `VersionAnswer`, 200 where nothing was kept or the same content was there already.

        Raises:
            Invalid: `journey_invalid`, with all `findings`.
            Conflict: `version_exists`, where another content was published under this version.
            Unavailable: where it is to be published and Neo4j is away; the draft is kept.
        """
        require(call.caller, "journey:load")
        if publish and not dry_run:
            require(call.caller, "journey:publish")
        loaded = await self._checked(received.content, received.media)
        definition, routes = _sound(loaded)
        if dry_run:
            return Answer(200, _found(definition, routes, "draft", loaded.findings))
        return await self._memory.once(call.key, lambda: self._keep(call, received, loaded, publish))

    async def publish(self, call: Call, journey: str, version: str) -> Answer:
        """Publishes a draft; published already is no error.

        Raises:
            Invalid: `journey_invalid`, where of what it calls nothing is published any more.
            Conflict: `invalid_transition` for a retired version.
        """
        require(call.caller, "journey:publish")

        async def act() -> Answer:
            stored = await self._stored(journey, version)
            draft = stored.status == "draft"
            loaded = await (self._checked if draft else _read)(stored.document, stored.media)
            definition, routes = _sound(loaded)
            if draft:
                stored = await self._publisher.publish(definition, routes, call.caller.id)
            elif stored.status != "published":
                raise _impossible(stored, "published")
            return Answer(200, _version(stored, definition, routes, loaded.findings))

        return await self._memory.once(call.key, act)

    async def retire(self, call: Call, journey: str, version: str) -> Answer:
        """Stops new starts of a version; what runs goes on. Retired already is no error."""
        require(call.caller, "journey:retire")

        async def act() -> Answer:
            stored = await self._stored(journey, version)
            if stored.status == "draft":
                raise _impossible(stored, "retired")
            if stored.status == "published":
                stored = await self._versions.retire(journey, version, call.caller.id)
                await self._publisher.set_status(stored)
            return Answer(200, await self._answer(stored))

        return await self._memory.once(call.key, act)

    async def pause(self, call: Call, journey: str, paused: bool) -> Answer:
        """Stops or allows new starts of all versions of a journey."""
        require(call.caller, "journey:pause")

        async def act() -> Answer:
            await self._record(journey)
            return Answer(200, _journey(await self._versions.pause(journey, paused, call.caller.id)))

        return await self._memory.once(call.key, act)

    async def find(self, call: Call, cursor: str | None, limit: int) -> Page[JourneyAnswer]:
        """Journeys by key."""
        require(call.caller, "journey:read")
        records = await self._versions.journeys(name_in(cursor), limit + 1)
        return page_of(records, limit, lambda record: record.journey, _journey)

    async def journey(self, call: Call, journey: str) -> JourneyAnswer:
        """One journey."""
        require(call.caller, "journey:read")
        return _journey(await self._record(journey))

    async def version(self, call: Call, journey: str, version: str) -> VersionAnswer:
        """One version."""
        require(call.caller, "journey:read")
        return await self._answer(await self._stored(journey, version))

    async def document(self, call: Call, journey: str, version: str) -> Document:
        """A version's text as it was loaded."""
        require(call.caller, "journey:read")
        stored = await self._stored(journey, version)
        return Document(stored.document, stored.media)

    async def graph(self, call: Call, journey: str, version: str) -> Drawing:
        """A version's atoms and edges, for drawing."""
        require(call.caller, "journey:read")
        stored = await self._stored(journey, version)
        return drawing_of_version(await self._joined(stored))

    async def service_levels(self, call: Call, journey: str, version: str) -> Page[LevelAnswer]:
        """The service level that holds for each thing of a version as of now; all on one page."""
        require(call.caller, "journey:read")
        joined = await self._joined(await self._stored(journey, version))
        configured = (await self._configurations.all()).values() if self._configurations else ()
        return Page(levels_shown(joined, configured))

    async def _checked(self, text: bytes | str, media: Media) -> Loaded:
        """The document, what it calls held against what is published (R15) unless it was published itself, its atoms
        against who there is to perform them, and its working time against the calendars that there are.
        """
        roster = await self._roster() if self._roster else None
        calendars = await self._calendars.versions() if self._calendars else None
        loaded = await _read(text, media, None, roster, calendars)
        if not loaded.calls or await self._was_published(loaded):
            return loaded
        return await _read(text, media, await self._publisher.published(loaded.calls), roster, calendars)

    async def _was_published(self, loaded: Loaded) -> bool:
        """Whether this content is pinned already: what it calls may have been retired since."""
        if loaded.definition is None:
            return False
        known = await self._versions.get(*name_of(loaded.definition))
        return known is not None and known.status != "draft" and known.hash == loaded.definition.hash

    async def _keep(self, call: Call, received: Received, loaded: Loaded, publish: bool) -> Answer:
        definition, routes = _sound(loaded)
        known = await self._versions.get(*name_of(definition))
        kept = await self._versions.save(definition, received.content.decode(), received.media, call.caller.id)
        if kept.hash != definition.hash:
            raise Conflict(
                "version_exists",
                f"{definition.key}@{definition.version} is {kept.status} with another content; raise its version.",
                published_hash=kept.hash,
                hash=definition.hash,
            )
        if publish and kept.status == "draft":
            kept = await self._publisher.publish(definition, routes, call.caller.id)
        there_already = known is not None and known.hash == definition.hash
        return Answer(200 if there_already else 201, _version(kept, definition, routes, loaded.findings))

    async def _answer(self, stored: Version) -> VersionAnswer:
        joined = await self._joined(stored)
        routes = Routes(tuple(joined.routes.values()))
        return _version(stored, joined.definition, routes, ())

    async def _joined(self, stored: Version) -> Journey:
        loaded = await _read(stored.document, stored.media)
        definition, routes = _sound(loaded)
        return join_up(definition, stored.routes or routes)

    async def _stored(self, journey: str, version: str) -> Version:
        stored = await self._versions.get(journey, version)
        if stored is None:
            await self._record(journey)
            raise NotFound("version_not_found", f"{journey} has no version {version}.")
        return stored

    async def _record(self, journey: str) -> JourneyRecord:
        record = await self._versions.journey(journey)
        if record is None:
            raise await no_journey(journey, self._versions)
        return record


async def _read(
    text: bytes | str,
    media: Media,
    published: Published | None = None,
    roster: Roster | None = None,
    calendars: Collection[str] | None = None,
) -> Loaded:
    # A large document takes a good part of a second, in which other requests go on.
    return await asyncio.to_thread(load, text, media, published, roster, calendars)


def _sound(loaded: Loaded) -> tuple[Definition, Routes]:
    if loaded.definition is None or loaded.routes is None:
        count = sum(finding.severity == "error" for finding in loaded.findings)
        raise Invalid(
            "journey_invalid",
            f"The document has {count} error{'' if count == 1 else 's'}.",
            findings=[_finding(finding) for finding in loaded.findings],
        )
    return loaded.definition, loaded.routes


def _finding(finding: Finding) -> dict[str, object]:
    return asdict(finding)


def _found(definition: Definition, routes: Routes, status: str, findings: tuple[Finding, ...]) -> VersionAnswer:
    journey, version = name_of(definition)
    return VersionAnswer(
        journey=journey,
        version=version,
        name=definition.name,
        status=status,
        hash=definition.hash,
        atoms=len(definition.atoms),
        edges=sum(len(route.enables) for route in routes.routes),
        findings=tuple(map(_finding, findings)),
    )


def _version(stored: Version, definition: Definition, routes: Routes, findings: tuple[Finding, ...]) -> VersionAnswer:
    return replace(
        _found(definition, routes, stored.status, findings),
        created_at=format_time(stored.created_at),
        published_at=format_if_any(stored.published_at),
    )


def _journey(record: JourneyRecord) -> JourneyAnswer:
    published = [version for version, status in record.versions if status == "published"]
    return JourneyAnswer(
        journey=record.journey,
        name=record.name,
        paused=record.paused,
        latest=latest(published),
        versions=tuple(version for version, _ in record.versions),
    )


_NEXT: Final[Mapping[str, list[str]]] = {"draft": ["published"], "published": ["retired"], "retired": []}


def _impossible(stored: Version, to: str) -> Conflict:
    allowed = _NEXT[stored.status]
    return Conflict(
        "invalid_transition",
        f"{stored.journey}@{stored.version} is {stored.status} and cannot become {to}.",
        **{"from": stored.status, "to": to, "allowed": allowed},
    )
