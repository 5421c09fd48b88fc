"""The drum: what a failing worker does to it, and how it stops."""

import asyncio

import pytest

from engine.core.errors import Unavailable
from engine.workers.schedule import Beat, Drum, drumming
from tests.waiting import until


class Rounds:
    """A worker whose rounds do, one after another, what it was given: raise, or say whether there is more."""

    def __init__(self, *rounds: BaseException | bool) -> None:
        self.rounds = list(rounds)
        self.done = 0

    async def run_once(self) -> bool:
        self.done += 1
        outcome = self.rounds.pop(0) if self.rounds else False
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


AWAY = Unavailable("unavailable", "PostgreSQL is away.", retry_after=1)


async def beaten(worker: Rounds, times: int) -> Drum:
    drum = Drum()
    for _ in range(times):
        await drum.beat(Beat("worker", worker, 1))
    return drum


async def test_a_worker_whose_database_is_away_goes_on_however_long_that_lasts():
    worker = Rounds(*[AWAY] * 20, True, False)
    drum = await beaten(worker, 21)
    assert worker.done == 22
    assert not drum.broken.done()


async def test_a_round_that_a_driver_cancels_is_no_end_of_its_loop_and_the_next_one_goes_on():
    worker, woken = Rounds(asyncio.CancelledError(), asyncio.CancelledError(), False), asyncio.Event()
    async with drumming([Beat("worker", worker, 3600, woken)]) as drum:
        for done in (1, 2, 3):
            await until(lambda done=done: reached(worker, done))
            woken.set()
        assert not drum.broken.done()


async def reached(worker: Rounds, done: int) -> bool:
    return worker.done >= done


async def test_a_worker_that_fails_unexpectedly_five_times_in_a_row_breaks_the_drum():
    drum = await beaten(Rounds(*[ZeroDivisionError("x")] * 4), 4)
    assert not drum.broken.done()
    drum = await beaten(Rounds(*[ZeroDivisionError("x")] * 6), 6)
    assert await drum.broken == "worker failed 5 times in a row: ZeroDivisionError"


async def test_a_round_that_went_well_forgives_the_failures_before_it():
    four = [ZeroDivisionError("x")] * 4
    drum = await beaten(Rounds(*four, False, *four, False), 10)
    assert not drum.broken.done()


async def test_each_worker_is_counted_by_itself():
    drum = Drum()
    for name in ("one", "two"):
        for _ in range(4):
            await drum.beat(Beat(name, Rounds(ZeroDivisionError("x")), 1))
    assert not drum.broken.done()


async def test_a_worker_is_called_again_at_once_while_it_finds_something_but_lets_others_in_after_200_rounds():
    worker = Rounds(True, True, False)
    await beaten(worker, 1)
    assert worker.done == 3
    busy = Rounds(*[True] * 500)
    await beaten(busy, 1)
    assert busy.done == 200


class Slow:
    def __init__(self) -> None:
        self.began, self.gate = asyncio.Event(), asyncio.Event()
        self.running = self.most = self.ended = 0

    async def run_once(self) -> bool:
        self.running += 1
        self.most = max(self.most, self.running)
        self.began.set()
        await self.gate.wait()
        self.running -= 1
        self.ended += 1
        return False


async def test_workers_begin_at_once_and_leaving_waits_for_the_round_under_way():
    slow = Slow()
    async with asyncio.timeout(30):
        async with drumming([Beat("slow", slow, 3600)]) as drum:
            await slow.began.wait()
            asyncio.get_running_loop().call_soon(slow.gate.set)
        assert slow.ended == 1
        assert not drum.broken.done()


async def test_leaving_ends_a_worker_that_always_finds_more_after_its_round():
    class Endless(Slow):
        async def run_once(self) -> bool:
            await super().run_once()
            return True

    endless = Endless()
    async with asyncio.timeout(30), drumming([Beat("endless", endless, 3600)]):
        await endless.began.wait()
        asyncio.get_running_loop().call_soon(endless.gate.set)
    assert endless.ended == 1


async def test_leaving_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.workers.schedule._GRACE", 0.01)
    slow = Slow()
    async with asyncio.timeout(30), drumming([Beat("slow", slow, 3600)]):
        await slow.began.wait()
    assert slow.ended == 0


async def test_a_round_that_outlasts_its_beat_is_not_called_a_second_time_beside_itself():
    slow, quick = Slow(), Slow()
    quick.gate.set()
    async with asyncio.timeout(30), drumming([Beat("slow", slow, 0.01), Beat("quick", quick, 0.01)]):
        while quick.ended < 5:
            quick.began.clear()
            await quick.began.wait()
        assert slow.most == 1
        slow.gate.set()


async def test_a_broken_drum_says_which_worker_failed_and_the_others_go_on():
    good = Slow()
    good.gate.set()
    bad = Rounds(*[ZeroDivisionError("x")] * 1000)
    async with asyncio.timeout(30), drumming([Beat("bad", bad, 0.01), Beat("good", good, 0.01)]) as drum:
        assert "bad failed 5 times" in await drum.broken
        ended = good.ended
        while good.ended == ended:
            good.began.clear()
            await good.began.wait()


async def test_a_worker_is_called_at_once_when_it_is_woken_and_again_for_what_came_meanwhile():
    woken = asyncio.Event()
    rounds: asyncio.Queue[int] = asyncio.Queue()

    class Sleeper:
        done = 0

        async def run_once(self) -> bool:
            self.done += 1
            if self.done == 2:
                woken.set()
            rounds.put_nowait(self.done)
            return False

    async with drumming([Beat("sleeper", Sleeper(), 3600, woken)]), asyncio.timeout(5):
        assert await rounds.get() == 1
        woken.set()
        assert await rounds.get() == 2
        assert await rounds.get() == 3
