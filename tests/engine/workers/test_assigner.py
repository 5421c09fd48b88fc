"""Tasks that the engine gives out, on PostgreSQL: to whom, once each, fairly, and what happens when there is nobody."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from engine.commit import Answer, Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import BlockTask, CompleteTask, ReassignTask, ReleaseTask, RetryIncident, UnblockTask
from engine.core.errors import EngineError
from engine.core.organisation import Absence, Organisation, User
from engine.core.process import Task
from engine.journeys import Journeys
from engine.points import Point, tell
from engine.settings import Settings
from engine.store import Postgres
from engine.workers.assigner import Assigner
from tests.core.play import ADMIN, HEAD
from tests.engine.workers.conftest import Crew
from tests.fakes.organisation import FixedStaff

ROUND = "  - {id: work, performed_by: {role: clerk, strategy: round_robin}}\n"
LOAD = "  - {id: work, performed_by: {role: clerk, strategy: load_balanced}}\n"
MANY = "  - {id: work, performed_by: {role: clerk, strategy: round_robin}, for_each: {var: items}, saves: text.all}\n"
EYES = """
  - {id: first, performed_by: {role: clerk, strategy: round_robin}, enables: [second]}
  - {id: second, performed_by: {role: clerk, strategy: round_robin, not_same_as: [first]}, enables: [third]}
  - {id: third, performed_by: {role: clerk, same_as: first}}
"""
APART = """
  - {id: left, entry: true, performed_by: {role: clerk, strategy: round_robin}}
  - {id: right, entry: true, performed_by: {role: clerk, not_same_as: [left]}}
"""
BOTH = """
  - {id: work, entry: true, performed_by: {role: clerk, strategy: round_robin}}
  - {id: more, entry: true, performed_by: {role: chief, strategy: round_robin}}
"""
OTHER = HEAD.replace("journey: example", "journey: other")
DAY = timedelta(days=1)


class Office:
    """Who there is, and what gives out their tasks."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.staff = FixedStaff()
        self.assigner = self.another(crew.postgres)

    def another(
        self, postgres: Postgres, limit: int = 200, batch: int = 100, commits: Commits | None = None
    ) -> Assigner:
        """As another program would have it."""
        commits = commits or Commits(postgres.store, Journeys(postgres.versions))
        journeys = Journeys(postgres.versions)
        return Assigner(postgres.assignment_queue, self.staff, journeys, commits, limit, batch, 15)

    def hires(self, *ids: str, **facts: Any) -> None:
        """These are the clerks from now on; others stay as they are."""
        users = [User(id, id, roles=frozenset({"clerk"}), **facts) for id in ids]
        known = [user for user in self.staff.organisation.users.values() if user.id not in ids]
        self.staff.organisation = Organisation.of(0, [*known, *users], (), ())

    async def give_out(self) -> None:
        while await self.assigner.run_once():
            pass

    async def tasks(self, *processes: str) -> list[Task]:
        """The open tasks of these."""
        return [task for process in processes for task in (await self.crew.process(process)).open_tasks()]

    async def shares(self, processes: Iterable[str]) -> Counter[str | None]:
        return Counter([task.assignee for task in await self.tasks(*processes)])

    async def done(self, process: str, by: str) -> None:
        (task,) = await self.tasks(process)
        await self.crew.give(process, CompleteTask(Caller(by, frozenset({"clerk"})), task.n, {}))

    async def rows(self, statement: bytes) -> list[dict[str, Any]]:
        pool = self.crew.postgres.store._pool  # pyright: ignore[reportPrivateUsage]
        async with pool.connection() as connection:
            return await (await connection.execute(statement)).fetchall()


@pytest.fixture
def office(crew: Crew) -> Office:
    return Office(crew)


def fair(shares: Counter[str | None], people: int) -> bool:
    return len(shares) == people and max(shares.values()) - min(shares.values()) <= 1


