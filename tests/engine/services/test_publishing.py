"""Publishing survives a kill at any point (issue: Loading): the version is published or it is not, in both places."""

from typing import Any

import pytest

from engine.core.errors import Unavailable
from engine.core.journey import Routes
from engine.core.routes import digest
from engine.loading import Loaded, load
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
@pytest.mark.parametrize("calls", range(6))
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
