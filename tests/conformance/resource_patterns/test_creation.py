"""Creation patterns (workflowpatterns.com, 1 to 11): what a design says of who may do a task."""

import pytest

from api.permissions import Table
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import ClaimTask, CompleteTask, CompleteWork, ReassignTask
from engine.core.errors import Forbidden, NotFound
from tests.conformance.resource_patterns.firm import Firm, person
from tests.core.stage import Stage

WORK = "  - {id: work, performed_by: clerk}\n"


async def test_pattern_1_direct_distribution_is_a_role_that_one_person_holds(firm: Firm) -> None:
    firm.employs(person("ann"), person("ursula", "chief"), person("ben"))
    assert firm.whose(await firm.runs("  - {id: sign, performed_by: {role: chief, strategy: round_robin}}\n")) == [
        "ursula"
    ]


async def test_pattern_2_role_based_distribution_is_for_who_holds_the_role_and_nobody_else(firm: Firm) -> None:
    firm.employs(person("ann"), person("ursula", "chief"))
    (process,) = await firm.runs(WORK)
    with pytest.raises(NotFound, match="task_not_found"):
        await firm.does(process, ClaimTask(firm.caller("ursula"), 1))
    assert await firm.does(process, ClaimTask(firm.caller("ann"), 1)) == ["task.assigned"]


async def test_pattern_3_deferred_distribution_leaves_it_to_a_manager_who_gets_the_task(firm: Firm) -> None:
    firm.employs(person("ann", reports_to="mona"), person("ben", reports_to="mona"), person("mona", "chief"))
    (process,) = await firm.runs("  - {id: work, performed_by: {role: clerk, strategy: manual}}\n")
    with pytest.raises(Forbidden, match="given_by_hand"):
        await firm.does(process, ClaimTask(firm.caller("ann"), 1))
    await firm.does(process, ReassignTask(firm.caller("mona"), 1, "ben"))
    assert firm.whose([process]) == ["ben"]


async def test_pattern_4_authorization_is_a_permission_of_a_role(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"), person("dora"))
    (process,) = await firm.runs(WORK)
    permissions = Table({"dispatcher": ["task:reassign"]}).of(frozenset({"dispatcher"}))
    dora = Caller("dora", frozenset({"clerk", "dispatcher"}), permissions)
    await firm.does(process, ClaimTask(firm.caller("ann"), 1))
    with pytest.raises(Forbidden, match="permission_denied"):
        await firm.does(process, ReassignTask(firm.caller("dora"), 1, "ben"))
    assert await firm.does(process, ReassignTask(dora, 1, "ben")) == ["task.reassigned"]


EYES = """
  - {id: enter, performed_by: clerk, enables: [approve]}
  - {id: approve, performed_by: {role: clerk, not_same_as: [enter]}}
"""


async def test_pattern_5_separation_of_duties_refuses_who_performed_the_other_atom(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"))
    (process,) = await firm.runs(EYES)
    await firm.done(process, "enter", "ann")
    with pytest.raises(Forbidden, match="four_eyes"):
        await firm.done(process, "approve", "ann")
    assert "process.completed" in await firm.done(process, "approve", "ben")


CASE = """
  - {id: open, performed_by: clerk, enables: [check]}
  - {id: check, performed_by: {role: clerk, same_as: open}, enables: [close]}
  - {id: close, performed_by: {role: clerk, same_as: open}}
"""


async def test_pattern_6_case_handling_gives_all_of_a_case_to_who_began_it(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"))
    annes, bens = await firm.runs(CASE, 2)
    for process, who in ((annes, "ann"), (bens, "ben")):
        await firm.done(process, "open", who)
        assert firm.whose([process]) == [who]
        await firm.done(process, "check", who)
        assert firm.whose([process]) == [who]


FAMILIAR = """
  - {id: first, performed_by: clerk, enables: [between]}
  - {id: between, performed_by: chief, enables: [last]}
  - {id: last, performed_by: {role: clerk, same_as: first}}
"""


async def test_pattern_7_retain_familiar_gives_it_to_who_performed_an_earlier_atom(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"), person("ursula", "chief"))
    (process,) = await firm.runs(FAMILIAR)
    await firm.done(process, "first", "ben")
    await firm.done(process, "between", "ursula")
    assert firm.whose([process]) == ["ben"]


LATIN = "  - {id: read, performed_by: {role: clerk, strategy: skill_based, skills: [{skill: latin, level: 2}]}}\n"


async def test_pattern_8_capability_based_distribution_looks_for_skills_and_their_levels(firm: Firm) -> None:
    firm.employs(person("ann", skills={"latin": 1}), person("ben", skills={"latin": 2}), person("cem"))
    (process,) = await firm.runs(LATIN)
    assert firm.whose([process]) == ["ben"]
    with pytest.raises(Forbidden, match="not_skilled"):
        await firm.does(process, ReassignTask(firm.caller("cem", "task:reassign"), 1, "cem"))


async def test_pattern_9_history_based_distribution_goes_to_whose_last_turn_was_longest_ago(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"), person("cem"))
    processes = await firm.runs("  - {id: work, performed_by: {role: clerk, strategy: round_robin}}\n", 4)
    assert firm.whose(processes) == ["ann", "ben", "cem", "ann"]
    for process in processes:
        await firm.done(process, "work", str(firm.task(process, "work").assignee))
    journey = await firm.engine.journeys.get("example", "1.0.0")
    (later,) = [await firm.engine.start(journey)]
    await firm.gives_out()
    assert firm.whose([later]) == ["ben"], "ann was the last to be given one, though nobody has any now"


async def test_pattern_10_organisational_distribution_lets_who_stands_above_share_out_the_work(firm: Firm) -> None:
    firm.employs(person("ann", reports_to="mona"), person("mona", "chief", reports_to="olga"), person("olga", "head"))
    (process,) = await firm.runs(WORK)
    await firm.does(process, ReassignTask(firm.caller("olga"), 1, "ann"))
    assert firm.whose([process]) == ["ann"], "who is two steps above, too"
    firm.employs(person("ann"), person("mona", "chief"))
    with pytest.raises(NotFound, match="task_not_found"):
        await firm.does(process, ReassignTask(firm.caller("mona"), 1, "mona"))


def test_pattern_11_automatic_execution_needs_nobody() -> None:
    stage = Stage("[{id: compute, kind: system, action: do.it, enables: [more]}, {id: more, kind: milestone}]").start()
    (task,) = stage.tasks("compute")
    with pytest.raises(NotFound):
        stage.do(CompleteTask(Caller("ann", frozenset({"clerk"})), task.n, {}))
    stage.do(CompleteWork(SYSTEM, task.n, stage.world.claim("p1", task.n), {}))
    assert stage.ended == ("completed", "completed")
