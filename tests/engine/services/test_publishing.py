"""Publishing survives a kill at any point (issue: Loading): the version is published or it is not, in both places."""

from typing import Any

import pytest

from engine.core.errors import NotFound, Unavailable
from engine.core.journey import Routes
from engine.core.routes import digest
from engine.journeys import Journeys
from engine.loading import Loaded, load
from engine.ports import Version
from engine.services.publishing import Publisher, RoutesDiffer
from tests.fakes.graph import FakeGraph
from tests.fakes.memory_versions import MemoryVersions

DOCUMENT = """
journey: one-step
version: 1.0.0
name: One step
context: {type: object, properties: {x: {type: number}}}
roles: {clerk: {name: Clerk}}
atoms: [{id: only, performed_by: clerk}]
"""
KEY = ("one-step", "1.0.0")


class Killed(BaseException):
    """The process ends here; nothing after it runs, no handler either."""


class Fuse:
    """Lets a number of calls pass over all ports it guards; the next one is the last thing that happens."""

    def __init__(self, calls: int, after: bool) -> None:
        self.calls = calls
        self.after = after

    def guard(self, port: Any) -> Any:
        return _Guarded(port, self)


class _Guarded:
    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port, self._fuse = port, fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def call(*args: Any) -> Any:
            self._fuse.calls -= 1
            if self._fuse.calls < 0 and not self._fuse.after:
                raise Killed
            answer = await method(*args)
            if self._fuse.calls < 0:
                raise Killed
            return answer

        return call


def parts() -> tuple[MemoryVersions, FakeGraph, Loaded]:
    loaded = load(DOCUMENT)
    assert loaded.definition, loaded.findings
    return MemoryVersions(), FakeGraph(), loaded


async def draft(versions: MemoryVersions, loaded: Loaded) -> None:
    assert loaded.definition
    await versions.save(loaded.definition, DOCUMENT, "yaml", "u-1")


async def status(versions: MemoryVersions) -> str:
    version = await versions.get(*KEY)
    assert version
    return version.status


@pytest.mark.parametrize("after", [False, True], ids=["before it acts", "after it acted"])
@pytest.mark.parametrize("calls", range(7))
async def test_a_kill_at_any_call_leaves_a_version_that_the_next_start_finishes(calls: int, after: bool):
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    fuse = Fuse(calls, after)
    try:
        await Publisher(fuse.guard(versions), fuse.guard(graph)).publish(loaded.definition, loaded.routes, "u-1")
    except Killed:
        assert (await status(versions) == "published") or graph.statuses.get(KEY) in {None, "draft"}
    begun = bool(await versions.unfinished()) or await status(versions) == "published"
    await Publisher(versions, graph).recover()
    if begun:
        assert (await status(versions), graph.statuses[KEY]) == ("published", "published")
    else:
        assert (await status(versions), graph.published) == ("draft", {})
    assert await versions.unfinished() == []
    await Publisher(versions, graph).publish(loaded.definition, loaded.routes, "u-1")
    assert (await status(versions), graph.statuses[KEY]) == ("published", "published")


async def test_with_neo4j_away_the_draft_stays_and_is_not_on_its_way():
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    graph.away = True
    with pytest.raises(Unavailable):
        await Publisher(versions, graph).publish(loaded.definition, loaded.routes, "u-1")
    assert (await status(versions), await versions.unfinished()) == ("draft", [])


async def test_a_published_version_that_neo4j_lost_is_written_again():
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    publisher = Publisher(versions, graph)
    await publisher.publish(loaded.definition, loaded.routes, "u-1")
    await graph.withdraw(*KEY)
    assert (await publisher.recover()).rewritten == ("one-step@1.0.0",)
    assert graph.statuses[KEY] == "published"
    assert (await publisher.recover()).rewritten == ()


async def test_a_version_that_a_restored_postgresql_does_not_have_is_taken_out_of_the_graph():
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    await Publisher(versions, graph).publish(loaded.definition, loaded.routes, "u-1")
    for restored in (MemoryVersions(), MemoryVersions()):
        await Publisher(restored, graph).recover()
        assert (graph.published, graph.statuses) == ({}, {})
        await graph.publish(loaded.definition, loaded.routes)
    await draft(restored, loaded)
    assert (await Publisher(restored, graph).recover()).withdrawn == ("one-step@1.0.0",)


async def test_a_version_that_another_server_is_publishing_is_left_in_the_graph():
    """It was marked after this one looked for what is unfinished."""

    class Later(MemoryVersions):
        async def unfinished(self) -> list[tuple[str, str]]:
            return []

    versions, (_, graph, loaded) = Later(), parts()
    await draft(versions, loaded)
    await versions.mark_publishing(*KEY)
    await graph.publish(loaded.definition, loaded.routes)
    assert (await Publisher(versions, graph).recover()).withdrawn == ()
    assert KEY in graph.published


async def test_routes_in_neo4j_that_differ_from_what_runs_are_mended():
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    publisher = Publisher(versions, graph)
    published = await publisher.publish(loaded.definition, loaded.routes, "u-1")
    graph.published[KEY] = (loaded.definition, Routes(()))
    assert (await publisher.recover()).rewritten == ("one-step@1.0.0",)
    assert digest(graph.published[KEY][1]) == published.routes_hash


