"""The ports `Breaches` and `Compliance`, held against what a slow look at every clock finds."""

import asyncio
import statistics
from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import Cancel, CompleteTask, Strike
from engine.core.errors import Invalid
from engine.core.ids import split_breach
from engine.core.objectives import Verdicts
from engine.core.organisation import Organisation
from engine.ports import BreachFilter, BreachId, ClocksStanding, LevelFilter, LevelKey, ProcessFilter, Stretch
from engine.store import Postgres
from tests.conformance.worlds import OLGA, World
from tests.core.play import journey_of
from tests.engine.store.clocks import LEVELS, Kept, clocks_in
from tests.engine.store.conftest import Plain

MONITOR = Caller("mona", frozenset(), frozenset({"monitoring:read"}))
ANY = BreachFilter()
HOUR = timedelta(hours=1)


async def walked(postgres: Postgres, wanted: BreachFilter, caller: Caller, limit: int = 7) -> list[str]:
    ids, cursor = list[str](), None
    while True:
        page = await postgres.breaches.page(wanted, caller, cursor, limit)
        assert len(page.items) <= limit
        ids += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return ids


def newest_first(clocks: list[Kept]) -> list[str]:
    late = [one for one in clocks if one.clock.state == "breached"]
    late.sort(key=lambda one: (one.clock.target_at, one.process, one.n, one.of == "task"), reverse=True)
    return [one.id for one in late]


async def test_breaches_are_listed_newest_first_by_every_filter(postgres: Postgres, world: World, sql: Plain) -> None:
    clocks = await clocks_in(sql, Random(11), await world.now())
    assert await walked(postgres, ANY, MONITOR) == newest_first(clocks)
    seen = [one for one in clocks if one.clock.state == "breached"][::3]
    for one in seen:
        assert await postgres.breaches.acknowledge(_address(one), "seen", "mona")
    for wanted, keep in (
        (BreachFilter(level="quick"), lambda one: one.clock.level == "quick"),
        (BreachFilter(journey="card"), lambda one: one.journey == "card"),
        (BreachFilter(process="p03"), lambda one: one.process == "p03"),
        (BreachFilter(role="chief"), lambda one: one.role == "chief"),
        (BreachFilter(assignee="ann", open=True), lambda one: one.assignee == "ann" and not one.ended_at),
        (BreachFilter(open=False), lambda one: one.ended_at is not None),
        (BreachFilter(acknowledged=True), lambda one: one in seen),
        (BreachFilter(acknowledged=False, level="usual"), lambda one: one not in seen and one.clock.level == "usual"),
        (BreachFilter(level="\0"), lambda one: False),
    ):
        expected = newest_first([one for one in clocks if keep(one)])
        assert await walked(postgres, wanted, MONITOR) == expected, wanted
        assert expected or wanted.level == "\0"


async def test_who_sees_a_task_or_process_sees_its_breaches(postgres: Postgres, world: World, sql: Plain) -> None:
    clocks = await clocks_in(sql, Random(12), await world.now())

    def of_work(one: Kept, caller: Caller) -> bool:
        return one.of == "task" and (one.assignee in {caller.id, *caller.manages} or one.role in caller.roles)

    for caller in (Caller("ann"), Caller("eve", frozenset({"clerk"})), Caller("eve", manages=frozenset({"bob"}))):
        processes = {one.process for one in clocks if of_work(one, caller)}
        processes |= {one.process for one in clocks if one.owner == caller.id}
        mine = [one for one in clocks if of_work(one, caller) or (one.of != "task" and one.process in processes)]
        expected = newest_first(mine)
        assert expected
        assert await walked(postgres, ANY, caller) == expected
        for id in newest_first(clocks)[:9]:
            address = split_breach(id)
            assert address
            found = await postgres.breaches.get(BreachId(*address), caller)
            assert (found is not None) == (id in expected)
    assert await walked(postgres, ANY, Caller("eve")) == []


