"""Who is told what of an event, and in which words (issue 6, point 8)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.core.events import (
    Event,
    Fact,
    IncidentRaised,
    ProcessCancelled,
    ProcessCompleted,
    ProcessFailed,
    TaskAssigned,
    TaskCommented,
    TaskCompleted,
    TaskDelegated,
    TaskEscalated,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
)
from engine.core.kinds import CHANNELS, KINDS
from engine.core.notices import HEARD, MOST_TOLD, Case, Notice, Work, notices, subject_of
from engine.core.organisation import Organisation, Role, Team, User
from engine.core.telling import Hook, Listeners, Preferences, listed, sent, words
from tests.core.play import journey_of
from tests.core.stage import NOON

JOURNEY = journey_of("[{id: a, name: Look at it, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]")
CASE = Case("p1", "example", "1.0.0", "LN-7", "olga", "olga", child=False)
TASK = Work("p1", 1, "Look at it", "clerk", "carl")
PEOPLE = Organisation.of(
    1,
    [
        User("carl", "Carl Clerk", "carl@example.org", roles=frozenset({"clerk"}), teams=frozenset({"desk"})),
        User("cora", "Cora Clerk", "cora@example.org", roles=frozenset({"clerk"}), reports_to="rita"),
        User("gone", "Gone", "gone@example.org", active=False, roles=frozenset({"clerk"})),
        User("mona", "Mona Manager", "mona@example.org", roles=frozenset({"chief"})),
        User("rita", "Rita Region", "rita@example.org", roles=frozenset({"chief"})),
    ],
    [Role("clerk", "Clerk"), Role("chief", "Chief")],
    [Team("desk", "Desk", "mona")],
)
SECRET = "who has seen this has seen too much"


def event(fact: Fact, actor: str = "mona", seq: int = 7) -> Event:
    return Event("p1", seq, NOON, actor, fact)


def told(
    fact: Fact, actor: str = "mona", work: Work | None = TASK, organisation: Organisation = PEOPLE, case: Case = CASE
) -> dict[str, tuple[str, ...]]:
    """Who is told, by kind."""
    return {found.kind: found.users for found in found_in(fact, actor, work, organisation, case)}


def found_in(
    fact: Fact, actor: str = "mona", work: Work | None = TASK, organisation: Organisation = PEOPLE, case: Case = CASE
) -> list[Notice]:
    happened = event(fact, actor)
    return list(notices(happened, subject_of(happened, case, work, JOURNEY), organisation))


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (TaskAssigned("a", 1, 1, "carl", "round_robin"), {"assigned": ("carl",)}),
        (TaskReassigned("a", 1, 1, "carl", "cora"), {"assigned": ("cora",), "reassigned": ("carl",)}),
        (TaskReassigned("a", 1, 1, None, "cora"), {"assigned": ("cora",)}),
        (TaskDelegated("a", 1, 1, "carl", "cora"), {"delegated": ("cora",)}),
        (TaskReturned("a", 1, 1, "cora", "carl"), {"returned": ("carl",)}),
        (TaskReleased("a", 1, 1, "carl"), {"released": ("carl",)}),
        (TaskEscalated("a", 1, 1, 1, "late", to_role="chief"), {"escalated": ("rita",)}),
        (TaskEscalated("a", 1, 1, 1, "late", to_users=("cora", "rita")), {"escalated": ("cora", "rita")}),
        (TaskEscalated("a", 1, 1, 1, "late", assignee="cora"), {"escalated": ("cora",)}),
        (
            TaskEscalated("a", 1, 1, 1, "late", assignee="cora", was="carl"),
            {"escalated": ("cora",), "reassigned": ("carl",)},
        ),
        (
            TaskEscalated("a", 1, 1, 1, "late", to_role="chief", freed=True, was="carl"),
            {"escalated": ("rita",), "released": ("carl",)},
        ),
        (TaskCommented("a", 1, 1, "look", ("cora", "mona")), {"mentioned": ("cora",)}),
        (TaskCommented("a", 1, 1, "look"), {}),
        (ProcessCompleted("done"), {"process_completed": ("olga",)}),
        (ProcessFailed("no"), {"process_failed": ("olga",)}),
        (ProcessCancelled("no"), {"process_cancelled": ("olga",)}),
        (TaskCompleted("a", 1, 1, "carl", {}), {}),
    ],
)
def test_each_event_tells_those_whom_it_concerns_but_not_who_did_it(fact: Fact, expected: dict[str, Any]):
    assert told(fact) == expected
    assert (fact.name in HEARD) == (type(fact) is not TaskCompleted)


def test_nobody_is_told_of_what_they_did_themselves():
    assert told(TaskAssigned("a", 1, 1, "carl"), actor="carl") == {}
    assert told(TaskReleased("a", 1, 1, "carl"), actor="carl") == {}
    assert told(ProcessCompleted("done"), actor="olga") == {"process_completed": ()}


def test_an_incident_tells_the_managers_of_who_has_the_task_and_the_owner():
    raised = IncidentRaised("a", 1, 1, "no_path", "edges", "m", "f", task=1)
    assert told(raised, actor="carl") == {"incident": ("mona", "olga")}


def test_an_incident_of_work_that_nobody_has_tells_the_managers_of_the_role():
    raised = IncidentRaised("a", 1, 1, "no_path", "edges", "m", "f")
    assert told(raised, actor="system", work=None) == {"incident": ("mona", "olga", "rita")}
    nobody = replace(TASK, assignee=None)
    assert told(raised, actor="system", work=nobody) == {"incident": ("mona", "olga", "rita")}


def test_an_escalation_that_names_nobody_tells_the_managers_of_who_has_the_task():
    assert told(TaskEscalated("a", 1, 1, 1, "late"), actor="carl") == {"escalated": ("mona",)}


def test_nobody_is_told_of_a_childs_end_as_the_parent_goes_on():
    assert told(ProcessCompleted("done"), case=replace(CASE, child=True)) == {}


def test_who_is_not_active_is_not_told_and_who_is_not_known_is():
    mentions = TaskCommented("a", 1, 1, "look", ("gone", "stranger"))
    assert told(mentions) == {"mentioned": ("stranger",)}
    assert told(mentions, organisation=Organisation()) == {"mentioned": ("gone", "stranger")}


def test_the_engine_is_told_of_nothing():
    owned = replace(CASE, owner="system", initiated_by="system")
    assert told(ProcessFailed("no"), actor="carl", case=owned) == {"process_failed": ()}


def test_of_a_large_role_as_many_are_told_as_the_bound_says():
    many = [User(f"u{n:05}", "U", roles=frozenset({"crowd"})) for n in range(MOST_TOLD + 5)]
    crowd = Organisation.of(1, many, [Role("crowd", "Crowd")], [])
    found = told(TaskEscalated("a", 1, 1, 1, "late", to_role="crowd"), organisation=crowd)
    assert len(found["escalated"]) == MOST_TOLD
    assert found["escalated"][0] == "u00000"


ALL_FACTS: tuple[Fact, ...] = (
    TaskAssigned("a", 1, 1, "carl", "round_robin"),
    TaskReassigned("a", 1, 1, "carl", "cora", SECRET),
    TaskDelegated("a", 1, 1, "carl", "cora", SECRET),
    TaskReturned("a", 1, 1, "cora", "carl", SECRET),
    TaskReleased("a", 1, 1, "carl", SECRET),
    TaskEscalated("a", 1, 1, 1, SECRET, to_role="chief"),
    TaskCommented("a", 1, 1, SECRET, ("cora",)),
    IncidentRaised("a", 1, 1, "task_failed", "work", SECRET, SECRET, task=1),
    ProcessCompleted("done", SECRET),
    ProcessFailed(SECRET),
    ProcessCancelled(SECRET),
)


@pytest.mark.parametrize("fact", ALL_FACTS, ids=lambda fact: fact.name)
def test_what_is_told_holds_no_reasons_comments_or_messages(fact: Fact):
    everybody = Listeners({}, (Hook("w1", frozenset()),))
    wants_all = Listeners({user: Preferences(dict.fromkeys(KINDS, CHANNELS)) for user in PEOPLE.users}, everybody.hooks)
    found = found_in(fact)
    assert found
    for notice in found:
        rows = [*listed(notice, wants_all, PEOPLE), *sent(notice, wants_all, PEOPLE, letters=True)]
        assert rows
        assert SECRET not in repr(rows)
        assert "LN-7" in repr(rows)


def test_the_words_name_people_the_task_and_the_case_on_one_line():
    (reassigned,) = [one for one in found_in(TaskReassigned("a", 1, 1, "carl", "cora")) if one.kind == "reassigned"]
    expected = "Mona Manager gave “Look at it” of LN-7, which was yours, to Cora Clerk."
    assert words(reassigned, PEOPLE) == ("No longer yours: Look at it (LN-7)", expected)
    odd = replace(reassigned, subject=replace(reassigned.subject, name="{who}\r\nBcc: x" + "y" * 500))
    headline, _ = words(odd, PEOPLE)
    assert headline.startswith("No longer yours: {who} Bcc: xyyy")
    assert "…" in headline
    assert "\n" not in headline


def test_a_case_without_a_business_key_is_known_by_its_journey_and_the_end_of_its_id():
    happened = event(ProcessCompleted("done"))
    subject = subject_of(happened, replace(CASE, business_key=None, process="p1"), None, JOURNEY)
    assert subject.case == f"{JOURNEY.definition.name} p1"


def test_preferences_go_before_the_table_of_kinds_and_letters_need_an_address():
    (notice,) = found_in(TaskCommented("a", 1, 1, "look", ("carl", "cora", "stranger")))
    wanted = Listeners({"cora": Preferences({"mentioned": ("email",)}), "carl": Preferences({"mentioned": ()})})
    assert [row.user for row in listed(notice, wanted, PEOPLE)] == ["stranger"]
    assert [row.user for row in sent(notice, wanted, PEOPLE, letters=True)] == ["cora"]
    assert not list(sent(notice, wanted, PEOPLE, letters=False))


def test_a_webhook_gets_each_notice_of_its_kinds_once_with_those_who_are_told():
    hooks = (Hook("all", frozenset()), Hook("some", frozenset({"mentioned"})), Hook("other", frozenset({"incident"})))
    (notice,) = found_in(TaskCommented("a", 1, 1, "look", ("carl", "cora")))
    messages = list(sent(notice, Listeners({}, hooks), PEOPLE, letters=False))
    assert [(one.webhook, one.channel) for one in messages] == [("all", "webhook"), ("some", "webhook")]
    assert messages[0].message["type"] == "mentioned"
    assert messages[0].message["data"]["users"] == ["carl", "cora"]
    assert messages[0].message["data"]["task"] == "p1.1"


def test_an_id_is_the_same_for_the_same_event_and_receiver_and_for_no_other():
    (notice,) = found_in(TaskCommented("a", 1, 1, "look", ("carl", "cora")))
    others = [
        replace(notice, seq=8),
        replace(notice, kind="assigned"),
        replace(notice, at=NOON + timedelta(milliseconds=1)),
        replace(notice, subject=replace(notice.subject, process="p2")),
    ]
    ids = {notice.id_for("user/carl"), notice.id_for("user/cora"), *(one.id_for("user/carl") for one in others)}
    assert len(ids) == 2 + len(others)
    assert notice.id_for("user/carl") == replace(notice, users=()).id_for("user/carl")


def test_every_kind_can_be_worded_and_has_channels_that_there_are():
    (notice,) = found_in(TaskCommented("a", 1, 1, "look", ("carl",)))
    for kind in KINDS.values():
        assert all(words(replace(notice, kind=kind.name), PEOPLE))
        assert set(kind.channels) <= set(CHANNELS)