async def test_a_status_that_neo4j_missed_is_told_again():
    versions, graph, loaded = parts()
    await draft(versions, loaded)
    publisher = Publisher(versions, graph)
    await publisher.publish(loaded.definition, loaded.routes, "u-1")
    retired = await versions.retire(*KEY, "u-1")
    graph.away = True
    await publisher.set_status(retired)
    graph.away = False
    assert graph.statuses[KEY] == "published"
    await publisher.recover()
    assert graph.statuses[KEY] == "retired"


class Lossy(FakeGraph):
    """A graph that gives other routes back than were written."""

    async def publish(self, definition: Any, routes: Routes) -> Routes:
        await super().publish(definition, routes)
        return Routes(())


async def test_a_graph_that_does_not_give_the_routes_back_is_a_defect_and_nothing_is_published():
    versions, _, loaded = parts()
    graph = Lossy()
    await draft(versions, loaded)
    with pytest.raises(RoutesDiffer, match="the route of only is missing"):
        await Publisher(versions, graph).publish(loaded.definition, loaded.routes, "u-1")
    assert (await status(versions), graph.published) == ("draft", {})


CHILD = """
journey: credit
version: 1.0.0
context: {type: object, required: [amount], properties: {amount: {type: number}}}
roles: {clerk: {name: Clerk}}
atoms: [{id: rate, performed_by: clerk}]
"""
PARENT = """
journey: purchase
version: 1.0.0
context: {type: object, properties: {price: {type: number}}}
atoms: [{id: credit, kind: subjourney, calls: credit@^1.0, input: {amount: {var: price}}}]
"""


async def published(versions: MemoryVersions, graph: FakeGraph, text: str) -> Version:
    loaded = load(text)
    assert loaded.definition and loaded.routes, loaded.findings
    await versions.save(loaded.definition, text, "yaml", "u-1")
    return await Publisher(versions, graph).publish(loaded.definition, loaded.routes, "u-1")


async def parent_of(*children: str) -> tuple[MemoryVersions, FakeGraph]:
    """The parent as a draft, beside published versions of the child."""
    versions, graph = MemoryVersions(), FakeGraph()
    for child in children:
        await published(versions, graph, CHILD.replace("1.0.0", child))
    loaded = load(PARENT)
    assert loaded.definition
    await versions.save(loaded.definition, PARENT, "yaml", "u-1")
    return versions, graph


def called(routes: Routes | None) -> list[str | None]:
    assert routes
    return [route.calls for route in routes.routes]


async def test_publishing_pins_a_call_to_the_highest_version_in_its_range_in_both_databases():
    """R15: pinned to one version when the parent is published; what comes later changes nothing."""
    versions, graph = await parent_of("1.0.0", "1.9.0", "1.10.0", "1.11.0-rc.1", "2.0.0")
    version = await published(versions, graph, PARENT)
    assert called(version.routes) == ["credit@1.10.0"]
    assert called(graph.published["purchase", "1.0.0"][1]) == ["credit@1.10.0"]
    await published(versions, graph, CHILD.replace("1.0.0", "1.12.0"))
    assert called((await published(versions, graph, PARENT)).routes) == ["credit@1.10.0"]
    assert (await Publisher(versions, graph).recover()).rewritten == ()


async def test_a_retired_version_is_not_pinned():
    versions, graph = await parent_of("1.0.0", "1.1.0")
    await versions.retire("credit", "1.1.0", "u-1")
    assert called((await published(versions, graph, PARENT)).routes) == ["credit@1.0.0"]


async def test_a_call_of_nothing_that_is_published_leaves_the_draft_a_draft():
    versions, graph = await parent_of("2.0.0")
    with pytest.raises(NotFound, match="`credit` calls credit@"):
        await published(versions, graph, PARENT)
    draft = await versions.get("purchase", "1.0.0")
    assert draft
    assert (draft.status, await versions.unfinished()) == ("draft", [])


async def test_publishing_that_a_crash_left_is_pinned_when_it_goes_on():
    versions, graph = await parent_of("1.0.0")
    await versions.mark_publishing("purchase", "1.0.0")
    assert (await Publisher(versions, graph).recover()).finished == ("purchase@1.0.0",)
    version = await versions.get("purchase", "1.0.0")
    assert version
    assert called(version.routes) == ["credit@1.0.0"]


async def test_a_published_journey_knows_the_context_schema_of_what_it_calls():
    versions, graph = await parent_of("1.0.0")
    await published(versions, graph, PARENT)
    journey = await Journeys(versions).get("purchase", "1.0.0")
    assert journey.schemas.errors("child/credit", {"amount": 1}) == []
    assert [each["pointer"] for each in journey.schemas.errors("child/credit", {"amount": "much"})] == ["/amount"]


async def test_what_is_published_of_the_journeys_a_document_calls_is_found():
    versions, graph = await parent_of("1.0.0", "1.2.0", "2.0.0")
    await versions.retire("credit", "2.0.0", "u-1")
    found = await Publisher(versions, graph).published(["credit@^1.0", "other@1.0.0"])
    assert found.versions == {"credit": ["1.0.0", "1.2.0"]}
    assert list(found.definitions) == ["credit@1.2.0"]
