"""The port `Store` with every construct: what is decided is read back exactly, and as its events fold."""

from datetime import timedelta
from decimal import Decimal

from engine.core.callers import SYSTEM
from engine.core.commands import (
    AddTask,
    BlockTask,
    Cancel,
    ChangeContext,
    ClaimTask,
    Command,
    CompleteTask,
    CompleteWork,
    Extra,
    FailTask,
    FailWork,
    FireTimers,
    HearChild,
    RepeatAtom,
    RetryIncident,
    SkipStep,
    Start,
    UnblockTask,
)
from engine.core.decision import Decision
from engine.core.events import Ended, Parent
from engine.core.fold import fold
from engine.core.journey import NO_JOURNEY, Journey
from tests.conformance.worlds import OLGA, World, as_stored, drained
from tests.core.play import ADMIN, HEAD, journey_of

REWORK = journey_of("""
  - {id: draft, performed_by: clerk, enables: [check, side]}
  - {id: side, kind: system, action: do.it, enables: [send]}
  - id: check
    performed_by: chief
    split: first
    enables: [{to: draft, rework: true, rule: {"==": [{var: go}, false]}}, send]
  - {id: send, kind: milestone}
""")
EACH = journey_of("[{id: each, performed_by: clerk, for_each: {var: items}, in_order: true, saves: items, due: PT1H}]")
HOLD = journey_of("[{id: hold, performed_by: clerk, due: {var: at}}]")
UNDO = journey_of("""
  - {id: book, performed_by: clerk, compensated_by: unbook, enables: [pay]}
  - {id: pay, performed_by: clerk}
  - {id: unbook, kind: system, action: do.it}
""")
CHILD = journey_of("[{id: work, performed_by: clerk}]", HEAD.replace("journey: example", "journey: child"))
CALL = journey_of(
    "[{id: call, kind: subjourney, calls: child@1.0.0, input: {}, output: [n], saves: n2}]",
    called={"child@1.0.0": CHILD},
)


class Story:
    """One process, compared with what is stored after every command."""

    def __init__(self, world: World, journey: Journey) -> None:
        self.world = world
        self.journey = journey

    async def __call__(self, command: Command, later: timedelta = timedelta()) -> Decision:
        decision = await self.world.give(self.journey, "p1", command, later)
        assert await self.world.marking() == as_stored(decision.after)
        return decision

    async def end(self) -> None:
        """Its events, as they are stored, fold to its marking (Events)."""
        events, _ = await drained(self.world, 100)
        mine = [event for event in events if event.process == "p1"]
        assert as_stored(fold(self.journey, mine)) == await self.world.marking()


async def test_a_rework_opens_new_visits_and_ends_the_old_work(world: World) -> None:
    """R7."""
    give = Story(world, REWORK)
    await give(Start(OLGA, "p1", {}))
    await give(CompleteTask(OLGA, 1, {}))
    again = await give(CompleteTask(ADMIN, 3, {"go": False}))
    visits = {step.atom: (step.visit, step.state) for step in again.after.steps.values()}
    assert (visits["draft"], visits["side"]) == ((2, "active"), (2, "waiting"))
    assert await world.queue.claim("w1", ["do.it"], 5) == []
    await give(CompleteTask(OLGA, 4, {"go": True}))
    await give(RepeatAtom(ADMIN, "check", "look again"))
    (work,) = await world.queue.claim("w1", ["do.it"], 5)
    await give(CompleteWork(SYSTEM, work.task, work.token, {}))
    (check,) = (await world.marking()).open_tasks()
    assert (await give(CompleteTask(ADMIN, check.n, {}))).after.status == "completed"
    await give.end()


async def test_the_elements_of_a_list_are_kept_with_their_outputs_and_incidents(world: World) -> None:
    """R14."""
    give = Story(world, EACH)
    await give(Start(OLGA, "p1", {"items": [{"b": 1, "a": Decimal("1.50")}, None, [True]]}))
    await give(CompleteTask(OLGA, 1, {"n": Decimal("2.0")}))
    await give(FailTask(OLGA, 2, "not there"))
    await give(RetryIncident(ADMIN, 1, "is there now"))
    await give(CompleteTask(OLGA, 3, {}))
    (last,) = [task.n for task in (await world.marking()).open_tasks()]
    assert (await give(CompleteTask(OLGA, last, {}))).after.context["items"] == [{"n": Decimal("2.0")}, {}, {}]
    await give.end()


