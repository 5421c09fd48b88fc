"""A program of the engine that makes tasks to be given out, and gives out whatever waits; run by a test."""

import asyncio
import sys

from psycopg import AsyncConnection

from engine.commit import Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import Start
from engine.core.decision import Decision
from engine.core.journey import Journey
from engine.journeys import Journeys
from engine.organisation import CurrentStaff
from engine.settings import Settings
from engine.store import Postgres
from engine.workers.assigner import Assigner

AT_ONCE = 50
BEAT = 0.05
"""Seconds between two looks when there was nothing to give out."""


async def work(url: str, name: str, count: int) -> None:
    """Starts `count` processes of `example@1.0.0` while it gives out tasks; ends when nothing waits any more."""
    settings = Settings()
    async with Postgres.open(url, settings) as postgres:
        journeys, staff = Journeys(postgres.versions), CurrentStaff(postgres.organisation)
        commits = Commits(postgres.store, journeys)
        assigner = Assigner(postgres.assignment_queue, staff, journeys, commits, AT_ONCE, AT_ONCE, 15)
        journey = await journeys.get("example", "1.0.0")
        making = asyncio.create_task(_make(commits, journey, name, count))
        async with await AsyncConnection.connect(url, autocommit=True) as aside:
            while not making.done() or await _waits(aside):
                if not await assigner.run_once():
                    await asyncio.sleep(BEAT)
        await making


async def _make(commits: Commits, journey: Journey, name: str, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        ids = [f"{name}-{number}" for number in range(start, min(start + AT_ONCE, count))]
        await commits.many([Ask(id, Start(Caller("olga"), id, {}), _nothing, journey=journey) for id in ids])


async def _waits(connection: AsyncConnection) -> bool:
    return await (await connection.execute("SELECT FROM assignment_queue LIMIT 1")).fetchone() is not None


def _nothing(_journey: Journey, _decision: Decision) -> None:
    """Nobody waits for an answer."""


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
