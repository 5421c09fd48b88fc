"""Who sees a task, who may act on it, and what each step of it leaves behind (States; api.md, Who calls)."""

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    BlockTask,
    ClaimTask,
    CompleteTask,
    ReassignTask,
    ReleaseTask,
    StartTask,
    TaskCommand,
    UnblockTask,
)
from engine.core.errors import Conflict, Forbidden, NotFound
from tests.core.play import ADMIN, Play

CARL = Caller("carl", frozenset({"clerk"}))
CORA = Caller("cora", frozenset({"clerk"}))
CHIEF = Caller("chris", frozenset({"chief"}))
AUDITOR = Caller("anna", frozenset({"auditor"}), frozenset({"task:read_all"}))
MANAGER = Caller("mona", frozenset({"manager"}), frozenset({"task:read_all", "task:reassign"}))
ALL = (ClaimTask, StartTask, ReleaseTask)


@pytest.fixture
def play() -> Play:
    return Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").start()


def state(play: Play) -> tuple[str, str | None]:
    task = play.process.tasks[1]
    return task.status, task.assignee


def begin(play: Play) -> None:
    """Carl claims the task and starts it."""
    play.give(ClaimTask(CARL, 1))
    play.give(StartTask(CARL, 1))


def test_who_neither_has_the_role_nor_the_task_does_not_find_it(play: Play):
    for make in ALL:
        with pytest.raises(NotFound, match="task_not_found"):
            play.give(make(CHIEF, 1))
    with pytest.raises(NotFound, match="task_not_found"):
        play.give(ClaimTask(CARL, 9))


def test_who_may_read_all_tasks_sees_it_and_may_not_act_on_it(play: Play):
    with pytest.raises(Forbidden, match="not_your_task"):
        play.give(ClaimTask(AUDITOR, 1))
    with pytest.raises(Forbidden, match="not_your_task"):
        play.give(CompleteTask(AUDITOR, 1, {}))


def test_who_got_the_task_from_another_person_may_do_it_without_the_role(play: Play):
    play.give(ReassignTask(MANAGER, 1, "chris"))
    assert state(play) == ("assigned", "chris")
    play.give(StartTask(CHIEF, 1))
    play.give(CompleteTask(CHIEF, 1, {}))
    assert state(play) == ("completed", "chris")
    assert play.open == ["b"]


@pytest.mark.parametrize("command", [StartTask(CORA, 1), ReleaseTask(CORA, 1), CompleteTask(CORA, 1, {})])
def test_a_task_that_another_person_has_is_seen_by_the_role_and_left_alone(play: Play, command: TaskCommand):
    play.give(ClaimTask(CARL, 1))
    with pytest.raises(Forbidden, match="not_your_task") as refused:
        play.give(command)
    assert refused.value.details == {"assignee": "carl"}
    assert state(play) == ("assigned", "carl")


def test_only_what_somebody_has_is_started(play: Play):
    with pytest.raises(Conflict, match="invalid_transition"):
        play.give(StartTask(CARL, 1))
    begin(play)
    assert state(play) == ("in_progress", "carl")
    assert play.types[-1] == "task.started"
    assert play.task("a").started_at == play.now


def test_who_reassigns_may_release_what_others_have_and_the_task_is_the_roles_again(play: Play):
    begin(play)
    play.give(ReleaseTask(MANAGER, 1, "on leave"))
    assert state(play) == ("pending", None)
    assert play.task("a").started_at is None
    assert play.events[-1].fact.was == "carl"
    play.give(ClaimTask(CORA, 1))


def test_work_begun_by_one_person_is_begun_anew_by_another(play: Play):
    begin(play)
    play.give(ReassignTask(MANAGER, 1, "cora"))
    assert state(play) == ("assigned", "cora")
    assert play.task("a").started_at is None
    with pytest.raises(Forbidden):
        play.give(CompleteTask(CARL, 1, {}))


def test_who_may_act_on_any_task_leaves_it_to_whose_it_is(play: Play):
    play.give(ClaimTask(CARL, 1))
    play.give(StartTask(ADMIN, 1))
    assert state(play) == ("in_progress", "carl")
    decision = play.give(CompleteTask(ADMIN, 1, {}))
    assert state(play) == ("completed", "carl")
    assert decision.events[0].actor == "ada"


def test_the_time_from_which_work_was_done_is_that_of_its_start(play: Play):
    begin(play)
    began = play.now
    play.give(CompleteTask(CARL, 1, {}))
    task = play.process.tasks[1]
    assert (task.started_at, task.ended_at) == (began, play.now)


@pytest.mark.parametrize(
    ("before", "then", "allowed"),
    [
        ((), StartTask, ["assigned", "blocked", "cancelled", "completed", "failed"]),
        (
            (ClaimTask,),
            ClaimTask,
            ["assigned", "blocked", "cancelled", "completed", "failed", "in_progress", "pending"],
        ),
        ((ClaimTask, StartTask), StartTask, ["assigned", "blocked", "cancelled", "completed", "failed", "pending"]),
    ],
)
def test_a_step_that_the_table_does_not_have_says_what_it_has(
    play: Play, before: tuple[type, ...], then: type, allowed: list[str]
):
    for command in before:
        play.give(command(CARL, 1))
    with pytest.raises(Conflict, match="invalid_transition") as refused:
        play.give(then(CARL, 1))
    assert refused.value.details["allowed"] == allowed
    assert refused.value.details["from"] == play.task("a").status


def test_a_task_that_nobody_has_cannot_be_released(play: Play):
    with pytest.raises(Conflict, match="invalid_transition") as refused:
        play.give(ReleaseTask(CARL, 1))
    assert refused.value.details["to"] == "pending"


def test_a_workers_task_is_neither_given_to_people_nor_done_by_them():
    play = Play("[{id: a, kind: system, action: do.it}]").start()
    for make in ALL:
        with pytest.raises(Conflict, match="invalid_transition"):
            play.give(make(ADMIN, 1))
    with pytest.raises(NotFound):
        play.give(CompleteTask(CARL, 1, {}))
    with pytest.raises(Conflict, match="invalid_transition"):
        play.give(CompleteTask(ADMIN, 1, {}))


def test_a_blocked_task_goes_back_to_where_it_was(play: Play):
    begin(play)
    play.give(BlockTask(CARL, 1, "the borrower is away"))
    assert state(play) == ("blocked", "carl")
    with pytest.raises(Conflict, match="invalid_transition"):
        play.give(CompleteTask(CARL, 1, {}))
    play.give(UnblockTask(CARL, 1))
    assert state(play) == ("in_progress", "carl")


def test_the_engine_itself_sees_every_task(play: Play):
    with pytest.raises(Forbidden, match="not_your_task"):
        play.give(CompleteTask(SYSTEM, 1, {}))


def test_the_priority_of_a_task_is_its_atoms_else_its_processs():
    from engine.core.commands import Start

    play = Play("""
      - {id: a, performed_by: clerk, entry: true, priority: critical}
      - {id: b, performed_by: clerk, entry: true}
    """)
    play.give(Start(CARL, "p1", {}, priority="low"))
    assert [play.task(atom).priority for atom in ("a", "b")] == ["critical", "low"]
    assert [play.task(atom).input for atom in ("a", "b")] == [None, None]
