"""Tasks that the engine gives out, and who may perform them: four eyes, skills, `same_as`, `manual` (issue 6)."""

from typing import Any

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AssignTask,
    BlockTask,
    ClaimTask,
    CompleteTask,
    End,
    FailTask,
    FindNobody,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    Resume,
    RetryIncident,
    SkipIncident,
    SkipStep,
    Suspend,
    UnblockTask,
)
from engine.core.errors import Forbidden
from engine.core.events import IncidentResolved, TaskAssigned
from engine.core.explain import Known, explain
from engine.core.explain_held import Prospect
from engine.core.process import Task
from tests.core.play import ADMIN, Play

CARL = Caller("carl", frozenset({"clerk"}))
CORA = Caller("cora", frozenset({"clerk"}))
GIVEN = """
  - {id: a, name: Check, performed_by: {role: clerk, strategy: round_robin}, enables: [b]}
  - {id: b, performed_by: clerk}
"""
LIST = "[{id: a, performed_by: {role: clerk, strategy: load_balanced}, for_each: {var: items}, saves: go}]"
EYES = """
  - {id: a, performed_by: clerk, enables: [b]}
  - {id: b, performed_by: {role: clerk, not_same_as: [a]}, enables: [{to: a, rework: true, rule: {var: go}}, c]}
  - {id: c, performed_by: {role: clerk, same_as: a}}
"""
SKILLED = "[{id: a, performed_by: {role: clerk, skills: [{skill: fha, level: 2}, law]}}]"
MANUAL = "[{id: a, performed_by: {role: clerk, strategy: manual}}]"


def assign(play: Play, user: str, n: int = 1, **facts: Any) -> None:
    play.give(AssignTask(SYSTEM, n, user, facts.pop("method", "round_robin"), **facts))


def nobody(play: Play, why: str = "Nobody holds the role clerk.", n: int = 1) -> None:
    play.give(FindNobody(SYSTEM, n, why, "Give a user the role clerk."))


def first(play: Play) -> Task:
    return play.process.tasks[1]


def hows(play: Play) -> list[str]:
    """How each incident was resolved."""
    return [event.fact.how for event in play.events if isinstance(event.fact, IncidentResolved)]


def test_what_the_engine_gives_out_seeks_somebody_until_somebody_has_it():
    play = Play(GIVEN).start()
    assert first(play).seeks
    assign(play, "carl", turn=3, instead_of="cora")
    assert (first(play).assignee, first(play).status, first(play).seeks) == ("carl", "assigned", False)
    fact = play.events[-1].fact
    assert fact == TaskAssigned("a", 1, 1, "carl", "round_robin", 3, "cora")
    assert play.events[-1].actor == "system"


def test_a_choice_that_comes_too_late_changes_nothing():
    play = Play(GIVEN).start()
    play.give(ClaimTask(CORA, 1))
    assert not play.give(AssignTask(SYSTEM, 1, "carl", "round_robin", 1)).events
    assert not play.give(FindNobody(SYSTEM, 1, "nobody", "wait")).events
    assert not play.give(AssignTask(SYSTEM, 9, "carl", "round_robin", 1)).events, "there is none such"


def test_its_role_may_take_or_do_it_before_it_is_given_out():
    play = Play(GIVEN).start()
    play.give(CompleteTask(CARL, 1, {}))
    assert play.open == ["b"]
    assert play.process.tasks[1].assignee == "carl"


def test_what_is_offered_or_off_the_graph_seeks_nobody():
    play = Play("[{id: a, performed_by: clerk}]").start()
    assert not first(play).seeks
    assert not play.give(AssignTask(SYSTEM, 1, "carl", "round_robin", 1)).events


def test_blocked_it_is_not_sought_for_and_afterwards_it_is():
    play = Play(GIVEN).start()
    play.give(BlockTask(ADMIN, 1, "the file is locked"))
    assert not first(play).seeks
    assert not play.give(AssignTask(SYSTEM, 1, "carl", "round_robin", 1)).events
    play.give(UnblockTask(ADMIN, 1))
    assert first(play).seeks


def test_what_is_given_back_is_offered_and_sought_for_only_if_that_is_said():
    play = Play(GIVEN).start()
    assign(play, "carl")
    play.give(ReleaseTask(CARL, 1))
    assert not first(play).seeks
    play.give(ReassignTask(ADMIN, 1, "cora"))
    play.give(ReleaseTask(ADMIN, 1, seek=True))
    assert first(play).seeks


def test_nobody_found_is_an_incident_that_holds_nothing():
    play = Play(GIVEN).start()
    nobody(play)
    assert play.incident == ("nobody_eligible", "a", "assignment")
    step = play.process.steps["a"]
    assert (step.state, step.held) == ("active", None)
    assert first(play).seeks
    play.give(CompleteTask(CARL, 1, {}))
    assert play.open == ["b"]
    assert hows(play) == ["assigned"]


