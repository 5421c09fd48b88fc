"""Who is given a task by the engine, as a pure function of the candidates (docs/decisions/0020)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from engine.core.choosing import NAMED, Choice, Nobody, choose, considered, give, takers
from engine.core.fitness import Candidate, Sought, candidate_of, sought_for, within_reach
from engine.core.journey import Wanted
from engine.core.organisation import Absence, Organisation, Skill, User
from tests.core.play import NOON, journey_of

HOUR = timedelta(hours=1)
AWAY = Absence(1, NOON - HOUR, NOON + HOUR)
FHA = (Wanted("fha", 2),)


def person(id: str, load: int = 0, turn: int = 0, **user: Any) -> Candidate:
    """A clerk with so many open tasks of medium priority."""
    made = User(id, user.pop("name", id), roles=frozenset(user.pop("roles", {"clerk"})), **user)
    return candidate_of(made, {"medium": load} if load else {}, None, turn)


def away(substitute: str | None = None, **absence: Any) -> tuple[Absence, ...]:
    return (replace(AWAY, substitute=substitute, **absence),)


def chosen(sought: Sought, *people: Candidate) -> Choice | Nobody:
    return choose(sought, {one.id: one for one in people}, NOON)


def who(sought: Sought, *people: Candidate) -> str:
    found = chosen(sought, *people)
    assert isinstance(found, Choice), found
    return found.user


def why(sought: Sought, *people: Candidate) -> Nobody:
    found = chosen(sought, *people)
    assert isinstance(found, Nobody), found
    return found


ROUND = Sought("clerk", "round_robin")
LOAD = Sought("clerk", "load_balanced")
SKILL = Sought("clerk", "skill_based", skills=FHA)


def test_round_robin_gives_it_to_whose_turn_was_longest_ago_and_says_the_next_turn():
    found = chosen(ROUND, person("ann", turn=8), person("ben", turn=7), person("cem", turn=9))
    assert found == Choice("ben", "round_robin", turn=10)


def test_round_robin_begins_with_who_never_had_a_turn_and_goes_by_id_between_equals():
    assert who(ROUND, person("cem"), person("ben"), person("ann", turn=1)) == "ben"


def test_a_substitute_takes_the_turn_of_who_is_away_and_keeps_the_own_one():
    people = {
        one.id: one for one in (person("ann", absences=away("ben")), person("ben", turn=5), person("cem", turn=4))
    }
    first = choose(ROUND, people, NOON)
    assert first == Choice("ben", "substitute", turn=6, instead_of="ann")
    assert isinstance(first, Choice)
    give(people, first, ROUND, NOON)
    assert (people["ann"].turn, people["ben"].turn, people["ben"].open, people["ann"].open) == (6, 5, 1, 0)
    assert choose(ROUND, people, NOON) == Choice("cem", "round_robin", turn=7)


def test_who_is_away_without_a_substitute_is_passed_over():
    assert who(ROUND, person("ann", absences=away()), person("ben", turn=5)) == "ben"


def test_the_substitute_of_a_substitute_who_is_away_too_stands_in():
    people = (person("ann", absences=away("ben")), person("ben", absences=away("cem"), turn=1), person("cem", turn=2))
    assert chosen(ROUND, *people) == Choice("cem", "substitute", turn=3, instead_of="ann")


def test_two_who_stand_in_for_each_other_and_are_both_away_get_nothing():
    nobody = why(ROUND, person("ann", absences=away("ben")), person("ben", absences=away("ann")))
    assert "ann is away until 1 March 2026, 13:00 UTC, and ben cannot stand in." in nobody.why
    assert nobody.again_at == NOON + HOUR


def test_a_substitute_needs_the_role():
    nobody = why(ROUND, person("ann", absences=away("ben")), person("ben", roles={"chief"}))
    assert "and ben, who stands in, does not hold the role clerk." in nobody.why


def test_an_absence_from_other_roles_does_not_count():
    assert who(ROUND, person("ann", absences=away(roles=frozenset({"chief"})))) == "ann"


def test_who_is_away_only_until_now_is_back():
    assert who(ROUND, person("ann", absences=(replace(AWAY, ends_at=NOON),))) == "ann"


def test_load_balanced_gives_it_to_who_has_least_to_do():
    assert who(LOAD, person("ann", 2), person("ben", 1), person("cem", 3)) == "ben"


def test_open_tasks_count_by_their_priority():
    busy = candidate_of(User("ann", "ann", roles=frozenset({"clerk"})), {"critical": 1}, None, 0)
    assert who(LOAD, busy, person("ben", 1)) == "ben"
    many = candidate_of(User("ann", "ann", roles=frozenset({"clerk"})), {"low": 1}, None, 0)
    assert who(LOAD, many, person("ben", 1)) == "ann"


def test_load_is_a_share_of_what_somebody_takes():
    assert who(LOAD, person("ann", 2, capacity=10), person("ben", 1, capacity=3)) == "ann"
    assert who(LOAD, person("ann", 2), person("ben", 1, capacity=3)) == "ben", "no capacity counts as the largest"


def test_of_equal_loads_the_longest_idle_gets_it_and_who_never_had_anything_first():
    idle = replace(person("cem"), last_at=NOON - 2 * HOUR)
    assert who(LOAD, replace(person("ann"), last_at=NOON - HOUR), idle) == "cem"
    assert who(LOAD, person("dan"), idle) == "dan"


def test_a_substitutes_own_load_counts_and_not_that_of_who_is_away():
    assert who(LOAD, person("ann", absences=away("ben")), person("ben", 3), person("cem", 2)) == "cem"


def test_skill_based_gives_it_to_the_most_able_then_to_who_has_least_to_do():
    able = [
        person(id, load, skills=(Skill("fha", level),)) for id, load, level in (("a", 0, 2), ("b", 2, 4), ("c", 1, 4))
    ]
    assert who(SKILL, *able) == "c"
    assert chosen(SKILL, *able) == Choice("c", "skill_based")


@pytest.mark.parametrize("strategy", ["round_robin", "load_balanced", "skill_based"])
def test_a_skill_that_is_missing_too_low_or_expired_keeps_somebody_from_it_by_every_strategy(strategy: Any):
    lacking = [
        person("none"),
        person("low", skills=(Skill("fha", 1),)),
        person("old", skills=(Skill("fha", 9, date(2026, 2, 28)),)),
    ]
    sought = replace(SKILL, strategy=strategy)
    assert why(sought, *lacking).why.count("lacks fha (level 2)") == 3
    assert who(sought, *lacking, person("able", skills=(Skill("fha", 2, date(2026, 3, 1)),))) == "able"


def test_nobody_is_given_more_than_they_take():
    nobody = why(ROUND, person("ann", 3, capacity=3), person("ben", 0, capacity=0))
    assert nobody.full == {"ann", "ben"}
    assert "ann takes no more than 3 open tasks, and has as many." in nobody.why
    assert nobody.fix.startswith("Wait until one of them has completed a task, or raise what they take")


def test_who_performed_the_other_atom_is_never_chosen_nor_their_substitute_for_them():
    sought = replace(ROUND, excluded={"ann": "apply"})
    assert who(sought, person("ann"), person("ben", turn=9)) == "ben"
    nobody = why(sought, person("ann", absences=away("zoe")), person("zoe", 1, capacity=1))
    assert "ann performed apply, and somebody else must perform this." in nobody.why


def test_the_substitute_of_somebody_must_not_have_performed_the_other_atom_either():
    sought = replace(ROUND, excluded={"ben": "apply"})
    nobody = why(sought, person("ann", absences=away("ben")), person("ben"))
    assert "who stands in, performed apply, and somebody else must perform this." in nobody.why


def test_same_as_keeps_the_person_whatever_roles_they_hold():
    sought = replace(ROUND, kept=("zoe",), kept_of="apply")
    assert chosen(sought, person("ann"), person("zoe", roles={"chief"})) == Choice("zoe", "same_as")


def test_same_as_goes_to_a_substitute_with_the_role_while_the_person_is_away():
    sought = replace(LOAD, kept=("zoe",), kept_of="apply")
    found = chosen(sought, person("ann"), person("ben", 7), person("zoe", absences=away("ben")))
    assert found == Choice("ben", "substitute", None, "zoe")


def test_same_as_gives_it_to_nobody_else():
    sought = replace(ROUND, kept=("zoe", "gone"), kept_of="apply")
    nobody = why(sought, person("ann"), person("zoe", active=False))
    assert nobody.why == "It is kept for who performed apply. zoe is not active. gone is not known here."
    assert nobody.fix == "Let a manager assign the task to somebody."


def test_who_is_not_active_gets_nothing():
    assert who(ROUND, person("ann", active=False), person("ben", turn=3)) == "ben"


def test_a_role_that_nobody_holds_is_told():
    nobody = why(ROUND, person("ann", roles={"chief"}))
    assert nobody.why == "Nobody holds the role clerk."
    assert nobody.fix == "Give a user the role clerk or let a manager assign the task to somebody."


def test_twenty_are_named_with_their_reason_and_the_others_counted():
    crowd = [person(f"u{number:02}", 1, capacity=1, name=f"User {number}") for number in range(25)]
    nobody = why(LOAD, *reversed(crowd))
    assert nobody.why.count("has as many") == NAMED
    assert "User 0 (u00) takes" in nobody.why
    assert nobody.why.endswith("The same goes for 5 others.")


def test_the_same_reasons_make_the_same_text_whatever_people_have_to_do():
    a, b = person("ann", 5, capacity=5, turn=1), person("ben", 7, capacity=3)
    later = [replace(b, open=9, weight=2), replace(a, open=6, turn=9)]
    assert why(ROUND, a, b).why == why(ROUND, *later).why


def test_taking_has_no_limit_but_four_eyes_hold():
    full = person("ann", 3, capacity=3)
    assert takers(Sought("clerk"), {"ann": full}, NOON) is None
    nobody = takers(Sought("clerk", excluded={"ann": "apply"}), {"ann": full}, NOON)
    assert nobody is not None
    assert "ann performed apply" in nobody.why


def test_what_is_sought_comes_from_the_journey_and_from_who_performed_what():
    journey = journey_of("""
      - {id: apply, performed_by: clerk, enables: [check]}
      - {id: check, performed_by: {role: chief, not_same_as: [apply]}, enables: [mend]}
      - id: mend
        performed_by: {role: clerk, strategy: skill_based, skills: [{skill: fha, level: 2}], same_as: apply}
    """)
    performers = {"apply": ("ann",), "check": ("ben", "cem")}
    assert sought_for(journey, "apply", "low", performers) == Sought(
        "clerk", priority="low", excluded={"ben": "check", "cem": "check"}
    ), "four eyes hold both ways"
    mend = sought_for(journey, "mend", "high", performers)
    assert (mend.kept, mend.kept_of, mend.strategy, mend.skills) == (("ann",), "apply", "skill_based", FHA)
    assert sought_for(journey, "mend", "high", {}).kept_of is None


def test_within_reach_are_those_known_and_who_stands_in_for_them():
    users = [User("ann", "Ann", absences=away("ben")), User("ben", "Ben", absences=away("ann")), User("cem", "Cem")]
    organisation = Organisation.of(1, users, (), ())
    assert set(within_reach(organisation, ["ann", "nobody"], "clerk", NOON)) == {"ann", "ben"}
    assert set(within_reach(Organisation(), ["ann"], "clerk", NOON)) == {"ann"}, "who knows nobody says nothing"


IDS = [f"u{number}" for number in range(6)]
BACK = (replace(AWAY, ends_at=NOON),)
absences = st.one_of(st.just(()), st.builds(away, st.sampled_from([None, *IDS])), st.just(BACK))


def somebody(id: str) -> st.SearchStrategy[Candidate]:
    return st.builds(
        person,
        st.just(id),
        load=st.integers(0, 4),
        turn=st.integers(0, 9),
        active=st.sampled_from([True, True, False]),
        capacity=st.sampled_from([None, 0, 2, 4]),
        roles=st.sampled_from([{"clerk"}, {"clerk", "chief"}, {"chief"}]),
        absences=absences,
        skills=st.builds(lambda level: (Skill("fha", level),), st.integers(1, 3)),
    )


people = st.fixed_dictionaries({id: somebody(id) for id in IDS})
wanted = st.builds(
    lambda strategy, skills, excluded, kept: Sought(
        "clerk", strategy, skills=skills, excluded=dict.fromkeys(excluded, "apply"), kept=tuple(kept)
    ),
    st.sampled_from(["round_robin", "load_balanced", "skill_based"]),
    st.sampled_from([(), FHA]),
    st.sets(st.sampled_from(IDS), max_size=3),
    st.lists(st.sampled_from(IDS), max_size=2, unique=True),
)


@settings(max_examples=400, deadline=None)
@each(people, wanted)
def test_nobody_is_ever_given_what_they_must_not_have_and_the_choice_is_the_first_that_is_fit(
    candidates: dict[str, Candidate], sought: Sought
):
    found = choose(sought, candidates, NOON)
    looked_at = considered(sought, candidates, NOON)
    fit = [one.place for one in looked_at if one.unfit is None]
    if isinstance(found, Nobody):
        assert not fit
        for id, one in candidates.items():
            free = one.user.active and id not in sought.excluded and one.user.absence("clerk", NOON) is None
            able = not sought.skills or one.user.able(NOON)["fha"] >= 2
            mine = id in sought.kept if sought.kept else "clerk" in one.user.roles
            assert not (free and able and mine and not one.full), id
        return
    user = candidates[found.user].user
    assert user.active
    assert user.absence("clerk", NOON) is None
    assert user.id not in sought.excluded
    assert not candidates[user.id].full
    assert not sought.skills or user.able(NOON)["fha"] >= 2
    assert "clerk" in user.roles or user.id in sought.kept
    assert {user.id, found.instead_of} & set(sought.kept) or not sought.kept
    assert (found.instead_of is not None) == (found.method == "substitute")
    if found.instead_of is not None:
        assert candidates[found.instead_of].user.absence("clerk", NOON) is not None
    assert fit[0].who is candidates[found.user]


@settings(max_examples=200, deadline=None)
@each(people, wanted, st.randoms(use_true_random=False))
def test_the_same_arguments_make_the_same_choice_in_whatever_order_people_come(
    candidates: dict[str, Candidate], sought: Sought, shuffle: Any
):
    ids = list(candidates)
    shuffle.shuffle(ids)
    assert choose(sought, {id: candidates[id] for id in ids}, NOON) == choose(sought, candidates, NOON)


@settings(max_examples=200, deadline=None)
@each(st.lists(st.sets(st.sampled_from(IDS[:3])), min_size=1, max_size=25), st.sampled_from([None, "u3", "u0"]))
def test_round_robin_is_within_one_task_of_fair_for_all_who_are_always_there(
    gone: list[set[str]], substitute: str | None
):
    """`gone` are those of the first three that are away at each task; the others are there all the time.

    Of what comes to each in their own turn; a substitute has that of who is away besides.
    """
    everybody = {id: person(id) for id in IDS}
    given = [dict.fromkeys(IDS, 0)]
    for away_now in gone:
        for id, one in everybody.items():
            absent = away(substitute) if id in away_now else ()
            everybody[id] = replace(one, user=replace(one.user, absences=absent))
        found = choose(ROUND, everybody, NOON)
        assert isinstance(found, Choice)
        give(everybody, found, ROUND, NOON)
        whose = found.instead_of or found.user
        given.append({**given[-1], whose: given[-1][whose] + 1})
    for number, start in enumerate(given):
        for end in given[number:]:
            got = [end[id] - start[id] for id in IDS[3:]]
            assert max(got) - min(got) <= 1


@pytest.mark.parametrize("sought", [ROUND, LOAD, replace(SKILL, skills=())])
def test_who_had_it_before_comes_after_all_others_and_who_had_it_last_at_the_end(sought: Sought):
    given_back = replace(sought, had=("ben", "ann"))
    people = (person("ann"), person("ben", load=8, turn=8), person("cem", load=9, turn=9))
    assert who(sought, *people) == "ann"
    assert who(given_back, *people) == "cem"
    assert who(given_back, *people[:2]) == "ben"
    assert who(given_back, people[0]) == "ann", "there is nobody else"
    assert who(given_back, people[0], person("cem", absences=away())) == "ann"


def test_who_gave_it_back_does_not_get_it_for_somebody_who_is_away():
    given_back = replace(ROUND, had=("ann",))
    assert who(given_back, person("ann", turn=2), person("ben", absences=away("ann")), person("cem", turn=9)) == "cem"


def test_of_those_it_is_kept_for_another_comes_before_who_gave_it_back():
    kept = replace(ROUND, kept=("ann", "ben"), kept_of="a")
    assert who(kept, person("ann"), person("ben")) == "ann"
    assert who(replace(kept, had=("ann",)), person("ann"), person("ben")) == "ben"