async def test_a_breach_is_acknowledged_once_and_audited(postgres: Postgres, world: World, sql: Plain) -> None:
    clocks = await clocks_in(sql, Random(13), await world.now())
    late = next(one for one in clocks if one.clock.state == "breached")
    tries = [postgres.breaches.acknowledge(_address(late), f"note {n}", f"u{n}") for n in range(4)]
    assert sorted(await asyncio.gather(*tries)) == [False, False, False, True]
    found = await postgres.breaches.get(_address(late), MONITOR)
    assert found and found.acknowledged
    rows = await (await sql.execute(b"SELECT type, actor, subject FROM audit_events")).fetchall()
    assert rows == [("breach.acknowledged", found.acknowledged.by, late.process)]


async def test_processes_are_listed_with_their_clock_and_what_is_late_in_each(
    postgres: Postgres, world: World, sql: Plain
) -> None:
    clocks = await clocks_in(sql, Random(14), await world.now())
    items = (await postgres.reads.processes(ProcessFilter(), None, 200)).items
    assert {item.id for item in items} >= {one.process for one in clocks}
    states = set[str | None]()
    for item in items:
        inside = [one for one in clocks if one.process == item.id]
        own = [one for one in inside if one.of == "process"]
        newest = max(own, key=lambda one: one.n).clock if own else None
        running = [one.clock.state for one in inside if one.ended_at is None]
        assert (item.sla.status, item.sla.level) == ((newest.state, newest.level) if newest else (None, None))
        assert (item.sla.at_risk, item.sla.breached) == (running.count("at_risk"), running.count("breached"))
        states.add(item.sla.status)
    assert {"on_track", "breached"} <= states
    active = (await postgres.reads.active_processes(None, 200)).items
    assert {item.id: item.sla for item in active}.items() <= {item.id: item.sla for item in items}.items()


async def test_a_cursor_of_another_list_is_refused(postgres: Postgres) -> None:
    for cursor in ("x", "WzFd", ""):
        with pytest.raises(Invalid, match="cursor_invalid"):
            await postgres.breaches.page(ANY, MONITOR, cursor, 5)


async def test_verdicts_are_counted_at_their_moment_by_level(postgres: Postgres, world: World, sql: Plain) -> None:
    now = await world.now()
    clocks = await clocks_in(sql, Random(14), now)
    for since, until in ((100, 0), (60, 20), (3, 2)):
        stretch = Stretch(now - since * HOUR, now - until * HOUR)
        for wanted in (LevelFilter(), LevelFilter(level="quick"), LevelFilter(journey="loan")):
            found, complete = await postgres.compliance.verdicts(stretch, wanted, None, 99, 10_000)
            expected = _slowly(clocks, stretch, wanted)
            assert complete
            assert [one.key for one in found] == sorted(expected)
            for one in found:
                counts, lengths = expected[one.key]
                assert one.verdicts == counts, one.key
                assert one.p50_seconds == pytest.approx(statistics.median(lengths) if lengths else None, abs=0.002)
    (first, *_), _ = await postgres.compliance.verdicts(stretch, LevelFilter(), None, 99, 10_000)
    rest, _ = await postgres.compliance.verdicts(stretch, LevelFilter(), first.key, 99, 10_000)
    assert first.key not in [one.key for one in rest]


async def test_of_very_many_verdicts_the_newest_are_counted(postgres: Postgres, world: World, sql: Plain) -> None:
    now = await world.now()
    await clocks_in(sql, Random(15), now)
    stretch = Stretch(now - 100 * HOUR, now)
    found, complete = await postgres.compliance.verdicts(stretch, LevelFilter(), None, 99, 10)
    assert not complete
    assert sum(one.verdicts.breached for one in found) == 10
    assert await postgres.compliance.verdicts(stretch, LevelFilter(level="none"), None, 99, 10) == ([], False)
    assert not (await postgres.compliance.since([("quick", stretch.since)], now, 10))[1]


async def test_what_is_open_and_late_is_counted_by_level(postgres: Postgres, world: World, sql: Plain) -> None:
    clocks = await clocks_in(sql, Random(16), await world.now())
    expected: defaultdict[LevelKey, list[int]] = defaultdict(lambda: [0, 0])
    for one in clocks:
        if one.ended_at is None and one.clock.alert:
            expected[one.clock.level, one.of][one.clock.alert == "breached"] += 1
    found = await postgres.compliance.alerts(LevelFilter(), None, 99)
    assert {one.key: [one.at_risk, one.breached] for one in found} == expected
    standing = await postgres.compliance.standing()
    at_risk, breached = (sum(counts[place] for counts in expected.values()) for place in (0, 1))
    assert standing == ClocksStanding(at_risk, breached, 0.0)


