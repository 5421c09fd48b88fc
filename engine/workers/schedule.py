"""The drum that the workers march to: APScheduler calls each `run_once()` at its pace and keeps no state of its own.

A loop that fails in a way nobody expected stops the process after some tries in a row instead of limping.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]

from engine import clock
from engine.core.errors import Unavailable

_log = structlog.get_logger(__name__)
_BURST = 200
_TRIES = 5
_GRACE = 8


class Worker(Protocol):
    """Something that does one round of its work, and says whether another round may find more."""

    async def run_once(self) -> bool:
        """One round."""
        ...


@dataclass(frozen=True, slots=True)
class Beat:
    """`worker` is called every `seconds`, and again at once while it finds something (at most 200 times).

    Where `woken` is set it is called at once, too. One that `rests` does nothing while all workers are paused.
    """

    name: str
    worker: Worker
    seconds: float
    woken: asyncio.Event | None = None
    rests: bool = False


class Drum:
    """The running loops; `broken` is set with the reason when one has died. Once `leaving`, no further round begins.

    `paused` says whether all workers are; it is asked before each round of one that rests then.
    """

    def __init__(self, paused: Callable[[], bool] = lambda: False) -> None:
        self._paused = paused
        self._rounds: dict[str, asyncio.Lock] = {}
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.leaving = False
        self._failures: dict[str, int] = {}
        self._away: set[str] = set()

    async def once(self, beat: Beat) -> None:
        """As `beat`, after a call of the same worker that is under way."""
        async with self._rounds.setdefault(beat.name, asyncio.Lock()):
            await self.beat(beat)

    async def leave(self, seconds: float) -> None:
        """Lets no further round begin, and waits for those under way, at most so long."""
        self.leaving = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for under_way in self._rounds.values():
                    async with under_way:
                        pass

    async def beat(self, beat: Beat) -> None:
        """One call of a worker, with what it does when databases are away or something unexpected is raised."""
        try:
            for _ in range(_BURST):
                if self.leaving or (beat.rests and self._paused()) or not await beat.worker.run_once():
                    break
            self._failures[beat.name] = 0
            if beat.name in self._away:
                self._away.discard(beat.name)
                _log.info("worker.back", worker=beat.name)
        except Unavailable as away:
            if beat.name not in self._away:
                self._away.add(beat.name)
                _log.warning("worker.waits", worker=beat.name, detail=away.detail)
        except asyncio.CancelledError:
            # Only who leaves cancels rounds. Drivers do it where they give up a connection: the next round goes on.
            if self.leaving:
                raise
            _log.warning("worker.interrupted", worker=beat.name)
        except Exception as error:
            self._failures[beat.name] = self._failures.get(beat.name, 0) + 1
            _log.exception("worker.failed", worker=beat.name, times=self._failures[beat.name])
            if self._failures[beat.name] >= _TRIES and not self.broken.done():
                self.broken.set_result(f"{beat.name} failed {_TRIES} times in a row: {type(error).__name__}")


@asynccontextmanager
async def drumming(beats: Sequence[Beat], paused: Callable[[], bool] = lambda: False) -> AsyncGenerator[Drum]:
    """Calls the workers until it is left; rounds under way end first. While `paused` says so, those that rest do."""
    drum = Drum(paused)
    once = drum.once
    scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

    async def when(woken: asyncio.Event, beat: Beat) -> None:
        while True:
            await woken.wait()
            # Before the round: what comes during it would else be lost until the next beat.
            woken.clear()
            await once(beat)

    waking = [asyncio.create_task(when(beat.woken, beat)) for beat in beats if beat.woken is not None]
    for beat in beats:
        scheduler.add_job(once, "interval", args=[beat], seconds=beat.seconds, id=beat.name, next_run_time=clock.now())  # pyright: ignore[reportUnknownMemberType]
    # A round that outlasts its beat is usual here; APScheduler would warn of each beat that it left out.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.start()
    try:
        yield drum
    finally:
        scheduler.pause()
        await drum.leave(0 if drum.leaving else _GRACE)
        for task in waking:
            task.cancel()
        scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType]
