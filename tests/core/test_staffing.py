"""Whether there are people for a journey version, and the warning of it when one is loaded (issue 6, point 10)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.core.journey import Routes
from engine.core.organisation import Absence, Organisation, Role, Skill, User
from engine.core.staffing import Staffing, staffing
from engine.loading import Roster, load
from tests.core.play import HEAD, NOON, journey_of

DAY = timedelta(days=1)
FORTNIGHT = 14 * DAY
LOAN = """
- {id: apply, performed_by: clerk, enables: [review]}
- {id: review, performed_by: {role: chief, skills: [{skill: law, level: 2}]}, enables: [approve]}
- {id: approve, performed_by: {role: chief, not_same_as: [review]}, enables: [pay]}
- {id: pay, kind: system, action: do.it}
"""


def organisation(*users: User) -> Organisation:
    return Organisation.of(1, users, [Role("clerk", "Clerk"), Role("chief", "Chief")], [])


def away(first: float, days: float, *roles: str, id: int = 1) -> Absence:
    """An absence that begins so many days after noon."""
    return Absence(id, NOON + first * DAY, NOON + (first + days) * DAY, roles=frozenset(roles) or None)


def chief(id: str, *absences: Absence, level: int = 2, until: date | None = None, active: bool = True) -> User:
    skills = (Skill("law", level, until),) if level else ()
    return User(id, id.title(), active=active, roles=frozenset({"chief"}), skills=skills, absences=absences)


def found(*users: User, length: timedelta = FORTNIGHT) -> dict[str, Staffing]:
    routes = Routes(tuple(journey_of(LOAN).routes.values()))
    return {one.atom: one for one in staffing(routes, organisation(*users), NOON, length)}


def test_every_human_atom_is_told_of_in_file_order() -> None:
    assert list(found()) == ["apply", "review", "approve"]
    assert found()["apply"] == Staffing("apply", "clerk", 1, 0, 0, 0, NOON)
    assert all(one.understaffed for one in found().values())


def test_inactive_people_and_those_without_the_skill_do_not_count() -> None:
    people = found(chief("ann"), chief("bob", level=1), chief("cid", level=0), chief("dan", active=False))
    assert (people["review"].holders, people["review"].eligible) == (3, 1)
    assert (people["approve"].holders, people["approve"].eligible) == (3, 3)


def test_four_eyes_need_one_person_more_where_one_could_have_performed_the_other() -> None:
    alone = found(chief("ann"))
    assert [(one.needed, one.least, one.understaffed) for one in (alone["review"], alone["approve"])] == [
        (2, 1, True),
        (2, 1, True),
    ]
    pair = found(chief("ann"), chief("bob"))
    assert not pair["review"].understaffed and not pair["approve"].understaffed
    # Nobody who may approve can review, so whoever reviews takes nobody away.
    assert found(chief("ann", level=0))["approve"].needed == 1


def test_the_fewest_at_any_moment_count_with_the_first_time_that_it_is_so() -> None:
    people = found(chief("ann", away(1, 3)), chief("bob", away(2, 1)), chief("cid", away(9, 9)))
    assert (people["approve"].least, people["approve"].least_at) == (1, NOON + 2 * DAY)


def test_one_who_comes_back_the_moment_another_goes_is_there_for_them() -> None:
    people = found(chief("ann", away(1, 1)), chief("bob", away(2, 1)))
    assert (people["approve"].least, people["approve"].least_at) == (1, NOON + DAY)


def test_absences_of_one_person_that_overlap_count_once() -> None:
    people = found(chief("ann", away(1, 3), away(2, 4, id=2), away(4, 1, id=3)), chief("bob"))
    assert people["approve"].least == 1


@pytest.mark.parametrize(
    ("absence", "least"),
    [
        (away(-3, 2), 1),
        (away(-3, 3), 1),
        (away(-3, 4), 0),
        (away(13.9, 1), 0),
        (away(14, 1), 1),
        (away(3, 1, "clerk"), 1),
        (away(3, 1, "clerk", "chief"), 0),
    ],
)
def test_only_absences_from_the_role_within_the_period_count(absence: Absence, least: int) -> None:
    assert found(chief("ann", absence))["approve"].least == least


def test_a_skill_holds_to_the_end_of_its_last_day() -> None:
    expires = NOON.date() + 3 * DAY
    midnight = datetime.combine(expires, datetime.min.time(), UTC) + DAY
    expiring = found(chief("ann", until=expires), chief("bob", away(1, 1)))
    assert (expiring["review"].eligible, expiring["review"].least, expiring["review"].least_at) == (2, 1, NOON + DAY)
    alone = found(chief("ann", until=expires))["review"]
    assert (alone.least, alone.least_at) == (0, midnight)
    assert found(chief("ann", until=NOON.date()), length=timedelta(hours=12))["review"].least == 1
    assert found(chief("ann", until=NOON.date() - DAY))["review"].eligible == 0
    assert found(chief("ann", until=date.max))["review"].least == 1


def warned(*users: User) -> list[tuple[str, str, str | None]]:
    loaded = load(f"{HEAD}atoms:{LOAN}", roster=Roster(organisation(*users), NOON))
    assert loaded.ok
    assert all(one.severity == "warning" for one in loaded.findings)
    return [(one.code, one.pointer, one.atom) for one in loaded.findings]


def test_loading_warns_of_each_atom_that_has_too_few_people() -> None:
    clerk = User("eve", "Eve", roles=frozenset({"clerk"}))
    assert warned(clerk) == [
        ("understaffed", "/atoms/1/performed_by", "review"),
        ("understaffed", "/atoms/2/performed_by", "approve"),
    ]
    assert warned(clerk, chief("ann"), chief("bob")) == []


def test_loading_says_nothing_where_nobody_was_ever_entered() -> None:
    assert warned() == []
    assert load(f"{HEAD}atoms:{LOAN}").findings == ()


def test_the_warning_says_how_many_are_needed_how_many_there_are_and_from_when() -> None:
    people = (User("eve", "Eve", roles=frozenset({"clerk"})), chief("ann"), chief("bob", away(2, 1)))
    review, approve = load(f"{HEAD}atoms:{LOAN}", roster=Roster(organisation(*people), NOON)).findings
    assert "`review` needs 2 people who are `chief` and can do `law`" in review.message
    assert "from 2026-03-03T12:00:00.000Z on there is one (2 of the organisation hold the role)" in approve.message
