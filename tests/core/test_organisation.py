"""Who there is, as a value: whom somebody manages, who holds a role, and what is other in a later version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.core.organisation import Absence, Changes, Organisation, Role, Skill, Team, User
from engine.core.reorganising import as_members, concerned, named_in, other_fields

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

USERS = st.builds(
    User,
    id=st.sampled_from("abcdef"),
    name=st.just("N"),
    active=st.booleans(),
    roles=st.frozensets(st.sampled_from(("clerk", "boss"))),
    teams=st.frozensets(st.sampled_from("xyz")),
    reports_to=st.none() | st.sampled_from("abcdef"),
)
TEAMS = st.builds(Team, id=st.sampled_from("xyz"), name=st.just("T"), manager=st.none() | st.sampled_from("abcdef"))
EVERYBODY = st.lists(USERS, max_size=6, unique_by=lambda user: user.id)
ALL_TEAMS = st.lists(TEAMS, max_size=3, unique_by=lambda team: team.id)


@given(EVERYBODY, ALL_TEAMS, EVERYBODY, ALL_TEAMS, st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("xyz")))
def test_what_changed_makes_the_same_as_reading_everything(
    before: list[User], teams: list[Team], users: list[User], others: list[Team], gone: set[str], closed: set[str]
) -> None:
    known = Organisation.of(1, before, (Role("clerk", "Clerk"),), teams)
    users = [user for user in users if user.id not in gone]
    others = [team for team in others if team.id not in closed]
    changes = Changes(2, tuple(users), (), tuple(others), frozenset(gone), frozenset({"clerk"}), frozenset(closed))
    everybody = {user.id: user for user in (*before, *users) if user.id not in gone}
    every_team = {team.id: team for team in (*teams, *others) if team.id not in closed}
    assert known.after(changes) == Organisation.of(2, everybody.values(), (), every_team.values())


@given(EVERYBODY, EVERYBODY, st.sets(st.sampled_from("abcdef")))
def test_where_no_team_changed_it_is_the_same_too(before: list[User], users: list[User], gone: set[str]) -> None:
    teams = [Team("x", "X", "a"), Team("y", "Y", "b")]
    users = [user for user in users if user.id not in gone]
    known = Organisation.of(1, before, (), teams)
    everybody = {user.id: user for user in (*before, *users) if user.id not in gone}
    later = known.after(Changes(2, tuple(users), gone_users=frozenset(gone)))
    assert later == Organisation.of(2, everybody.values(), (), teams)


def test_a_manager_manages_reports_teams_and_whoever_these_manage() -> None:
    users = [
        User("top", "T"),
        User("mid", "M", reports_to="top", teams=frozenset({"x"})),
        User("low", "L", reports_to="mid", roles=frozenset({"clerk"})),
        User("aside", "A", teams=frozenset({"x"}), roles=frozenset({"packer"})),
    ]
    found = Organisation.of(1, users, (), [Team("x", "X", "mid")])
    assert found.managed_by("top") == {"mid", "low", "aside"}
    assert found.managed_by("mid") == {"low", "aside"}
    assert found.led_by("mid") == {"clerk", "packer"}
    assert found.managers_of("aside") == {"mid"}
    assert found.managers_of("mid") == {"top"}, "nobody is their own manager, though it is their team"


def test_teams_that_manage_each_other_end_somewhere() -> None:
    users = [User("a", "A", teams=frozenset({"x"})), User("b", "B", teams=frozenset({"y"}))]
    found = Organisation.of(1, users, (), [Team("x", "X", "b"), Team("y", "Y", "a")])
    assert (found.managed_by("a"), found.managed_by("b")) == ({"b"}, {"a"})


def test_who_is_not_active_holds_no_role() -> None:
    users = [User("a", "A", active=False, roles=frozenset({"clerk"})), User("b", "B", roles=frozenset({"clerk"}))]
    assert [user.id for user in Organisation.of(1, users, (), ()).holders("clerk")] == ["b"]


def test_a_skill_holds_to_the_end_of_its_last_day() -> None:
    user = User("a", "A", skills=(Skill("fha", 2, NOON.date()), Skill("va")))
    assert user.able(NOON + 11 * HOUR) == {"fha": 2, "va": 1}
    assert user.able(NOON + 12 * HOUR) == {"va": 1}


def test_an_absence_covers_its_roles_from_its_beginning_until_just_before_its_end() -> None:
    of_clerks = Absence(1, NOON, NOON + HOUR, roles=frozenset({"clerk"}))
    user = User("a", "A", absences=(of_clerks, Absence(2, NOON, NOON + 2 * HOUR, "b", frozenset({"clerk"}))))
    assert user.absence("clerk", NOON) == user.absences[1], "the one that ends last"
    assert user.absence("packer", NOON) is None
    assert user.absence(None, NOON) is None, "there is work they take"
    assert not of_clerks.covers("clerk", NOON + HOUR)


def test_fields_that_are_other_are_named_but_for_absences_which_are_entered_by_themselves() -> None:
    before = User("a", "A", absences=(Absence(1, NOON, NOON + HOUR),))
    assert other_fields(before, replace(before, absences=())) == ()
    assert other_fields(before, replace(before, name="B", capacity=3)) == ("name", "capacity")
    assert other_fields(None, before) == ()


def test_the_members_of_a_team_are_those_that_are_said_and_no_others() -> None:
    users = {
        "a": User("a", "A", teams=frozenset({"x"})),
        "b": User("b", "B"),
        "c": User("c", "C", teams=frozenset("x")),
    }
    found = as_members(users, [("x", frozenset({"b", "c"}))])
    assert {id: user.teams for id, user in found.items()} == {"a": frozenset(), "b": {"x"}}


def test_a_change_concerns_the_roles_whose_work_it_may_move() -> None:
    clerk = User("a", "A", roles=frozenset({"clerk"}))
    both = replace(clerk, roles=frozenset({"clerk", "boss"}))
    assert concerned(None, clerk) == concerned(clerk, None) == {"clerk"}
    assert concerned(clerk, both) == {"boss"}
    assert concerned(both, replace(both, name="B")) == frozenset()
    assert concerned(both, replace(both, active=False)) == {"clerk", "boss"}
    assert concerned(clerk, replace(both, capacity=1)) == {"clerk", "boss"}


def test_every_name_that_is_referred_to_is_told_with_its_place() -> None:
    user = User("a/b", "A", roles=frozenset({"clerk"}), teams=frozenset({"x"}), reports_to="m", calendar="c")
    absence = Absence(0, NOON, NOON + HOUR, "s", frozenset({"boss"}))
    found = {
        (one.kind, one.name): one.pointer
        for one in named_in([user], [Team("x", "X", "t")], [("y", frozenset({"n"}))], [("a/b", absence)])
    }
    assert found == {
        ("user", "m"): "/users/a~1b/reports_to",
        ("role", "clerk"): "/users/a~1b/roles",
        ("team", "x"): "/users/a~1b/teams",
        ("calendar", "c"): "/users/a~1b/calendar",
        ("user", "t"): "/teams/x/manager",
        ("team", "y"): "/teams/y",
        ("user", "n"): "/teams/y/members",
        ("user", "a/b"): "/users/a~1b",
        ("user", "s"): "/users/a~1b/absences/substitute",
        ("role", "boss"): "/users/a~1b/absences/roles",
    }
