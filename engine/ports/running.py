"""What runs, for those who change it: transactions on processes, and what waits to be done in one.

Locks are taken in one order: idempotency keys, processes, messages, business keys; each sorted.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from engine.core.commands import Crossing, Kept, Post
from engine.core.decision import Decision
from engine.core.process import Process
from engine.core.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key (R17): `caller` used `key` for the request whose SHA-256 is `fingerprint`.

    The id of a message is remembered in the same way, by the caller `message:` and without a fingerprint (R16).
    """

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer kept for its idempotency key; `body` is the JSON text as it was sent.

    It is `sealed` where values in it or in its request may be sensitive, and there are keys to seal with.
    """

    key: Key
    status: int
    body: bytes
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """A decision to be written, with the request's correlation id, and what is sensitive in its journey version."""

    decision: Decision
    correlation_id: str | None
    sensitive: Sensitive | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """What a process was posted and has not taken up: row `id` for `process`, from `sender`.

    `calls` is the version, as `key@version`, that a child is started on. `put_off`: it failed in a way nobody expected
    and is not tried again yet; nothing behind it is either, as a process takes up what it was posted in order.
    """

    id: int
    process: str
    sender: str
    command: Crossing
    calls: str | None
    correlation_id: str | None
    put_off: bool = False


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What became of posted commands: `done` are gone for good, `failed` are put off; `replies` are posted in turn.

    A reply is (sender, post), with the correlation id of what it replies to.
    """

    done: tuple[Pending, ...] = ()
    failed: tuple[Pending, ...] = ()
    replies: tuple[tuple[str, Post, str | None], ...] = ()


NOTHING_TAKEN_UP: Final = TakenUp()


@dataclass(frozen=True, slots=True)
class Locked:
    """The markings of locked processes, unknown ids absent; what they were posted, oldest first; the time now.

    The time is `wayline_now()`, read after the locks are held. A marking has the open tasks with their leases, the
    open incidents, timers, waits and children; it may be shared, and nobody changes it. `remembered` are the answers
    under (caller, key), of those not past their age.
    """

    markings: Mapping[str, Process]
    pending: tuple[Pending, ...]
    now: datetime
    remembered: Mapping[tuple[str, str], Remembered] = field(default_factory=dict[tuple[str, str], Remembered])


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came for no waiting step, to be kept until `until` (R16). `key` is any JSON value."""

    id: str
    name: str
    key: Any
    body: Mapping[str, Any]
    until: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The wait number `wait` of `process`, which a message may be delivered to (R16)."""

    process: str
    wait: int


Address = tuple[str, bytes]
"""Where a message goes to: its name and the canonical JSON text of its key (`engine.core.values.canonical`)."""


class Transaction(Protocol):
    """One transaction on what runs."""

    async def lock(self, processes: Sequence[str], keys: Sequence[Key] = ()) -> Locked:
        """Locks these keys, then these processes, those too that there are none of yet; who comes later waits.

        At most 100 of what each process was posted is given.
        """
        ...

    async def kept(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Kept, ...]]:
        """The oldest 20 kept messages of each address, not past their time; who keeps one there waits for this commit.

        An address without any is absent.
        """
        ...

    async def keep(self, message: Message) -> Waiting | None:
        """Keeps the message, unless a step waits for it: then gives the one that has waited longest, and keeps nothing.

        Nobody who begins to wait meanwhile misses it: `TakeKept` is decided after this commit, and sees it.
        """
        ...

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        """Reserves (journey, business key) for a process; gives those that another open process holds, and its id."""
        ...

    async def write(
        self, commits: Sequence[Commit], answers: Sequence[Remembered], taken_up: TakenUp = NOTHING_TAKEN_UP
    ) -> None:
        """Writes decisions with what they post, answers, and what became of posted commands, set-wise.

        Kept messages that the decisions use up are gone. Work of a suspended process stands still (R12). Business keys
        of processes that ended are given back.

        Raises:
            AssertionError: when a process is not at the `seq` it was decided on.
        """
        ...


class Store(Protocol):
    """Where the truth of what runs is kept."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception."""
        ...


class Messages(Protocol):
    """Messages and who waits for them (R16), seen from outside a transaction."""

    async def waiting(self, name: str, key: Any) -> Waiting | None:
        """The wait for this name and key that no message is bound to, the one that has waited longest."""
        ...

    async def forget(self, limit: int) -> int:
        """Drops at most `limit` kept messages past their time; gives how many."""
        ...
