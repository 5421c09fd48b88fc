"""The port `Inbox`: in each order and with each filter the work that is somebody's, and nothing of what is not."""

import itertools
from dataclasses import fields
from random import Random
from typing import Any, get_args

import pytest

from engine.answers import TaskAnswer
from engine.core import access
from engine.core.callers import SYSTEM
from engine.core.commands import ClaimTask, CompleteTask, RepeatAtom, Start
from engine.core.errors import Invalid
from engine.core.journey import Journey, Routes
from engine.inbox_answers import InboxItem
from engine.ports import ANY_WORK, Order, TaskFilter, Whose, WorkFilter
from engine.store import Postgres
from tests.conformance.worlds import OLGA, World
from tests.core.play import ADMIN, HEAD, journey_of
from tests.engine.store.conftest import Plain
from tests.engine.store.crowds import PEOPLE, ROLES, caller_of, crowd_of

ORDERS: tuple[Order, ...] = get_args(Order)
FOUR_EYES = journey_of("""
- {id: enter, performed_by: clerk, enables: [check]}
- {id: check, performed_by: {role: clerk, not_same_as: [enter]}}
""")
ONE = journey_of(
    "[{id: only, performed_by: clerk, sla: {target: PT1H}}]", HEAD.replace("journey: example", "journey: one")
)
FILTERS = (
    WorkFilter(journey="buy"),
    WorkFilter(atom="check"),
    WorkFilter(role="chief"),
    WorkFilter(priority="critical"),
    WorkFilter(status="blocked"),
    WorkFilter(overdue=True),
    WorkFilter(overdue=False, blocked=False),
    WorkFilter(blocked=True, priority="high"),
    WorkFilter(delegated=True),
    WorkFilter(delegated=False, journey="sell", atom="enter"),
    WorkFilter(sla="at_risk"),
    WorkFilter(sla="breached", overdue=True),
    WorkFilter(q="kim 1"),
    WorkFilter(q="50%_OFF"),
    WorkFilter(q="_off 3"),
    WorkFilter(q="k-4"),
    WorkFilter(q="100%"),
    WorkFilter(q="\\"),
)


def whose(random: Random) -> Whose:
    some = lambda names: frozenset(name for name in names if random.random() < 0.5)  # noqa: E731
    if random.random() < 0.3:
        return Whose(delegators=some(PEOPLE))
    return Whose(some(PEOPLE), some(ROLES), frozenset(), some(ROLES), random.choice((None, "ann")))


async def walked(
    postgres: Postgres, work: Whose, wanted: WorkFilter = ANY_WORK, order: Order = "urgency", limit: int = 50
) -> list[str]:
    """The ids of all items, page by page."""
    ids, cursor = list[str](), None
    while True:
        page = await postgres.inbox.page(work, wanted, order, cursor, limit)
        assert len(page.items) <= limit
        ids += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return ids


async def publish(world: World, journey: Journey) -> None:
    definition = journey.definition
    await world.versions.save(definition, "text", "yaml", "dora")
    routes = Routes(tuple(journey.routes.values()))
    await world.versions.publish(definition.key, definition.version, definition.hash, routes, "h", "dora")


async def test_lists_and_counts_are_what_looking_at_every_task_finds(postgres: Postgres, world: World, sql: Plain):
    random = Random(20261121)
    crowd, now = await crowd_of(sql, random), await world.now()
    found = 0
    for number in range(120):
        work, order = whose(random), ORDERS[number % len(ORDERS)]
        wanted = ANY_WORK if number % 3 == 0 else random.choice(FILTERS)
        expected = crowd.found(work, wanted, order, now)
        assert await walked(postgres, work, wanted, order, random.choice((7, 50))) == expected, (work, wanted, order)
        for most in (2, 1001):
            assert await postgres.inbox.count(work, wanted, most) == min(len(expected), most), (work, wanted)
        found += len(expected)
    assert found > 1000


async def test_who_sees_a_task_is_the_same_in_the_statements_as_in_the_core(postgres: Postgres, sql: Plain):
    random = Random(4711)
    crowd = await crowd_of(sql, random, cases=6)
    for caller in [*(caller_of(random) for _ in range(60)), SYSTEM]:
        expected = crowd.ids(lambda task, caller=caller: access.sees(caller, task))
        page = await postgres.reads.tasks(TaskFilter(visible_to=caller), None, 200)
        assert {item.id for item in page.items} == expected, caller
        counts = await postgres.reads.task_counts(caller)
        assert sum(counts["status"].values()) == len(expected), caller
        case, task = random.choice(crowd.tasks)
        seen = await postgres.reads.task(case.id, task.n, caller)
        assert (seen is not None) == (f"{case.id}.{task.n}" in expected)
        row = await postgres.reads.process(case.id, caller)
        assert row
        assert row.visible == any(one.startswith(f"{case.id}.") for one in expected)