async def test_tasks_off_the_graph_are_kept_with_all_they_say(world: World) -> None:
    """R18."""
    give = Story(world, HOLD)
    at = await world.now()
    await give(Start(OLGA, "p1", {"at": "2030-01-01"}))
    await give(AddTask(OLGA, Extra("call back", "chief", "about the house", "high", at, optional=True)))
    await give(BlockTask(OLGA, 1, "no paper"))
    await give(UnblockTask(OLGA, 1))
    await give(ClaimTask(OLGA, 1))
    await give(BlockTask(OLGA, 1, "no paper"))
    stored = (await world.marking()).tasks
    assert (stored[1].blocked_from, stored[2].description, stored[2].optional) == ("assigned", "about the house", True)
    await give(UnblockTask(OLGA, 1))
    assert (await give(CompleteTask(OLGA, 1, {}))).after.status == "completed"
    await give.end()


async def test_a_process_without_a_journey_holds_one_task(world: World) -> None:
    """R18."""
    give = Story(world, NO_JOURNEY)
    started = await give(Start(OLGA, "p1", {}, task=Extra("ring up", "clerk")))
    assert (started.after.journey, started.after.version) == (None, None)
    assert (await give(CompleteTask(OLGA, 1, {"said": "yes"}))).after.status == "completed"
    await give.end()


async def test_a_start_may_wait_for_its_time(world: World) -> None:
    """R1."""
    give = Story(world, HOLD)
    now = await world.now()
    pending = await give(Start(OLGA, "p1", {"at": "2030-01-01"}, not_before=now + timedelta(hours=1)))
    assert (pending.after.status, list(await world.timers.claim(5))) == ("pending", [])
    assert (await give(FireTimers(SYSTEM), timedelta(hours=1))).after.status == "running"
    await give.end()


async def test_compensation_runs_back_and_is_read_as_it_goes(world: World) -> None:
    """R13."""
    give = Story(world, UNDO)
    await give(Start(OLGA, "p1", {}))
    await give(CompleteTask(OLGA, 1, {}))
    undoing = await give(Cancel(ADMIN, "changed their mind", compensate=True))
    assert (undoing.after.compensating, undoing.after.status) == (True, "running")
    (work,) = await world.queue.claim("w1", ["do.it"], 5)
    await give(FailWork(SYSTEM, work.task, work.token, "no line", retryable=False))
    await give(RetryIncident(ADMIN, 1, "the line is back"))
    (work,) = await world.queue.claim("w1", ["do.it"], 5)
    ended = await give(CompleteWork(SYSTEM, work.task, work.token, {}))
    assert (ended.after.status, ended.after.compensating) == ("cancelled", False)
    await give.end()


async def test_a_child_knows_its_parent_and_the_parent_its_child(world: World) -> None:
    """R15."""
    give = Story(world, CALL)
    called = await give(Start(OLGA, "p1", {}))
    (child,) = called.after.children
    start = called.posts[0].command
    assert isinstance(start, Start)
    started = await world.give(CHILD, child, start)
    assert await world.marking(child) == as_stored(started.after)
    assert (await world.marking(child)).parent == Parent("p1", "call", 1, None, ("n",))
    failed = await give(HearChild(SYSTEM, child, Ended("failed", None, {})))
    assert failed.after.children == {}
    await give(RetryIncident(ADMIN, 1, "again"))
    await give(SkipStep(ADMIN, "call", "not needed"))
    await give.end()


async def test_a_step_held_by_a_rule_is_read_with_what_it_is_held_by(world: World) -> None:
    """R9."""
    give = Story(world, HOLD)
    held = await give(Start(OLGA, "p1", {}))
    assert held.after.steps["hold"].held == "input"
    await give(ChangeContext(ADMIN, {"at": "2030-01-01T00:00:00Z"}, "was missing"))
    assert (await give(RetryIncident(ADMIN, 1, "there now"))).after.tasks[1].due_at is not None
    await give.end()
