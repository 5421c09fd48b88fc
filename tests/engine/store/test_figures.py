"""The port `Figures`, held against what a slow look at every row finds."""

import statistics
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from engine.core.fitness import WEIGHTS
from engine.core.values import encode
from engine.ports import Load
from engine.store import Postgres
from tests.conformance.worlds import World
from tests.engine.store.conftest import Plain
from tests.engine.store.crowds import PEOPLE, ROLES, crowd_of, soonest

METHODS = ("claim", "reassign", "round_robin", "delegate")
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
_FILL = b"""
INSERT INTO task_assignments (
    process_id, n, seq, method, assigned_by, to_user, at, released_at, role, accepted_at, completed_at)
SELECT process_id, n, seq, method, 'x', to_user, at, at, role, accepted_at, completed_at
FROM json_populate_recordset(NULL::task_assignments, %s)
"""


async def test_loads_are_what_looking_at_every_task_finds(postgres: Postgres, world: World, sql: Plain):
    crowd, now = await crowd_of(sql, Random(3)), await world.now()
    expected: dict[str, Load] = {}
    for user in PEOPLE:
        tasks = [task for _, task in crowd.tasks if task.open and task.assignee == user and task.kind != "system"]
        expected[user] = Load(
            user,
            open=len(tasks),
            in_progress=sum(task.status == "in_progress" for task in tasks),
            blocked=sum(task.status == "blocked" for task in tasks),
            overdue=sum(soonest(task) < now for task in tasks),
            weight=sum(WEIGHTS[task.priority] for task in tasks),
        )
        assert expected[user].blocked and expected[user].overdue
    assert list(await postgres.figures.loads(None, None, 9, WEIGHTS)) == list(expected.values())
    assert [one.user for one in await postgres.figures.loads(None, "ann", 2, WEIGHTS)] == ["bob", "cem"]
    some = await postgres.figures.loads(["dan", "ann", "eve"], None, 9, WEIGHTS)
    assert list(some) == [expected["ann"], expected["dan"]]


async def test_assignments_are_counted_and_timed_by_role_and_method(postgres: Postgres, sql: Plain):
    random = Random(5)
    await crowd_of(sql, random, cases=1, each=1)
    rows: list[dict[str, Any]] = []
    for seq in range(400):
        at = BEGIN + timedelta(seconds=seq)
        accepted = at + timedelta(milliseconds=random.randrange(100_000)) if random.random() < 0.7 else None
        done = at + timedelta(milliseconds=random.randrange(900_000)) if random.random() < 0.5 else None
        facts = {"method": random.choice(METHODS), "role": random.choice(ROLES), "to_user": random.choice(PEOPLE)}
        rows.append({"process_id": "p0", "n": 1, "seq": seq, "at": at, "accepted_at": accepted, "completed_at": done})
        rows[-1] |= facts
    await sql.execute(_FILL, (encode(rows).decode(),))

    async def found(first: int, last: int, users: list[str] | None, most: int) -> Any:
        times = (BEGIN + timedelta(seconds=first), BEGIN + timedelta(seconds=last))
        return await postgres.figures.assignments(*times, users, most)

    for first, last, users in ((0, 400, None), (100, 300, None), (0, 400, ["ann", "bob"])):
        figures, complete = await found(first, last, users, 1000)
        assert complete
        expected = _slowly([row for row in rows[first:last] if users is None or row["to_user"] in users])
        assert {(one.role, one.method) for one in figures} == set(expected)
        for one in figures:
            assert (one.assignments, one.accepted, one.completed) == expected[one.role, one.method][:3]
            medians = (one.accept_p50_seconds, one.complete_p50_seconds)
            assert medians == pytest.approx(expected[one.role, one.method][3:], abs=0.0011)
    figures, complete = await found(0, 400, None, 150)
    assert not complete
    assert sum(one.assignments for one in figures) == 151, "the newest, and one that tells of more"
    assert await found(500, 600, None, 10) == ([], True)


def _slowly(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    groups: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["role"], row["method"]].append(row)

    def median(of: list[dict[str, Any]], name: str) -> float | None:
        lengths = [(row[name] - row["at"]).total_seconds() for row in of if row[name]]
        return statistics.median(lengths) if lengths else None

    return {
        key: (
            len(of),
            sum(row["accepted_at"] is not None for row in of),
            sum(row["completed_at"] is not None for row in of),
            median(of, "accepted_at"),
            median(of, "completed_at"),
        )
        for key, of in groups.items()
    }
