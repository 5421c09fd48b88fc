"""Calendars and service levels in memory: believed for a while, then looked at again; a version has them so."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import clock
from engine.almanac import Almanac
from engine.core.durations import Duration
from engine.journeys import Journeys, kept_calendar, kept_configuration
from engine.loading import load
from tests.core.play import HEAD
from tests.fakes.memory import milliseconds
from tests.fakes.memory_calendars import MemoryCalendars
from tests.fakes.memory_configurations import MemoryConfigurations
from tests.fakes.memory_versions import MemoryVersions

OFFICE = {"zone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}
SHORT = {"zone": "UTC", "hours": {"mon-fri": "09:00-12:00"}}
ASK = HEAD + "atoms: [{id: ask, performed_by: clerk, task_type: intake}]"
FRIDAY = datetime(2026, 3, 6, 11, tzinfo=UTC)


class Seconds:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    found = Seconds()
    monkeypatch.setattr(clock, "monotonic", found)
    return found


async def put(calendars: MemoryCalendars, document: dict[str, object], id: str = "office") -> None:
    await calendars.put(id, document, {}, "test", "ann")


async def test_calendars_are_believed_for_a_while_and_then_looked_at_again(seconds: Seconds) -> None:
    calendars = MemoryCalendars()
    almanac = Almanac(calendars, kept_calendar, 5)
    assert almanac.known() is None
    await put(calendars, OFFICE)
    first = await almanac.all()
    assert almanac.known() is first
    await put(calendars, SHORT)
    seconds.now += 4.9
    assert await almanac.all() is first and calendars.looks == 1
    seconds.now += 0.1
    assert almanac.known() is None
    second = await almanac.all()
    assert second is not first and second["office"] != first["office"]
    seconds.now += 5
    assert await almanac.all() is second, "the same mapping while nothing changed"


async def test_what_was_changed_here_counts_at_once(seconds: Seconds) -> None:
    calendars = MemoryCalendars()
    almanac = Almanac(calendars, kept_calendar, 5)
    await put(calendars, OFFICE)
    await put(calendars, OFFICE, "other")
    first = await almanac.all()
    await calendars.delete("office", "ann")
    almanac.forget()
    found = await almanac.all()
    assert list(found) == ["other"]
    assert found["other"] is first["other"], "what did not change keeps the years that it has worked out"


async def test_a_version_counts_in_the_calendars_as_they_are_by_now(seconds: Seconds) -> None:
    calendars = MemoryCalendars()
    versions = MemoryVersions(milliseconds, calendars)
    journeys = Journeys(versions, Almanac(calendars, kept_calendar, 5))
    await put(calendars, OFFICE)
    text = HEAD + "atoms: [{id: a, kind: wait, for: {working: PT2H, calendar: office}}]"
    loaded = load(text, "yaml", calendars=["office"])
    assert loaded.definition and loaded.routes, loaded.findings
    await versions.save(loaded.definition, text, "yaml", "dora")
    name = (loaded.definition.key, loaded.definition.version)
    await versions.publish(*name, loaded.definition.hash, loaded.routes, "", "dora", loaded.definition.calendars)
    first = await journeys.get(*name)
    assert journeys.known(*name) is first
    assert first.calendars["office"].add(FRIDAY, timedelta(hours=2)) == FRIDAY + timedelta(hours=2)
    await put(calendars, SHORT)
    seconds.now += 5
    assert journeys.known(*name) is None, "it is read first, without a lock"
    second = await journeys.get(*name)
    assert second.calendars["office"].add(FRIDAY, timedelta(hours=2)) == FRIDAY + timedelta(days=2, hours=23)
    assert journeys.known(*name) is second
    assert second.scopes is not first.scopes, "what was put together of the first belongs to the first"


async def test_a_version_without_calendars_and_configurations_has_what_its_document_says(seconds: Seconds) -> None:
    versions = MemoryVersions()
    journeys = Journeys(versions)
    name = await published(versions, ASK)
    found = await journeys.get(*name)
    seconds.now += 100
    assert journeys.known(*name) is found
    assert found.levels == {} and (await journeys.get(None, None)).levels == {}


async def test_a_version_has_the_usual_service_levels_and_those_that_are_configured_by_now(seconds: Seconds) -> None:
    configurations, versions = MemoryConfigurations(), MemoryVersions()
    journeys = Journeys(versions, configurations=Almanac(configurations, kept_configuration, 5))
    name = await published(versions, ASK)
    assert journeys.known(None, None) is None, "it is looked at first"
    assert (await journeys.get(None, None)).levels.keys() == {"task:"}, "a task of no case has one too (R18)"
    first = await journeys.get(*name)
    assert {key: level.name for key, level in first.levels.items()} == {"task:ask": "usual-intake", "task:": "usual"}
    await configurations.put("quick", {"for": {"journey": "example"}, "target": "PT5M"}, (), "ann")
    assert journeys.known(*name) is first
    seconds.now += 5
    assert journeys.known(*name) is None, "it is read first, without a lock"
    second = await journeys.get(*name)
    assert second.levels["task:ask"].target == Duration(span=timedelta(minutes=5))
    assert journeys.known(*name) is second
    await configurations.delete("quick", "ann")
    seconds.now += 5
    assert (await journeys.get(*name)).levels == first.levels


async def published(versions: MemoryVersions, text: str) -> tuple[str, str]:
    """Publishes a document without calendars; gives its journey and version."""
    loaded = load(text, "yaml")
    assert loaded.definition and loaded.routes, loaded.findings
    await versions.save(loaded.definition, text, "yaml", "dora")
    name = (loaded.definition.key, loaded.definition.version)
    await versions.publish(*name, loaded.definition.hash, loaded.routes, "", "dora")
    return name