async def test_a_walk_loses_and_repeats_nothing_though_work_comes_goes_and_changes(
    postgres: Postgres, world: World, sql: Plain
):
    random = Random(7)
    crowd = await crowd_of(sql, random)
    work = Whose(users=frozenset(PEOPLE), roles=frozenset(ROLES))
    for order in ORDERS:
        before = crowd.found(work, ANY_WORK, order, await world.now())
        first = await postgres.inbox.page(work, ANY_WORK, order, None, 20)
        shown = [item.id for item in first.items]
        assert shown == before[:20]
        taken, later = before[10].rpartition("."), before[30].rpartition(".")
        change = b"UPDATE tasks SET status = 'completed', ended_at = created_at, assignee = coalesce(assignee, 'ann')"
        for process, _, n in (taken, later):
            await sql.execute(change + b" WHERE process_id = %s AND n = %s", (process, int(n)))
        rest: list[str] = []
        cursor = first.next_cursor
        while cursor:
            page = await postgres.inbox.page(work, ANY_WORK, order, cursor, 20)
            rest, cursor = [*rest, *(item.id for item in page.items)], page.next_cursor
        assert rest == [one for one in before[20:] if one != before[30]]
        await sql.execute(b"DELETE FROM tasks")
        await sql.execute(b"DELETE FROM steps")
        await sql.execute(b"DELETE FROM process_instances")
        crowd = await crowd_of(sql, random)


async def test_a_wrong_cursor_is_refused(postgres: Postgres):
    somebodys, nobodys = Whose(users=frozenset({"olga"})), Whose()
    cursors = ("", "x", "WyJhY3RpdmUiXQ", "WyJpbmJveCIsMSwyLDNd", "é")
    for work, order, cursor in itertools.product((somebodys, nobodys), ORDERS, cursors):
        with pytest.raises(Invalid, match="cursor_invalid"):
            await postgres.inbox.page(work, ANY_WORK, order, cursor, 5)


async def test_a_cursor_of_one_order_is_refused_by_another(postgres: Postgres, world: World):
    for id in ("p1", "p2"):
        await world.start(ONE, id)
    work = Whose(roles=frozenset({"clerk"}))
    for order in ORDERS:
        cursor = (await postgres.inbox.page(work, ANY_WORK, order, None, 1)).next_cursor
        assert cursor
        for other in ORDERS:
            if other == order:
                assert len((await postgres.inbox.page(work, ANY_WORK, other, cursor, 5)).items) == 1
            else:
                with pytest.raises(Invalid, match="cursor_invalid"):
                    await postgres.inbox.page(work, ANY_WORK, other, cursor, 5)


async def test_what_no_row_could_hold_is_not_found(postgres: Postgres):
    work = Whose(users=frozenset({"olga"}))
    for name in ("\0", "\ud800"):
        assert (await postgres.inbox.page(work, WorkFilter(journey=name), "urgency", None, 5)).items == ()
        assert await postgres.inbox.count(work, WorkFilter(q=name), 5) == 0
    assert await postgres.inbox.count(Whose(), ANY_WORK, 5) == 0


async def test_an_item_is_the_task_as_it_is_read_alone_and_what_a_list_shows_besides(postgres: Postgres, world: World):
    await world.give(ONE, "p1", Start(OLGA, "p1", {"n": 1, "text": 'é " \\'}, business_key="K-1", priority="high"))
    await world.give(ONE, "p1", ClaimTask(OLGA, 1))
    (item,) = (await postgres.inbox.page(Whose(users=frozenset({"olga"})), ANY_WORK, "urgency", None, 5)).items
    task = await postgres.reads.task("p1", 1, OLGA)
    assert task
    both = {field.name for field in fields(TaskAnswer)} & {field.name for field in fields(InboxItem)} - {"input"}
    assert {name: getattr(item, name) for name in both} == {name: getattr(task, name) for name in both}
    assert (item.journey_version, item.business_key, item.not_for_you) == ("1.0.0", "K-1", None)


async def test_four_eyes_hide_what_somebody_may_not_take_until_another_did_the_first_part(
    postgres: Postgres, world: World
):
    await publish(world, FOUR_EYES)
    await world.start(FOUR_EYES)

    async def shown(user: str, **work: Any) -> list[str]:
        seeking = Whose(roles=frozenset({"clerk"}), barred=user, **work)
        ids = await walked(postgres, seeking)
        assert await postgres.inbox.count(seeking, ANY_WORK, 9) == len(ids)
        return ids

    assert await shown("olga") == ["p1.1"]
    await world.give(FOUR_EYES, "p1", CompleteTask(OLGA, 1, {}))
    assert await shown("olga") == []
    assert await shown("otto") == ["p1.2"]
    assert await walked(postgres, Whose(roles=frozenset({"clerk"}))) == ["p1.2"]
    await world.give(FOUR_EYES, "p1", RepeatAtom(ADMIN, "enter", "r"))
    await world.give(FOUR_EYES, "p1", CompleteTask(ADMIN, 3, {}))
    assert await shown("ada") == []
    assert await shown("olga") == ["p1.4"], "who did it in an earlier visit alone is not kept from it"


async def test_four_eyes_hold_for_the_version_that_says_so_alone(postgres: Postgres, world: World):
    await publish(world, FOUR_EYES)
    alike = journey_of(
        "[{id: enter, performed_by: clerk, enables: [check]}, {id: check, performed_by: clerk}]",
        HEAD.replace("journey: example", "journey: alike"),
    )
    await publish(world, alike)
    await world.start(alike)
    await world.give(alike, "p1", CompleteTask(OLGA, 1, {}))
    assert await walked(postgres, Whose(roles=frozenset({"clerk"}), barred="olga")) == ["p1.2"]


async def test_performers_are_those_of_the_current_visit(postgres: Postgres, world: World):
    await world.start(FOUR_EYES)
    assert await postgres.inbox.performers([("p1", "enter"), ("p1", "check"), ("p9", "x")]) == {}
    await world.give(FOUR_EYES, "p1", CompleteTask(OLGA, 1, {}))
    assert await postgres.inbox.performers([("p1", "enter"), ("p1", "check")]) == {("p1", "enter"): ["olga"]}