def test_the_same_reasons_are_the_same_incident_and_others_another():
    play = Play(GIVEN).start()
    nobody(play)
    before = len(play.events)
    nobody(play)
    assert len(play.events) == before
    nobody(play, "carl is away.")
    (incident,) = play.process.open_incidents()
    assert (incident.n, incident.message) == (2, "carl is away.")
    assert hows(play) == ["retried"]


@pytest.mark.parametrize(
    "command",
    [
        AssignTask(SYSTEM, 1, "carl", "round_robin", 1),
        ClaimTask(CARL, 1),
        ReassignTask(ADMIN, 1, "carl"),
        CompleteTask(CARL, 1, {}),
        FailTask(CARL, 1, "cannot be done"),
    ],
)
def test_the_incident_goes_when_somebody_has_the_task_however_they_came_to_it(command: Any):
    play = Play(GIVEN).start()
    nobody(play)
    play.give(command)
    assert hows(play) == ["assigned"]
    assert not [one for one in play.process.open_incidents() if one.code == "nobody_eligible"]


def test_retrying_the_incident_lets_the_task_be_sought_for_again():
    play = Play(GIVEN).start()
    nobody(play)
    play.give(RetryIncident(ADMIN, 1, "somebody is there now"))
    assert first(play).seeks
    assert not [*play.process.open_incidents()]
    nobody(play)
    assert play.incident[0] == "nobody_eligible"


def test_skipping_the_incident_skips_the_step_r18():
    play = Play(GIVEN).start()
    nobody(play)
    play.give(SkipIncident(ADMIN, 1, "not needed", ("b",)))
    assert (play.states, play.open) == ({"a": "skipped", "b": "active"}, ["b"])
    assert hows(play) == ["skipped"]


def test_a_rework_and_the_end_of_the_process_close_it_r7():
    play = Play(GIVEN).start()
    nobody(play)
    play.give(RepeatAtom(ADMIN, "a", "from the beginning"))
    assert hows(play) == ["reworked"]
    assert play.task("a").seeks
    nobody(play, n=play.task("a").n)
    play.give(End(ADMIN, "completed", "settled"))
    assert hows(play) == ["reworked", "process_ended"]
    assert not any(task.seeks for task in play.process.tasks.values())


def test_of_a_list_each_element_has_its_own_incident_and_its_own_performer_r14():
    play = Play(LIST).start(items=[1, 2])
    nobody(play, n=1)
    nobody(play, n=2)
    assert [one.item_index for one in play.process.open_incidents()] == [0, 1]
    assign(play, "carl", n=2, method="load_balanced")
    assert [one.item_index for one in play.process.open_incidents()] == [0]
    play.give(CompleteTask(CARL, 2, {}))
    play.give(CompleteTask(CORA, 1, {}))
    assert play.ended == ("completed", "completed")
    assert play.process.steps["a"].performers == ("carl", "cora")


def test_it_is_given_out_while_the_process_is_suspended_and_moves_nothing_r12():
    play = Play(GIVEN).start()
    play.give(Suspend(ADMIN, "on hold"))
    nobody(play)
    assign(play, "carl")
    assert first(play).assignee == "carl"
    play.give(Resume(ADMIN, "goes on"))
    play.give(CompleteTask(CARL, 1, {}))
    assert play.open == ["b"]


def test_four_eyes_refuse_who_performed_the_other_whoever_they_are_and_however_they_try():
    play = Play(EYES).start()
    play.done("a", CARL)
    boss = Caller("carl", ADMIN.roles, ADMIN.permissions)
    for command in (ClaimTask(CARL, 2), CompleteTask(CARL, 2, {}), CompleteTask(boss, 2, {}), FailTask(boss, 2, "no")):
        with pytest.raises(Forbidden, match="four_eyes") as refused:
            play.give(command)
        assert refused.value.details["performed"] == ["a"]
    with pytest.raises(Forbidden, match="four_eyes"):
        play.give(ReassignTask(ADMIN, 2, "carl"))
    play.give(ClaimTask(CORA, 2))


def test_four_eyes_hold_both_ways_round_and_in_the_next_visit_r7():
    play = Play(EYES).start()
    play.done("a", CARL)
    play.done("b", CORA, go=True)
    assert play.open == ["a"]
    with pytest.raises(Forbidden, match="four_eyes"):
        play.done("a", CORA)
    play.done("a", CARL, go=False)


