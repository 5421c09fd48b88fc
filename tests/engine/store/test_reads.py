"""The port `Reads`: pages that lose nothing, filters that mean what they say, and nobody sees what is not theirs."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.answers import Page, ProcessSummary, TaskAnswer
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    ClaimTask,
    CompleteTask,
    FailWork,
    Start,
)
from engine.core.errors import Invalid
from engine.core.journey import Journey
from engine.ports import IncidentFilter, ProcessFilter, TaskFilter
from engine.store import Postgres
from tests.conformance.worlds import OLGA, World, as_stored
from tests.core.play import ADMIN, HEAD, journey_of

ONE = journey_of("[{id: only, performed_by: clerk}]")
PAIR = journey_of(
    "[{id: left, performed_by: clerk, entry: true, input: {a: 1}}, {id: right, performed_by: chief, entry: true}]",
    HEAD.replace("journey: example", "journey: pair\ntitle: {cat: ['50%_off ', {var: text}]}"),
)
HELD = journey_of("[{id: work, kind: system, action: do.it, retry: {max_attempts: 1}}]")
NOBODY = Caller("nobody")
NOTHING = dict.fromkeys(("unassigned", "in_progress", "blocked", "overdue", "delegated", "escalated"), 0)
CHIEF = Caller("carl", frozenset({"chief"}))
READER = Caller("rita", frozenset(), frozenset({"process:read_all", "task:read_all"}))


async def walked(page: Callable[[str | None], Awaitable[Page[Any]]], most: int) -> list[Any]:
    """All items, page by page."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        found = await page(cursor)
        assert len(found.items) <= most
        items += found.items
        cursor = found.next_cursor
        if cursor is None:
            return items


async def ids(postgres: Postgres, **wanted: Any) -> list[str]:
    return [item.id for item in (await postgres.reads.processes(ProcessFilter(**wanted), None, 50)).items]


async def tasks(postgres: Postgres, **wanted: Any) -> list[str]:
    return [item.id for item in (await postgres.reads.tasks(TaskFilter(**wanted), None, 50)).items]


