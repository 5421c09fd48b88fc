"""Detour patterns (27 to 35): what becomes of work that does not go the usual way."""

import pytest

from engine.core.access import sees
from engine.core.callers import Caller
from engine.core.commands import (
    BlockTask,
    ClaimTask,
    CommentOnTask,
    CompleteTask,
    DelegateTask,
    EscalateTask,
    ReassignTask,
    ReleaseTask,
    ReturnTask,
    StartTask,
    UnblockTask,
)
from engine.core.errors import Conflict
from engine.core.process import Task
from engine.core.task_facts import Link
from tests.core.play import ADMIN
from tests.core.stage import Stage

CLERKS = frozenset({"clerk"})
ANN, BEN = Caller("ann", CLERKS), Caller("ben", CLERKS)
CHIEF = Caller("ursula", frozenset({"chief"}))
MONA = Caller("mona", frozenset({"chief"}), manages=frozenset({"ann", "ben"}), leads=CLERKS)
WORK = "[{id: work, performed_by: clerk}]"


@pytest.fixture
def anns() -> Stage:
    """Ann works on the only task."""
    return Stage(WORK).start().do(ClaimTask(ANN, 1)).do(StartTask(ANN, 1))


def work(stage: Stage) -> Task:
    (task,) = stage.tasks("work")
    return task


def test_pattern_27_delegation_asks_another_and_it_comes_back(anns: Stage) -> None:
    anns.do(DelegateTask(ANN, 1, "ben"))
    assert (work(anns).assignee, work(anns).delegated_by) == ("ben", "ann")
    anns.do(ReturnTask(BEN, 1))
    assert (work(anns).assignee, work(anns).delegated_by) == ("ann", None)


def test_pattern_28_escalation_is_asked_for_or_comes_with_time(anns: Stage) -> None:
    assert not sees(CHIEF, work(anns))
    anns.do(EscalateTask(ANN, 1, "I cannot do it", to_role="chief"))
    assert sees(CHIEF, work(anns))
    late = Stage("[{id: work, performed_by: clerk, sla: {target: PT2H, escalations: [{after: PT3H, role: chief}]}}]")
    late.start().later("PT2H59M")
    assert not sees(CHIEF, work(late))
    late.later("PT1M")
    assert sees(CHIEF, work(late))


def test_pattern_29_deallocation_gives_it_back_to_the_role(anns: Stage) -> None:
    anns.do(ReleaseTask(ANN, 1, "not mine"))
    assert (work(anns).status, work(anns).assignee) == ("pending", None)
    anns.do(ClaimTask(BEN, 1))
    assert work(anns).assignee == "ben"


def test_pattern_30_stateful_reallocation_keeps_what_has_come_to_the_task() -> None:
    """Its clock, its dates, what was said of it and what was brought: all but the draft, which is private."""
    stage = Stage("[{id: work, performed_by: clerk, due: PT8H, sla: {target: PT4H}}]").start().do(ClaimTask(ANN, 1))
    stage.do(CommentOnTask(ANN, 1, "half done", (), (Link("notes", "https://files.example/n"),))).later("PT1H")
    stage.do(BlockTask(ANN, 1, "waits for the bank"))
    before = work(stage)
    stage.do(ReassignTask(MONA, 1, "ben"))
    after = work(stage)
    assert (after.assignee, after.status) == ("ben", "blocked")
    assert (after.sla, after.due_at, after.created_at) == (before.sla, before.due_at, before.created_at)
    assert stage.types.count("task.commented") == 1


def test_pattern_31_stateless_reallocation_lets_the_next_one_begin_anew(anns: Stage) -> None:
    assert work(anns).started_at is not None
    anns.do(DelegateTask(ANN, 1, "ben"))
    assert (work(anns).status, work(anns).started_at) == ("assigned", None)


def test_pattern_32_suspension_and_resumption_stop_one_task_and_let_it_go_on(anns: Stage) -> None:
    anns.do(BlockTask(ANN, 1, "waits for the bank"))
    with pytest.raises(Conflict, match="invalid_transition"):
        anns.do(CompleteTask(ANN, 1, {}))
    anns.do(UnblockTask(ANN, 1))
    assert (work(anns).status, work(anns).assignee) == ("in_progress", "ann")


def test_pattern_33_skip_goes_on_without_the_work() -> None:
    stage = Stage("[{id: work, performed_by: clerk, enables: [next]}, {id: next, performed_by: clerk}]").start()
    stage.skip("work", "next")
    assert (stage.states, stage.open) == ({"work": "skipped", "next": "active"}, ["next"])


THREE = """
- {id: first, performed_by: clerk, enables: [second]}
- {id: second, performed_by: clerk, enables: [third]}
- {id: third, performed_by: clerk}
"""


def test_pattern_34_redo_opens_what_was_done_and_all_that_followed_from_it() -> None:
    stage = Stage(THREE).start().done("first").done("second").repeat("first")
    assert stage.open == ["first"]
    stage.done("first").done("second").done("third")
    assert stage.ended[0] == "completed"


def test_pattern_35_pre_do_starts_what_is_not_yet_its_turn() -> None:
    stage = Stage(THREE).start()
    assert stage.open == ["first"]
    stage.repeat("third")
    assert stage.open == ["first", "third"]
    stage.do(CompleteTask(ADMIN, stage.tasks("third")[0].n, {}))
    assert stage.states == {"first": "active", "second": "-", "third": "completed"}
    stage.done("first").done("second")
    assert (stage.ended[0], stage.states["third"]) == ("completed", "completed"), "it is not done a second time"
