"""How tasks go from hand to hand: released, reassigned, delegated, returned, escalated, changed, commented (States)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AddTask,
    BlockTask,
    ChangeTask,
    ClaimTask,
    CommentOnTask,
    CompleteTask,
    DelegateTask,
    EscalateTask,
    Extra,
    ReassignTask,
    ReleaseTask,
    Resume,
    ReturnTask,
    StartTask,
    Suspend,
    TaskCommand,
    UnblockTask,
)
from engine.core.errors import Conflict, Forbidden, NotFound
from engine.core.events import TaskEscalated, TaskReleased, read_fact
from engine.core.fold import fold
from engine.core.frozen import changed
from engine.core.states import TASK
from engine.core.task_facts import Link
from engine.core.values import decode, encode
from tests.core.play import ADMIN, NOON, Play

CLERKS = frozenset({"clerk"})
ANN, BEN, CLEO = (Caller(name, CLERKS) for name in ("ann", "ben", "cleo"))
MONA = Caller("mona", manages=frozenset({"ann", "ben"}), leads=CLERKS)
HEAD = Caller("hugh", frozenset({"head"}))
GUEST = Caller("gus", frozenset({"guest"}))

SHAPE = """
- {id: a, performed_by: clerk, enables: [b]}
- {id: b, performed_by: {role: clerk, not_same_as: [a]}, enables: [c]}
- {id: c, performed_by: {role: clerk, strategy: round_robin, skills: [{skill: latin, level: 2}]}}
"""


@pytest.fixture
def play() -> Play:
    return Play(SHAPE).start()


@pytest.fixture
def anns(play: Play) -> Play:
    """Ann has the first task and works on it."""
    play.give(ClaimTask(ANN, 1))
    play.give(StartTask(ANN, 1))
    return play


@pytest.fixture
def second() -> Play:
    """Ann has done the first task; the second waits for somebody else (four eyes)."""
    play = Play(SHAPE).start()
    play.give(CompleteTask(ANN, 1, {}))
    return play


def state(play: Play, n: int = 1) -> tuple[str, str | None, str | None]:
    task = play.process.tasks[n]
    return task.status, task.assignee, task.delegated_by


def refused(play: Play, command: Any, kind: type[Exception] = Conflict, code: str = "invalid_transition") -> Any:
    before = list(play.events)
    with pytest.raises(kind, match=code) as refusal:
        play.give(command)
    assert play.events == before
    return refusal.value


def replayed(play: Play) -> None:
    """The events as they come back from where they are stored give the same marking."""
    stored = [changed(one, fact=read_fact(one.fact.name, decode(encode(one.payload)))) for one in play.events]
    assert fold(play.journey, stored) == play.process


# --- the table ---


def in_state(status: str, who: Caller = ANN) -> Play:
    """A process whose first task has this status; ann has it, but for a pending one."""
    play = Play(SHAPE).start()
    ways: dict[str, list[Any]] = {
        "pending": [],
        "assigned": [ClaimTask(who, 1)],
        "in_progress": [ClaimTask(who, 1), StartTask(who, 1)],
        "blocked": [ClaimTask(who, 1), StartTask(who, 1), BlockTask(who, 1, "waits")],
    }
    for command in ways[status]:
        play.give(command)
    return play


VERBS: dict[str, Any] = {
    "claim": ClaimTask(ANN, 1),
    "start": StartTask(ADMIN, 1),
    "release": ReleaseTask(ADMIN, 1),
    "reassign": ReassignTask(ADMIN, 1, "ben"),
    "delegate": DelegateTask(ADMIN, 1, "ben"),
    "return": ReturnTask(ADMIN, 1),
    "block": BlockTask(ADMIN, 1, "waits"),
    "unblock": UnblockTask(ADMIN, 1),
    "complete": CompleteTask(ADMIN, 1, {}),
}


@pytest.mark.parametrize("status", ["pending", "assigned", "in_progress", "blocked"])
@pytest.mark.parametrize("verb", VERBS)
def test_each_command_leads_where_the_table_says_and_is_refused_where_it_says_nothing(status: str, verb: str):
    play = in_state(status)
    if verb == "return" and status in {"assigned", "in_progress"}:
        play.give(DelegateTask(ANN, 1, "ben"))
        if status == "in_progress":
            play.give(StartTask(BEN, 1))
    goal = TASK[status].get(verb)  # type: ignore[call-overload]
    if goal is None:
        details = refused(play, VERBS[verb]).details
        assert details["from"] == status
        assert set(details["allowed"]) <= {*TASK} - {"back"}
    else:
        play.give(VERBS[verb])
        assert play.process.tasks[1].status == ("in_progress" if goal == "back" else goal)
        replayed(play)


# --- releasing ---


def test_who_has_a_task_their_manager_and_who_may_reassign_release_it(anns: Play):
    refused(anns, ReleaseTask(BEN, 1), Forbidden, "not_your_task")
    refused(anns, ReleaseTask(GUEST, 1), NotFound, "task_not_found")
    for caller in (ANN, MONA, ADMIN, SYSTEM):
        anns.give(ReleaseTask(caller, 1, "lunch"))
        assert state(anns) == ("pending", None, None)
        anns.give(ClaimTask(ANN, 1))


def test_a_task_that_is_released_is_given_to_somebody_else_only_where_the_engine_gives_out_its_work(anns: Play):
    anns.give(ReleaseTask(ANN, 1, seek=True))
    assert not anns.process.tasks[1].seeking, "its role takes it: the atom offers its work"
    anns.give(CompleteTask(ANN, 1, {}))
    anns.give(CompleteTask(BEN, 2, {}))
    able = replace(ANN, skills={"latin": 2})
    anns.give(ClaimTask(able, 3))
    anns.give(ReleaseTask(able, 3))
    assert not anns.process.tasks[3].seeks, "without `seek` its role takes it"
    anns.give(ClaimTask(able, 3))
    anns.give(ReleaseTask(able, 3, seek=True))
    assert anns.process.tasks[3].seeks
    replayed(anns)


def test_a_delegated_task_that_is_released_is_the_roles_again(anns: Play):
    anns.give(DelegateTask(ANN, 1, "ben"))
    anns.give(ReleaseTask(BEN, 1, "no time"))
    assert state(anns) == ("pending", None, None)
    refused(anns, ReturnTask(ADMIN, 1))


# --- reassigning ---


def test_managers_who_lead_and_who_may_reassign_give_out_tasks_and_others_hear_who_could(play: Play):
    assert "those who are clerk" in refused(play, ReassignTask(ANN, 1, "ben"), Forbidden, "permission_denied").detail
    refused(play, ReassignTask(GUEST, 1, "ben"), NotFound, "task_not_found")
    play.give(ReassignTask(MONA, 1, "cleo"))
    refusal = refused(play, ReassignTask(MONA, 1, "ben"), Forbidden, "permission_denied")
    assert "the manager of cleo" in refusal.detail, "who leads the role does not take it from who reports to others"
    assert refusal.details == {"permission": "task:reassign"}
    play.give(ReassignTask(ADMIN, 1, "ben"))
    play.give(ReassignTask(MONA, 1, "ann"))
    assert state(play) == ("assigned", "ann", None)


def test_a_task_is_not_reassigned_to_who_has_it_unless_it_was_only_delegated(anns: Play):
    assert "ann has the task already" in refused(anns, ReassignTask(ADMIN, 1, "ann")).detail
    anns.give(DelegateTask(ANN, 1, "ben"))
    anns.give(ReassignTask(MONA, 1, "ben", "yours from now on"))
    assert state(anns) == ("assigned", "ben", None)


def test_nobody_gets_by_another_what_four_eyes_or_skills_forbid(second: Play):
    for command in (ReassignTask(ADMIN, 2, "ann"), EscalateTask(ADMIN, 2, "late", assignee="ann")):
        assert refused(second, command, Forbidden, "four_eyes").details["performed"] == ["a"]
    second.give(ClaimTask(BEN, 2))
    refused(second, DelegateTask(BEN, 2, "ann"), Forbidden, "four_eyes")
    second.give(CompleteTask(BEN, 2, {}))
    refused(second, ReassignTask(ADMIN, 3, "cleo"), Forbidden, "not_skilled")
    refused(second, EscalateTask(ADMIN, 3, "late", assignee="cleo", able={"latin": 1}), Forbidden, "not_skilled")
    second.give(ReassignTask(ADMIN, 3, "cleo", able={"latin": 2}))
    refused(second, DelegateTask(ADMIN, 3, "ben"), Forbidden, "not_skilled")
    assert state(second, 3) == ("assigned", "cleo", None)


# --- delegating ---


def test_however_far_a_task_is_delegated_it_goes_back_to_who_did_so_first(anns: Play):
    anns.give(DelegateTask(ANN, 1, "ben"))
    anns.give(StartTask(BEN, 1))
    anns.give(DelegateTask(BEN, 1, "cleo"))
    assert state(anns) == ("assigned", "cleo", "ann")
    refused(anns, ReturnTask(BEN, 1), Forbidden, "not_your_task")
    anns.give(ReturnTask(CLEO, 1, "done my part"))
    assert state(anns) == ("assigned", "ann", None)
    replayed(anns)


def test_who_delegated_a_task_sees_it_takes_it_back_and_does_not_do_it_meanwhile(play: Play):
    outsider = Caller("otto")
    play.give(ReassignTask(ADMIN, 1, "otto"))
    play.give(DelegateTask(outsider, 1, "ben"))
    refused(play, CompleteTask(outsider, 1, {}), Forbidden, "not_your_task")
    play.give(CommentOnTask(outsider, 1, "how is it going?"))
    play.give(ReturnTask(outsider, 1))
    assert state(play) == ("assigned", "otto", None)


def test_a_task_is_delegated_by_who_has_it_and_to_nobody_who_has_it_or_gets_it_back(anns: Play):
    refused(anns, DelegateTask(BEN, 1, "cleo"), Forbidden, "not_your_task")
    refused(anns, DelegateTask(MONA, 1, "cleo"), Forbidden, "not_your_task")
    assert "ann has the task already" in refused(anns, DelegateTask(ANN, 1, "ann")).detail
    assert "can be released" in refused(anns, ReturnTask(ANN, 1)).detail
    anns.give(DelegateTask(ANN, 1, "ben"))
    assert "returning" in refused(anns, DelegateTask(BEN, 1, "ann")).detail


def test_who_did_a_delegated_task_has_performed_it_and_not_who_delegated_it(anns: Play):
    anns.give(DelegateTask(ANN, 1, "ben"))
    anns.give(CompleteTask(BEN, 1, {}))
    assert anns.process.steps["a"].performers == ("ben",)
    refused(anns, ClaimTask(BEN, 2), Forbidden, "four_eyes")
    anns.give(ClaimTask(ANN, 2))


def test_a_task_does_not_go_back_to_who_performed_the_other_meanwhile():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true}
      - {id: b, performed_by: {role: clerk, not_same_as: [a]}, entry: true}
    """).start()
    play.give(ClaimTask(ANN, 2))
    play.give(DelegateTask(ANN, 2, "ben"))
    play.give(CompleteTask(ANN, 1, {}))
    refused(play, ReturnTask(BEN, 2), Forbidden, "four_eyes")
    play.give(CompleteTask(BEN, 2, {}))


