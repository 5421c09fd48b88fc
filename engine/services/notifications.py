"""What the caller was told: the list with its read marks, and how the caller wants to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from engine.commit import Answer
from engine.core.digests import known_zone, next_due, zone_of
from engine.core.errors import Invalid, NotFound
from engine.core.ids import is_uuid, numbered
from engine.core.kinds import KINDS, Channel
from engine.core.telling import Preferences
from engine.core.times import format_if_any, format_time
from engine.ports import Clock, NotificationRow, Notifications, Staff
from engine.services.calls import Call
from engine.services.remembered import Memory

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class NotificationAnswer:
    """Something the caller was told; `task` and `incident` are ids."""

    id: str
    kind: str
    text: str
    process: str
    task: str | None
    incident: str | None
    atom: str | None
    at: str
    read_at: str | None


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """One page, newest first; `unread` counts all that the caller has not read, to 1,000."""

    items: tuple[NotificationAnswer, ...]
    next_cursor: str | None
    unread: int


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """How many were marked as read, and how many are unread yet, counted to 1,000."""

    read: int
    unread: int


@dataclass(frozen=True, slots=True)
class KindAnswer:
    """A kind of notice: whom it tells, and by which channels it comes to the caller; `usual` where nothing is said."""

    kind: str
    told: str
    channels: tuple[Channel, ...]
    usual: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class PreferencesAnswer:
    """How the caller is told.

    `digest_at` is a time of day, as in 08:00, in `time_zone`; null where no digest is wanted. `time_zone` is null where
    the organisation's for the caller holds, else UTC.
    """

    kinds: tuple[KindAnswer, ...]
    digest_at: str | None
    time_zone: str | None


class NotificationService:
    """Everything that callers ask of what they were told."""

    def __init__(self, notifications: Notifications, staff: Staff, clock: Clock, memory: Memory) -> None:
        self._notifications = notifications
        self._staff = staff
        self._clock = clock
        self._memory = memory

    async def find(self, call: Call, cursor: str | None, limit: int, *, unread: bool) -> NotificationPage:
        """The caller's, newest first; with `unread` only those that were not read."""
        user = call.caller.id
        rows, following = await self._notifications.page(user, cursor, limit, unread=unread)
        return NotificationPage(tuple(map(_answer, rows)), following, await self._notifications.count_unread(user))

    async def read(self, call: Call, id: str) -> Answer:
        """Marks one as read; read already is no error. The answer is a `NotificationAnswer`.

        Raises:
            NotFound: `notification_not_found`, also where it is another's.
        """

        async def act() -> Answer:
            row = await self._notifications.read(call.caller.id, id) if is_uuid(id) else None
            if row is None:
                raise NotFound("notification_not_found", f"You have no notification {id[:_SHOWN]}.")
            return Answer(200, _answer(row))

        return await self._memory.once(call.key, act)

    async def read_all(self, call: Call, until: datetime | None) -> Answer:
        """Marks all as read that are from `until` or before: what came since the caller looked stays unread."""

        async def act() -> Answer:
            read = await self._notifications.read_all(call.caller.id, until)
            return Answer(200, ReadAnswer(read, await self._notifications.count_unread(call.caller.id)))

        return await self._memory.once(call.key, act)

    async def preferences(self, call: Call) -> PreferencesAnswer:
        """How the caller is told, kind by kind."""
        return _preferences(await self._notifications.preferences(call.caller.id))

    async def prefer(
        self, call: Call, channels: Mapping[str, tuple[Channel, ...]], digest_at: time | None, time_zone: str | None
    ) -> Answer:
        """Puts preferences in the place of all that were there; kinds that are not named are told as usual.

        Raises:
            Invalid: `request_invalid`, for a kind or a time zone that there is not.
        """
        _check(channels, time_zone)
        wanted = Preferences(dict(channels), digest_at, time_zone)

        async def act() -> Answer:
            due = None
            if digest_at is not None:
                user = (await self._staff.current()).users.get(call.caller.id)
                zone = zone_of(time_zone, user.time_zone if user else None)
                due = next_due(await self._clock.now(), digest_at, zone)
            await self._notifications.prefer(call.caller.id, wanted, due)
            return Answer(200, _preferences(wanted))

        return await self._memory.once(call.key, act)


def _check(channels: Mapping[str, object], time_zone: str | None) -> None:
    errors = [
        {"pointer": f"/channels/{kind}", "message": f"is no kind; there are: {', '.join(KINDS)}"}
        for kind in channels
        if kind not in KINDS
    ]
    if time_zone is not None and known_zone(time_zone) is None:
        errors.append({"pointer": "/time_zone", "message": "is no time zone, such as Europe/Berlin"})
    if errors:
        raise Invalid("request_invalid", errors=errors)


def _answer(row: NotificationRow) -> NotificationAnswer:
    one = row.notification
    return NotificationAnswer(
        id=one.id,
        kind=one.kind,
        text=one.text,
        process=one.process,
        task=None if one.task is None else numbered(one.process, one.task),
        incident=None if one.incident is None else numbered(one.process, one.incident),
        atom=one.atom,
        at=format_time(one.at),
        read_at=format_if_any(row.read_at),
    )


def _preferences(preferences: Preferences) -> PreferencesAnswer:
    kinds = tuple(KindAnswer(kind.name, kind.told, preferences.of(kind.name), kind.channels) for kind in KINDS.values())
    at = preferences.digest_at
    return PreferencesAnswer(kinds, at.isoformat("minutes") if at else None, preferences.time_zone)
