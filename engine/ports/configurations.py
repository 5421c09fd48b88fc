"""Configurations of service levels in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ConfigurationRecord:
    """A configuration as PostgreSQL keeps it.

    Attributes:
        version: another after every change, also of one that was deleted and came back.
        document: what was given, JSON values.
    """

    id: str
    version: int
    document: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    changed_by: str


class Configurations(Protocol):
    """Configurations by id. Each change leaves an audit event."""

    async def put(self, id: str, document: Mapping[str, Any], calendars: Sequence[str], by: str) -> ConfigurationRecord:
        """Keeps a configuration, in place of the one it was; the same once more changes nothing.

        From then on none of the `calendars` that it names can be deleted.

        Raises:
            NotFound: `calendar_not_found`, where one of these is not there.
        """
        ...

    async def delete(self, id: str, by: str) -> None:
        """Removes it; one that is not there is no error."""
        ...

    async def get(self, id: str) -> ConfigurationRecord | None:
        """One configuration."""
        ...

    async def records(self, after: str | None, limit: int) -> Sequence[ConfigurationRecord]:
        """At most `limit` by id, those after `after`."""
        ...

    async def named(self, ids: Sequence[str]) -> Sequence[ConfigurationRecord]:
        """Those of `ids` that there are."""
        ...

    async def versions(self) -> Mapping[str, int]:
        """The version of every configuration, by id: whoever has read it knows it by that."""
        ...