# --- blocked and suspended ---


def test_a_blocked_task_goes_to_others_and_stays_blocked_until_they_unblock_it(anns: Play):
    anns.give(BlockTask(ANN, 1, "waits for the deed"))
    anns.give(ReassignTask(MONA, 1, "ben"))
    assert state(anns) == ("blocked", "ben", None)
    refused(anns, UnblockTask(ANN, 1), Forbidden, "not_your_task")
    anns.give(UnblockTask(BEN, 1))
    assert state(anns) == ("assigned", "ben", None)
    anns.give(BlockTask(BEN, 1, "waits again"))
    anns.give(ReleaseTask(BEN, 1))
    assert "Nobody has" in refused(anns, ReleaseTask(ADMIN, 1)).detail
    anns.give(EscalateTask(ADMIN, 1, "blocked for a week", assignee="cleo"))
    assert state(anns) == ("blocked", "cleo", None)
    anns.give(ReleaseTask(CLEO, 1))
    anns.give(UnblockTask(ANN, 1))
    assert state(anns) == ("pending", None, None)
    replayed(anns)


def test_a_blocked_task_that_was_released_to_be_given_out_seeks_once_it_is_unblocked(second: Play):
    second.give(CompleteTask(BEN, 2, {}))
    able = replace(ANN, skills={"latin": 2})
    second.give(ClaimTask(able, 3))
    second.give(BlockTask(able, 3, "waits"))
    second.give(ReleaseTask(able, 3, seek=True))
    assert not second.process.tasks[3].seeks
    second.give(UnblockTask(ADMIN, 3))
    assert second.process.tasks[3].seeks


