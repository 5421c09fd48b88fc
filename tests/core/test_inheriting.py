"""What somebody delegated who leaves: another person gets it back, and who has it goes on."""

import pytest

from engine.core.callers import Caller
from engine.core.commands import BlockTask, ClaimTask, DelegateTask, ReturnTask, StartTask
from engine.core.decide import decide
from engine.core.errors import Conflict, EngineError, Forbidden
from engine.core.events import TaskDelegated
from engine.core.inheriting import InheritTask
from engine.store.assignments import Assignments
from tests.core.play import ADMIN, Play

CLERKS = frozenset({"clerk"})
ANN, BEN, CEM, DOT = (Caller(name, CLERKS) for name in ("ann", "ben", "cem", "dot"))
MONA = Caller("mona", manages=frozenset({"ann"}), leads=CLERKS)
EYES = """
- {id: a, performed_by: clerk, enables: [b]}
- {id: b, performed_by: {role: clerk, not_same_as: [a], skills: [{skill: law, level: 1}]}}
"""
LAW = {"law": 1}


@pytest.fixture
def lent() -> Play:
    """Ann has delegated the only task to ben, who works on it."""
    play = Play("[{id: a, performed_by: clerk}]").start()
    for command in (ClaimTask(ANN, 1), DelegateTask(ANN, 1, "ben"), StartTask(BEN, 1)):
        play.give(command)
    return play


def state(play: Play, n: int = 1) -> tuple[str, str | None, str | None]:
    task = play.process.tasks[n]
    return task.status, task.assignee, task.delegated_by


def test_the_heir_gets_it_back_and_who_has_it_goes_on_with_it(lent: Play) -> None:
    before = lent.process.tasks[1]
    decision = lent.give(InheritTask(ADMIN, 1, "cem", "ann leaves"))
    assert [event.fact for event in decision.events] == [TaskDelegated("a", 1, 1, "cem", "ben", "ann leaves", True)]
    assert state(lent) == ("in_progress", "ben", "cem")
    assert lent.process.tasks[1].started_at == before.started_at
    lent.give(ReturnTask(BEN, 1))
    assert state(lent) == ("assigned", "cem", None)


def test_who_had_it_is_not_written_down_a_second_time(lent: Play) -> None:
    decision = decide(lent.journey, lent.process, InheritTask(ADMIN, 1, "cem"), lent.now)
    found = Assignments.of([decision])
    assert (found.assigned, found.released) == ([], [])


def test_a_blocked_task_stays_blocked(lent: Play) -> None:
    lent.give(BlockTask(BEN, 1, "waits"))
    lent.give(InheritTask(ADMIN, 1, "cem"))
    assert (state(lent), lent.process.tasks[1].blocked_from) == (("blocked", "ben", "cem"), "in_progress")


@pytest.mark.parametrize("heir", ["ben", None])
def test_without_another_heir_it_belongs_to_who_has_it(lent: Play, heir: str | None) -> None:
    lent.give(InheritTask(ADMIN, 1, heir))
    assert state(lent) == ("assigned", "ben", None)


@pytest.mark.parametrize("by", [ANN, MONA, ADMIN])
def test_who_delegated_it_their_manager_and_who_shares_it_out_may_say_so(lent: Play, by: Caller) -> None:
    lent.give(InheritTask(by, 1, "cem"))
    assert state(lent)[2] == "cem"


@pytest.mark.parametrize("by", [BEN, DOT])
def test_nobody_else_may(lent: Play, by: Caller) -> None:
    with pytest.raises(Forbidden, match="permission_denied"):
        lent.give(InheritTask(by, 1, "dot"))


def test_what_nobody_delegated_or_the_heir_did_is_refused(lent: Play) -> None:
    with pytest.raises(Conflict, match="ann delegated the task"):
        lent.give(InheritTask(ADMIN, 1, "ann"))
    lent.give(ReturnTask(BEN, 1))
    with pytest.raises(Conflict, match="Nobody delegated the task"):
        lent.give(InheritTask(ADMIN, 1, "cem"))


def test_four_eyes_and_skills_hold_for_the_heir() -> None:
    play = Play(EYES).start()
    play.done("a", CEM)
    n = play.task("b").n
    ann = Caller("ann", CLERKS, skills=LAW)
    play.give(ClaimTask(ann, n))
    play.give(DelegateTask(ann, n, "ben", able=LAW))
    for heir, able, code in (("cem", LAW, "four_eyes"), ("dot", {}, "not_skilled")):
        with pytest.raises(EngineError, match=code):
            play.give(InheritTask(ADMIN, n, heir, able=able))
    play.give(InheritTask(ADMIN, n, "dot", able=LAW))
    assert state(play, n) == ("assigned", "ben", "dot")