async def test_what_is_given_out_has_its_assignee_its_method_and_its_turn(crew: Crew, office: Office) -> None:
    office.hires("ann", "ben")
    processes = await crew.start(await crew.publish(ROUND), 3)
    assert not [task for task in await office.tasks(*processes) if task.assignee]
    await office.give_out()
    tasks = await office.tasks(*processes)
    assert [(task.assignee, task.status, task.seeking) for task in tasks] == [
        ("ann", "assigned", False),
        ("ben", "assigned", False),
        ("ann", "assigned", False),
    ]
    rows = await office.rows(
        b"SELECT to_user, method, assigned_by, role, turn, instead_of FROM task_assignments ORDER BY turn"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("ann", "round_robin", "system", "clerk", 1, None),
        ("ben", "round_robin", "system", "clerk", 2, None),
        ("ann", "round_robin", "system", "clerk", 3, None),
    ]
    assert not await office.rows(b"SELECT FROM assignment_queue")
    assert (await crew.types(processes[0]))[-1] == "task.assigned"


async def test_assigners_that_race_give_each_task_out_once_and_fairly(
    crew: Crew, office: Office, postgres_url: str
) -> None:
    """Eight programs, each with connections of its own, on one queue."""
    people = [f"u{number}" for number in range(7)]
    office.hires(*people)
    processes = await crew.start(await crew.publish(ROUND), 240)
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(Postgres.open(postgres_url, Settings())) for _ in range(8)]
        rivals = [office.another(postgres, limit=30) for postgres in opened]

        async def work(rival: Assigner) -> None:
            while await office.rows(b"SELECT FROM assignment_queue LIMIT 1"):
                await rival.run_once()

        await asyncio.gather(*map(work, rivals))
    assert fair(await office.shares(processes), 7)
    rows = await office.rows(b"SELECT count(*) AS all, count(DISTINCT (process_id, n)) AS tasks FROM task_assignments")
    assert rows == [{"all": 240, "tasks": 240}]


async def test_one_that_is_stopped_in_the_midst_leaves_nothing_twice_and_the_turns_fair(
    crew: Crew, office: Office
) -> None:
    office.hires("ann", "ben", "cem")
    processes = await crew.start(await crew.publish(ROUND), 100)
    victim = asyncio.create_task(office.another(crew.postgres, batch=20).run_once())
    left: list[Point] = []

    def strike(point: Point) -> None:
        left.append(point)
        if left.count(Point.BEFORE_COMMIT) == 3:
            victim.cancel()

    tell(strike)
    try:
        with pytest.raises(asyncio.CancelledError):
            await victim
    finally:
        tell(None)
    given = 100 - (await office.shares(processes))[None]
    assert given in {40, 60}, "two commits were whole, the third may be"
    await office.give_out()
    assert fair(await office.shares(processes), 3)


async def test_turns_go_on_where_they_were_in_another_journey_and_after_a_restart(crew: Crew, office: Office) -> None:
    office.hires("ann", "ben", "cem")
    first = await crew.start(await crew.publish(ROUND), 4)
    await office.give_out()
    other = await crew.publish(LOAD.replace("load_balanced", "round_robin"), OTHER)
    office.assigner = office.another(crew.postgres)
    second = await crew.start(other, 2)
    await office.give_out()
    assert [task.assignee for task in await office.tasks(*first, *second)] == ["ann", "ben", "cem", "ann", "ben", "cem"]


async def test_a_list_is_given_out_element_by_element(crew: Crew, office: Office) -> None:
    office.hires("ann", "ben")
    (process,) = await crew.start(await crew.publish(MANY), items=[1, 2, 3, 4])
    await office.give_out()
    assert [task.assignee for task in await office.tasks(process)] == ["ann", "ben", "ann", "ben"]


async def test_nobody_found_is_an_incident_that_says_why_once_and_goes_by_itself(crew: Crew, office: Office) -> None:
    (process,) = await crew.start(await crew.publish(ROUND))
    await office.give_out()
    (incident,) = (await crew.process(process)).open_incidents()
    assert (incident.code, incident.stage, incident.task) == ("nobody_eligible", "assignment", 1)
    assert incident.message == "Nobody holds the role clerk."
    await crew.advance(DAY)
    await office.give_out()
    assert (await crew.types(process)).count("incident.raised") == 1, "the reason is the same"
    office.hires("ann", absences=(Absence(1, await crew.postgres.clock.now(), await crew.postgres.clock.now() + DAY),))
    await crew.advance(timedelta(minutes=2))
    await office.give_out()
    (incident,) = (await crew.process(process)).open_incidents()
    assert "ann is away until" in incident.message
    office.hires("ann")
    await crew.advance(timedelta(minutes=2))
    await office.give_out()
    assert not [*(await crew.process(process)).open_incidents()]
    assert (await crew.types(process))[-2:] == ["task.assigned", "incident.resolved"]