def test_a_suspended_process_lets_its_tasks_go_from_hand_to_hand_and_nothing_move_r12(anns: Play):
    anns.give(Suspend(ADMIN, "on hold"))
    due = NOON + timedelta(days=1)
    commands: list[TaskCommand] = [
        DelegateTask(ANN, 1, "ben"),
        ReturnTask(BEN, 1),
        ReassignTask(MONA, 1, "ben"),
        EscalateTask(ANN, 1, "too long", to_role="head"),
        ChangeTask(MONA, 1, "high", due),
        CommentOnTask(ANN, 1, "still here"),
        ReleaseTask(BEN, 1),
        ClaimTask(ANN, 1),
    ]
    for command in commands:
        anns.give(command)
    for command in (StartTask(ANN, 1), CompleteTask(ANN, 1, {}), BlockTask(ANN, 1, "waits")):
        refused(anns, command, Conflict, "process_suspended")
    anns.give(Resume(ADMIN))
    anns.give(CompleteTask(ANN, 1, {}))
    replayed(anns)


# --- escalating, changing, commenting ---


def test_whoever_sees_a_task_escalates_it_and_the_role_that_is_told_sees_it_and_shares_it_out(anns: Play):
    refused(anns, CommentOnTask(HEAD, 1, "?"), NotFound, "task_not_found")
    anns.give(EscalateTask(BEN, 1, "ann is away", to_role="head", to_users=("mona",)))
    assert state(anns) == ("in_progress", "ann", None), "telling somebody changes nothing for who works on it"
    assert (anns.process.tasks[1].escalations, anns.process.tasks[1].escalated_to) == (1, "head")
    anns.give(ReassignTask(HEAD, 1, "cleo"))
    anns.give(EscalateTask(BEN, 1, "again"))
    task = anns.process.tasks[1]
    assert (task.escalations, task.escalated_to) == (2, "head"), "who was told before goes on seeing it"
    facts = [event.fact for event in anns.events if isinstance(event.fact, TaskEscalated)]
    assert [(fact.level, fact.to_role, fact.to_users) for fact in facts] == [(1, "head", ("mona",)), (2, None, ())]
    replayed(anns)