async def test_the_lag_is_the_age_of_the_oldest_mark_that_is_not_noted(
    postgres: Postgres, world: World, sql: Plain
) -> None:
    await clocks_in(sql, Random(17), await world.now())
    mark = b"SET sla_next_at = wayline_now() - interval '90 seconds' WHERE ended_at IS NULL"
    await sql.execute(b"UPDATE tasks " + mark)
    assert 90 <= (await postgres.compliance.standing()).lag_seconds < 100


async def test_objectives_are_counted_since_each_moment(postgres: Postgres, world: World, sql: Plain) -> None:
    now = await world.now()
    clocks = await clocks_in(sql, Random(18), now)
    asked = [(level, now - hours * HOUR) for level in (*LEVELS, "unknown") for hours in (1, 6, 72)]
    found, complete = await postgres.compliance.since(asked, now, 10_000)
    assert complete
    for (level, since), verdicts in zip(asked, found, strict=True):
        groups = _slowly(clocks, Stretch(since, now), LevelFilter(level=level))
        met = sum(counts.met for counts, _ in groups.values())
        breached = sum(counts.breached for counts, _ in groups.values())
        assert verdicts == Verdicts(met, breached), (level, since)
    assert await postgres.compliance.since([], now, 10) == ([], True)


async def test_an_alert_stands_beside_the_clock_while_it_is_one(world: World, sql: Plain) -> None:
    """What is given up is at risk no more; what was late stays late."""
    groups = "phases: [{id: f, sla: {target: PT1H}, atoms: [{id: a, performed_by: clerk, sla: {target: PT1H}}]}]"
    journey = journey_of(groups)
    strike = Strike(SYSTEM, Organisation())

    async def alerts(process: str) -> list[tuple[str | None, ...]]:
        rows = await sql.execute(
            b"SELECT sla_alert FROM tasks WHERE process_id = %(id)s"
            b" UNION ALL SELECT alert FROM watches WHERE process_id = %(id)s",
            {"id": process},
        )
        return await rows.fetchall()

    for process, end, later, then in (
        ("p1", Cancel(OLGA, "no"), 50, None),
        ("p2", Cancel(OLGA, "no"), 70, "breached"),
        ("p3", CompleteTask(OLGA, 1, {}), 50, None),
        ("p4", CompleteTask(OLGA, 1, {}), 70, "breached"),
    ):
        await world.start(journey, process)
        assert await alerts(process) == [(None,)] * 2
        await world.give(journey, process, strike, timedelta(minutes=50))
        assert await alerts(process) == [("at_risk",)] * 2
        await world.give(journey, process, end, timedelta(minutes=later))
        assert await alerts(process) == [(then,)] * 2, process


def _address(one: Kept) -> BreachId:
    return BreachId(one.process, one.n, one.of == "task")


def _slowly(clocks: list[Kept], stretch: Stretch, wanted: LevelFilter) -> dict[LevelKey, tuple[Verdicts, list[float]]]:
    groups: defaultdict[LevelKey, list[tuple[bool, Kept]]] = defaultdict(list)
    for one in clocks:
        at: datetime | None = one.clock.target_at if one.clock.state == "breached" else one.ended_at
        if one.clock.state not in ("met", "breached") or at is None or not stretch.since <= at < stretch.until:
            continue
        if wanted.level in (None, one.clock.level) and wanted.journey in (None, one.journey):
            groups[one.clock.level, one.of].append((one.clock.state == "breached", one))

    def lengths(group: list[tuple[bool, Kept]]) -> list[float]:
        return [(one.ended_at - one.clock.since).total_seconds() for _, one in group if one.ended_at]

    def verdicts(group: list[Any]) -> Verdicts:
        return Verdicts(sum(not late for late, _ in group), sum(late for late, _ in group))

    return {key: (verdicts(group), lengths(group)) for key, group in groups.items()}
