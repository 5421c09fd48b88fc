"""What the statements of a transaction cost, and that random runs are stored as they were decided."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncCursor

from engine.core.callers import SYSTEM
from engine.core.commands import (
    ChangeContext,
    Command,
    CompleteTask,
    CompleteWork,
    RetryIncident,
    Start,
)
from engine.core.decide import decide
from engine.core.fold import fold
from engine.core.journey import join_up
from engine.core.process import Process
from engine.ports import Commit, Key, Remembered
from tests.conformance.worlds import OLGA, World, as_stored, drained
from tests.core.journeys import CONTEXTS, PARTS, versions
from tests.core.play import ADMIN, journey_of

FIVE = journey_of("[" + ", ".join(f"{{id: a{n}, performed_by: clerk, entry: true}}" for n in range(5)) + "]")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent from now on."""
    sent: list[str] = []
    execute = AsyncCursor[Any].execute

    async def counted(self: AsyncCursor[Any], query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return await execute(self, query, *args, **kwargs)

    monkeypatch.setattr("psycopg.AsyncCursor.execute", counted)
    return sent


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("known", [True, False])
async def test_a_transaction_is_as_many_statements_for_many_as_for_one(
    world: World, statements: list[str], count: int, known: bool
) -> None:
    ids = [f"p{number}" for number in range(count)]
    keys = [Key("olga", id, "f") for id in ids]
    for id in ids:
        await world.start(FIVE, id)
    if not known:
        world.forget()
    statements.clear()
    async with world.store.transaction() as transaction:
        locked = await transaction.lock(ids, keys)
        found, now = locked.markings, locked.now
        commits: list[Commit] = []
        for id in ids:
            for n in range(1, 6):
                before = found[id] if n == 1 else commits[-1].decision.after
                commits.append(Commit(decide(FIVE, before, CompleteTask(OLGA, n, {"n": n}), now), None))
        await transaction.write(commits, [Remembered(key, 200, b"{}") for key in keys])
    assert len(statements) == (3 if known else 4)  # the locks, a look, the markings, what is written
    assert (await world.marking(ids[-1])).status == "completed"


async def next_command(world: World, process: Process, choose: Any) -> Command:
    """Mends what is held; else completes one of the open tasks, work of the workers by who claimed it."""
    for incident in process.open_incidents():
        if "absent" not in process.context:
            return ChangeContext(ADMIN, {"absent": 1}, "was missing")
        return RetryIncident(ADMIN, incident.n, "mended")
    task = choose(list(process.open_tasks()))
    if task.kind == "human":
        return CompleteTask(ADMIN, task.n, {"value": task.atom})
    if task.lease is None:
        await world.queue.claim("w1", [task.action], 100)
        task = (await world.marking(process.id)).tasks[task.n]
    return CompleteWork(SYSTEM, task.n, task.lease.token, {"value": task.atom})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(version=versions(unresolved=True, terminate=True), context=CONTEXTS, part=PARTS, data=st.data())
async def test_random_runs_are_stored_as_they_were_decided_and_as_their_events_fold(
    world: World, version: Any, context: Any, part: Any, data: Any
) -> None:
    """The marking of a process is a fold over its events: replaying them gives exactly the stored state (Events)."""
    journey = join_up(*version)
    _, cursor = await drained(world, 1000)
    id = f"p{cursor.id if cursor else 0}"
    decision = await world.give(journey, id, Start(OLGA, id, context, part=part))
    while not decision.after.ended:
        stored = await world.marking(id)
        assert stored == as_stored(decision.after)
        command = await next_command(world, stored, lambda tasks: data.draw(st.sampled_from(tasks)))
        decision = await world.give(journey, id, command)
    events, _ = await drained(world, 1000, cursor)
    assert await world.marking(id) == as_stored(decision.after) == as_stored(fold(journey, events))