def test_the_engine_is_refused_too_where_four_eyes_came_to_be_meanwhile():
    play = Play(EYES.replace("{role: clerk, not", "{role: clerk, strategy: round_robin, not")).start()
    play.done("a", CARL)
    with pytest.raises(Forbidden, match="four_eyes"):
        play.give(AssignTask(SYSTEM, 2, "carl", "round_robin", 1))


def test_who_completes_what_another_has_did_it_with_them():
    play = Play(EYES).start()
    play.give(ClaimTask(CARL, 1))
    play.done("a", ADMIN)
    for caller in (CARL, ADMIN):
        with pytest.raises(Forbidden, match="four_eyes"):
            play.give(ClaimTask(caller, 2))


def test_same_as_keeps_the_person_and_the_engine_gives_it_to_them():
    play = Play(EYES).start()
    play.done("a", CARL)
    play.done("b", CORA, go=False)
    assert play.task("c").seeks, "there is somebody to give it to"
    with pytest.raises(Forbidden, match="kept_for_another") as refused:
        play.give(ClaimTask(CORA, 3))
    assert refused.value.details["users"] == ["carl"]
    play.give(ClaimTask(CARL, 3))


def test_who_gives_out_work_may_give_what_is_kept_to_another():
    play = Play(EYES).start()
    play.done("a", CARL)
    play.done("b", CORA, go=False)
    play.give(ReassignTask(ADMIN, 3, "cora"))
    play.give(CompleteTask(CORA, 3, {}))
    assert play.ended[0] == "completed"


def test_same_as_an_atom_that_nobody_performed_is_offered():
    play = Play(
        "[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: {role: clerk, same_as: a}}]"
    ).start()
    play.give(SkipStep(ADMIN, "a", "not needed", ("b",)))
    assert not play.task("b").seeks
    play.done("b", CARL)


def test_a_skill_that_is_missing_or_too_low_is_named():
    play = Play(SKILLED).start()
    able = Caller("cora", frozenset({"clerk"}), skills={"fha": 1, "law": 1})
    with pytest.raises(Forbidden, match="not_skilled") as refused:
        play.give(ClaimTask(able, 1))
    assert refused.value.details["skills"] == ["fha"]
    play.give(ClaimTask(Caller("cora", frozenset({"clerk"}), skills={"fha": 2, "law": 3}), 1))


def test_who_may_act_on_any_task_passes_skills_and_who_is_given_it_by_hand_does_not():
    play = Play(SKILLED).start()
    with pytest.raises(Forbidden, match="not_skilled"):
        play.give(ReassignTask(ADMIN, 1, "carl"))
    play.give(ReassignTask(ADMIN, 1, "carl", able={"fha": 3, "law": 1}))
    play.give(ReleaseTask(ADMIN, 1))
    play.give(CompleteTask(ADMIN, 1, {}))


def test_what_is_given_by_hand_is_not_claimed():
    play = Play(MANUAL).start()
    assert not first(play).seeks
    with pytest.raises(Forbidden, match="given_by_hand"):
        play.give(ClaimTask(CARL, 1))
    play.give(ReassignTask(ADMIN, 1, "carl"))
    play.give(CompleteTask(CARL, 1, {}))


def test_who_leads_the_role_may_take_what_is_given_by_hand():
    play = Play(MANUAL).start()
    play.give(ClaimTask(Caller("mona", frozenset({"clerk"}), leads=frozenset({"clerk"})), 1))
    assert first(play).assignee == "mona"


def texts(play: Play, known: Known) -> list[str]:
    return [one.text for one in explain(play.journey, play.process, known)]


def test_explain_names_who_is_about_to_get_it_and_why_nobody_does():
    play = Play(GIVEN).start()
    assert texts(play, Known()) == ["“Check” waits to be given to someone with the role Clerk."]
    soon = Known(prospects={1: Prospect(to="Carl Clay (carl)")})
    assert texts(play, soon) == ["“Check” is about to be given to Carl Clay (carl)."]
    nobody(play)
    why = Known(prospects={1: Prospect(why="Nobody holds the role clerk.")})
    assert texts(play, why) == [
        "“Check” waits to be given to someone with the role Clerk. Nobody holds the role clerk.",
        "“Check” cannot be given to anybody. Nobody holds the role clerk.",
    ]
    assert explain(play.journey, play.process)[0].since == first(play).created_at


def test_explain_names_the_case_of_a_role_that_nobody_holds_where_the_task_is_offered_or_given_by_hand():
    why = Known(prospects={1: Prospect(why="Nobody holds the role clerk.")})
    (offered,) = texts(Play("[{id: a, name: Check, performed_by: clerk}]").start(), why)
    assert offered == "“Check” waits for someone with the role Clerk to take it. Nobody holds the role clerk."
    (by_hand,) = texts(Play(MANUAL).start(), Known())
    assert by_hand == "“a” waits for a manager to give it to someone with the role Clerk."
