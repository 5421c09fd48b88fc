"""What is done when something takes too long: level by level, each once, always told to somebody, never in a loop."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.clock_facts import Escalated
from engine.core.commands import (
    AddTask,
    AssignTask,
    BlockTask,
    ClaimTask,
    CompleteTask,
    DelegateTask,
    EscalateTask,
    Extra,
    FindNobody,
    ReleaseTask,
    RepeatAtom,
    StartTask,
    Strike,
    UnblockTask,
)
from engine.core.durations import Duration
from engine.core.errors import NotFound
from engine.core.events import TaskEscalated
from engine.core.organisation import Organisation, Skill
from engine.core.process import Task
from engine.core.service_levels import Escalation
from tests.core.hierarchy import ANN, BEN, CARL, CHIEFS, CLERKS, PEOPLE, away, level, organisation, user
from tests.core.play import ADMIN, HEAD, NOON
from tests.core.stage import Stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def stage(levels: str, people: Organisation | None = None, more: str = "") -> Stage:
    """A task of a clerk with these escalations; `more` are further keys of its atom."""
    atoms = f"""
      - id: a
        performed_by: {{role: clerk}}
        sla: {{target: PT8H, escalations: [{levels}]}}
        {more}
        enables: [b]
      - {{id: b, performed_by: {{role: chief}}}}
    """
    played = Stage(atoms)
    played.world.organisation = organisation() if people is None else people
    return played.start()


def task(played: Stage, n: int = 1) -> Task:
    return played.process.tasks[n]


def escalated(played: Stage) -> list[TaskEscalated]:
    return [event.fact for event in played.world.histories["p1"] if isinstance(event.fact, TaskEscalated)]


def after(played: Stage, length: timedelta) -> TaskEscalated:
    """What the one level says that comes within this time."""
    before = len(escalated(played))
    played.world.advance(length)
    (fact,) = escalated(played)[before:]
    return fact


# --- who is told ---


def test_the_role_of_the_level_is_told_or_else_the_one_that_the_atom_escalates_to():
    named = after(stage("{after: PT1H, role: chief}"), HOUR)
    assert (named.to_role, named.to_users, named.reached_at) == ("chief", (), NOON + HOUR)
    assert after(stage("{after: PT1H}", more="escalates_to: chief"), HOUR).to_role == "chief"


def test_the_manager_of_who_has_it_is_told_where_no_role_is_or_the_level_says_so():
    for levels, more in (("{after: PT1H}", ""), ("{after: PT1H, manager: true}", "escalates_to: chief")):
        played = stage(levels, more=more).do(ClaimTask(ANN, 1))
        fact = after(played, HOUR)
        assert (fact.to_role, fact.to_users, fact.assignee) == (None, ("mona",), None)
        assert task(played).assignee == "ann", "told is not given"


def test_the_manager_of_the_team_is_told_for_who_reports_to_nobody():
    assert after(stage("{after: PT1H}").do(ClaimTask(BEN, 1)), HOUR).to_users == ("tom",)


def test_the_managers_of_who_holds_its_role_are_told_while_nobody_has_it():
    assert after(stage("{after: PT1H}"), HOUR).to_users == ("mona", "tom")


def test_a_manager_who_is_away_or_not_active_is_passed_over_for_the_next_one_up():
    for gone in (away("mona", substitute="ben"), user("mona", active=False)):
        assert after(stage("{after: PT1H}", organisation(gone)).do(ClaimTask(ANN, 1)), HOUR).to_users == ("dora",)


def test_where_all_managers_are_away_the_nearest_is_told_all_the_same():
    staff = organisation(away("mona"), away("dora"))
    assert after(stage("{after: PT1H}", staff).do(ClaimTask(ANN, 1)), HOUR).to_users == ("mona",)


@pytest.mark.parametrize("people", [Organisation(), organisation(user("ann", reports_to=None))])
def test_where_nobody_above_is_known_the_owner_of_the_process_is_told(people: Organisation):
    assert after(stage("{after: PT1H}", people).do(ClaimTask(ANN, 1)), HOUR).to_users == ("olga",)


def test_an_owner_who_has_left_is_stood_in_for_by_whom_they_reported_to():
    staff = organisation(user("ann", reports_to=None), user("olga", active=False))
    assert after(stage("{after: PT1H}", staff).do(ClaimTask(ANN, 1)), HOUR).to_users == ("dora",)


def test_a_role_that_nobody_is_known_to_hold_is_told_and_so_are_those_above():
    staff = organisation(without="carl")
    fact = after(stage("{after: PT1H, role: chief}", staff).do(ClaimTask(ANN, 1)), HOUR)
    assert (fact.to_role, fact.to_users) == ("chief", ("mona",))
    fact = after(stage("{after: PT1H, role: chief}", Organisation()).do(ClaimTask(ANN, 1)), HOUR)
    assert (fact.to_role, fact.to_users) == ("chief", ("olga",))


def test_of_a_delegated_task_who_delegated_it_is_told_and_their_manager():
    played = stage("{after: PT1H}").do(ClaimTask(ANN, 1)).do(DelegateTask(ANN, 1, "ben"))
    assert after(played, HOUR).to_users == ("mona", "ann")


def test_a_task_off_the_graph_is_escalated_by_the_level_it_has():
    played = Stage("[{id: a, performed_by: clerk}]", levels={"task:": level(Escalation(Duration(span=HOUR)))})
    played.world.organisation = organisation()
    played.start().do(AddTask(ADMIN, Extra("call back", "clerk")))
    fact = after(played, HOUR)
    assert (fact.atom, fact.to_users) == (None, ("mona", "tom"))


# --- what it becomes ---


@pytest.mark.parametrize(
    ("how", "before", "then"),
    [
        ("one", "medium", "high"),
        ("critical", "low", "critical"),
        ("one", "critical", "critical"),
        ("one", "high", "critical"),
    ],
)
def test_its_priority_is_raised_by_one_or_to_critical_and_never_beyond(how: str, before: str, then: str):
    played = stage(f"{{after: PT1H, priority: {how}}}", more=f"priority: {before}")
    fact = after(played, HOUR)
    assert task(played).priority == then
    assert fact.priority == (None if before == then else then)


def test_a_role_gets_it_so_that_its_members_take_it_and_nobody_has_it_any_more():
    played = stage("{after: PT1H, role: chief, reassign: true}").do(ClaimTask(ANN, 1)).do(StartTask(ANN, 1))
    fact = after(played, HOUR)
    assert (fact.freed, fact.was, fact.to_role) == (True, "ann", "chief")
    assert (task(played).status, task(played).assignee, task(played).role) == ("pending", None, "chief")
    with pytest.raises(NotFound, match="task_not_found"):
        played.do(ClaimTask(BEN, 1))
    played.do(ClaimTask(CARL, 1))
    assert task(played).assignee == "carl"


@pytest.mark.parametrize("strategy", ["strategy: manual", "strategy: round_robin", "strategy: pool, same_as: a"])
def test_what_a_role_got_its_members_take_however_it_was_given_out_before(strategy: str):
    atoms = f"""
      - {{id: a, performed_by: clerk, enables: [b]}}
      - id: b
        performed_by: {{role: clerk, {strategy}}}
        sla: {{target: PT8H, escalations: [{{after: PT1H, role: chief, reassign: true}}]}}
    """
    played = Stage(atoms)
    played.world.organisation = organisation()
    played.start().do(CompleteTask(ANN, 1, {}))
    assert after(played, HOUR).freed
    assert not task(played, 2).seeking
    played.do(ClaimTask(CARL, 2))
    played.do(ReleaseTask(CARL, 2, seek=True))
    assert (task(played, 2).role, task(played, 2).seeking) == ("chief", False), "it is not given back to the clerks"


def test_a_manager_gets_it_and_answers_for_it_from_then_on():
    played = stage("{after: PT1H, manager: true, reassign: true}")
    played.do(ClaimTask(ANN, 1)).do(DelegateTask(ANN, 1, "ben"))
    fact = after(played, HOUR)
    assert (fact.assignee, fact.was, fact.freed) == ("mona", "ben", False)
    found = task(played)
    assert (found.assignee, found.delegated_by, found.status, found.role) == ("mona", None, "assigned", "clerk")


def test_level_by_level_it_goes_up_and_ends_at_the_top():
    up = "manager: true, reassign: true"
    played = stage(f"{{after: PT1H, {up}}}, {{after: PT1H, {up}}}, {{after: PT1H, {up}}}").do(ClaimTask(ANN, 1))
    assert [after(played, HOUR).assignee for _ in range(3)] == ["mona", "dora", None]
    assert escalated(played)[-1].to_users == ("olga",)
    assert task(played).assignee == "dora"
    assert "No manager is known" in escalated(played)[-1].reason
    played.world.advance(9 * DAY)
    assert len(escalated(played)) == 3


def test_whom_one_reports_to_gets_it_before_who_manages_the_team():
    staff = organisation(user("ben", reports_to="tom"), replace(PEOPLE[0], teams=frozenset({"desk"})))
    played = stage("{after: PT1H, manager: true, reassign: true}", staff).do(ClaimTask(ANN, 1))
    fact = after(played, HOUR)
    assert (fact.assignee, fact.to_users) == ("mona", ("mona", "tom"))


def test_what_nobody_has_goes_to_the_one_manager_of_all_who_could_and_to_none_of_several():
    several = after(stage("{after: PT1H, manager: true, reassign: true}"), HOUR)
    assert (several.assignee, several.to_users) == (None, ("mona", "tom"))
    assert "any of them may share it out" in several.reason
    staff = organisation(user("ben", teams=frozenset[str](), reports_to="mona"))
    assert after(stage("{after: PT1H, manager: true, reassign: true}", staff), HOUR).assignee == "mona"


def test_four_eyes_and_skills_let_it_go_further_up_or_to_nobody_and_the_event_says_why():
    atoms = """
      - {id: a, performed_by: clerk, enables: [b]}
      - id: b
        performed_by: {role: clerk, not_same_as: [a], skills: [latin]}
        sla: {target: PT8H, escalations: [{after: PT1H, manager: true, reassign: true}]}
    """
    latin = (Skill("latin"),)
    for dora, given_to in ((user("dora", skills=latin), "dora"), (user("dora"), None)):
        played = Stage(atoms)
        played.world.organisation = organisation(dora, user("mona", skills=latin), user("ann", skills=latin))
        played.start().do(CompleteTask(Caller("mona", CLERKS), 1, {}))
        played.do(ClaimTask(Caller("ann", CLERKS, skills={"latin": 1}), 2))
        fact = after(played, HOUR)
        assert (fact.assignee, fact.to_users) == (given_to, ("mona",))
        assert task(played, 2).assignee == (given_to or "ann")
    assert "mona performed a; somebody else must perform b" in fact.reason
    assert "b needs skills that dora does not have: latin (level 1)" in fact.reason


def test_a_role_of_which_nobody_can_take_it_is_told_and_it_stays_where_it_is():
    for staff, why in (
        (organisation(away("carl")), "carl is away until"),
        (organisation(without="carl"), "Nobody is known who holds it"),
        (organisation(user("ann", roles=CLERKS | CHIEFS), without="carl"), "ann has it already"),
    ):
        played = stage("{after: PT1H, role: chief, reassign: true}", staff).do(ClaimTask(ANN, 1))
        fact = after(played, HOUR)
        assert (fact.freed, fact.to_role, fact.to_users) == (False, "chief", ("mona",))
        assert why in fact.reason
        assert (task(played).assignee, task(played).role) == ("ann", "clerk")


def test_where_nobody_is_known_at_all_a_role_of_tokens_gets_it():
    played = stage("{after: PT1H, role: chief, reassign: true}", Organisation()).do(ClaimTask(ANN, 1))
    assert after(played, HOUR).freed and task(played).role == "chief"


def test_what_is_blocked_goes_over_blocked():
    played = stage("{after: PT1H, role: chief, reassign: true}").do(ClaimTask(ANN, 1)).do(BlockTask(ANN, 1, "waits"))
    assert after(played, HOUR).freed
    assert (task(played).status, task(played).assignee, task(played).blocked_from) == ("blocked", None, "pending")
    played.do(UnblockTask(CARL, 1))
    assert task(played).status == "pending"


def test_somebody_who_gets_it_resolves_that_nobody_could_be_found():
    atoms = """
      - id: a
        performed_by: {role: clerk, strategy: round_robin}
        sla: {target: PT8H, escalations: [{after: PT1H, role: chief}, {after: PT1H, role: chief, reassign: true}]}
    """
    played = Stage(atoms)
    played.world.organisation = organisation()
    played.start().do(FindNobody(SYSTEM, 1, "all are away", "name a substitute"))
    after(played, HOUR)
    assert task(played).seeking and played.incident[0] == "nobody_eligible", "told alone it is sought for still"
    after(played, HOUR)
    assert not task(played).seeking and not list(played.process.open_incidents())
    played.do(AssignTask(SYSTEM, 1, "ann", "round_robin"))
    assert task(played).assignee is None, "who was chosen meanwhile does not get it"


def test_what_a_worker_does_is_told_to_a_role_or_the_owner():
    atoms = """
      - id: a
        kind: system
        action: do.it
        sla: {target: PT8H, escalations: [{after: PT1H, role: chief}, {after: PT1H}]}
    """
    played = Stage(atoms)
    played.world.organisation = organisation()
    played.start()
    assert [(fact.to_role, fact.to_users) for fact in (after(played, HOUR), after(played, HOUR))] == [
        ("chief", ()),
        (None, ("olga",)),
    ]


def test_it_begins_anew_with_a_rework_as_its_role_does():
    played = stage("{after: PT1H, role: chief, reassign: true}")
    after(played, HOUR)
    played.do(RepeatAtom(ADMIN, "a", "again"))
    (again,) = played.tasks("a")
    assert (again.role, again.escalations) == ("clerk", 0)
    assert after(played, HOUR).level == 1


# --- when ---


def test_levels_come_one_after_the_other_each_counted_from_the_one_before():
    played = stage("{after: PT1H, role: chief}, {after: PT30M, manager: true}, {after: PT2H, priority: critical}")
    played.do(ClaimTask(ANN, 1))
    played.world.advance(2 * DAY)
    found = [(fact.level, fact.reached_at, fact.to_role, fact.to_users, fact.next_at) for fact in escalated(played)]
    first, second, third = NOON + HOUR, NOON + 1.5 * HOUR, NOON + 3.5 * HOUR
    assert found == [
        (1, first, "chief", (), second),
        (2, second, None, ("mona",), third),
        (3, third, None, ("mona",), None),
    ]


def test_what_was_noted_late_is_done_in_order_with_the_moments_it_was_due():
    played = stage("{after: PT1H, manager: true, reassign: true}, {after: PT1H, manager: true, reassign: true}")
    played.do(ClaimTask(ANN, 1))
    played.world.now = NOON + 5 * HOUR  # nobody struck the clock meanwhile
    played.do(Strike(SYSTEM, organisation()))
    found = [(fact.reached_at, fact.assignee) for fact in escalated(played)]
    assert found == [(NOON + HOUR, "mona"), (NOON + 2 * HOUR, "dora")]


def test_escalating_by_hand_counts_and_moves_no_clock():
    played = stage("{after: PT1H, role: chief}").do(ClaimTask(ANN, 1))
    played.do(EscalateTask(ANN, 1, "too much", to_users=("mona",)))
    assert after(played, HOUR).level == 2
    assert (task(played).escalations, task(played).sla.escalated) == (2, 1)  # type: ignore[union-attr]


def test_by_hand_too_the_history_says_who_had_it():
    played = stage("{after: PT1H}").do(ClaimTask(ANN, 1)).do(EscalateTask(ADMIN, 1, "urgent", assignee="ben"))
    assert escalated(played)[-1].was == "ann"
    assert escalated(played.do(EscalateTask(ADMIN, 1, "look", to_role="chief")))[-1].was is None


# --- what is no task ---

WHOLE = "[{id: a, performed_by: clerk}]"


@pytest.mark.parametrize(
    ("rule", "people", "told"),
    [
        ("", organisation(), (None, ("olga",))),
        (", role: chief", organisation(), ("chief", ())),
        (", role: chief", organisation(without="carl"), ("chief", ("olga",))),
        ("", Organisation(), (None, ("olga",))),
        ("", organisation(user("olga", active=False)), (None, ("dora",))),
    ],
)
def test_of_a_process_a_role_is_told_or_its_owner_or_whom_an_owner_who_left_reported_to(
    rule: str, people: Organisation, told: tuple[Any, ...]
):
    played = Stage(WHOLE, head=HEAD + f"sla: {{target: P1D, escalations: [{{after: PT1H{rule}}}]}}\n")
    played.world.organisation = people
    played.start().world.advance(9 * DAY)
    (fact,) = [event.fact for event in played.world.histories["p1"] if isinstance(event.fact, Escalated)]
    assert (fact.to_role, fact.to_users) == told
    assert (fact.level, fact.reached_at, fact.next_at) == (1, NOON + HOUR, None)