def test_by_escalating_only_who_shares_out_gives_a_task_to_somebody_or_raises_its_priority(anns: Play):
    for more in ({"assignee": "ben"}, {"priority": "critical"}):
        refused(anns, EscalateTask(ANN, 1, "too long", **more), Forbidden, "permission_denied")  # type: ignore[arg-type]
    refused(anns, EscalateTask(GUEST, 1, "too long"), NotFound, "task_not_found")
    assert "ann has" in refused(anns, EscalateTask(MONA, 1, "too long", assignee="ann")).detail
    anns.give(EscalateTask(MONA, 1, "too long", priority="critical", assignee="ben"))
    assert state(anns) == ("assigned", "ben", None)
    assert anns.process.tasks[1].priority == "critical"
    assert anns.process.tasks[1].started_at is None


def test_an_escalation_that_gives_a_delegated_task_to_somebody_leaves_nobody_to_return_it_to(anns: Play):
    anns.give(DelegateTask(ANN, 1, "ben"))
    anns.give(EscalateTask(MONA, 1, "too long", assignee="cleo"))
    assert state(anns) == ("assigned", "cleo", None)


def test_priority_and_due_date_are_changed_apart_by_who_shares_out_and_nothing_is_told_twice(anns: Play):
    due = NOON + timedelta(days=2)
    refused(anns, ChangeTask(ANN, 1, "high"), Forbidden, "permission_denied")
    anns.give(ChangeTask(MONA, 1, due_at=due))
    anns.give(ChangeTask(MONA, 1, "high"))
    assert (anns.process.tasks[1].priority, anns.process.tasks[1].due_at) == ("high", due)
    count = len(anns.events)
    anns.give(ChangeTask(MONA, 1, "high", due))
    assert len(anns.events) == count
    anns.give(ChangeTask(MONA, 1, no_due=True))
    assert (anns.process.tasks[1].priority, anns.process.tasks[1].due_at) == ("high", None)
    replayed(anns)


def test_a_comment_with_its_links_and_mentions_is_in_the_history_and_changes_no_task(anns: Play):
    before = anns.process.tasks[1]
    anns.give(CommentOnTask(BEN, 1, "see the deed", ("mona",), (Link("deed", "https://deeds.test/7"),)))
    assert anns.process.tasks[1] is before
    (link,) = anns.events[-1].payload["links"]
    assert (link["name"], link["url"]) == ("deed", "https://deeds.test/7")
    assert list(anns.events[-1].payload["mentions"]) == ["mona"]
    replayed(anns)


@pytest.mark.parametrize(
    "command",
    [EscalateTask(ADMIN, 1, "late"), ChangeTask(ADMIN, 1, "high"), CommentOnTask(ADMIN, 1, "?")],
    ids=["escalate", "change", "comment"],
)
def test_a_workers_task_and_one_that_is_over_are_neither_escalated_nor_changed_nor_commented(command: TaskCommand):
    system = Play("[{id: a, kind: system, action: do.it}]").start()
    assert "is done by a worker" in refused(system, command).detail
    over = Play(SHAPE).start()
    over.give(CompleteTask(ANN, 1, {}))
    assert "is completed" in refused(over, command).detail


def test_a_task_off_the_graph_goes_from_hand_to_hand_like_any_other_r18(play: Play):
    play.give(AddTask(ADMIN, Extra("call back", "clerk")))
    play.give(ClaimTask(ANN, 2))
    play.give(DelegateTask(ANN, 2, "ben"))
    play.give(ReturnTask(BEN, 2))
    play.give(ReleaseTask(ANN, 2, seek=True))
    play.give(ReassignTask(MONA, 2, "cleo"))
    play.give(EscalateTask(ADMIN, 2, "late", to_role="head"))
    play.give(CompleteTask(CLEO, 2, {}))
    assert [event.fact.seeking for event in play.events if isinstance(event.fact, TaskReleased)] == [False]
    replayed(play)
