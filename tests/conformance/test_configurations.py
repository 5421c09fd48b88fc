"""The port `Configurations`: each change is another version, the calendars that they count in stay."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from engine.core.errors import Conflict, NotFound
from engine.ports import Calendars, Configurations
from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.fakes.memory import milliseconds
from tests.fakes.memory_calendars import MemoryCalendars
from tests.fakes.memory_configurations import MemoryConfigurations

DOCUMENT: dict[str, Any] = {
    "name": "Büro",
    "for": {"task_type": "intake"},
    "target": "PT1H",
    "slo": {"percent": Decimal("99.50"), "window": "P28D"},
}
OFFICE: dict[str, Any] = {"zone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}


@dataclass
class World:
    """The ports of one fresh database, with the calendars `office` and `night`."""

    configurations: Configurations
    calendars: Calendars

    async def put(self, id: str = "quick", calendars: tuple[str, ...] = (), by: str = "ann", **changes: object) -> int:
        """The version of the configuration once it is put."""
        return (await self.configurations.put(id, DOCUMENT | changes, calendars, by)).version

    async def uses(self, calendar: str) -> tuple[str, ...]:
        found = await self.calendars.get(calendar)
        assert found
        return found.configurations


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        calendars = MemoryCalendars()
        made = World(MemoryConfigurations(milliseconds, calendars), calendars)
        await _with_calendars(made)
        yield made
        return
    url = request.getfixturevalue("postgres_url")
    settings = Settings()
    await migrate(url, settings)
    async with Postgres.open(url, settings) as postgres:
        made = World(postgres.configurations, postgres.calendars)
        await _with_calendars(made)
        yield made


async def _with_calendars(world: World) -> None:
    for id in ("office", "night"):
        await world.calendars.put(id, OFFICE, {}, "holidays 1", "ann")


async def test_a_configuration_is_read_as_it_was_put_and_the_same_once_more_changes_nothing(world: World) -> None:
    put = await world.configurations.put("quick", DOCUMENT, ["office"], "ann")
    assert (put.id, put.document, put.changed_by) == ("quick", DOCUMENT, "ann")
    assert list(put.document) == list(DOCUMENT) and str(put.document["slo"]["percent"]) == "99.50"
    assert await world.configurations.put("quick", DOCUMENT, ["office"], "bob") == put
    assert await world.configurations.get("quick") == put
    assert await world.configurations.versions() == {"quick": put.version}


async def test_each_change_is_another_version_also_of_one_that_was_deleted(world: World) -> None:
    first = await world.put()
    other = await world.configurations.put("quick", DOCUMENT | {"target": "PT2H"}, (), "bob")
    assert other.changed_by == "bob" and other.created_at <= other.changed_at
    await world.configurations.delete("quick", "ann")
    assert await world.configurations.get("quick") is None
    assert len({first, other.version, await world.put(target="PT2H")}) == 3
    await world.configurations.delete("nowhere", "ann")


async def test_configurations_are_listed_by_id(world: World) -> None:
    for id in ("c", "a", "b"):
        await world.put(id)
    assert [one.id for one in await world.configurations.records(None, 2)] == ["a", "b"]
    assert [one.id for one in await world.configurations.records("b", 2)] == ["c"]
    assert {one.id for one in await world.configurations.named(["c", "z", "a"])} == {"a", "c"}


async def test_a_calendar_that_one_counts_in_cannot_be_deleted(world: World) -> None:
    await world.put("quick", ("office", "night"))
    await world.put("slow", ("office",))
    assert await world.uses("office") == ("quick", "slow")
    with pytest.raises(Conflict, match="calendar_in_use") as refused:
        await world.calendars.delete("office", "ann")
    assert (refused.value.details["configurations"], refused.value.details["used_by"]) == (["quick", "slow"], [])
    await world.put("quick", ("night",), target="PT3H")
    assert await world.uses("office") == ("slow",)
    await world.configurations.delete("slow", "ann")
    await world.calendars.delete("office", "ann")
    assert await world.calendars.get("office") is None


async def test_one_that_counts_in_what_is_not_there_is_not_put(world: World) -> None:
    first = await world.put("quick", ("office",))
    with pytest.raises(NotFound, match="calendar_not_found"):
        await world.put("quick", ("night", "nowhere"), target="PT2H")
    found = await world.configurations.get("quick")
    assert found and (found.version, found.document) == (first, DOCUMENT)
    assert (await world.uses("office"), await world.uses("night")) == (("quick",), ())
