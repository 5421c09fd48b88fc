"""Clocks that nobody struck for a while: what passed meanwhile is noted by whatever comes next, with its moment."""

from datetime import UTC, datetime, timedelta

from engine.core.clock_facts import AtRisk, Breached, Escalated
from engine.core.commands import RepeatAtom, Resume, Suspend
from engine.core.durations import Duration, WorkingTime
from engine.core.events import TaskEscalated
from engine.core.service_levels import Escalation, ServiceLevel
from tests.core.play import ADMIN, HEAD, NOON, journey_of
from tests.core.stage import Stage
from tests.core.test_service_levels import FRIDAY, GROUPS, OFFICE

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TOLD = "[{id: a, performed_by: clerk, sla: {target: PT3H, warn_before: PT2H, escalate_after: PT2H}}]"


def late(stage: Stage, length: timedelta) -> Stage:
    """Time passes, and nobody looks."""
    stage.world.now += length
    return stage


def marks(stage: Stage, process: str = "p1") -> list[tuple[str, datetime | None]]:
    """What was noted, in that order, each with its moment."""
    facts = [event.fact for event in stage.world.histories[process]]
    return [(f.name, f.reached_at) for f in facts if isinstance(f, AtRisk | Breached | Escalated | TaskEscalated)]


def test_marks_that_are_noted_together_are_noted_in_their_order() -> None:
    played = late(Stage(TOLD).start(), 9 * HOUR)
    played.world.settle()
    assert marks(played) == [
        ("sla.at_risk", NOON + HOUR),
        ("task.escalated", NOON + 2 * HOUR),
        ("sla.breached", NOON + 3 * HOUR),
    ]


def test_an_escalation_that_had_come_before_a_suspension_keeps_its_moment() -> None:
    played = late(Stage(TOLD).start(), 150 * MINUTE).do(Suspend(ADMIN, "audit"))
    late(played, 5 * HOUR).do(Resume(ADMIN, None))
    assert marks(played) == [("sla.at_risk", NOON + HOUR), ("task.escalated", NOON + 2 * HOUR)]


def test_a_part_that_is_reset_whole_has_what_it_passed_noted_before_it_begins_anew() -> None:
    """R7."""
    played = late(Stage(GROUPS).start(), 90 * MINUTE).do(RepeatAtom(ADMIN, "a", "again"))
    assert marks(played) == [("sla.at_risk", NOON + 45 * MINUTE), ("sla.breached", NOON + HOUR)]
    assert {watch.clock.since for watch in played.process.watches.values()} == {NOON + 90 * MINUTE}


def test_a_child_whose_step_is_ended_has_what_it_passed_noted() -> None:
    """R13: such a child is cancelled from outside."""
    child = journey_of("[{id: x, performed_by: clerk}]", HEAD + "sla: {target: PT1H}\n")
    atoms = "[{id: a, kind: subjourney, calls: example@1.0.0}]"
    played = late(Stage(atoms, called={"example@1.0.0": child}).start(), 2 * HOUR)
    id = played.child
    played.skip("a")
    assert played.world.processes[id].status == "cancelled"
    assert marks(played, id) == [("sla.at_risk", NOON + 45 * MINUTE), ("sla.breached", NOON + HOUR)]


def test_warnings_and_escalations_may_be_counted_in_a_calendar_that_the_target_is_not() -> None:
    two = WorkingTime(span=2 * HOUR, calendar="office")
    level = ServiceLevel("mixed", Duration(span=timedelta(days=3)), two, (Escalation(two),))
    played = Stage("[{id: a, performed_by: clerk}]", calendars={"office": OFFICE}, levels={"task:a": level})
    played.world.advance_to(FRIDAY + HOUR)
    played.start()
    (task,) = played.tasks("a")
    assert task.sla
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert task.sla.target_at == monday.replace(hour=16)
    assert task.sla.warn_at == monday.replace(hour=14)
    assert task.sla.escalate_at == monday.replace(hour=10)
