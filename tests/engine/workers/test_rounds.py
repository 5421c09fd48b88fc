"""What a round of a worker asks of PostgreSQL: as many statements for many as for one."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.core.commands import Suspend
from engine.store.connections import Connection
from engine.workers.rescuer import Rescuer
from tests.core.play import ADMIN, HEAD
from tests.engine.workers.conftest import Crew

HOUR = timedelta(hours=1)
NAP = "  - {id: nap, kind: wait, for: PT1H, enables: [work]}\n  - {id: work, performed_by: clerk}\n"
PULL = "  - {id: pull, kind: system, action: pull, input: {who: x}, retry: {timeout: PT1M}}\n"
CHILD_HEAD = HEAD.replace("journey: example", "journey: child")
CHILD = "  - {id: work, performed_by: clerk}\n"
PARENT = "  - {id: call, kind: subjourney, calls: child@1.0.0}\n"

Round = Callable[[], Awaitable[bool]]


async def due_timers(crew: Crew, count: int) -> tuple[Round, list[str], str]:
    processes = await crew.start(await crew.publish(NAP), count)
    await crew.advance(HOUR)
    return crew.timers().run_once, processes, "timer.fired"


async def expired_leases(crew: Crew, count: int) -> tuple[Round, list[str], str]:
    processes = await crew.start(await crew.publish(PULL), count)
    await crew.postgres.queue.claim("w1", ["pull"], 100)
    await crew.advance(HOUR)
    return Rescuer(crew.postgres.queue, crew.commits, 100).run_once, processes, "action.attempted"


async def posted_commands(crew: Crew, count: int) -> tuple[Round, list[str], str]:
    await crew.publish(CHILD, CHILD_HEAD)
    parents = await crew.start(await crew.publish(PARENT), count)
    children = [child for parent in parents for child in (await crew.process(parent)).children]
    await crew.commands().run_once()
    for parent in parents:
        await crew.give(parent, Suspend(ADMIN, "stop"))
    return crew.commands().run_once, children, "process.suspended"


async def sent(round: Round, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that one round sends."""
    statements: list[str] = []
    execute = Connection.execute

    async def counted(self: Connection, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(str(query))
        return await execute(self, query, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr("psycopg.AsyncConnection.execute", counted)
        assert await round()
    return statements


@pytest.mark.parametrize("prepare", [due_timers, expired_leases, posted_commands])
async def test_a_round_is_as_many_statements_for_forty_as_for_one(
    crew: Crew, prepare: Callable[[Crew, int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, _ = await prepare(crew, 1)
    await first()  # reads the journey's version
    one, _, _ = await prepare(crew, 1)
    for_one = await sent(one, monkeypatch)
    many, processes, type = await prepare(crew, 40)
    for_many = await sent(many, monkeypatch)
    assert len(for_many) == len(for_one), "\n".join(for_many)
    for process in processes:
        assert (await crew.types(process)).count(type) == 1
