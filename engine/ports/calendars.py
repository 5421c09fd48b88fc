"""Working calendars in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class CalendarRecord:
    """A calendar as PostgreSQL keeps it.

    Attributes:
        version: another after every change, also of one that was deleted and came back.
        document: what was given, JSON values.
        holidays: its public holidays by date, as `source` had them when it was put.
        used_by: the published versions, `key@version`, that count their working time in it.
        configurations: those of service levels that do.
    """

    id: str
    version: int
    document: Mapping[str, Any]
    holidays: Mapping[date, str]
    source: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    used_by: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()


class Calendars(Protocol):
    """Working calendars by id. Each change leaves an audit event."""

    async def put(
        self, id: str, document: Mapping[str, Any], holidays: Mapping[date, str], source: str, by: str
    ) -> CalendarRecord:
        """Keeps a calendar, in place of the one it was; the same once more changes nothing."""
        ...

    async def delete(self, id: str, by: str) -> None:
        """Removes it; one that is not there is no error.

        Raises:
            Conflict: `calendar_in_use`, naming the versions, configurations and first users that count in it.
        """
        ...

    async def get(self, id: str) -> CalendarRecord | None:
        """One calendar."""
        ...

    async def records(self, after: str | None, limit: int) -> Sequence[CalendarRecord]:
        """At most `limit` by id, those after `after`."""
        ...

    async def named(self, ids: Sequence[str]) -> Sequence[CalendarRecord]:
        """Those of `ids` that there are."""
        ...

    async def versions(self) -> Mapping[str, int]:
        """The version of every calendar, by id: whoever has read it knows it by that."""
        ...
