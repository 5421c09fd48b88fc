"""Who there is, in memory: read as a whole once, then what changed, as soon as the database has another version."""

import asyncio
from typing import Final

import structlog

from engine import clock
from engine.core.errors import Unavailable
from engine.core.organisation import Organisation
from engine.ports import Edition, OrganisationStore, Read

ASKED_AFTER: Final = 1.0
"""Seconds after which the database is asked again whether there is another version."""

WAITED_FOR: Final = 0.5
"""Seconds that anybody waits for its answer; then what is known goes on being what holds, until it comes."""

_LARGE: Final = 1000
"""Values from which on they are put together in a thread, so that others go on meanwhile."""

_log = structlog.get_logger(__name__)


class CurrentStaff:
    """The port `Staff`: one value for the whole program, at most a second old while the database answers.

    While it is away the last value holds: who had access keeps it until it is back.
    """

    def __init__(self, store: OrganisationStore) -> None:
        self._store = store
        self._known: Edition | None = None
        self._organisation = Organisation()
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    @property
    def edition(self) -> Edition | None:
        """Which one that is; None where it was never read."""
        return self._known

    async def current(self) -> Organisation:
        """The organisation; the database is asked where that was not done in the last second.

        Raises:
            Unavailable: where it was never read and the database is away.
        """
        if clock.monotonic() - self._asked_at >= ASKED_AFTER or self._known is None:
            await self._wait()
        return self._organisation

    async def renew(self) -> Organisation:
        """The organisation with every change that was acknowledged before this was called."""
        if self._asking is not None:  # may have begun before that change
            await asyncio.wait({self._asking})
        self._asked_at = float("-inf")
        await self._wait()
        return self._organisation

    async def _wait(self) -> None:
        if self._asking is None or self._asking.done():
            self._asked_at = clock.monotonic()
            self._asking = asyncio.create_task(self._ask())
        if self._known is None:
            await asyncio.shield(self._asking)
        else:
            left = self._asked_at + WAITED_FOR - clock.monotonic()
            await asyncio.wait({self._asking}, timeout=max(left, 0))
            if self._asking.done():
                self._asking.result()

    async def _ask(self) -> None:
        try:
            if self._known is None or await self._store.edition() != self._known:
                await self._take(await self._store.read(self._known))
        except Unavailable:
            if self._known is None:
                raise
            _log.warning("organisation.not_refreshed", version=self._known.version)

    async def _take(self, read: Read) -> None:
        changes = read.changes
        if read.whole:
            whole = (changes.version, changes.users, changes.roles, changes.teams)
            self._organisation = await asyncio.to_thread(Organisation.of, *whole)
        elif len(changes.users) > _LARGE or changes.teams:
            self._organisation = await asyncio.to_thread(self._organisation.after, changes)
        else:
            self._organisation = self._organisation.after(changes)
        self._known = read.edition
