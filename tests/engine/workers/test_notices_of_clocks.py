"""From the marks of clocks to what people are told: each once, at the right time, with nothing that is sensitive."""

from datetime import timedelta

from engine.core.callers import Caller
from engine.core.commands import CompleteTask, ReassignTask
from engine.workers.clocks import ClocksWorker
from tests.engine.workers.conftest import Crew
from tests.engine.workers.telling import MONA, STAFF, hook, plain, tell

ATOMS = """
  - id: a
    name: Look at it
    performed_by: clerk
    sla: {target: PT1H, escalations: [{after: PT2H, role: chief}]}
"""
LIST = "SELECT user_id, kind FROM notifications WHERE kind <> 'assigned' ORDER BY at, kind, user_id"
SENT = "SELECT channel, user_id, webhook_id, kind FROM deliveries ORDER BY created_at, channel, user_id"


async def struck(crew: Crew, by: timedelta) -> None:
    """So much later, when all marks are noted and told of."""
    await crew.advance(by)
    worker = ClocksWorker(crew.postgres.clocks, STAFF, crew.commits, 100, 0.0)
    while await worker.run_once():
        pass
    await tell(crew)


async def test_a_task_that_takes_ever_longer_is_told_of_once_at_each_mark(crew: Crew, postgres_url: str) -> None:
    (process,) = await crew.start(await crew.publish(ATOMS))
    await hook(crew, "https://hooks.example.org/", "late", ["at_risk", "breached"])
    await struck(crew, timedelta(minutes=50))
    async with plain(postgres_url) as rows:
        pool = [("carl", "at_risk"), ("cora", "at_risk")]
        assert [tuple(row.values()) for row in await rows(LIST)] == pool, "nobody has it: its role is warned"
        await crew.give(process, ReassignTask(MONA, 1, "carl"))
        await struck(crew, timedelta(minutes=20))
        late = [*pool, ("carl", "breached"), ("mona", "breached")]
        assert [tuple(row.values()) for row in await rows(LIST)] == late
        await struck(crew, timedelta(hours=1))
        assert [tuple(row.values()) for row in await rows(LIST)] == [*late, ("mona", "escalated")]
        await struck(crew, timedelta(days=9))
        assert len(await rows(LIST)) == len(late) + 1, "never in a loop"
        assert [tuple(row.values()) for row in await rows(SENT)] == [
            ("webhook", None, "late", "at_risk"),
            ("email", "carl", None, "breached"),
            ("email", "mona", None, "breached"),
            ("webhook", None, "late", "breached"),
            ("email", "mona", None, "escalated"),
        ]


async def test_nobody_is_warned_of_what_was_done_before_it_could_be_told(crew: Crew, postgres_url: str) -> None:
    """No worker ran: the marks are noted with the end of the work, and only that it was late is still news."""
    (process,) = await crew.start(await crew.publish(ATOMS))
    await crew.give(process, ReassignTask(MONA, 1, "carl"))
    await crew.advance(timedelta(hours=3))
    await crew.give(process, CompleteTask(Caller("carl", frozenset({"clerk"})), 1, {}))
    await tell(crew)
    assert {"sla.at_risk", "sla.breached"} <= set(await crew.types(process))
    async with plain(postgres_url) as rows:
        found = [tuple(row.values()) for row in await rows(LIST)]
        assert found == [("mona", "breached"), ("olga", "process_completed")], "carl ended it and knows"
