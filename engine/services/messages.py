"""Messages: each goes to the step that has waited longest for it, or is kept until one waits (R16)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import msgspec

from engine.answers import MessageAnswer
from engine.clock import new_id
from engine.commit import Answer, Commits
from engine.core.commands import DeliverMessage
from engine.core.decision import Decision
from engine.core.errors import Conflict, EngineError, Invalid, Unavailable
from engine.core.events import MessageDelivered
from engine.core.journey import Journey
from engine.core.times import format_time
from engine.core.values import canonical, encode
from engine.ports import Key, Message, Remembered, Store, Waiting
from engine.services.calls import Call, require

_LONGEST_KEY: Final = 1000
"""Bytes of the JSON text of a key."""
_TRIES: Final = 20
"""How often a wait may be gone by the time that its message is delivered, before the sender is told to try again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was sent; without an `id` it is one of its own. `key` is any JSON value."""

    name: str
    key: Any = None
    id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ttl: timedelta = timedelta(hours=1)


class MessageService:
    """Takes messages in."""

    def __init__(self, commits: Commits, store: Store) -> None:
        self._commits = commits
        self._store = store

    async def send(self, call: Call, sent: Sent) -> Answer:
        """Delivers the message once, or keeps it for its `ttl`; the answer says which. The same id is one message.

        Raises:
            Invalid: `output_invalid`, where the step that waits for it cannot take its body; its id stays free.
            Unavailable: when those who wait for it come and go so fast that none could be met.
        """
        require(call.caller, "message:send")
        _check(sent)
        message = sent.id or new_id()
        keys = (*call.keys, Key("message:", message, ""))
        for _ in range(_TRIES):
            met = await self._meet(sent, message, keys)
            if isinstance(met, Answer):
                return met
            command = DeliverMessage(call.caller, met.wait, message, sent.body)
            ask = call.ask(met.process, command, _delivered(message, sent), keys=keys)
            try:
                return await self._commits(ask)
            except EngineError as refusal:
                if refusal.code not in {"wait_gone", "process_ended"}:
                    raise
        raise Unavailable("unavailable", "The steps that wait for this message change too fast; send it again.")

    async def _meet(self, sent: Sent, message: str, keys: tuple[Key, ...]) -> Answer | Waiting:
        """The wait that the message is for; else what was answered before, or that it is kept now."""
        async with self._store.transaction() as transaction:
            locked = await transaction.lock((), keys)
            if kept := _recalled(locked.remembered, keys):
                return kept
            until = locked.now + sent.ttl
            waiting = await transaction.keep(Message(message, sent.name, sent.key, sent.body, until))
            if waiting:
                return waiting
            body = MessageAnswer(message, sent.name, sent.key, "kept", kept_until=format_time(until))
            await transaction.write([], [Remembered(key, 200, encode(body), sealed=True) for key in keys])
        return Answer(200, body)


def _recalled(remembered: Mapping[tuple[str, str], Remembered], keys: tuple[Key, ...]) -> Answer | None:
    """What was answered to the request's key, else to the message's id.

    Raises:
        Conflict: `idempotency_mismatch`.
    """
    for key in keys:
        if kept := remembered.get((key.caller, key.key)):
            if kept.key.fingerprint != key.fingerprint:
                raise Conflict("idempotency_mismatch", key=key.key)
            return Answer(kept.status, msgspec.Raw(kept.body))
    return None


def _delivered(message: str, sent: Sent) -> Callable[[Journey, Decision], MessageAnswer]:
    """What makes the answer of delivering the message."""

    def shape(_: Journey, decision: Decision) -> MessageAnswer:
        fact = next(event.fact for event in decision.events if isinstance(event.fact, MessageDelivered))
        return MessageAnswer(
            id=message,
            name=sent.name,
            key=sent.key,
            status="bound" if fact.bound else "delivered",
            process=decision.after.id,
            atom=fact.atom,
            visit=fact.visit,
        )

    return shape


def _check(sent: Sent) -> None:
    if len(canonical(sent.key)) > _LONGEST_KEY:
        wrong = [{"pointer": "/key", "message": f"is longer than {_LONGEST_KEY} bytes as JSON"}]
        raise Invalid("request_invalid", errors=wrong)
