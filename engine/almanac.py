"""What holds for all journeys and changes while they run, kept in memory as values: calendars, and service levels."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from engine import clock

_R = TypeVar("_R", bound="Record")
_V = TypeVar("_V")


class Record(Protocol):
    """Something that is kept under an id; its version is another after every change."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> int: ...


_R_co = TypeVar("_R_co", bound=Record, covariant=True)


class Source(Protocol[_R_co]):
    """Where the records are."""

    async def versions(self) -> Mapping[str, int]:
        """The version of every record, by id."""
        ...

    async def named(self, ids: Sequence[str]) -> Sequence[_R_co]:
        """Those of `ids` that there are."""
        ...


class Almanac(Generic[_R, _V]):
    """Every record by id, as the value that `make` makes of it. What was read is believed for `most_age` seconds.

    While nothing has changed it gives the same mapping: who keeps something made of it knows by that.
    """

    def __init__(self, source: Source[_R], make: Callable[[_R], _V], most_age: float) -> None:
        self._source = source
        self._make = make
        self._most_age = most_age
        self._versions: Mapping[str, int] = {}
        self._values: Mapping[str, _V] = {}
        self._until: float | None = None
        self._turn = asyncio.Lock()

    def known(self) -> Mapping[str, _V] | None:
        """All of them, at once; None where they have to be looked at first."""
        if self._until is None or clock.monotonic() >= self._until:
            return None
        return self._values

    def forget(self) -> None:
        """Looks at them again before the next answer: one was changed here."""
        self._until = None

    async def all(self) -> Mapping[str, _V]:
        """All of them, as they were at most `most_age` seconds ago."""
        async with self._turn:
            if (known := self.known()) is not None:
                return known
            looked_at = clock.monotonic()
            versions = await self._source.versions()
            if versions != self._versions:
                changed = [id for id, version in versions.items() if self._versions.get(id) != version]
                records = await self._source.named(changed)
                # Of one that was changed once more in between, the newer one is kept under its own version.
                read = {record.id: record for record in records}
                kept = {id: value for id, value in self._values.items() if id in versions}
                self._values = kept | {id: self._make(record) for id, record in read.items()}
                self._versions = {**versions, **{id: record.version for id, record in read.items()}}
            self._until = looked_at + self._most_age
            return self._values
