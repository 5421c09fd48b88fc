"""Configurations of service levels: put, read and delete them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.almanac import Almanac
from engine.answers import Page
from engine.commit import Answer
from engine.configurations.reading import read_configuration
from engine.core.errors import Invalid, NotFound
from engine.core.levels import USUAL, Configuration
from engine.core.times import format_time
from engine.loading.load import Media
from engine.loading.shapes import KEBAB
from engine.ports import Calendars, ConfigurationRecord, Configurations
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.remembered import Memory

_USUAL: Final = frozenset(each.level.name for each in USUAL)


@dataclass(frozen=True, slots=True)
class ConfigurationAnswer:
    """One configuration: `configuration` is its document; `version` grows with every change."""

    id: str
    name: str
    version: int
    configuration: Mapping[str, Any]
    changed_at: str
    changed_by: str


class ConfigurationService:
    """Everything that is asked and said of configurations."""

    def __init__(
        self,
        configurations: Configurations,
        almanac: Almanac[ConfigurationRecord, Configuration],
        calendars: Calendars,
        memory: Memory,
    ) -> None:
        self._configurations = configurations
        self._almanac = almanac
        self._calendars = calendars
        self._memory = memory

    async def find(self, call: Call, cursor: str | None, limit: int) -> Page[ConfigurationAnswer]:
        """By id."""
        require(call.caller, "sla:read")
        records = await self._configurations.records(name_in(cursor), limit + 1)
        return page_of(records, limit, lambda record: record.id, _answer)

    async def get(self, call: Call, id: str) -> ConfigurationAnswer:
        """One configuration.

        Raises:
            NotFound: `sla_config_not_found`.
        """
        require(call.caller, "sla:read")
        return _answer(await self._record(id))

    async def put(self, call: Call, id: str, content: bytes, media: Media) -> Answer:
        """Makes a configuration, or puts another in its place. 201 for a new one.

        Clocks that run keep their marks; what begins from now on, here at once and elsewhere within seconds, has it.

        Raises:
            Invalid: `sla_config_invalid`, with all `findings`; `request_invalid` for an id that is none, or is that of
                a usual service level.
        """
        require(call.caller, "sla:write")
        if not KEBAB.fullmatch(id):
            raise Invalid("request_invalid", "The id of a service level is small letters, digits and single hyphens.")
        if id in _USUAL:
            sentence = f"{id} is a usual service level, which holds where nothing else does; give this another id."
            raise Invalid("request_invalid", sentence)

        async def act() -> Answer:
            read = await asyncio.to_thread(read_configuration, id, content, media, await self._calendars.versions())
            if not read.configurations:
                count = len(read.findings)
                sentence = f"The service level has {count} error{'' if count == 1 else 's'}."
                raise Invalid("sla_config_invalid", sentence, findings=list(read.findings))
            (document,) = read.configurations
            new = await self._configurations.get(id) is None
            kept = await self._configurations.put(id, document.content, document.calendars, call.caller.id)
            self._almanac.forget()
            return Answer(201 if new else 200, _answer(kept))

        return await self._memory.once(call.key, act)

    async def delete(self, call: Call, id: str) -> Answer:
        """Removes a configuration; gives it as it was. Clocks that run keep their marks.

        Raises:
            NotFound: `sla_config_not_found`.
        """
        require(call.caller, "sla:write")

        async def act() -> Answer:
            record = await self._record(id)
            await self._configurations.delete(id, call.caller.id)
            self._almanac.forget()
            return Answer(200, _answer(record))

        return await self._memory.once(call.key, act)

    async def _record(self, id: str) -> ConfigurationRecord:
        record = await self._configurations.get(id)
        if record is None:
            raise NotFound("sla_config_not_found", f"There is no service level configured as {id[:80]}.")
        return record


def _answer(record: ConfigurationRecord) -> ConfigurationAnswer:
    return ConfigurationAnswer(
        id=record.id,
        name=record.document.get("name") or record.id,
        version=record.version,
        configuration=record.document,
        changed_at=format_time(record.changed_at),
        changed_by=record.changed_by,
    )
