"""Many tasks at once, by programs of the engine side by side: given out fairly, claimed once, whoever is killed.

The large numbers of issue 6 run with `make test-long`; the same with smaller ones in every run.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from engine.commit import Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import ClaimTask
from engine.core.errors import EngineError, Unavailable
from engine.core.organisation import Role, User
from engine.journeys import Journeys
from engine.organisation import CurrentStaff
from engine.ports import Entered
from engine.settings import Settings
from engine.store import Postgres
from engine.workers.assigner import Assigner
from tests.engine.workers.conftest import Crew
from tests.waiting import until

ROOT = Path(__file__).parents[3]
ROUND = "  - {id: work, performed_by: {role: clerk, strategy: round_robin}}\n"
OFFERED = "  - {id: work, performed_by: clerk}\n"
PEOPLE = [f"u{number}" for number in range(7)]
LONG = [pytest.mark.long, pytest.mark.timeout(900)]


def opened(url: str, programs: int, count: int) -> list[subprocess.Popen[bytes]]:
    """So many programs that make `count` tasks between them and give them out."""
    command = [sys.executable, "-m", "tests.engine.workers.office", url]
    share = str(count // programs)
    return [subprocess.Popen([*command, f"office-{number}", share], cwd=ROOT) for number in range(programs)]


@pytest.mark.parametrize(
    ("programs", "count", "killed"),
    [(3, 240, True), pytest.param(8, 10_000, False, marks=LONG), pytest.param(8, 10_000, True, marks=LONG)],
)
async def test_tasks_of_many_programs_are_within_one_of_fair_even_if_one_is_killed(
    crew: Crew, postgres_url: str, programs: int, count: int, killed: bool
) -> None:
    users = tuple(User(id, id, roles=frozenset({"clerk"})) for id in PEOPLE)
    await crew.postgres.organisation.apply(Entered(users=users, roles=(Role("clerk", "Clerk"),)), "olga")
    await crew.publish(ROUND)
    running = opened(postgres_url, programs, count)
    try:
        with psycopg.connect(postgres_url, autocommit=True) as connection:

            def value(query: str) -> int:
                (found,) = connection.execute(query.encode()).fetchone() or (0,)
                return int(found)

            async def well_under_way() -> bool:
                return value("SELECT count(*) FROM task_assignments") > count // 10

            await until(well_under_way, 300)
            if killed:
                running[0].kill()
            for program in running[killed:]:
                assert await asyncio.to_thread(program.wait, 600) == 0
            journeys, staff = Journeys(crew.postgres.versions), CurrentStaff(crew.postgres.organisation)
            last = Assigner(crew.postgres.assignment_queue, staff, journeys, crew.commits, 200, 100, 15)
            while await last.run_once():  # what the dead left
                pass
            made = value("SELECT count(*) FROM tasks")
            assert made >= count * (programs - killed) // programs
            assert value("SELECT count(*) FROM assignment_queue") == 0
            assert value("SELECT count(*) FROM task_assignments") == made
            assert value("SELECT count(DISTINCT (process_id, n)) FROM task_assignments") == made
            shares = connection.execute(b"SELECT count(*) FROM tasks GROUP BY assignee").fetchall()
            given = [share for (share,) in shares]
            assert (len(given), max(given) - min(given) <= 1) == (len(PEOPLE), True), given
    finally:
        for program in running:
            program.kill()
            program.wait()


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=LONG)])
async def test_clients_that_claim_from_one_queue_never_get_the_same_task(
    crew: Crew, postgres_url: str, count: int
) -> None:
    """Each is a program of its own, and goes for the oldest that are free, as all the others do."""
    journey = await crew.publish(OFFERED)
    for _ in range(0, count, 200):
        await crew.start(journey, 200)
    got: Counter[str] = Counter()

    async def claim_all(name: str) -> None:
        caller = Caller(name, frozenset({"clerk"}))
        async with (
            Postgres.open(postgres_url, Settings()) as own,
            await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as connection,
        ):
            commits = Commits(own.store, Journeys(own.versions))
            while True:
                found = await connection.execute(
                    b"SELECT process_id FROM tasks WHERE status = 'pending' ORDER BY created_at, process_id LIMIT 20"
                )
                free = [process for (process,) in await found.fetchall()]
                if not free:
                    return
                try:
                    answers = await commits.many([Ask(id, ClaimTask(caller, 1), lambda _, __: None) for id in free])
                except Unavailable:  # waited too long for the others, on a machine that has much to do
                    continue
                refused = [answer for answer in answers if isinstance(answer, EngineError)]
                assert {answer.code for answer in refused} <= {"not_your_task", "invalid_transition"}
                got[name] += len(answers) - len(refused)

    await asyncio.gather(*(claim_all(f"client-{number}") for number in range(8)))
    assert sum(got.values()) == count
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute(b"SELECT to_user, count(DISTINCT process_id) FROM task_assignments GROUP BY to_user")
        assert dict(rows.fetchall()) == +got, "one holder each, who was told so"
