"""Follows the events in commit order, and writes who is told what: lists of users, letters, messages to webhooks.

What happens when it is killed: before its commit nothing was written, and the next one begins at the same event; after
it, the place has moved with what was written. Two that try at once do no harm: the second finds that the place has
moved, writes nothing, and rests a while. An event whose process is not there is passed over.
"""

from typing import Final

import structlog

from engine.clock import monotonic
from engine.core.events import Event
from engine.core.notices import HEARD, Notice, Subject, notices, subject_of
from engine.core.organisation import Organisation
from engine.core.telling import Listeners, Notification, Sending, listed, sent
from engine.journeys import Journeys
from engine.ports import About, Batch, NoticeBook, Outbox, Staff

_REST_SECONDS: Final = 2.0
"""Pause of one that found another one at work."""
_log = structlog.get_logger(__name__)


class Notifier:
    """Looks at no more than `limit` events at once; letters are written where `letters` are sent at all."""

    def __init__(
        self, outbox: Outbox, book: NoticeBook, journeys: Journeys, staff: Staff, limit: int, letters: bool
    ) -> None:
        self._outbox = outbox
        self._book = book
        self._journeys = journeys
        self._staff = staff
        self._limit = limit
        self._letters = letters
        self._rests_until = 0.0

    async def run_once(self) -> bool:
        """Tells of the next events; says whether more may be waiting.

        Raises:
            Unavailable: when the database is away.
        """
        if monotonic() < self._rests_until:
            return False
        was = await self._book.told()
        batch = await self._outbox.of_types(was, self._limit, HEARD)
        if batch is None or batch.last_at is None or batch.cursor.epoch != was.epoch:
            return False
        notifications, sendings = await self._written(batch)
        if not await self._book.tell(was, batch.cursor, batch.last_at, notifications, sendings):
            self._rests_until = monotonic() + _REST_SECONDS
            return False
        if sendings or notifications:
            _log.debug("notifier.told", notifications=len(notifications), sendings=len(sendings))
        return True

    async def _written(self, batch: Batch) -> tuple[list[Notification], list[Sending]]:
        if not batch.events:
            return [], []
        organisation = await self._staff.current()
        found = [notice for event in await self._about(batch) for notice in notices(*event, organisation)]
        if not found:
            return [], []
        listeners = await self._book.listeners(sorted({user for notice in found for user in notice.users}))
        return _all(found, listeners, organisation, letters=self._letters)

    async def _about(self, batch: Batch) -> list[tuple[Event, Subject]]:
        """Each event with what it is about, by the rows that its process and task have now."""
        tasks = {(event.process, n) for event in batch.events if (n := _task(event)) is not None}
        known = await self._book.about(sorted({event.process for event in batch.events}), sorted(tasks))
        return [(event, await self._subject(event, known)) for event in batch.events if event.process in known.cases]

    async def _subject(self, event: Event, known: About) -> Subject:
        case, n = known.cases[event.process], _task(event)
        work = known.work.get((event.process, n)) if n is not None else None
        return subject_of(event, case, work, await self._journeys.get(case.journey, case.version))


def _task(event: Event) -> int | None:
    return getattr(event.fact, "task", None)


def _all(
    found: list[Notice], listeners: Listeners, organisation: Organisation, *, letters: bool
) -> tuple[list[Notification], list[Sending]]:
    return (
        [row for notice in found for row in listed(notice, listeners, organisation)],
        [row for notice in found for row in sent(notice, listeners, organisation, letters=letters)],
    )
