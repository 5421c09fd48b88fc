"""Who can get a task, and who is above those who have it, as far as the organisation knows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.core.errors import Invalid
from engine.core.organisation import Absence, Organisation, Role, Skill, Team, User
from engine.core.receivers import MOST_SUPERIORS, able, check_receiver, superiors, unknown

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLERK = frozenset({"clerk"})


def organisation(*users: User, teams: tuple[Team, ...] = ()) -> Organisation:
    return Organisation.of(1, users, [Role("clerk", "Clerk")], teams)


def user(id: str, **more: Any) -> User:
    return User(id, id.title(), **{"roles": CLERK, **more})


def why(staff: Organisation, id: str, role: str | None = "clerk", at: datetime = NOW) -> str | None:
    try:
        check_receiver(staff, id, role, at)
    except Invalid as refusal:
        return str(refusal.details["why"])
    return None


def test_an_organisation_without_anybody_refuses_nobody():
    assert why(Organisation(), "ann") is None


def test_who_is_known_active_there_and_has_the_role_can_get_a_task_and_nobody_else():
    away = Absence(1, NOW - DAY, NOW + DAY, substitute="ben")
    staff = organisation(
        user("ann"),
        user("ben", active=False),
        user("cleo", absences=(away,)),
        user("dan", roles=frozenset({"chief"})),
    )
    found = {id: why(staff, id) for id in ("ann", "ben", "cleo", "dan", "eve")}
    assert found == {"ann": None, "ben": "inactive", "cleo": "absent", "dan": "role", "eve": "unknown"}
    assert why(staff, "cleo", at=NOW + DAY) is None, "an absence ends before its end"
    with pytest.raises(Invalid, match=r"assignee_unfit.*ben stands in") as refusal:
        check_receiver(staff, "cleo", "clerk", NOW)
    assert refusal.value.details == {"assignee": "cleo", "why": "absent", "substitute": "ben"}


def test_an_absence_for_some_roles_keeps_nobody_from_the_work_of_others():
    away = Absence(1, NOW - DAY, NOW + DAY, roles=CLERK)
    staff = organisation(user("ann", absences=(away,), roles=CLERK | {"chief"}))
    assert why(staff, "ann") == "absent"
    assert why(staff, "ann", "chief") is None
    assert why(staff, "ann", None) is None


def test_a_role_that_nobody_in_the_organisation_holds_comes_from_tokens_and_refuses_nobody():
    assert why(organisation(user("ann", roles=frozenset[str]())), "ann") is None
    assert why(organisation(user("ann")), "ann", None) is None


def test_skills_are_those_that_have_not_expired_and_a_stranger_has_none():
    skills = (Skill("latin", 2), Skill("greek", 1, date(2026, 2, 28)))
    staff = organisation(user("ann", skills=skills))
    assert able(staff, "ann", NOW) == {"latin": 2}
    assert able(staff, "eve", NOW) == {}


def test_above_a_task_are_the_managers_of_who_has_it_else_of_those_who_hold_its_role():
    team = Team("t", "Team", manager="tom")
    staff = organisation(
        user("ann", reports_to="mona"),
        user("ben", teams=frozenset({"t"})),
        user("mona", roles=frozenset[str]()),
        user("tom", roles=frozenset[str]()),
        teams=(team,),
    )
    assert superiors(staff, "ann", "clerk") == ("mona",)
    assert superiors(staff, "ben", "clerk") == ("tom",)
    assert superiors(staff, None, "clerk") == ("mona", "tom")
    assert (
        superiors(staff, "eve", "clerk") == superiors(staff, None, None) == superiors(Organisation(), "ann", "x") == ()
    )


def test_a_manager_who_is_not_active_is_stood_in_for_by_their_own_and_circles_end():
    inactive = {"roles": frozenset[str](), "active": False}
    staff = organisation(
        user("ann", reports_to="mona"),
        user("mona", reports_to="olga", **inactive),
        user("olga", roles=frozenset[str]()),
    )
    assert superiors(staff, "ann", "clerk") == ("olga",)
    circle = organisation(
        user("ann", reports_to="mona"),
        user("mona", reports_to="nina", **inactive),
        user("nina", reports_to="mona", **inactive),
    )
    assert superiors(circle, "ann", "clerk") == ()


def test_a_manager_who_is_away_is_passed_over_for_the_next_one_up_unless_nobody_is_there():
    away = Absence(1, NOW - DAY, NOW + DAY)
    part = Absence(2, NOW - DAY, NOW + DAY, roles=CLERK)
    boss = {"roles": frozenset[str]()}
    ann, olga = user("ann", reports_to="mona"), user("olga", **boss)
    staff = organisation(ann, user("mona", reports_to="olga", absences=(away,), **boss), olga)
    assert superiors(staff, "ann", "clerk") == ("mona",), "where the time does not matter"
    assert superiors(staff, "ann", "clerk", NOW) == ("olga",)
    assert superiors(staff, "ann", "clerk", NOW + DAY) == ("mona",)
    assert superiors(organisation(ann, user("mona", absences=(away,), **boss)), "ann", "clerk", NOW) == ("mona",)
    assert superiors(organisation(ann, user("mona", absences=(part,), **boss)), "ann", "clerk", NOW) == ("mona",)


def test_nobody_is_above_themselves_however_teams_go_round():
    team = Team("t", "Team", manager="ann")
    staff = organisation(
        user("ann", reports_to="mona"), user("mona", teams=frozenset({"t"}), active=False), teams=(team,)
    )
    assert superiors(staff, "ann", "clerk") == ()


def test_no_more_people_are_told_than_one_can_be_expected_to_read_of():
    many = [user(f"u{number:03}", reports_to=f"m{number:03}") for number in range(MOST_SUPERIORS * 2)]
    bosses = [user(f"m{number:03}", roles=frozenset[str]()) for number in range(MOST_SUPERIORS * 2)]
    assert len(superiors(organisation(*many, *bosses), None, "clerk")) == MOST_SUPERIORS


def test_strangers_are_told_from_those_who_are_known_where_anybody_is():
    assert unknown(organisation(user("ann")), ["ann", "eve"]) == ("eve",)
    assert unknown(Organisation(), ["ann", "eve"]) == ()
