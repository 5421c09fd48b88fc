"""Publishing a version to both databases so that a crash at any point leaves it either published or not.

::

    draft ──mark_publishing──▶ draft, on its way ──graph written, routes read back──▶ published ──▶ status in Neo4j
                                        │                                                ▲
                                        └── killed here: the next start goes on ─────────┘

The commit in PostgreSQL is the moment of truth. What Neo4j holds before it belongs to no published version, and what it
lacks after it is written again by `recover`.

Publishing pins what subjourneys call to one version each (R15): pinned routes are what goes to both databases.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from engine.core.errors import Conflict, NotFound, Unavailable
from engine.core.journey import Definition, Routes
from engine.core.routes import difference, digest
from engine.core.sensitive import sensitive_in
from engine.loading import Published, load
from engine.loading.calls import NotPublished, pin, pinned
from engine.ports import GraphStore, Version, Versions

_log = structlog.get_logger(__name__)


class RoutesDiffer(RuntimeError):
    """What Cypher reads from the graph is not what the document says: a defect of the engine, never of the document."""


def name_of(definition: Definition) -> tuple[str, str]:
    """The journey and version that a document defines."""
    return definition.key, definition.version


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did.

    `finished`: versions whose publishing was finished; `rewritten`: published ones written to Neo4j again; `withdrawn`:
    those taken out of Neo4j that PostgreSQL does not have, as it was restored from before they were published.
    """

    finished: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


