"""Commands that arrive together are decided and written together: read, decide each in turn, write, one COMMIT.

A single call is a batch of one. A command that is refused gets its own error and takes no other with it. When the
connection is lost before the answer, the outcome is unknown to the caller; the idempotency key settles it (R17).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from engine.core.commands import Command, Start
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.errors import Conflict, EngineError, NotFound
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.values import encode
from engine.journeys import Journeys
from engine.ports import Commit, Key, Remembered, Store, Transaction


@dataclass(frozen=True, slots=True)
class Ask:
    """A command for `process`, and how its answer is made from what was decided.

    `journey` is given for a start only; `key` is the idempotency key it came with.
    """

    process: str
    command: Command
    shape: Callable[[Journey, Decision], object]
    status: int = 200
    correlation_id: str | None = None
    key: Key | None = None
    journey: Journey | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets: `body` is a dataclass of `engine.answers`, or the text remembered for the key (R17)."""

    status: int
    body: object


@dataclass(slots=True)
class _Batch:
    """What one transaction has read and decided so far; `decided` by the place of the ask."""

    remembered: dict[tuple[str, str], Remembered]
    markings: dict[str, Process]
    now: datetime
    decided: dict[int, tuple[Commit, Remembered | None]]


class Commits:
    """The one way to change what runs."""

    def __init__(self, store: Store, journeys: Journeys) -> None:
        self._store = store
        self._journeys = journeys

    async def __call__(self, ask: Ask) -> Answer:
        """The answer to one command.

        Raises:
            EngineError: when it is refused; nothing has been written then.
        """
        (answer,) = await self.many([ask])
        if isinstance(answer, EngineError):
            raise answer
        return answer

    async def many(self, asks: Sequence[Ask]) -> list[Answer | EngineError]:
        """The answers to commands that are written in one transaction, in order; a refused one has its error.

        Raises:
            Unavailable: when the database is away; whether anything was written is unknown if it went away late.
        """
        async with self._store.transaction() as transaction:
            batch = await self._read(transaction, asks)
            results = [await self._settle(place, ask, batch) for place, ask in enumerate(asks)]
            for place, refusal in (await _taken(transaction, asks, batch)).items():
                del batch.decided[place]
                for same in _asked_alike(asks, place):
                    results[same] = refusal
            decided = batch.decided.values()
            await transaction.write(
                [commit for commit, _ in decided if commit.decision.events], [kept for _, kept in decided if kept]
            )
        return results

    async def _read(self, transaction: Transaction, asks: Sequence[Ask]) -> _Batch:
        keys = [ask.key for ask in asks if ask.key]
        remembered = dict(await transaction.recall(keys)) if keys else dict[tuple[str, str], Remembered]()
        running = sorted({ask.process for ask in asks if not isinstance(ask.command, Start)})
        markings, now = await transaction.lock(running)
        return _Batch(remembered, dict(markings), now, {})

    async def _settle(self, place: int, ask: Ask, batch: _Batch) -> Answer | EngineError:
        try:
            if ask.key and (kept := batch.remembered.get((ask.key.caller, ask.key.key))):
                return _again(ask.key, kept)
            return await self._decide(place, ask, batch)
        except EngineError as refusal:
            return refusal

    async def _decide(self, place: int, ask: Ask, batch: _Batch) -> Answer:
        process = batch.markings.get(ask.process)
        journey = ask.journey
        if journey is None:
            if process is None:
                raise NotFound("process_not_found")
            journey = await self._journeys.get(process.journey, process.version)
        decision = decide(journey, process, ask.command, batch.now)
        body = ask.shape(journey, decision)
        kept = Remembered(ask.key, ask.status, encode(body)) if ask.key else None
        batch.decided[place] = (Commit(decision, ask.correlation_id), kept)
        batch.markings[ask.process] = decision.after
        if kept:
            batch.remembered[kept.key.caller, kept.key.key] = kept
        return Answer(ask.status, body)


async def _taken(transaction: Transaction, asks: Sequence[Ask], batch: _Batch) -> dict[int, EngineError]:
    """Reserves the business keys of what was started; the refusals of those that another open process has (R17)."""
    wanted = {
        place: (commit.decision.after.journey, key, commit.decision.after.id)
        for place, (commit, _) in batch.decided.items()
        if isinstance(asks[place].command, Start) and (key := commit.decision.after.business_key)
    }
    if not wanted:
        return {}
    holders = await transaction.take_business_keys(list(wanted.values()))
    return {
        place: Conflict(
            "business_key_taken",
            f"An open process of {journey} has the business key {key}.",
            process=holders[journey, key],
        )
        for place, (journey, key, process) in wanted.items()
        if holders.get((journey, key), process) != process
    }


def _asked_alike(asks: Sequence[Ask], place: int) -> list[int]:
    """The ask at `place`, and those that got its answer by its key."""
    key = asks[place].key
    return [other for other, ask in enumerate(asks) if other == place or (key is not None and ask.key == key)]


def _again(key: Key, kept: Remembered) -> Answer:
    if kept.key.fingerprint != key.fingerprint:
        raise Conflict("idempotency_mismatch", key=key.key)
    return Answer(kept.status, msgspec.Raw(kept.body))