async def start_some(world: World, count: int, journey: Journey = ONE) -> None:
    for number in range(count):
        # Three of each time: a page may end between those of one time.
        await world.give(journey, f"p{number}", Start(OLGA, f"p{number}", {}), timedelta(minutes=number // 3 - 60))


async def fail(world: World, id: str) -> None:
    await world.start(HELD, id)
    (work,) = await world.queue.claim("w1", ["do.it"], 1)
    await world.give(HELD, id, FailWork(SYSTEM, 1, work.token, "no line"))


async def test_a_process_is_read_as_it_is_stored(postgres: Postgres, world: World) -> None:
    decision = await world.start(PAIR, text="now", n=Decimal("1.50"))
    row = await postgres.reads.process("p1", OLGA)
    assert row
    assert (row.process, row.title, row.visible) == (as_stored(decision.after), "50%_off now", True)
    assert await postgres.reads.process("p2", OLGA) is None


@pytest.mark.parametrize(("caller", "seen"), [(OLGA, True), (CHIEF, True), (READER, True), (NOBODY, False)])
async def test_a_process_is_seen_by_who_started_it_sees_a_task_or_sees_all(
    postgres: Postgres, world: World, caller: Caller, seen: bool
) -> None:
    await world.start(PAIR)
    row = await postgres.reads.process("p1", caller)
    assert row
    assert row.visible == seen
    assert await ids(postgres, visible_to=caller) == (["p1"] if seen else [])
    assert (await postgres.reads.process_counts(caller))["journey"] == ({"pair": 1} if seen else {})


async def test_who_had_a_task_still_sees_its_process(postgres: Postgres, world: World) -> None:
    await world.start(PAIR)
    await world.give(PAIR, "p1", CompleteTask(CHIEF, 2, {}))
    assert await ids(postgres, visible_to=Caller("carl")) == ["p1"]


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
async def test_pages_of_processes_lose_and_repeat_nothing(postgres: Postgres, world: World, limit: int) -> None:
    await start_some(world, 7)
    newest = ["p6", "p5", "p4", "p3", "p2", "p1", "p0"]

    async def page(cursor: str | None) -> Page[ProcessSummary]:
        return await postgres.reads.processes(ProcessFilter(), cursor, limit)

    async def active(cursor: str | None) -> Page[ProcessSummary]:
        return await postgres.reads.active_processes(cursor, limit)

    async def history(cursor: str | None) -> Page[Any]:
        return await postgres.reads.history("p1", cursor, limit)

    async def newest_tasks(cursor: str | None) -> Page[TaskAnswer]:
        return await postgres.reads.tasks(TaskFilter(), cursor, limit)

    assert [item.id for item in await walked(page, limit)] == newest
    assert [item.id for item in await walked(active, limit)] == newest[::-1]
    assert [item.seq for item in await walked(history, limit)] == [1, 2]
    assert [item.process for item in await walked(newest_tasks, limit)] == newest


@pytest.mark.parametrize("cursor", ["", "x", "!", "WyJhY3RpdmUiXQ", "WyJ0YXNrcyIsMSwyLDNd", "é", "A" * 5000])
async def test_a_wrong_cursor_is_refused(postgres: Postgres, cursor: str) -> None:
    for listed in (
        lambda: postgres.reads.processes(ProcessFilter(), cursor, 5),
        lambda: postgres.reads.tasks(TaskFilter(), cursor, 5),
        lambda: postgres.reads.history("p1", cursor, 5),
        lambda: postgres.reads.incidents(IncidentFilter(), OLGA, cursor, 5),
        lambda: postgres.reads.active_processes(cursor, 5),
    ):
        with pytest.raises(Invalid, match="cursor_invalid"):
            await listed()


async def test_a_cursor_of_one_list_is_refused_by_another(postgres: Postgres, world: World) -> None:
    await start_some(world, 2)
    cursor = (await postgres.reads.processes(ProcessFilter(), None, 1)).next_cursor
    assert cursor
    with pytest.raises(Invalid, match="cursor_invalid"):
        await postgres.reads.active_processes(cursor, 1)


async def test_processes_are_filtered(postgres: Postgres, world: World) -> None:
    await world.start(ONE, "p1", business_key="Key-1", text="a", n=620, go=True)
    await world.start(PAIR, "p2", text="late", n=Decimal("620.00"), go={"deep": "x"})
    await world.give(ONE, "p3", Start(ADMIN, "p3", {"text": "620"}))
    await world.give(ONE, "p1", CompleteTask(OLGA, 1, {}))
    for wanted, found in (
        ({"status": "completed"}, ["p1"]),
        ({"journey": "pair"}, ["p2"]),
        ({"business_key": "Key-1"}, ["p1"]),
        ({"initiated_by": "ada"}, ["p3"]),
        ({"owner": "olga"}, ["p2", "p1"]),
        ({"status": "running", "owner": "olga"}, ["p2"]),
        ({"q": "key-1"}, ["p1"]),
        ({"q": "%_OFF L"}, ["p2"]),
        ({"q": "%"}, ["p2"]),
        ({"q": "_"}, ["p2"]),
        ({"q": "\\"}, []),
        ({"context": {"n": "620"}}, ["p2", "p1"]),
        ({"context": {"n": Decimal("620.0")}}, ["p2", "p1"]),
        ({"context": {"text": "620"}}, ["p3"]),
        ({"context": {"go": "true"}}, ["p1"]),
        ({"context": {"go.deep": "x"}}, ["p2"]),
        ({"context": {"n": "620", "text": "a"}}, ["p1"]),
        ({"context": {"text": "' OR 1=1 --"}}, []),
        ({"status": "\0", "journey": "\ud800"}, []),
        ({"context": {"text": "1e999999"}}, []),
    ):
        assert await ids(postgres, **wanted) == found, wanted


async def test_a_summary_counts_what_is_open(postgres: Postgres, world: World) -> None:
    await world.start(PAIR, "p1", text="x")
    await fail(world, "p2")
    first, second = (await postgres.reads.processes(ProcessFilter(), None, 5)).items
    assert (first.id, first.open_tasks, first.incidents) == ("p2", 0, 1)
    assert (second.id, second.open_tasks, second.title) == ("p1", 2, "50%_off x")
    assert second.started_at.endswith("Z")


async def test_the_history_is_oldest_first_with_its_numbers_exact(postgres: Postgres, world: World) -> None:
    await world.start(ONE, n=Decimal("1.50"))
    events = (await postgres.reads.history("p1", None, 10)).items
    assert [(event.seq, event.type, event.task) for event in events] == [
        (1, "process.started", None),
        (2, "task.created", "p1.1"),
    ]
    assert str(events[0].payload["context"]["n"]) == "1.50"
    assert (events[1].atom, events[1].visit, events[1].correlation_id, events[1].actor) == ("only", 1, "c1", "olga")
    assert (await postgres.reads.history("p2", None, 10)).items == ()


@pytest.mark.parametrize(("caller", "seen"), [(OLGA, True), (CHIEF, False), (READER, True), (NOBODY, False)])
async def test_a_task_is_seen_by_its_assignee_its_role_and_who_sees_all(
    postgres: Postgres, world: World, caller: Caller, seen: bool
) -> None:
    await world.start(PAIR, n=1)
    task = await postgres.reads.task("p1", 1, caller)
    assert (task is not None) == seen
    assert ("p1.1" in await tasks(postgres, visible_to=caller)) == seen
    if task:
        assert (task.id, task.input, task.kind, task.journey, task.version) == ("p1.1", {"a": 1}, "human", "pair", 1)


async def test_a_task_without_an_input_shows_the_context(postgres: Postgres, world: World) -> None:
    await world.start(ONE, n=Decimal("1.50"))
    task = await postgres.reads.task("p1", 1, OLGA)
    assert task
    assert str(task.input["n"]) == "1.50"


async def test_tasks_are_filtered(postgres: Postgres, world: World) -> None:
    await world.start(ONE, "p1")
    await world.start(PAIR, "p2")
    await world.give(ONE, "p1", ClaimTask(OLGA, 1))
    for wanted, found in (
        ({"status": "assigned"}, ["p1.1"]),
        ({"role": "chief"}, ["p2.2"]),
        ({"assignee": "olga"}, ["p1.1"]),
        ({"process": "p2"}, ["p2.2", "p2.1"]),
        ({"journey": "example"}, ["p1.1"]),
        ({"atom": "left"}, ["p2.1"]),
        ({"overdue": True}, []),
        ({"overdue": False, "process": "p1"}, ["p1.1"]),
    ):
        assert await tasks(postgres, **wanted) == found, wanted


async def test_incidents_are_seen_by_who_sees_their_process(postgres: Postgres, world: World) -> None:
    await fail(world, "p1")
    await fail(world, "p2")

    async def found(caller: Caller = OLGA, **wanted: Any) -> list[str]:
        return [i.id for i in (await postgres.reads.incidents(IncidentFilter(**wanted), caller, None, 9)).items]

    assert await found() == ["p2.1", "p1.1"]
    assert await found(READER, status="open", code="action_failed", process="p1") == ["p1.1"]
    assert await found(status="resolved") == await found(status="lost") == await found(code="no_path") == []
    assert await found(NOBODY) == []
    incident = await postgres.reads.incident("p1", 1, OLGA)
    assert incident
    assert (incident.id, incident.status, incident.code, incident.atom) == ("p1.1", "open", "action_failed", "work")
    assert await postgres.reads.incident("p1", 1, NOBODY) is None
    assert await postgres.reads.incident("p1", 2, OLGA) is None


async def test_counts_are_by_what_one_asks_for(postgres: Postgres, world: World) -> None:
    await world.start(ONE, "p1")
    await world.start(PAIR, "p2")
    await world.start(ONE, "p3")
    await world.give(ONE, "p1", CompleteTask(OLGA, 1, {}))
    assert await postgres.reads.process_counts(None) == {
        "status": {"completed": 1, "running": 2},
        "journey": {"example": 2, "pair": 1},
        "outcome": {"completed": 1},
    }
    assert await postgres.reads.task_counts(None) == {
        "status": {"completed": 1, "pending": 3},
        "role": {"chief": 1, "clerk": 2},
        "open": NOTHING | {"unassigned": 3},
    }
    only = {"status": {"pending": 1}, "role": {"chief": 1}, "open": NOTHING | {"unassigned": 1}}
    assert await postgres.reads.task_counts(CHIEF) == only


async def test_every_visit_of_a_step_is_listed(postgres: Postgres, world: World) -> None:
    await world.start(PAIR)
    visits = await postgres.reads.all_visits("p1")
    assert [(step.atom, step.visit, step.state, step.exit) for step in visits] == [
        ("left", 1, "active", None),
        ("right", 1, "active", None),
    ]
