"""Webhooks: other programs that are told what people are. For administrators only.

The secret of a webhook is in one answer, the one to its creation; a repeated request with the same idempotency key gets
that answer without it, as what is remembered is kept in the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from engine import clock
from engine.answers import Page
from engine.commit import Answer
from engine.core.errors import Conflict, Invalid, NotFound
from engine.core.ids import is_uuid
from engine.core.kinds import KINDS
from engine.core.signing import fingerprint, secret_of
from engine.core.times import format_if_any, format_time
from engine.ports import DeliveryRecord, WebhookChange, WebhookRecord, Webhooks
from engine.services.calls import Call, require
from engine.services.remembered import Memory

MOST: Final = 50
"""Most webhooks there may be: each notice of a kind that it takes is a row of its own for each."""

_MOST_AGAIN: Final = 10_000
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """A webhook. Without `kinds` it is told of all; `failing_since` while it does not answer.

    `stopped_because` says why it is no longer active, where nobody said so. `secret` is there in the answer to its
    creation, and never again.
    """

    id: str
    url: str
    description: str
    kinds: tuple[str, ...]
    active: bool
    failing_since: str | None
    stopped_because: str | None
    created_at: str
    created_by: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """A message to a webhook, by its `webhook-id`: waiting, delivered or failed. `why` is what was answered last."""

    id: str
    kind: str
    state: str
    attempts: int
    next_at: str | None
    why: str | None
    created_at: str
    ended_at: str | None


@dataclass(frozen=True, slots=True)
class SentAgainAnswer:
    """How many failed deliveries wait to be sent again."""

    deliveries: int


class WebhookService:
    """Everything that is asked of webhooks. Without the server's `key` none can be made."""

    def __init__(
        self, webhooks: Webhooks, memory: Memory, key: str | None, refused: Callable[[str], str | None]
    ) -> None:
        """`refused` says of an address why no webhook may be there; None where one may."""
        self._webhooks = webhooks
        self._memory = memory
        self._key = key
        self._refused = refused

    async def find(self, call: Call) -> Page[WebhookAnswer]:
        """All of them, oldest first."""
        require(call.caller, "webhook:read")
        return Page(tuple(map(_answer, await self._webhooks.all())))

    async def get(self, call: Call, id: str) -> WebhookAnswer:
        """One."""
        require(call.caller, "webhook:read")
        return _answer(await self._found(id))

    async def create(self, call: Call, url: str, description: str, kinds: tuple[str, ...]) -> Answer:
        """A new one; the answer has its secret.

        Raises:
            Conflict: `webhooks_off`, without a key; `too_many_webhooks`.
            Invalid: `request_invalid`, for an address where none may be, or a kind that there is not.
        """
        require(call.caller, "webhook:create")
        self._check(url, kinds)
        if self._key is None:
            raise Conflict("webhooks_off")
        id = clock.new_id()
        secret = secret_of(self._key, id)

        async def act() -> Answer:
            now = clock.now()
            wanted = WebhookRecord(
                id, url, description, kinds, fingerprint(secret), True, None, None, now, call.caller.id
            )
            made = await self._webhooks.create(wanted, MOST)
            if made is None:
                raise Conflict("too_many_webhooks", f"There are {MOST} webhooks; delete one first.")
            return Answer(201, _answer(made))

        answer = await self._memory.once(call.key, act)
        body = answer.body
        if isinstance(body, WebhookAnswer) and body.id == id:
            return replace(answer, body=replace(body, secret=secret))
        return answer

    async def change(self, call: Call, id: str, change: WebhookChange) -> Answer:
        """As it stands then. Made active again, it is tried at once.

        Raises:
            NotFound: `webhook_not_found`.
            Invalid: as creating does.
        """
        require(call.caller, "webhook:change")
        self._check(change.url, change.kinds or ())

        async def act() -> Answer:
            await self._found(id)
            changed = await self._webhooks.change(id, change, call.caller.id)
            if changed is None:
                raise _unknown(id)
            return Answer(200, _answer(changed))

        return await self._memory.once(call.key, act)

    async def delete(self, call: Call, id: str) -> Answer:
        """What waits for it is never sent. The answer is the webhook as it was.

        Raises:
            NotFound: `webhook_not_found`.
        """
        require(call.caller, "webhook:delete")

        async def act() -> Answer:
            found = await self._found(id)
            if not await self._webhooks.delete(id, call.caller.id):
                raise _unknown(id)
            return Answer(200, _answer(found))

        return await self._memory.once(call.key, act)

    async def deliveries(
        self, call: Call, id: str, state: str | None, cursor: str | None, limit: int
    ) -> Page[DeliveryAnswer]:
        """What was sent to it and what waits, newest first; kept as long as notifications."""
        require(call.caller, "webhook:read")
        await self._found(id)
        rows, following = await self._webhooks.deliveries(id, state, cursor, limit)
        return Page(tuple(map(_delivery, rows)), following)

    async def send_again(self, call: Call, id: str) -> Answer:
        """Sends what failed once more, from the first attempt on, the newest 10,000 at most."""
        require(call.caller, "webhook:change")
        await self._found(id)

        async def act() -> Answer:
            return Answer(200, SentAgainAnswer(await self._webhooks.send_again(id, _MOST_AGAIN, call.caller.id)))

        return await self._memory.once(call.key, act)

    async def _found(self, id: str) -> WebhookRecord:
        record = await self._webhooks.get(id) if is_uuid(id) else None
        if record is None:
            raise _unknown(id)
        return record

    def _check(self, url: str | None, kinds: tuple[str, ...]) -> None:
        errors = [
            {"pointer": f"/kinds/{place}", "message": f"is no kind; there are: {', '.join(KINDS)}"}
            for place, kind in enumerate(kinds)
            if kind not in KINDS
        ]
        if url is not None and (why := self._refused(url)):
            errors.append({"pointer": "/url", "message": why})
        if errors:
            raise Invalid("request_invalid", errors=errors)


def _unknown(id: str) -> NotFound:
    return NotFound("webhook_not_found", f"There is no webhook {id[:_SHOWN]}.")


def _answer(record: WebhookRecord) -> WebhookAnswer:
    return WebhookAnswer(
        id=record.id,
        url=record.url,
        description=record.description,
        kinds=record.kinds,
        active=record.active,
        failing_since=format_if_any(record.failing_since),
        stopped_because=record.stopped_because,
        created_at=format_time(record.created_at),
        created_by=record.created_by,
    )


def _delivery(record: DeliveryRecord) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=record.id,
        kind=record.kind,
        state=record.state,
        attempts=record.attempts,
        next_at=format_if_any(record.next_at),
        why=record.why,
        created_at=format_time(record.created_at),
        ended_at=format_if_any(record.ended_at),
    )
