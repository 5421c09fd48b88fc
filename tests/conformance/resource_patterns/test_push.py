"""Push patterns (12 to 20): how the engine brings work to people, and when. 15 and 18 are not there."""

import pytest

from engine.core.access import sees
from engine.core.commands import ClaimTask
from engine.core.errors import Conflict
from tests.conformance.resource_patterns.firm import Firm, person
from tests.core.play import HEAD

OFFERED = "  - {id: work, performed_by: clerk}\n"
ROUND = "  - {id: work, performed_by: {role: clerk, strategy: round_robin}}\n"
LOAD = "  - {id: work, performed_by: {role: clerk, strategy: load_balanced}}\n"
HEAD_OF_ANOTHER = HEAD.replace("journey: example", "journey: another")


async def test_pattern_12_an_offer_to_one_person_is_seen_by_them_alone_and_need_not_be_taken(firm: Firm) -> None:
    firm.employs(person("ann"), person("ursula", "chief"))
    (process,) = await firm.runs(OFFERED)
    task = firm.task(process, "work")
    assert [who for who in ("ann", "ursula") if sees(firm.caller(who), task)] == ["ann"]
    assert (task.status, task.assignee) == ("pending", None)


async def test_pattern_13_an_offer_to_many_is_seen_by_all_and_had_by_who_takes_it_first(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"), person("cem"))
    (process,) = await firm.runs(OFFERED)
    assert all(sees(firm.caller(who), firm.task(process, "work")) for who in ("ann", "ben", "cem"))
    await firm.does(process, ClaimTask(firm.caller("ben"), 1))
    with pytest.raises(Conflict, match="invalid_transition"):
        await firm.does(process, ClaimTask(firm.caller("ann"), 1))


async def test_pattern_14_allocation_to_one_person_asks_nobody(firm: Firm) -> None:
    firm.employs(person("ann"))
    (process,) = await firm.runs(LOAD)
    task = firm.task(process, "work")
    assert (task.status, task.assignee) == ("assigned", "ann")


async def test_pattern_16_round_robin_goes_from_one_to_the_next(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"), person("cem"))
    assert firm.whose(await firm.runs(ROUND, 7)) == ["ann", "ben", "cem", "ann", "ben", "cem", "ann"]


async def test_pattern_17_the_shortest_queue_gets_the_next_one(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"))
    processes = await firm.runs(OFFERED, 3)
    for process in processes[:2]:
        await firm.does(process, ClaimTask(firm.caller("ann"), 1))
    other = LOAD.replace("id: work", "id: next")
    journey = await firm.engine.publish(other, HEAD_OF_ANOTHER)
    next_ones = [await firm.engine.start(journey) for _ in range(3)]
    await firm.gives_out()
    assert sorted(map(str, firm.whose(next_ones))) == ["ann", "ben", "ben"]


TWO = """
  - {id: first, performed_by: clerk, enables: [second]}
  - {id: second, performed_by: chief}
"""


async def test_pattern_19_distribution_on_enablement_is_in_the_moment_that_enables_it(firm: Firm) -> None:
    firm.employs(person("ann"), person("ursula", "chief"))
    (process,) = await firm.runs(TWO)
    assert [task.atom for task in firm.process(process).open_tasks()] == ["first"]
    assert await firm.done(process, "first", "ann") == ["task.completed", "task.created"]
    assert firm.task(process, "second").created_at == firm.engine.clock.time


async def test_pattern_20_late_distribution_waits_until_somebody_has_room(firm: Firm) -> None:
    firm.employs(person("ann", capacity=1))
    first, second = await firm.runs(LOAD, 2)
    assert firm.whose([first, second]) == ["ann", None]
    await firm.done(first, "work", "ann")
    firm.engine.clock.advance(60)
    await firm.gives_out()
    assert firm.whose([second]) == ["ann"]
