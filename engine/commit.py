"""Commands that arrive together are decided and written together: read, decide each in turn, write, one COMMIT.

Those that arrive while a commit is under way go into the next one; a lone command is a batch of one and waits for
nothing. A command that is refused gets its own error and takes no other with it. What a process
was posted by others is taken up before anything else is asked of it. When the connection is lost before the answer, the
outcome is unknown to the caller; the idempotency key settles it (R17).

Journey versions that are not in memory are read between two tries, so that nobody waits for them behind a lock.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from engine import clock
from engine.core.commands import Command, Start
from engine.core.decision import Decision
from engine.core.errors import Conflict, EngineError, Unavailable
from engine.core.journey import Journey
from engine.core.values import encode
from engine.deciding import Batch, Unread, Versions
from engine.journeys import Journeys
from engine.points import Point, reached
from engine.ports import Commit, Key, Remembered, Store, TakenUp, Transaction

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """A command for `process`, and how its answer is made from what was decided.

    `journey` is given for a start only. `keys` are what it is remembered by: the idempotency key it came with, the id
    of the message it brings. `if_match` is what the caller has read: a task's version, else the process's seq.
    """

    process: str
    command: Command
    shape: Callable[[Journey, Decision], object]
    status: int = 200
    correlation_id: str | None = None
    keys: tuple[Key, ...] = ()
    if_match: int | None = None
    journey: Journey | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets: `body` is a dataclass of `engine.answers`, or the text remembered for the key (R17)."""

    status: int
    body: object


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A command that waits for the next commit, who waits for its answer, and until when it is worth one."""

    ask: Ask
    until: float
    answer: "asyncio.Future[Answer | EngineError]"


class Commits:
    """The one way to change what runs. `posted` is set when there is something for a process to take up, `sought`
    when some task seeks somebody.

    At most `batch` commands are written together, and at most `queue` wait for their turn, none longer than `wait`
    seconds.
    """

    def __init__(
        self, store: Store, journeys: Journeys, batch: int = 100, queue: int = 5_000, wait: float = 10.0
    ) -> None:
        self._store = store
        self._journeys = journeys
        self._batch = batch
        self._queue = queue
        self._wait = wait
        self._waiting: deque[_Waiting] = deque()
        self._turn: asyncio.Task[None] | None = None
        self.posted = asyncio.Event()
        self.sought = asyncio.Event()

    async def __call__(self, ask: Ask) -> Answer:
        """The answer to one command, which is written together with those that wait beside it.

        Raises:
            EngineError: when it is refused; nothing has been written then.
            Unavailable: when too many wait, it has waited too long, or the database is away.
        """
        if len(self._waiting) >= self._queue:
            raise _too_much()
        waiting = _Waiting(ask, clock.monotonic() + self._wait, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._turn is None:
            self._turn = asyncio.create_task(self._take_turns())
        answer = await waiting.answer
        if isinstance(answer, EngineError):
            raise answer
        reached(Point.BEFORE_ANSWER)
        return answer

    async def _take_turns(self) -> None:
        """Writes what waits, one batch after another, until nothing does. One that is cut off leaves nobody behind."""
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                await self._write_together([one for one in batch if _in_time(one)])
        finally:
            self._turn = asyncio.create_task(self._take_turns()) if self._waiting else None

    async def _write_together(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        try:
            answers: Sequence[Answer | EngineError] = await self.many([one.ask for one in batch])
        except EngineError as error:
            answers = [error] * len(batch)
        except asyncio.CancelledError:
            # Drivers do it where they give up a connection; those who ask were not cancelled.
            answers = [_cut_off()] * len(batch)
        except BaseException:
            for one in batch:
                one.answer.cancel()
            raise
        for one, answer in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)

    async def many(self, asks: Sequence[Ask]) -> list[Answer | EngineError]:
        """The answers to commands that are written together, in order; a refused one has its error.

        That is one transaction, but for those whose process was posted something by one before them.
        Where something fails that should not, the commands of each process are tried by themselves; `internal_error`
        is the answer to those that fail again.

        Raises:
            Unavailable: when the database is away; whether anything was written is unknown if it went away late.
        """
        try:
            return await self._run(asks, ())
        except EngineError:
            raise
        except Exception:
            processes = dict.fromkeys(ask.process for ask in asks)
            _log.exception("commit.failed", processes=list(processes), alone=len(processes) == 1)
            if len(processes) == 1:
                return [EngineError("internal_error") for _ in asks]
        answers: dict[int, Answer | EngineError] = {}
        for process in processes:
            places = [place for place, ask in enumerate(asks) if ask.process == process]
            answers |= dict(zip(places, await self.many([asks[place] for place in places]), strict=True))
        return [answers[place] for place in range(len(asks))]

    async def take_up(self, processes: Sequence[str]) -> None:
        """What these processes were posted is decided, in the order of posting, each once.

        One that is refused is dropped. One that fails in a way nobody expected is put off, with what is behind it.

        Raises:
            Unavailable: when the database is away.
        """
        try:
            await self._run((), processes)
        except EngineError:
            raise
        except Exception:
            _log.exception("commit.take_up_failed", processes=list(processes), alone=len(processes) == 1)
            if len(processes) == 1:
                await self._put_off(processes[0])
                return
            for process in processes:
                await self.take_up([process])

    async def _run(self, asks: Sequence[Ask], others: Collection[str]) -> list[Answer | EngineError]:
        versions: Versions = {}
        while True:
            results: dict[int, Answer | EngineError] = {}
            try:
                async with self._store.transaction() as transaction:
                    batch = await self._read(transaction, asks, others, versions)
                    batch.take_up()
                    for place, ask in enumerate(asks):
                        # What it was posted just now comes first, and is taken up by the next transaction.
                        if ask.process not in batch.posted_to:
                            results[place] = _settle(place, ask, batch)
                    for place, refusal in (await _taken(transaction, asks, batch)).items():
                        batch.drop(place)
                        results |= dict.fromkeys(results.keys() & _asked_alike(asks, place), refusal)
                    await transaction.write(batch.commits(), batch.answers(), batch.taken_up())
            except Unread as unread:
                versions |= {version: await self._version(*version) for version in unread.versions}
            else:
                break
        if batch.posted_to:
            self.posted.set()
        if batch.sought:
            self.sought.set()
        later = [place for place in range(len(asks)) if place not in results]
        if later:
            results |= dict(zip(later, await self.many([asks[place] for place in later]), strict=True))
        return [results[place] for place in range(len(asks))]

    async def _read(
        self, transaction: Transaction, asks: Sequence[Ask], others: Collection[str], versions: Versions
    ) -> Batch:
        keys = [key for ask in asks for key in ask.keys]
        running = {ask.process for ask in asks if not isinstance(ask.command, Start)}
        locked = await transaction.lock(sorted(running.union(others)), keys)
        batch = Batch(locked, dict(locked.remembered))
        batch.look_up(versions, self._journeys.known)
        if addresses := batch.addresses():
            batch.kept = await transaction.kept(addresses)
        return batch

    async def _version(self, journey: str | None, version: str | None) -> Journey | EngineError:
        try:
            return await self._journeys.get(journey, version)
        except EngineError as missing:
            if missing.retryable:
                raise
            return missing

    async def _put_off(self, process: str) -> None:
        async with self._store.transaction() as transaction:
            pending = (await transaction.lock([process])).pending
            if pending and not pending[0].put_off:
                await transaction.write([], [], TakenUp(failed=pending[:1]))


def _too_much() -> Unavailable:
    return Unavailable("unavailable", "More commands are waiting than can be written soon.", retry_after=1)


def _cut_off() -> Unavailable:
    detail = "The connection was given up while this was written; whether it was is told by asking again."
    return Unavailable("unavailable", detail, retry_after=1)


def _in_time(waiting: _Waiting) -> bool:
    """Whether somebody still waits for it; one that waited too long is refused, before anything was done."""
    if waiting.answer.cancelled():
        return False
    if clock.monotonic() <= waiting.until:
        return True
    waiting.answer.set_result(_too_much())
    return False


def _settle(place: int, ask: Ask, batch: Batch) -> Answer | EngineError:
    try:
        for key in ask.keys:
            if kept := batch.remembered.get((key.caller, key.key)):
                return _again(key, kept)
        batch.refuse_stale(ask.process, ask.command, ask.if_match)
        journey, decision = batch.decide(ask.process, ask.command, ask.journey)
        body = ask.shape(journey, decision)
        commit = Commit(decision, ask.correlation_id, journey.sensitive)
        if not ask.keys:
            batch.accept(place, commit, [])
            return Answer(ask.status, body)
        text = encode(body)
        remembered = [Remembered(key, ask.status, text, journey.sensitive is not None) for key in ask.keys]
        batch.accept(place, commit, remembered)
        return Answer(ask.status, msgspec.Raw(text))
    except EngineError as refusal:
        return refusal
    except Exception:
        _log.exception("commit.ask_failed", process=ask.process, command=type(ask.command).__name__)
        return EngineError("internal_error")


async def _taken(transaction: Transaction, asks: Sequence[Ask], batch: Batch) -> dict[int, EngineError]:
    """Reserves the business keys of what was started; the refusals of those that another open process has (R17)."""
    wanted: dict[int, tuple[str, str, str]] = {}
    for place, decision in batch.decisions():
        after = decision.after
        if isinstance(asks[place].command, Start) and after.business_key and after.journey is not None:
            wanted[place] = (after.journey, after.business_key, after.id)
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


def _asked_alike(asks: Sequence[Ask], place: int) -> set[int]:
    """The ask at `place`, and those that got its answer by one of its keys."""
    keys = set(asks[place].keys)
    return {other for other, ask in enumerate(asks) if other == place or keys.intersection(ask.keys)}


def _again(key: Key, kept: Remembered) -> Answer:
    if kept.key.fingerprint != key.fingerprint:
        raise Conflict("idempotency_mismatch", key=key.key)
    return Answer(kept.status, msgspec.Raw(kept.body))
