"""Questions about people, on a small organisation and real cases (issue 6, point 10)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.callers import Caller
from engine.core.commands import AddTask, ClaimTask, CompleteTask, Extra, StartTask
from engine.core.events import Event
from engine.core.frozen import changed
from engine.core.journey import Routes
from engine.core.organisation import Organisation, Skill, Team, User
from engine.core.staffing import staffing
from engine.core.times import format_time
from engine.statements import questions
from graph import Neo4j
from tests.core.play import ADMIN, NOON, Play, journey_of
from tests.graph.feeding import feed
from tests.graph.reading import change
from tests.graph.staff import DAY, away, bring, organisation, person

LIBRARY = questions()
LOAN = """
phases:
  - id: front
    atoms:
      - {id: apply, performed_by: clerk, enables: [pull]}
      - {id: pull, kind: system, action: do.it, enables: [review]}
      - {id: review, performed_by: {role: chief, skills: [{skill: law, level: 2}]}, enables: [approve]}
  - id: back
    atoms:
      - {id: approve, performed_by: {role: chief, not_same_as: [review]}, enables: [pay]}
      - {id: pay, performed_by: {role: clerk, same_as: apply}, enables: [{to: review, rework: true, rule: {var: go}}]}
"""
AT = format_time(NOON)


def chief(id: str, law: int = 2, **facts: Any) -> User:
    return person(id, "chief", skills={"law": law} if law else {}, **facts)


async def ask(opened: Neo4j, name: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await opened.graph.ask(LIBRARY[name], parameters)
    assert all(list(row) == [column.name for column in LIBRARY[name].columns] for row in answer.rows)
    return [dict(row) for row in answer.rows]


async def publish(opened: Neo4j, text: str = LOAN) -> None:
    journey = journey_of(text)
    await opened.graph.publish(journey.definition, Routes(tuple(journey.routes.values())))
    await opened.graph.set_status("example", "1.0.0", "published")


def case(number: int, *done: tuple[str, str], go: bool = False) -> Play:
    """Case `p<number>` in which people did atoms, a minute each after a minute in which the work lay."""
    play = Play(LOAN)
    play.now += number * timedelta(hours=1)
    play.start(go=go)
    for atom, by in done:
        perform(play, atom, by)
    return play


def perform(play: Play, atom: str, by: str) -> None:
    if atom == "pull":
        play.done(atom)
        return
    person, task = Caller(by, frozenset({"clerk", "chief"}), frozenset({"task:act_any"})), play.task(atom).n
    play.give(ClaimTask(person, task))
    play.now += timedelta(seconds=59)
    play.give(StartTask(person, task))
    play.now += timedelta(seconds=59)
    play.give(CompleteTask(person, task, {}))


def of(number: int, events: Iterable[Event]) -> list[Event]:
    return [changed(event, process=f"p{number}") for event in events]


async def tell(opened: Neo4j, *plays: Play) -> None:
    """Publishes the journey and lets the cases p1, p2 … into the graph."""
    await publish(opened)
    await feed(opened, [event for number, play in enumerate(plays, 1) for event in of(number, play.events)])


# who_could_do


async def test_who_could_do_tells_of_each_holder_what_keeps_them_from_it(opened: Neo4j):
    await tell(opened)
    await bring(
        opened,
        organisation(
            chief("ann", capacity=3),
            chief("bob", law=1),
            chief("cid", absences=(away(-1, 3, substitute="eve"),)),
            chief("dan", active=False),
            person("eve", "clerk"),
            chief("fay", until=NOON.date() - DAY),
        ),
    )
    found = {row["user"]: row for row in await ask(opened, "who_could_do", atom="review", at=AT)}
    assert set(found) == {"ann", "bob", "cid", "dan", "fay"}
    assert [id for id, row in found.items() if row["eligible"]] == ["ann"]
    assert (found["ann"]["capacity"], found["ann"]["open"], found["ann"]["version"]) == (3, 0, "example@1.0.0")
    assert found["bob"]["lacks"] == found["fay"]["lacks"] == ["law"]
    assert (found["cid"]["absent_until"], found["cid"]["substitute"]) == (format_time(NOON + 2 * DAY), "eve")
    assert not found["dan"]["active"]
    assert [row["user"] for row in await ask(opened, "who_could_do", atom="approve", at=AT) if row["eligible"]] == [
        *("ann", "bob", "fay")
    ]


async def test_who_could_do_knows_what_was_performed_in_the_case(opened: Neo4j):
    """Four eyes, and who is kept (`same_as`)."""
    done = [("apply", "eve"), ("pull", ""), ("review", "ann")]
    await tell(opened, case(1, *done), case(2, *done, ("approve", "bob")))
    await bring(opened, organisation(chief("ann"), chief("bob"), person("eve", "clerk"), person("fay", "clerk")))
    approve = await ask(opened, "who_could_do", atom="approve", process="p1", at=AT)
    assert [(row["user"], row["eligible"], row["performed"]) for row in approve] == [
        ("bob", True, []),
        ("ann", False, ["review"]),
    ]
    review = await ask(opened, "who_could_do", atom="review", process="p2", at=AT)
    assert [(row["user"], row["performed"]) for row in review] == [("ann", []), ("bob", ["approve"])]
    pay = await ask(opened, "who_could_do", atom="pay", process="p2", at=AT)
    assert [(row["user"], row["kept"], row["eligible"]) for row in pay] == [("eve", True, True), ("fay", False, True)]
    assert [row["kept"] for row in await ask(opened, "who_could_do", atom="pay", at=AT)] == [None, None]


async def test_after_a_rework_who_performed_last_counts_until_somebody_does_it_again(opened: Neo4j):
    """R7: who did the atom in its last visit."""
    play = case(1, ("apply", "eve"), ("pull", ""), ("review", "ann"), ("approve", "bob"), ("pay", "eve"), go=True)
    await tell(opened, play)
    await bring(opened, organisation(chief("ann"), chief("bob")))
    told = {row["user"]: row["performed"] for row in await ask(opened, "who_could_do", atom="approve", process="p1")}
    assert told == {"ann": ["review"], "bob": []}
    before = len(play.events)
    play.give(ClaimTask(Caller("cid", frozenset({"chief"}), frozenset({"task:act_any"})), play.task("review").n))
    play.give(CompleteTask(Caller("cid", frozenset({"chief"}), frozenset({"task:act_any"})), play.task("review").n, {}))
    await feed(opened, of(1, play.events[before:]))
    told = {row["user"]: row["performed"] for row in await ask(opened, "who_could_do", atom="approve", process="p1")}
    assert told == {"ann": [], "bob": []}


# single_points_of_failure


async def test_a_role_and_a_skill_that_one_person_has_are_single_points_of_failure(opened: Neo4j):
    waiting = case(2, ("apply", "eve"), ("pull", ""))
    waiting.give(ClaimTask(Caller("ann", frozenset({"chief"}), frozenset({"task:act_any"})), 3))
    await tell(opened, case(1), waiting)
    ann = chief("ann", absences=(away(-1, 2, "chief"),))
    await bring(
        opened, organisation(ann, chief("bob", law=1), person("eve", "clerk"), person("fay", "clerk", active=False))
    )
    clerk, skilled = await ask(opened, "single_points_of_failure", at=AT)
    assert (skilled["role"], skilled["skills"], skilled["user"], skilled["user_name"]) == (
        "chief",
        ["law"],
        "ann",
        "Ann",
    )
    assert (skilled["atoms"], skilled["open"], skilled["held"]) == (["example/review"], 1, 1)
    assert skilled["absent_until"] == format_time(NOON + DAY)
    assert (clerk["role"], clerk["name"], clerk["skills"], clerk["user"]) == ("clerk", "Clerk", [], "eve")
    assert sorted(clerk["atoms"]) == ["example/apply", "example/pay"]
    assert (clerk["open"], clerk["held"], clerk["absent_until"]) == (1, 0, None)
    assert await ask(opened, "single_points_of_failure", journey="other") == []


async def test_what_two_can_do_or_no_open_version_needs_is_no_single_point_of_failure(opened: Neo4j):
    await tell(opened)
    await bring(opened, organisation(chief("ann"), chief("bob"), person("eve", "clerk"), person("fay", "clerk")))
    assert await ask(opened, "single_points_of_failure") == []
    await bring(opened, organisation(chief("ann"), version=2))
    assert len(await ask(opened, "single_points_of_failure")) == 2
    await opened.graph.set_status("example", "1.0.0", "retired")
    assert await ask(opened, "single_points_of_failure") == []


# hand_over_network


async def test_work_goes_from_hand_to_hand_over_steps_that_no_person_performs(opened: Neo4j):
    done = [("apply", "eve"), ("pull", ""), ("review", "ann"), ("approve", "bob"), ("pay", "eve")]
    await tell(opened, case(1, *done), case(2, *done[:3]), case(3, ("apply", "eve"), ("pull", ""), ("review", "eve")))
    found = {(row["giver"], row["taker"]): row for row in await ask(opened, "hand_over_network")}
    assert set(found) == {("eve", "ann"), ("ann", "bob"), ("bob", "eve")}
    first = found["eve", "ann"]
    assert (first["times"], first["cases"], first["share"], first["example"]) == (2, 2, 0.5, "p2")
    # The worker takes a second; then the work lies 60 seconds before it is begun.
    assert (first["p50_seconds"], found["ann", "bob"]["p50_seconds"]) == (62.0, 61.0)
    assert [
        row["giver"]
        for row in await ask(opened, "hand_over_network", since=format_time(NOON + 2 * 60 * timedelta(minutes=1)))
    ] == ["eve"]
    assert await ask(opened, "hand_over_network", journey="other") == []


async def test_work_that_leads_back_is_handed_over_too(opened: Neo4j):
    """R7."""
    back = case(1, ("apply", "eve"), ("pull", ""), ("review", "ann"), ("approve", "bob"), ("pay", "eve"), go=True)
    perform(back, "review", "cid")
    await tell(opened, back)
    assert ("eve", "cid") in {(row["giver"], row["taker"]) for row in await ask(opened, "hand_over_network")}


async def test_who_completed_what_another_had_hands_nothing_over(opened: Neo4j):
    play = case(1)
    play.give(ClaimTask(Caller("eve", frozenset({"clerk"})), play.task("apply").n))
    play.done("apply", ADMIN)
    perform(play, "pull", "")
    perform(play, "review", "ann")
    await tell(opened, play)
    assert [(row["giver"], row["taker"]) for row in await ask(opened, "hand_over_network")] == [("eve", "ann")]


# four_eyes_conflicts


async def test_open_work_whose_only_performers_are_excluded_is_told_with_them(opened: Neo4j):
    done = [("apply", "eve"), ("pull", ""), ("review", "ann")]
    stuck = case(1, *done)
    await tell(opened, stuck, case(2, *done[:2], ("review", "bob")), case(3, *done[:1]))
    await bring(opened, organisation(chief("ann"), person("bob", "clerk"), chief("dan", active=False)))
    (found,) = await ask(opened, "four_eyes_conflicts", at=AT)
    assert (found["kind"], found["process"], found["atom"], found["name"]) == ("blocked", "p1", "approve", "approve")
    assert (found["role"], found["others"], found["excluded"], found["absent"]) == ("chief", ["review"], ["ann"], [])
    assert found["since"] == format_time(stuck.now)
    assert await ask(opened, "four_eyes_conflicts", journey="other") == []


async def test_who_is_absent_ends_the_conflict_when_they_are_back(opened: Neo4j):
    await tell(opened, case(1, ("apply", "eve"), ("pull", ""), ("review", "ann")))
    await bring(opened, organisation(chief("ann"), chief("bob", law=0, absences=(away(-1, 2),))))
    (found,) = await ask(opened, "four_eyes_conflicts", at=AT)
    assert (found["excluded"], found["absent"]) == (["ann"], ["bob"])
    assert await ask(opened, "four_eyes_conflicts", at=format_time(NOON + DAY)) == []


async def test_work_that_nobody_could_do_anyway_is_no_conflict_of_four_eyes(opened: Neo4j):
    await tell(opened, case(1, ("apply", "eve"), ("pull", ""), ("review", "ann")))
    await bring(opened, organisation(person("ann", "clerk")))
    assert await ask(opened, "four_eyes_conflicts", at=AT) == []


async def test_pairs_that_one_person_performed_are_told_of(opened: Neo4j):
    """Nobody passes four eyes: such a pair can only come from outside, and is looked for all the same."""
    await tell(opened, case(1, ("apply", "eve"), ("pull", ""), ("review", "ann"), ("approve", "bob")))
    assert await ask(opened, "four_eyes_conflicts") == []
    await change(
        opened, "MATCH (u:User {id: 'ann'}), (s:Step {atom: 'approve'}) CREATE (u)-[:PERFORMED {task: 4}]->(s)"
    )
    (found,) = await ask(opened, "four_eyes_conflicts")
    assert (found["kind"], found["process"], found["atom"], found["others"]) == ("broken", "p1", "review", ["approve"])
    assert found["excluded"] == ["ann"]


# load_by_team


async def test_teams_are_told_with_what_they_have_and_what_they_could_take(opened: Neo4j):
    ann = Caller("ann", frozenset({"chief"}), frozenset({"task:act_any"}))
    first, second, third = case(1, ("apply", "eve"), ("pull", "")), case(2), case(3, ("apply", "eve"), ("pull", ""))
    first.give(ClaimTask(ann, first.task("review").n))
    first.give(AddTask(ADMIN, Extra("call", "chief")))
    first.give(ClaimTask(ann, first.process.last_task))
    await tell(opened, first, second, third)
    north, south = frozenset({"north"}), frozenset({"south"})
    await bring(
        opened,
        organisation(
            chief("ann", teams=north, capacity=4),
            chief("bob", teams=north, capacity=2, absences=(away(-1, 3),)),
            person("eve", "clerk", teams=south),
            person("fay", "clerk", teams=south, active=False),
            teams=[Team("north", "North", "eve"), Team("south", "South"), Team("empty", "Empty")],
        ),
    )
    northern, southern, empty = await ask(opened, "load_by_team", at=AT)
    assert (northern["team"], northern["name"], northern["manager"]) == ("north", "North", "eve")
    assert (northern["people"], northern["absent"], northern["capacity"]) == (2, 1, 6)
    assert (northern["held"], northern["per_person"], northern["busiest"], northern["most"]) == (2, 2.0, "ann", 2)
    assert northern["waiting"] == 1
    assert (southern["people"], southern["held"], southern["waiting"], southern["capacity"]) == (1, 0, 1, None)
    assert (southern["busiest"], southern["most"], southern["per_person"]) == (None, 0, 0.0)
    assert southern["oldest_at"] == format_time(second.now)
    assert (empty["people"], empty["held"], empty["per_person"], empty["oldest_at"]) == (0, 0, None, None)


# staffing


def those_who_relieve_each_other() -> tuple[User, User]:
    """One comes back the moment the other goes."""
    return chief("ann", absences=(away(1, 1),)), chief("bob", law=0, absences=(away(2, 1),))


async def test_staffing_tells_of_each_human_atom_how_many_there_are_and_are_needed(opened: Neo4j):
    await publish(opened)
    await bring(opened, organisation(*those_who_relieve_each_other(), person("eve", "clerk")))
    found = {row["atom"]: row for row in await ask(opened, "staffing", **{"journey": "example", "from": AT})}
    assert set(found) == {"apply", "review", "approve", "pay"}
    approve, review = found["approve"], found["review"]
    assert (approve["needed"], approve["holders"], approve["eligible"], approve["least"]) == (2, 2, 2, 1)
    assert (approve["least_at"], approve["understaffed"]) == (format_time(NOON + DAY), True)
    assert (review["skills"], review["needed"], review["eligible"], review["understaffed"]) == (["law"], 2, 1, True)
    assert not found["apply"]["understaffed"]
    quiet = await ask(opened, "staffing", **{"journey": "example", "from": AT, "days": 1, "version": "1.0.0"})
    assert [row["atom"] for row in quiet if row["understaffed"]] == ["review"]
    assert await ask(opened, "staffing", journey="example", version="2.0.0") == []


EYES = """
- {id: one, performed_by: {role: clerk, skills: [law]}, enables: [two]}
- {id: two, performed_by: {role: clerk, not_same_as: [one, three]}, enables: [three]}
- {id: three, performed_by: {role: chief, skills: [{skill: law, level: 2}, sums]}, enables: [four]}
- {id: four, performed_by: {role: chief, not_same_as: [one]}}
"""
TIMES = st.integers(-4, 16).map(lambda hours: hours / 4)


@st.composite
def people(draw: st.DrawFn) -> Organisation:
    def one(place: int) -> User:
        skills = draw(st.dictionaries(st.sampled_from(("law", "sums", "art")), st.integers(1, 3)))
        expires = st.sampled_from((None, *(NOON.date() + days * DAY for days in range(-1, 4))))
        spans = draw(
            st.lists(st.tuples(TIMES, TIMES, st.sampled_from(((), ("clerk",), ("chief", "clerk")))), max_size=3)
        )
        return replace(
            person(
                f"u{place}", *draw(st.sets(st.sampled_from(("clerk", "chief")))), active=draw(st.integers(0, 4)) > 0
            ),
            skills=tuple(Skill(name, level, draw(expires)) for name, level in skills.items()),
            absences=tuple(away(first, days, *roles, id=n) for n, (first, days, roles) in enumerate(spans) if days > 0),
        )

    return organisation(*map(one, range(draw(st.integers(0, 6)))))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(staff=people(), first=TIMES, days=st.integers(1, 4))
async def test_staffing_in_the_graph_is_what_publishing_warns_of(
    opened: Neo4j, staff: Organisation, first: float, days: int
):
    await publish(opened, EYES)
    await bring(opened, staff, epoch=str(id(staff)))
    start = NOON + first * DAY
    routes = Routes(tuple(journey_of(EYES).routes.values()))
    told = await ask(opened, "staffing", **{"journey": "example", "from": format_time(start), "days": days})
    assert {
        row["atom"]: (
            row["role"],
            row["needed"],
            row["holders"],
            row["eligible"],
            row["least"],
            row["least_at"],
            row["understaffed"],
        )
        for row in told
    } == {
        one.atom: (
            one.role,
            one.needed,
            one.holders,
            one.eligible,
            one.least,
            format_time(one.least_at),
            one.understaffed,
        )
        for one in staffing(routes, staff, start, days * DAY)
    }
