"""While all workers are paused the drum calls none that rests; those that only look go on."""

import asyncio

import pytest

from engine.core.errors import Unavailable
from engine.ports import Backlog, Pause
from engine.workers.pausing import PauseWatch
from engine.workers.schedule import Beat, Drum, drumming
from tests.core.stage import NOON
from tests.engine.workers.conftest import Crew
from tests.waiting import until

PAUSE = Pause(NOON, "rita", "restored")


class Pauses:
    """The port `Pauses` in memory; `away` as PostgreSQL may be."""

    def __init__(self) -> None:
        self.pause: Pause | None = None
        self.away = False

    async def current(self) -> Pause | None:
        if self.away:
            raise Unavailable("unavailable", "PostgreSQL is away.", retry_after=1)
        return self.pause

    async def begin(self, by: str, reason: str) -> Pause:
        self.pause = self.pause or Pause(NOON, by, reason)
        return self.pause

    async def end(self, by: str) -> Pause | None:
        ended, self.pause = self.pause, None
        return ended

    async def backlog(self) -> Backlog:
        return Backlog(0, 0, 0, 0)


class Rounds:
    """A worker that pauses all after its second round."""

    def __init__(self, watch: PauseWatch | None = None) -> None:
        self.watch = watch
        self.done = 0

    async def run_once(self) -> bool:
        self.done += 1
        if self.watch and self.done == 2:
            self.watch.pause = PAUSE
        return True


async def test_one_that_rests_stops_between_two_rounds_and_others_go_on():
    watch = PauseWatch(Pauses())
    drum, resting, looking = Drum(watch.paused), Rounds(watch), Rounds()
    await drum.beat(Beat("timers", resting, 1, rests=True))
    await drum.beat(Beat("projector", looking, 1))
    assert (resting.done, looking.done) == (2, 200)
    watch.pause = None
    await drum.beat(Beat("timers", resting, 1, rests=True))
    assert resting.done == 202


async def test_what_was_read_last_holds_while_postgresql_is_away():
    pauses = Pauses()
    watch = PauseWatch(pauses)
    await watch.run_once()
    assert not watch.paused()
    await pauses.begin("rita", "restored")
    await watch.run_once()
    assert watch.paused()
    await pauses.end("rita")
    pauses.away = True
    with pytest.raises(Unavailable):
        await watch.run_once()
    assert watch.paused()


async def test_workers_that_run_stop_and_go_on_as_postgresql_says(crew: Crew):
    began, rounds = asyncio.Event(), Rounds()

    class Resting:
        async def run_once(self) -> bool:
            rounds.done += 1
            began.set()
            return False

    watch = PauseWatch(crew.postgres.pauses)

    async def paused() -> bool:
        return watch.paused()

    beats = (Beat("pauses", watch, 0.01), Beat("timers", Resting(), 0.01, rests=True))
    async with asyncio.timeout(30), drumming(beats, watch.paused):
        await began.wait()
        await crew.postgres.pauses.begin("rita", "to look")
        await until(paused)
        before = rounds.done
        await watch.run_once()
        assert rounds.done == before
        began.clear()
        await crew.postgres.pauses.end("rita")
        await began.wait()


async def test_a_pause_is_one_over_all_and_leaves_who_and_why_in_the_audit(crew: Crew):
    pauses = crew.postgres.pauses
    first = await pauses.begin("rita", "to look")
    assert await pauses.begin("rob", "again") == first == await pauses.current()
    assert await pauses.end("rob") == first
    assert await pauses.end("rob") is None
    assert await pauses.current() is None


async def test_what_processes_posted_each_other_waits_while_all_are_paused(crew: Crew):
    child = await crew.publish("  - {id: only, performed_by: clerk}\n")
    parent = await crew.publish(
        f"  - {{id: call, kind: subjourney, calls: '{child.definition.key}@{child.definition.version}'}}\n",
        "journey: parent\nversion: 1.0.0\nname: P\ncontext: {type: object}\n",
    )
    await crew.start(parent)
    await crew.postgres.pauses.begin("rita", "to look")
    assert not await crew.commands().run_once()
    assert (await crew.postgres.pauses.backlog()).commands == 1
    await crew.postgres.pauses.end("rita")
    assert await crew.commands().run_once()
