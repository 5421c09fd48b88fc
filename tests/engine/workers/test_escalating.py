"""Escalation by time on PostgreSQL: each level once, and whose work it is then, in every row that says so."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from engine.commit import Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import ClaimTask, StartTask
from engine.core.organisation import Organisation, Role, User
from engine.core.process import Task
from engine.workers.clocks import ClocksWorker
from tests.engine.workers.conftest import Crew
from tests.fakes.organisation import FixedStaff

HOUR = timedelta(hours=1)
CLERKS, CHIEFS = frozenset({"clerk"}), frozenset({"chief"})
ANN, CARL = Caller("ann", CLERKS), Caller("carl", CHIEFS)
PEOPLE = Organisation.of(
    1,
    [User("ann", "Ann", roles=CLERKS, reports_to="mona"), User("mona", "Mona"), User("carl", "Carl", roles=CHIEFS)],
    [Role("clerk", "Clerk"), Role("chief", "Chief")],
    [],
)
UP = """
  - id: a
    performed_by: clerk
    sla:
      target: PT4H
      escalations: [{after: PT1H, manager: true, reassign: true}, {after: PT1H, role: chief, reassign: true}]
"""
OF_TASK = "SELECT role, status, assignee, escalations, escalated_to, version FROM tasks"
HANDS = "SELECT method, from_user, to_user, released_at IS NULL AS held FROM task_assignments ORDER BY seq"


def worker(crew: Crew, commits: Commits | None = None) -> ClocksWorker:
    staff = FixedStaff()
    staff.organisation = PEOPLE
    return ClocksWorker(crew.postgres.clocks, staff, commits or crew.commits, 100, 0.0)


async def read(url: str, statement: Any) -> Sequence[dict[str, Any]]:
    async with await AsyncConnection.connect(url, row_factory=dict_row) as connection:
        return await (await connection.execute(statement)).fetchall()


async def task(crew: Crew, process: str) -> Task:
    return (await crew.process(process)).tasks[1]


async def test_up_to_the_manager_and_over_to_another_role_which_takes_it(crew: Crew, postgres_url: str) -> None:
    (process,) = await crew.start(await crew.publish(UP))
    await crew.give(process, ClaimTask(ANN, 1))
    await crew.give(process, StartTask(ANN, 1))
    await crew.advance(HOUR)
    await worker(crew).run_once()
    (row,) = await read(postgres_url, OF_TASK)
    assert (row["role"], row["status"], row["assignee"], row["escalations"]) == ("clerk", "assigned", "mona", 1)
    await crew.advance(HOUR)
    await worker(crew).run_once()
    (row,) = await read(postgres_url, OF_TASK)
    assert (row["role"], row["status"], row["assignee"], row["escalated_to"]) == ("chief", "pending", None, "chief")
    hands = [tuple(row.values()) for row in await read(postgres_url, HANDS)]
    assert hands == [("claim", None, "ann", False), ("escalate", "ann", "mona", False)]
    other = crew.other_commits()
    await other(Ask(process, ClaimTask(CARL, 1), lambda _, __: None))
    assert (await task(crew, process)).assignee == "carl"
    await crew.advance(99 * HOUR)
    await worker(crew).run_once()
    assert (await crew.types(process)).count("task.escalated") == 2


async def test_two_workers_at_once_and_late_do_each_level_once(crew: Crew) -> None:
    processes = await crew.start(await crew.publish(UP), 20)
    await crew.advance(9 * HOUR)
    await asyncio.gather(*(worker(crew, crew.other_commits()).run_once() for _ in range(4)))
    await worker(crew).run_once()
    for process in processes:
        assert (await crew.types(process)).count("task.escalated") == 2
        found = await task(crew, process)
        assert (found.role, found.assignee, found.sla and found.sla.next_at) == ("chief", None, None)
