"""What people and webhooks are told: the rows that are written of events, and what is on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Protocol

from engine.core.notices import Case, Work
from engine.core.telling import Listeners, Notification, Preferences, Sending
from engine.ports.graph import Cursor

DeliveryState = Literal["waiting", "delivered", "failed", "void"]
"""`void`: by its time there was nothing to send, or nobody to send it to."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known now of the processes and tasks that events name."""

    cases: Mapping[str, Case]
    work: Mapping[tuple[str, int], Work]


class NoticeBook(Protocol):
    """How far the events have been told of, with what came of it."""

    async def told(self) -> Cursor:
        """How far, in the present epoch of the database; one that was restored is gone through again from before."""
        ...

    async def about(self, processes: Sequence[str], tasks: Sequence[tuple[str, int]]) -> About:
        """The processes and tasks, those that are there."""
        ...

    async def listeners(self, users: Sequence[str]) -> Listeners:
        """The preferences of those of `users` who have any, and the active webhooks."""
        ...

    async def tell(
        self,
        was: Cursor,
        now: Cursor,
        at: datetime,
        notifications: Sequence[Notification],
        sendings: Sequence[Sending],
    ) -> bool:
        """Writes them and moves on from `was` to `now` in one transaction; what is there already stays as it is.

        Does nothing and gives False where another one has moved on from `was`. `at` is the time of the last event.
        """
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that is being sent: `attempt` counts from 1. `url` and `secret` (a fingerprint) are a webhook's."""

    id: str
    channel: Literal["email", "digest", "webhook"]
    kind: str
    message: Mapping[str, Any]
    attempt: int
    user: str | None = None
    webhook: str | None = None
    url: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended: `waiting` is tried again in `wait`. `gone`: the webhook wants no more at all."""

    state: DeliveryState
    why: str | None = None
    wait: timedelta | None = None
    gone: bool = False


class DeliveryQueue(Protocol):
    """What is on its way, leased to who sends it: when it is killed, another sends it after the lease."""

    async def claim(self, limit: int, lease: timedelta) -> Sequence[Delivery]:
        """At most `limit` that are due and nobody's, the longest due first."""
        ...

    async def settle(self, delivery: Delivery, settled: Settled) -> bool:
        """Notes how the attempt ended; False, and nothing is changed, where another attempt has begun since."""
        ...


@dataclass(frozen=True, slots=True)
class DigestDue:
    """A user whose digest is due since `due`."""

    user: str
    at: time
    time_zone: str | None
    due: datetime


@dataclass(frozen=True, slots=True)
class DigestPlanned:
    """The digest of a user for `day`, if none was planned for that day, and when the next one is due."""

    user: str
    id: str
    day: date
    was: datetime
    due: datetime


class Digests(Protocol):
    """The daily letters."""

    async def due(self, limit: int) -> tuple[datetime, Sequence[DigestDue]]:
        """The time by `wayline_now()`, and at most `limit` users whose digest is due by then."""
        ...

    async def plan(self, planned: Sequence[DigestPlanned]) -> int:
        """Makes deliveries of them in one transaction; gives how many. One that another has planned is left out."""
        ...

    async def unread(self, user: str, limit: int) -> tuple[int, Sequence[Notification]]:
        """How many notifications a user has not read, counted to 1,000, and the newest of them."""
        ...


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notification with when it was read."""

    notification: Notification
    read_at: datetime | None


class Notifications(Protocol):
    """The lists of users, and what these prefer."""

    async def page(
        self, user: str, cursor: str | None, limit: int, *, unread: bool
    ) -> tuple[Sequence[NotificationRow], str | None]:
        """One page, newest first, and the cursor of the next; only those that are `unread` where that is asked for."""
        ...

    async def count_unread(self, user: str) -> int:
        """How many the user has not read, counted to 1,000."""
        ...

    async def read(self, user: str, id: str) -> NotificationRow | None:
        """Marks one as read, and gives it; None where it is not the user's. Read already is no error."""
        ...

    async def read_all(self, user: str, until: datetime | None) -> int:
        """Marks all as read that are from `until` or before; gives how many were not."""
        ...

    async def preferences(self, user: str) -> Preferences:
        """What a user prefers; empty where they never said."""
        ...

    async def prefer(self, user: str, preferences: Preferences, digest_due: datetime | None) -> None:
        """Puts preferences in the place of all that were there."""
        ...

    async def forget(self, limit: int) -> int:
        """Drops at most `limit` each of notifications and deliveries past their age; gives how many of the more."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """A webhook as it stands. One with no kinds takes all; `secret` is the fingerprint of its secret."""

    id: str
    url: str
    description: str
    kinds: tuple[str, ...]
    secret: str
    active: bool
    failing_since: datetime | None
    stopped_because: str | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What is to be another one; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    kinds: tuple[str, ...] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery to a webhook as it stands."""

    id: str
    kind: str
    state: str
    attempts: int
    next_at: datetime | None
    why: str | None
    created_at: datetime
    ended_at: datetime | None


class Webhooks(Protocol):
    """The webhooks. Each change leaves an audit event."""

    async def all(self) -> Sequence[WebhookRecord]:
        """Every one, by id: there are few."""
        ...

    async def get(self, id: str) -> WebhookRecord | None:
        """One."""
        ...

    async def create(self, record: WebhookRecord, most: int) -> WebhookRecord | None:
        """A new one; None, and nothing is made, where there are `most` already. `created_at` is the database's."""
        ...

    async def change(self, id: str, change: WebhookChange, by: str) -> WebhookRecord | None:
        """As it stands then; None where there is none. Made active again it is tried at once."""
        ...

    async def delete(self, id: str, by: str) -> bool:
        """Whether there was one; what waits for it is never sent."""
        ...

    async def deliveries(
        self, webhook: str, state: str | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[DeliveryRecord], str | None]:
        """One page of what was sent to it, newest first, and the cursor of the next."""
        ...

    async def send_again(self, webhook: str, limit: int, by: str) -> int:
        """Lets at most `limit` of its failed deliveries be tried again from the first attempt on; gives how many."""
        ...
