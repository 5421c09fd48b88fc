"""The port `Versions`: a draft may be replaced, a published version never changes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.errors import Conflict, NotFound
from engine.core.journey import Definition, Edge, Route, Routes
from engine.core.routes import digest
from tests.conformance.worlds import World
from tests.core.play import journey_of

DEFINITION = journey_of("[{id: only, performed_by: clerk}]").definition
OTHER = replace(DEFINITION, hash="another content", name="Renamed")
LOGIC = {">": [{"var": "n"}, Decimal("1.50")]}
EDGES = (Edge("a", "b", 0, logic=LOGIC, ruled=True), Edge("a", "c", 1, otherwise=True))
ROUTES = Routes((Route("a", split="first", role="clerk", enables=EDGES), Route("b", join=2), Route("c")))


async def save(world: World, definition: Definition = DEFINITION, document: str = "text: ä\n") -> None:
    await world.versions.save(definition, document, "yaml", "dora")


async def publish(world: World, definition: Definition = DEFINITION) -> None:
    await world.versions.publish(definition.key, definition.version, definition.hash, ROUTES, digest(ROUTES), "dora")


async def test_a_saved_draft_is_read_as_it_was_loaded(world: World) -> None:
    saved = await world.versions.save(DEFINITION, "text: ä\n", "yaml", "dora")
    assert (saved.status, saved.document, saved.media, saved.hash) == ("draft", "text: ä\n", "yaml", DEFINITION.hash)
    assert (saved.publishing, saved.routes, saved.published_at) == (False, None, None)
    assert await world.versions.get("example", "1.0.0") == saved


async def test_what_was_never_saved_is_not_there(world: World) -> None:
    assert await world.versions.get("example", "1.0.0") is None
    assert await world.versions.journey("example") is None
    for change in (
        lambda: world.versions.mark_publishing("example", "1.0.0"),
        lambda: publish(world),
        lambda: world.versions.retire("example", "1.0.0", "dora"),
        lambda: world.versions.pause("example", True, "dora"),
    ):
        with pytest.raises(NotFound):
            await change()


async def test_a_draft_is_replaced(world: World) -> None:
    await save(world)
    replaced = await world.versions.save(OTHER, "text: new\n", "json", "dora")
    assert (replaced.hash, replaced.document, replaced.media) == ("another content", "text: new\n", "json")
    record = await world.versions.journey("example")
    assert record
    assert (record.name, record.versions) == ("Renamed", (("1.0.0", "draft"),))


async def test_a_published_version_has_its_routes_exactly(world: World) -> None:
    await save(world)
    await world.versions.mark_publishing("example", "1.0.0")
    await publish(world)
    stored = await world.versions.get("example", "1.0.0")
    assert stored
    assert (stored.status, stored.publishing, stored.routes_hash) == ("published", False, digest(ROUTES))
    assert stored.routes == ROUTES
    assert stored.published_at
    assert stored.routes
    assert str(stored.routes.routes[0].enables[0].logic[">"][1]) == "1.50"


async def test_a_published_version_never_changes(world: World) -> None:
    await save(world)
    await publish(world)
    before = await world.versions.get("example", "1.0.0")
    given = await world.versions.save(OTHER, "text: new\n", "yaml", "dora")
    assert given == before == await world.versions.mark_publishing("example", "1.0.0")
    assert await world.versions.unfinished() == []


async def test_publishing_twice_is_no_error(world: World) -> None:
    await save(world)
    await publish(world)
    before = await world.versions.get("example", "1.0.0")
    await publish(world)
    assert await world.versions.get("example", "1.0.0") == before


async def test_a_draft_that_was_replaced_meanwhile_is_not_published_as_what_it_was(world: World) -> None:
    await save(world)
    await world.versions.mark_publishing("example", "1.0.0")
    await save(world, OTHER)
    assert await world.versions.unfinished() == [], "the new content is not on its way"
    with pytest.raises(Conflict, match="version_exists"):
        await publish(world)
    stored = await world.versions.get("example", "1.0.0")
    assert stored
    assert stored.status == "draft"


async def test_what_a_crash_left_half_published_is_found(world: World) -> None:
    await save(world)
    await world.versions.mark_publishing("example", "1.0.0")
    await save(world)
    assert await world.versions.unfinished() == [("example", "1.0.0")], "the same content stays on its way"
    assert await world.versions.published() == []
    await publish(world)
    assert await world.versions.unfinished() == []
    assert await world.versions.published() == [("example", "1.0.0", "published")]


async def test_a_published_version_is_retired_once(world: World) -> None:
    await save(world)
    with pytest.raises(Conflict, match="invalid_transition"):
        await world.versions.retire("example", "1.0.0", "dora")
    await publish(world)
    retired = await world.versions.retire("example", "1.0.0", "dora")
    assert (retired.status, retired.routes) == ("retired", ROUTES)
    assert await world.versions.retire("example", "1.0.0", "dora") == retired
    await publish(world)
    assert await world.versions.published() == [("example", "1.0.0", "retired")]


async def test_a_journey_is_paused_and_goes_on(world: World) -> None:
    await save(world)
    assert (await world.versions.pause("example", True, "dora")).paused
    assert (await world.versions.pause("example", True, "dora")).paused
    assert not (await world.versions.pause("example", False, "dora")).paused


async def test_journeys_come_by_key_with_their_versions_oldest_first(world: World) -> None:
    for key, version in (("b-b", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0"), ("a", "1.10.0"), ("B", "1.0.0")):
        await save(world, replace(DEFINITION, key=key, version=version))
        await world.next_moment()
    everything = await world.versions.journeys(None, 10)
    assert [record.journey for record in everything] == ["B", "a", "b", "b-b"]
    assert everything[1].versions == (("2.0.0", "draft"), ("1.10.0", "draft"))
    assert list(await world.versions.journeys("a", 1)) == [everything[2]]


async def test_the_sensitive_names_of_published_versions_are_known_those_of_retired_ones_too(world: World) -> None:
    marked = {"type": "object", "properties": {"ssn": {"x-sensitive": True}, "who": {}}}
    await save(world, replace(DEFINITION, context=marked))
    assert await world.versions.sensitive_names() == frozenset()
    await publish(world)
    assert await world.versions.sensitive_names() == {"ssn"}
    deep = {"type": "object", "properties": {"all": {"items": {"properties": {"pin": {"x-sensitive": True}}}}}}
    second = replace(DEFINITION, version="2.0.0", context=deep)
    await save(world, second)
    await publish(world, second)
    await world.versions.retire("example", "1.0.0", "dora")
    assert await world.versions.sensitive_names() == {"ssn", "all"}
