"""What explain says of service levels: where something stands against its target, and why a clock stands still."""

from engine.core.callers import Caller
from engine.core.commands import BlockTask, DelegateTask, ReassignTask, Suspend
from engine.core.explain import Held, explain, scene_of
from engine.core.explain_clocks import of_whole
from engine.core.explain_past import known_of, telling
from tests.core.play import ADMIN, HEAD, journey_of
from tests.core.stage import Stage
from tests.core.test_service_levels import HOUR, MINUTE, after, stage

GROUPS = """
phases:
  - id: asking
    name: Asking
    sla: {target: PT2H, pauses_on: [borrower, blocked]}
    atoms: [{id: a, performed_by: borrower, enables: [b]}, {id: b, performed_by: clerk}]
"""
CLERK = frozenset({"clerk"})
LEVELS = HEAD.replace("roles: {", "sla: {target: P1D}\nroles: {borrower: {name: Borrower}, ")


def told(played: Stage) -> list[Held]:
    world, process = played.world, played.process
    wanted = telling(process)
    events = [event for event in world.histories["p1"] if event.fact.name in wanted]
    return list(explain(played.journey, process, known_of(process, events, world.now)))


def sentence(played: Stage) -> str:
    (one,) = told(played)
    assert one.told, "it has a clock"
    return one.told.text


def whole(played: Stage) -> list[str]:
    process = played.process
    return [one.text for one in of_whole(scene_of(played.journey, process, known_of(process, (), played.world.now)))]


def test_it_is_on_track_at_risk_and_late_with_its_target() -> None:
    played = stage("target: PT1H")
    assert sentence(played) == "It is on track: its target is 1 March 2026, 13:00 UTC."
    assert sentence(after(played, 50 * MINUTE)) == "It is at risk: its target is 1 March 2026, 13:00 UTC."
    late = "It is late: its target was 1 March 2026, 13:00 UTC, 1 hour 20 minutes ago."
    assert sentence(after(played, 90 * MINUTE)) == late


def test_what_is_past_its_target_is_late_though_nobody_has_noted_it() -> None:
    played = stage("target: PT1H")
    played.world.now += 2 * HOUR  # no worker struck the clock
    assert sentence(played) == "It is late: its target was 1 March 2026, 13:00 UTC, 1 hour ago."


def test_what_has_no_service_level_says_nothing_of_it() -> None:
    assert [one.told for one in told(Stage("[{id: a, performed_by: clerk}]").start())] == [None]


def test_a_clock_that_stands_says_why_and_what_is_left() -> None:
    played = after(stage("target: PT1H, pauses_on: [blocked]"), 20 * MINUTE)
    played.do(BlockTask(ADMIN, 1, "no answer"))
    assert sentence(played) == "It has 40 minutes left to its target: its clock stands still while it is blocked."
    played = after(stage("target: PT1H"), 20 * MINUTE)
    played.do(Suspend(ADMIN, "flood"))
    text = "It has 40 minutes left to its target: its clock stands still while the process is suspended."
    assert next(one for one in told(played) if one.told).told.text == text  # type: ignore[union-attr]
    played = stage("target: PT1H, pauses_on: [clerk]")
    text = "It has 1 hour left to its target: its clock stands still while it is for someone with the role Clerk."
    assert sentence(played) == text


def test_working_time_that_is_left_is_told_as_such() -> None:
    played = stage("target: {working: PT20H, calendar: office}, pauses_on: [clerk]")
    assert sentence(played).startswith("It has 20 hours of working time left to its target:")


def test_process_and_phases_are_told_of_and_why_a_phase_stands() -> None:
    played = Stage(GROUPS, head=LEVELS).start()
    why = "while all that is open of it is blocked or for someone with the role Borrower"
    assert whole(played) == [
        "The process is on track: its target is 2 March 2026, 12:00 UTC.",
        f"The phase “Asking” has 2 hours left to its target: its clock stands still {why}.",
    ]
    played.done("a")
    assert (
        whole(after(played, 110 * MINUTE))[1] == "The phase “Asking” is at risk: its target is 1 March 2026, 14:00 UTC."
    )
    played.done("b")
    assert whole(played) == [], "what is over is not told of"


def test_the_step_of_a_subjourney_says_how_it_stands() -> None:
    child = {"example@1.0.0": journey_of("[{id: c, performed_by: clerk}]")}
    calls = '[{id: s, kind: subjourney, calls: "example@1.0.0", sla: {target: PT1H}}]'
    played = after(Stage(calls, child).start(), 2 * HOUR)
    assert sentence(played) == "It is late: its target was 1 March 2026, 13:00 UTC, 1 hour ago."


def test_who_does_a_task_for_another_is_told_with_who_delegated_it() -> None:
    played = Stage("[{id: a, name: Sign, performed_by: clerk}]").start()
    played.do(ReassignTask(ADMIN, 1, "carl")).do(DelegateTask(Caller("carl", CLERK), 1, "cora"))
    (one,) = told(played)
    assert one.text == "“Sign” is assigned to cora, to whom carl delegated it."
