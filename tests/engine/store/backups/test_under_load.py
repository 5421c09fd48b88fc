"""A backup that is taken while clients write is the database as it was at one moment."""

import asyncio
from pathlib import Path

from engine.core.commands import CompleteTask
from engine.core.events import Event, TaskCompleted
from engine.core.fold import fold
from engine.core.journey import Journey
from tests.conformance.worlds import as_stored
from tests.core.play import ADMIN
from tests.engine.store.backups.conftest import opened, restore, take
from tests.engine.workers.conftest import Crew

CHAIN = "".join(f"  - {{id: a{n}, performed_by: clerk, enables: [a{n + 1}]}}\n" for n in range(1, 5))
ATOMS = f"{CHAIN}  - {{id: a5, performed_by: clerk}}\n"
CLIENTS = 6


async def work_on(crew: Crew, journey: Journey, acknowledged: list[tuple[str, int]], stopped: asyncio.Event) -> None:
    """Runs one case after another; notes each answer as (process, task), the start as task 0."""
    while not stopped.is_set():
        (process,) = await crew.start(journey)
        acknowledged.append((process, 0))
        for task in range(1, 6):
            if not stopped.is_set():
                await crew.give(process, CompleteTask(ADMIN, task, {}))
                acknowledged.append((process, task))


async def test_everything_acknowledged_before_it_began_is_in_it_and_every_history_is_whole(
    postgres_url: str, empty_postgres_url: str, place: Path
) -> None:
    acknowledged: list[tuple[str, int]] = []
    stopped = asyncio.Event()
    async with opened(postgres_url) as crew:
        journey = await crew.publish(ATOMS)
        clients = [asyncio.create_task(work_on(crew, journey, acknowledged, stopped)) for _ in range(CLIENTS)]
        while len(acknowledged) < 100:
            await asyncio.wait(clients, timeout=0.01)
        before = list(acknowledged)
        manifest = await take(postgres_url, place)
        assert len(acknowledged) > len(before), "clients went on while it was taken"
        stopped.set()
        await asyncio.gather(*clients)
        written = len(acknowledged)
    restored = await restore(empty_postgres_url, place)
    assert restored.manifest == manifest
    async with opened(empty_postgres_url) as again:
        batch = await again.postgres.outbox.after(None, 100_000)
        assert batch
        assert len(batch.events) == manifest.events
        histories: dict[str, list[Event]] = {}
        for event in batch.events:
            histories.setdefault(event.process, []).append(event)
        done = {(event.process, event.fact.task) for event in batch.events if isinstance(event.fact, TaskCompleted)}
        done |= {(process, 0) for process in histories}
        assert set(before) <= done, "what was acknowledged before it began is in it"
        assert len(done) < written, "what came later is not"
        for process, history in histories.items():
            assert [event.seq for event in history] == list(range(1, len(history) + 1))
            assert as_stored(fold(journey, history)) == await again.process(process)
