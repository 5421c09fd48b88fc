"""Who sees a task, who may act on it, and who may share it out (api.md, Who calls)."""

import pytest

from engine.core.access import may_act, seen_task, sees, shares_out, sharing_out
from engine.core.callers import SYSTEM, Caller
from engine.core.errors import Forbidden, NotFound
from engine.core.frozen import changed
from engine.core.process import Task
from tests.core.play import NOON, Play

TASK = Task(1, "human", "a", 1, "A", "clerk", None, "pending", "medium", None, NOON)
ANNS = changed(TASK, status="assigned", assignee="ann")
DELEGATED = changed(ANNS, assignee="ben", delegated_by="ann")
ESCALATED = changed(ANNS, escalations=1, escalated_to="head")

ANN = Caller("ann")
CLERK = Caller("cleo", frozenset({"clerk"}))
MANAGER = Caller("mona", manages=frozenset({"ann"}), leads=frozenset({"clerk"}))
OTHERS = Caller("otto", manages=frozenset({"dan"}), leads=frozenset({"typist"}))
HEAD = Caller("hugh", frozenset({"head"}))
LEADER = Caller("lena", leads=frozenset({"head"}))
ANALYST = Caller("anna", frozenset(), frozenset({"task:read_all"}))
DISPATCHER = Caller("dora", frozenset(), frozenset({"task:reassign", "task:read_all"}))
ADMIN = Caller("ada", frozenset(), frozenset({"task:act_any", "task:read_all", "task:reassign"}))
EVERYBODY = (ANN, CLERK, MANAGER, OTHERS, HEAD, LEADER, ANALYST, DISPATCHER, ADMIN, SYSTEM)


def names(found: object) -> set[str]:
    return {caller.id for caller in EVERYBODY if found(caller)}  # type: ignore[operator]


ALWAYS = {"anna", "dora", "ada", "system"}


@pytest.mark.parametrize(
    ("task", "who"),
    [
        (TASK, {"cleo", "mona"}),
        (ANNS, {"ann", "cleo", "mona"}),
        (DELEGATED, {"ann", "cleo", "mona"}),
        (ESCALATED, {"ann", "cleo", "mona", "hugh", "lena"}),
        (changed(TASK, role=None), set[str]()),
    ],
    ids=["nobody's", "somebody's", "delegated", "escalated", "without a role"],
)
def test_a_task_is_seen_by_who_has_or_delegated_it_its_role_those_above_and_whom_it_was_escalated_to(
    task: Task, who: set[str]
):
    assert names(lambda caller: sees(caller, task)) == who | ALWAYS


@pytest.mark.parametrize(
    ("task", "who"),
    [(TASK, {"cleo"}), (ANNS, {"ann"}), (DELEGATED, set[str]()), (ESCALATED, {"ann"})],
    ids=["nobody's", "somebody's", "delegated", "escalated"],
)
def test_a_task_is_done_by_who_has_it_and_by_its_role_while_nobody_does(task: Task, who: set[str]):
    assert names(lambda caller: may_act(caller, task)) == who | {"ada"}


@pytest.mark.parametrize(
    ("task", "who"),
    [(TASK, {"mona"}), (ANNS, {"mona"}), (DELEGATED, set[str]()), (ESCALATED, {"mona", "hugh", "lena"})],
    ids=["nobody's", "somebody's", "of who reports to another", "escalated"],
)
def test_a_task_is_shared_out_by_the_manager_of_who_has_it_who_leads_its_role_and_whom_it_was_escalated_to(
    task: Task, who: set[str]
):
    assert names(lambda caller: shares_out(caller, task)) == who | {"dora", "ada", "system"}
    with pytest.raises(Forbidden, match="permission_denied"):
        sharing_out(task, CLERK)


def test_a_task_that_one_may_not_see_is_not_there():
    process = Play("[{id: a, performed_by: clerk}]").start().process
    assert seen_task(process, 1, CLERK).n == 1
    for n, caller in ((1, OTHERS), (2, ADMIN)):
        with pytest.raises(NotFound, match="task_not_found"):
            seen_task(process, n, caller)