async def test_it_is_looked_at_after_a_time_that_grows_and_is_never_longer_than_a_minute(
    crew: Crew, office: Office
) -> None:
    await crew.start(await crew.publish(ROUND))
    pauses: list[float] = []
    for _ in range(9):
        before = await crew.postgres.clock.now()
        await office.give_out()
        ((next_at,),) = [tuple(row.values()) for row in await office.rows(b"SELECT next_at FROM assignment_queue")]
        pauses.append((next_at - before).total_seconds())
        await crew.postgres.clock.advance_to(next_at)
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_the_end_of_an_absence_is_waited_for_to_the_moment(crew: Crew, office: Office) -> None:
    back = await crew.postgres.clock.now() + timedelta(seconds=20)
    office.hires("ann", absences=(Absence(1, back - DAY, back),))
    (process,) = await crew.start(await crew.publish(ROUND))
    for _ in range(6):
        await office.give_out()
        ((next_at,),) = [tuple(row.values()) for row in await office.rows(b"SELECT next_at FROM assignment_queue")]
        assert next_at <= back
        await crew.postgres.clock.advance_to(next_at)
        if next_at == back:
            break
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}


async def test_nobody_gets_more_than_they_take_and_the_oldest_goes_first_when_somebody_has_room(
    crew: Crew, office: Office
) -> None:
    office.hires("ann", capacity=2)
    journey = await crew.publish(LOAD)
    processes = [(await crew.start(journey))[0] for _ in range(4)]
    await office.give_out()
    assert await office.shares(processes) == {"ann": 2, None: 2}
    for process in processes[2:]:
        (incident,) = (await crew.process(process)).open_incidents()
        assert "ann takes no more than 2 open tasks, and has as many." in incident.message
    (younger,) = await crew.start(journey)
    await office.done(processes[0], "ann")
    office.assigner._look_at = 0  # pyright: ignore[reportPrivateUsage] - a second has gone by
    await office.give_out()
    assert [task.assignee for task in await office.tasks(*processes[1:], younger)] == ["ann", "ann", None, None]


async def test_an_organisation_that_changes_is_looked_at_at_once(crew: Crew, office: Office) -> None:
    (process,) = await crew.start(await crew.publish(ROUND))
    await office.give_out()
    office.hires("ann")
    await office.rows(b"SELECT wayline_look_again(ARRAY['clerk'])")
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}


async def test_what_was_looked_at_with_an_organisation_that_is_past_stays_due(crew: Crew, office: Office) -> None:
    (process,) = await crew.start(await crew.publish(ROUND))
    await office.rows(b"UPDATE organisation SET version = version + 1 RETURNING 1")
    assert not await office.assigner.run_once(), "the next beat will do"
    assert await office.rows(b"SELECT FROM assignment_queue WHERE next_at <= wayline_now()")
    office.hires("ann")
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}


async def test_retrying_the_incident_looks_again_at_once(crew: Crew, office: Office) -> None:
    (process,) = await crew.start(await crew.publish(ROUND))
    await office.give_out()
    office.hires("ann")
    await office.give_out()
    assert await office.shares([process]) == {None: 1}, "it is put off"
    await crew.give(process, RetryIncident(ADMIN, 1, "ann is there now"))
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}


async def test_four_eyes_and_same_as_are_looked_up_in_the_case(crew: Crew, office: Office) -> None:
    office.hires("ann", "ben")
    (process,) = await crew.start(await crew.publish(EYES))
    await office.give_out()
    await office.done(process, "ann")
    await office.rows(b"UPDATE task_assignments SET turn = NULL RETURNING 1")
    await office.give_out()
    assert await office.shares([process]) == {"ben": 1}, "ann has the turn, and performed the first"
    await office.done(process, "ben")
    await office.give_out()
    (task,) = await office.tasks(process)
    assert (task.atom, task.assignee) == ("third", "ann")
    rows = await office.rows(b"SELECT method, turn FROM task_assignments ORDER BY at DESC, seq DESC LIMIT 1")
    assert rows == [{"method": "same_as", "turn": None}]


