"""Clocks of service levels on PostgreSQL: each mark is noted once, with its moment, whoever comes to it and when."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from engine.commit import Answer, Ask, Commits
from engine.core.clock_facts import AtRisk, Breached, Escalated
from engine.core.commands import CompleteTask, Suspend
from engine.core.errors import EngineError
from engine.core.process import Process
from engine.core.times import parse_time
from engine.journeys import Journeys
from engine.workers.clocks import ClocksWorker
from tests.core.play import ADMIN, HEAD
from tests.engine.workers.conftest import Crew, drain
from tests.fakes.organisation import FixedStaff

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WORK = "  - {id: work, performed_by: clerk, sla: {target: PT1H}}\n"
LOAN = HEAD + "sla: {target: PT2H, escalate_after: PT3H}\n"
PLAIN = "  - {id: work, performed_by: clerk}\n"


def clocks(crew: Crew, commits: Commits | None = None, limit: int = 100) -> ClocksWorker:
    return ClocksWorker(crew.postgres.clocks, FixedStaff(), commits or crew.other_commits(), limit, 0)


async def marks(crew: Crew, process: str) -> list[tuple[str, datetime]]:
    """The marks that were noted, each with its moment."""
    page = await crew.postgres.reads.history(process, None, 1000)
    names = (AtRisk.name, Breached.name, Escalated.name)
    return [(event.type, parse_time(event.payload["reached_at"])) for event in page.items if event.type in names]


def since(process: Process) -> datetime:
    assert process.started_at
    return process.started_at


async def test_a_mark_is_noted_when_it_has_come_and_not_before(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(WORK))
    await crew.advance(44 * MINUTE)
    assert await drain(clocks(crew)) == 0
    assert await marks(crew, process) == []
    await crew.advance(MINUTE)
    await drain(clocks(crew))
    began = since(await crew.process(process))
    assert await marks(crew, process) == [("sla.at_risk", began + 45 * MINUTE)]


async def test_a_late_start_finds_what_had_passed_with_the_moment_of_each(crew: Crew) -> None:
    """A task's marks and the process's, the escalation too; a second round finds nothing."""
    (process,) = await crew.start(await crew.publish(WORK, LOAN))
    await crew.advance(9 * HOUR)
    await drain(clocks(crew))
    await drain(clocks(crew))
    began = since(await crew.process(process))
    assert await marks(crew, process) == [
        ("sla.at_risk", began + 45 * MINUTE),
        ("sla.breached", began + HOUR),
        ("sla.at_risk", began + 105 * MINUTE),
        ("sla.breached", began + 2 * HOUR),
        ("sla.escalated", began + 3 * HOUR),
    ]
    assert await crew.postgres.clocks.due(10) == []


async def test_of_workers_that_come_to_the_same_marks_at_once_each_is_noted_once(crew: Crew) -> None:
    processes = await crew.start(await crew.publish(WORK), 60)
    await crew.advance(2 * HOUR)
    await asyncio.gather(*(drain(clocks(crew, limit=5)) for _ in range(3)))
    await drain(clocks(crew))
    for process in processes:
        assert [what for what, _ in await marks(crew, process)] == ["sla.at_risk", "sla.breached"]


async def test_what_a_killed_worker_had_found_is_found_by_the_next_at_once(crew: Crew) -> None:
    """Nothing is claimed: who finds a mark and is killed before the commit leaves it as it was."""
    (process,) = await crew.start(await crew.publish(WORK))
    await crew.advance(2 * HOUR)
    assert await crew.postgres.clocks.due(10) == [process]  # and then it is killed
    await drain(clocks(crew))
    assert [what for what, _ in await marks(crew, process)] == ["sla.at_risk", "sla.breached"]


async def test_while_all_workers_are_paused_nothing_is_noted_and_afterwards_all_of_it(crew: Crew) -> None:
    (process,) = await crew.start(await crew.publish(WORK))
    await crew.postgres.pauses.begin("rita", "restored")
    await crew.advance(2 * HOUR)
    assert await drain(clocks(crew)) == 0
    await crew.postgres.pauses.end("rita")
    await drain(clocks(crew))
    assert (await marks(crew, process))[-1] == ("sla.breached", since(await crew.process(process)) + HOUR)


@pytest.mark.parametrize("command", [Suspend(ADMIN, "audit"), CompleteTask(ADMIN, 1, {})])
async def test_what_passed_before_a_command_is_noted_by_that_and_by_no_worker_after_it(
    crew: Crew, command: Suspend | CompleteTask
) -> None:
    (process,) = await crew.start(await crew.publish(WORK))
    await crew.advance(2 * HOUR)
    assert await crew.postgres.clocks.due(10) == [process]
    await crew.give(process, command)
    assert [what for what, _ in await marks(crew, process)] == ["sla.at_risk", "sla.breached"]
    assert await drain(clocks(crew)) == 0
    assert await crew.postgres.clocks.due(10) == []


async def test_very_many_marks_at_the_same_time_let_other_work_come_in_between(crew: Crew) -> None:
    late = await crew.start(await crew.publish(WORK), 300)
    (busy,) = await crew.start(await crew.publish(PLAIN, HEAD.replace("journey: example", "journey: other")))
    await crew.advance(2 * HOUR)
    striking = asyncio.create_task(drain(clocks(crew, limit=30)))
    await crew.commits(Ask(busy, CompleteTask(ADMIN, 1, {}), lambda _, __: None))
    assert not striking.done(), "it was answered while clocks were waiting"
    await striking
    assert {(await marks(crew, process))[-1][0] for process in late[::50]} == {"sla.breached"}


class Refusing(Commits):
    """Commits that refuse all that is asked of some processes."""

    def __init__(self, crew: Crew) -> None:
        super().__init__(crew.postgres.store, Journeys(crew.postgres.versions))
        self.refused: set[str] = set()
        self.asked: list[str] = []

    async def many(self, asks: Sequence[Ask]) -> list[Answer | EngineError]:
        self.asked += [ask.process for ask in asks]
        answers = iter(await super().many([ask for ask in asks if ask.process not in self.refused]))
        return [EngineError("internal_error") if ask.process in self.refused else next(answers) for ask in asks]


async def test_a_process_whose_clocks_cannot_be_struck_keeps_no_other_from_theirs_and_is_tried_again_later_and_later(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1_000.0]
    monkeypatch.setattr("engine.clock.monotonic", lambda: seconds[0])
    odd, *others = await crew.start(await crew.publish(WORK), 3)
    await crew.advance(2 * HOUR)
    commits = Refusing(crew)
    commits.refused.add(odd)
    worker = clocks(crew, commits, limit=1)
    await drain(worker)
    assert sorted(commits.asked) == sorted([odd, *others]), "each was come to, once"
    assert [(await marks(crew, process))[-1][0] for process in others] == ["sla.breached"] * 2
    tries: list[float] = []
    for _ in range(800):
        seconds[0] += 1
        before = len(commits.asked)
        await worker.run_once()
        if len(commits.asked) > before:
            tries.append(seconds[0] - 1_000)
    assert tries == [1, 3, 7, 15, 31, 63, 127, 255, 511]
    commits.refused.clear()
    seconds[0] += 300
    await worker.run_once()
    assert (await marks(crew, odd))[-1] == ("sla.breached", since(await crew.process(odd)) + HOUR)