class Publisher:
    """Brings versions to both databases, and keeps them alike."""

    def __init__(self, versions: Versions, graph: GraphStore, *, sealing: bool = False) -> None:
        """`sealing`: there are keys to seal sensitive data with."""
        self._sealing = sealing
        self._versions = versions
        self._graph = graph
        self._turn = asyncio.Lock()

    async def publish(self, definition: Definition, routes: Routes, by: str) -> Version:
        """Publishes the draft of this content, its calls pinned to the highest published version in their ranges.

        Raises:
            Conflict: `sensitive_keys_missing`, where some of its data are sensitive.
            NotFound: `version_not_found`, when there is none in a range; the draft stays a draft.
            Unavailable: when Neo4j is away; the draft stays a draft.
            RoutesDiffer: when the graph does not give the routes back; the draft stays a draft.
        """
        if not self._sealing and sensitive_in(definition, routes) is not None:
            raise Conflict("sensitive_keys_missing")
        async with self._turn:
            # Asked first, so that a draft is not left on its way because Neo4j was away all along.
            await self._graph.ping()
            known = await self._versions.get(*name_of(definition))
            # What was published before stays pinned as it was, whatever has been published since.
            routes = known.routes if known and known.routes else await self._pinned(routes)
            await self._versions.mark_publishing(*name_of(definition))
            try:
                return await self._bring(definition, routes, by)
            except RoutesDiffer:
                await self._graph.withdraw(*name_of(definition))
                raise

    async def published(self, calls: Collection[str]) -> Published:
        """What there is of the journeys that `calls` (such as `credit@^1.2`) name, to load a document with."""
        versions = await self._published_versions(calls)
        refs = {ref for call in calls if (ref := pinned(call, versions))}
        found = {ref: await self._versions.get(*ref.split("@")) for ref in sorted(refs)}
        loaded = {
            ref: (await asyncio.to_thread(load, version.document, version.media)).definition
            for ref, version in found.items()
            if version is not None
        }
        return Published(versions, {ref: definition for ref, definition in loaded.items() if definition is not None})

    async def set_status(self, version: Version) -> None:
        """Tells Neo4j the version's status; while it is away, `recover` does so later."""
        try:
            await self._graph.set_status(version.journey, version.version, version.status)
        except Unavailable:
            _log.warning("graph_status_late", journey=version.journey, version=version.version, status=version.status)

    async def recover(self) -> Recovered:
        """Finishes what a crash left half-way, writes to Neo4j what it lacks, and takes out what it should not have.

        Raises:
            Unavailable: when a database is away; to be called again.
        """
        async with self._turn:
            await self._graph.ping()
            finished = [
                f"{journey}@{version}"
                for journey, version in await self._versions.unfinished()
                if await self._finish(journey, version)
            ]
            withdrawn = [
                f"{journey}@{version}"
                for journey, version in await self._graph.versions()
                if await self._withdraw_strange(journey, version)
            ]
            rewritten = [
                f"{journey}@{version}"
                for journey, version, status in await self._versions.published()
                if await self._compare(journey, version, status)
            ]
            return Recovered(tuple(finished), tuple(rewritten), tuple(withdrawn))

    async def _bring(self, definition: Definition, routes: Routes, by: str) -> Version:
        await self._write(definition, routes)
        hash = digest(routes)
        version = await self._versions.publish(
            *name_of(definition), definition.hash, routes, hash, by, definition.calendars
        )
        await self.set_status(version)
        return version

    async def _pinned(self, routes: Routes) -> Routes:
        calls = [route.calls for route in routes.routes if route.calls is not None]
        try:
            return pin(routes, await self._published_versions(calls))
        except NotPublished as missing:
            raise NotFound("version_not_found", f"{missing}.") from missing

    async def _published_versions(self, calls: Collection[str]) -> Mapping[str, Sequence[str]]:
        records = [await self._versions.journey(journey) for journey in sorted({call.split("@")[0] for call in calls})]
        return {
            record.journey: [version for version, status in record.versions if status == "published"]
            for record in records
            if record is not None
        }

    async def _write(self, definition: Definition, routes: Routes) -> None:
        found = await self._graph.publish(definition, routes)
        if wrong := difference(routes, found):
            raise RoutesDiffer(f"{definition.key}@{definition.version} in Neo4j: {wrong}")

    async def _finish(self, journey: str, number: str) -> bool:
        version = await self._versions.get(journey, number)
        if version is None or version.status != "draft":
            return False
        loaded = load(version.document, version.media)
        if loaded.calls:
            # What it calls may be another version by now, with sensitive fields that this one does not mark.
            loaded = load(version.document, version.media, await self.published(loaded.calls))
        if loaded.definition is None or loaded.routes is None:
            # Kept by an engine that read documents otherwise: it cannot be published, and nothing of it may show.
            _log.error("publishing_impossible", journey=journey, version=number, findings=len(loaded.findings))
            await self._graph.withdraw(journey, number)
            return False
        try:
            await self._bring(loaded.definition, await self._pinned(loaded.routes), "system")
        except Conflict as replaced:
            _log.warning("publishing_overtaken", journey=journey, version=number, cause=str(replaced))
            return False
        except (NotFound, RoutesDiffer) as defect:
            _log.error("publishing_impossible", journey=journey, version=number, cause=str(defect))
            await self._graph.withdraw(journey, number)
            return False
        return True

    async def _withdraw_strange(self, journey: str, number: str) -> bool:
        """Takes out of the graph what PostgreSQL has not published and is not publishing.

        It marks what it publishes before anything of it is in the graph: what is under way elsewhere is left alone.
        """
        version = await self._versions.get(journey, number)
        if version is not None and (version.status != "draft" or version.publishing):
            return False
        _log.warning("graph_version_withdrawn", journey=journey, version=number)
        await self._graph.withdraw(journey, number)
        return True

    async def _compare(self, journey: str, number: str, status: str) -> bool:
        version = await self._versions.get(journey, number)
        if version is None or version.routes is None:
            return False
        found = await self._graph.routes(journey, number)
        same = found is not None and digest(found) == version.routes_hash
        if not same:
            definition = load(version.document, version.media).definition
            assert definition is not None, f"{journey}@{number} was published and no longer loads"
            cause = "missing" if found is None else difference(version.routes, found)
            _log.error("graph_differs", journey=journey, version=number, cause=cause)
            try:
                await self._write(definition, version.routes)
            except RoutesDiffer as defect:
                # What runs takes its routes from PostgreSQL: it goes on, and an operator must look at the graph.
                _log.error("graph_differs_still", journey=journey, version=number, cause=str(defect))
        await self._graph.set_status(journey, number, status)
        return not same