async def test_four_eyes_that_came_to_be_since_the_choice_refuse_it_and_another_is_chosen(
    crew: Crew, office: Office
) -> None:
    office.hires("ann", "ben")
    (process,) = await crew.start(await crew.publish(APART))

    class Late(Commits):
        """Lets ann perform the other atom between the choice and its commit."""

        async def many(self, asks: Sequence[Ask]) -> list[Answer | EngineError]:
            if "right" in [task.atom for task in await office.tasks(process)]:
                await crew.give(process, CompleteTask(Caller("ann", frozenset({"clerk"})), 2, {}))
            return await super().many(asks)

    late = Late(crew.postgres.store, Journeys(crew.postgres.versions))
    assert await office.another(crew.postgres, commits=late).run_once()
    assert (await crew.process(process)).steps["right"].performers == ("ann",)
    assert await office.shares([process]) == {None: 1}, "ann was chosen, and refused"
    await crew.advance(timedelta(seconds=2))
    await office.give_out()
    assert await office.shares([process]) == {"ben": 1}


async def test_what_is_blocked_released_or_taken_by_hand_meanwhile_is_left_alone(crew: Crew, office: Office) -> None:
    (process,) = await crew.start(await crew.publish(ROUND))
    await crew.give(process, BlockTask(ADMIN, 1, "not yet"))
    office.hires("ann", "ben")
    await office.give_out()
    assert await office.shares([process]) == {None: 1}
    await crew.give(process, UnblockTask(ADMIN, 1))
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}
    await crew.give(process, ReleaseTask(ADMIN, 1))
    await office.give_out()
    assert await office.shares([process]) == {None: 1}, "it was given back to the role"
    await crew.give(process, ReassignTask(ADMIN, 1, "ben"))
    await crew.give(process, ReleaseTask(ADMIN, 1, seek=True))
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}, "ben had it last"


async def test_who_gives_a_task_back_gets_it_again_only_if_nobody_else_can(crew: Crew, office: Office) -> None:
    office.hires("ann", "ben", "cem")
    (process,) = await crew.start(await crew.publish(LOAD))
    order: list[str | None] = []
    for _ in range(4):
        await office.give_out()
        order += await office.shares([process])
        await crew.give(process, ReleaseTask(ADMIN, 1, seek=True))
    assert order == ["ann", "ben", "cem", "ann"]
    office.hires("ben", active=False)
    office.hires("cem", active=False)
    await office.give_out()
    assert await office.shares([process]) == {"ann": 1}, "there is nobody else"


async def test_a_task_that_seeks_is_known_at_once_to_the_program_that_made_it(crew: Crew) -> None:
    assert not crew.commits.sought.is_set()
    await crew.start(await crew.publish(LOAD.replace("load_balanced", "pool")))
    assert not crew.commits.sought.is_set()
    await crew.start(await crew.publish(ROUND, OTHER))
    assert crew.commits.sought.is_set()


async def test_a_role_that_another_gives_out_is_left_to_them_and_another_role_taken(
    crew: Crew, postgres_url: str
) -> None:
    await crew.start(await crew.publish(BOTH))
    async with (
        Postgres.open(postgres_url, Settings()) as second,
        Postgres.open(postgres_url, Settings()) as third,
        crew.postgres.assignment_queue.round(()) as taken,
        second.assignment_queue.round(()) as beside,
        third.assignment_queue.round(()) as none,
    ):
        assert taken is not None
        assert beside is not None
        assert {taken.role, beside.role} == {"chief", "clerk"}
        assert none is None


async def test_nothing_is_given_out_while_all_workers_are_paused(crew: Crew, office: Office) -> None:
    office.hires("ann")
    await crew.start(await crew.publish(ROUND))
    await crew.postgres.pauses.begin("olga", "maintenance")
    assert not await office.assigner.run_once()
    await crew.postgres.pauses.end("olga")
    assert await office.assigner.run_once()
