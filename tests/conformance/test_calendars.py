"""The port `Calendars`: each change is another version, what published journeys count in stays."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from engine.core.errors import Conflict, NotFound
from engine.core.journey import Routes
from engine.ports import Calendars, Versions
from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.core.play import journey_of
from tests.fakes.memory import milliseconds
from tests.fakes.memory_calendars import MemoryCalendars
from tests.fakes.memory_versions import MemoryVersions

DOCUMENT = {"zone": "UTC", "name": "Büro", "hours": {"mon-fri": ["09:00-17:00"]}, "x": Decimal("1.50")}
HOLIDAYS = {date(2026, 1, 1): "New Year's Day", date(2026, 12, 25): "Christmas"}
DEFINITION = journey_of("[{id: only, performed_by: clerk}]").definition


@dataclass
class World:
    """The ports of one fresh database."""

    calendars: Calendars
    versions: Versions

    async def put(self, id: str = "office", **changes: object) -> int:
        """The version of the calendar once it is put."""
        return (await self.calendars.put(id, DOCUMENT | changes, HOLIDAYS, "holidays 1", "ann")).version

    async def publish(self, *calendars: str) -> None:
        await self.versions.save(DEFINITION, "text", "yaml", "dora")
        named = (DEFINITION.key, DEFINITION.version, DEFINITION.hash)
        await self.versions.publish(*named, Routes(()), "hash", "dora", calendars)


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        calendars = MemoryCalendars()
        yield World(calendars, MemoryVersions(milliseconds, calendars))
        return
    url = request.getfixturevalue("postgres_url")
    settings = Settings()
    await migrate(url, settings)
    async with Postgres.open(url, settings) as postgres:
        yield World(postgres.calendars, postgres.versions)


async def test_a_calendar_is_read_as_it_was_put_and_the_same_once_more_changes_nothing(world: World) -> None:
    put = await world.calendars.put("office", DOCUMENT, HOLIDAYS, "holidays 1", "ann")
    assert (put.document, put.holidays, put.source, put.changed_by) == (DOCUMENT, HOLIDAYS, "holidays 1", "ann")
    assert list(put.document["hours"]) == ["mon-fri"]
    assert await world.calendars.put("office", DOCUMENT, HOLIDAYS, "holidays 2", "bob") == put
    assert await world.calendars.get("office") == put
    assert await world.calendars.versions() == {"office": put.version}


async def test_each_change_is_another_version_also_of_one_that_was_deleted(world: World) -> None:
    first = await world.put()
    second = await world.put(name="Other")
    other = await world.calendars.put("office", DOCUMENT | {"name": "Other"}, {}, "holidays 2", "bob")
    assert other.changed_by == "bob" and other.created_at <= other.changed_at
    await world.calendars.delete("office", "ann")
    assert await world.calendars.get("office") is None
    assert len({first, second, other.version, await world.put(name="Other")}) == 4
    await world.calendars.delete("nowhere", "ann")


async def test_calendars_are_listed_by_id(world: World) -> None:
    for id in ("c", "a", "b"):
        await world.put(id)
    assert [one.id for one in await world.calendars.records(None, 2)] == ["a", "b"]
    assert [one.id for one in await world.calendars.records("b", 2)] == ["c"]
    assert {one.id for one in await world.calendars.named(["c", "z", "a"])} == {"a", "c"}


async def test_what_a_published_version_counts_in_cannot_be_deleted(world: World) -> None:
    await world.put("office")
    await world.put("other")
    await world.publish("office")
    found = await world.calendars.get("office")
    assert found and found.used_by == ("example@1.0.0",)
    with pytest.raises(Conflict, match="calendar_in_use") as refused:
        await world.calendars.delete("office", "ann")
    assert refused.value.details["used_by"] == ["example@1.0.0"]
    await world.calendars.delete("other", "ann")
    assert await world.put("office", name="Other"), "it may change"


async def test_a_version_that_counts_in_what_is_not_there_is_not_published(world: World) -> None:
    await world.put("office")
    with pytest.raises(NotFound, match="calendar_not_found"):
        await world.publish("office", "nowhere")
    version = await world.versions.get("example", "1.0.0")
    assert version and version.status == "draft"
    found = await world.calendars.get("office")
    assert found and found.used_by == ()
