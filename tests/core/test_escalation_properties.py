"""Escalations end, each is told to somebody, none comes twice: whatever happens, and though service levels change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.callers import SYSTEM, Caller
from engine.core.clock_facts import Escalated
from engine.core.commands import (
    BlockTask,
    ClaimTask,
    Command,
    CompleteTask,
    DelegateTask,
    EscalateTask,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    Resume,
    Start,
    Strike,
    Suspend,
    UnblockTask,
)
from engine.core.decide import decide
from engine.core.durations import Duration
from engine.core.errors import EngineError
from engine.core.events import Event, TaskEscalated
from engine.core.fold import fold
from engine.core.organisation import Organisation, Skill
from engine.core.process import Process
from engine.core.service_levels import Escalation, ServiceLevel
from tests.core.hierarchy import ANN, BEN, CARL, away, level, organisation, user
from tests.core.play import ADMIN, journey_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTES = st.integers(1, 180).map(lambda minutes: Duration(span=timedelta(minutes=minutes)))
RULES = st.builds(
    Escalation,
    after=MINUTES,
    role=st.sampled_from([None, "chief", "clerk", "nobody"]),
    manager=st.booleans(),
    reassign=st.booleans(),
    priority=st.sampled_from([None, "one", "critical"]),
)
LEVELS = st.lists(RULES, max_size=4).map(lambda rules: level(*rules))
SHAPE = journey_of("""
- {id: a, performed_by: {role: clerk, strategy: round_robin}, escalates_to: chief, enables: [b]}
- {id: b, performed_by: {role: clerk, not_same_as: [a], skills: [latin]}}
""")
STAFFS = (
    Organisation(),
    organisation(),
    organisation(away("mona"), away("carl"), user("tom", active=False)),
    organisation(user("mona", skills=(Skill("latin"),)), without="carl"),
)
HANDS = {
    "claim": lambda n, who: ClaimTask(who, n),
    "complete": lambda n, who: CompleteTask(who, n, {}),
    "release": lambda n, who: ReleaseTask(who, n, seek=True),
    "reassign": lambda n, who: ReassignTask(ADMIN, n, who.id, able={"latin": 1}),
    "delegate": lambda n, who: DelegateTask(who, n, "ben", able={"latin": 1}),
    "escalate": lambda n, who: EscalateTask(ADMIN, n, "late", "chief"),
    "block": lambda n, who: BlockTask(who, n, "waits"),
    "unblock": lambda n, who: UnblockTask(who, n),
    "suspend": lambda n, who: Suspend(ADMIN, "audit"),
    "resume": lambda n, who: Resume(ADMIN),
    "repeat": lambda n, who: RepeatAtom(ADMIN, "a", "again"),
}
MOVES = st.tuples(
    st.sampled_from([*HANDS, "strike", "strike", "change"]),
    st.sampled_from([ANN, BEN, CARL, ADMIN]),
    st.integers(0, 240).map(lambda minutes: timedelta(minutes=minutes)),
    st.sampled_from(STAFFS),
    LEVELS,
)


class Run:
    """A process that is given commands at any time, under service levels that change meanwhile."""

    def __init__(self, first: ServiceLevel) -> None:
        self.journey = SHAPE.keeping({}, {"task:a": first, "task:b": first, "process:": first})
        self.now: datetime = datetime(2026, 3, 2, tzinfo=UTC)
        self.events: list[Event] = []
        self.process: Process | None = None
        self.most = len(first.escalations)
        self.give(Start(Caller("olga"), "p1", {}))

    def give(self, command: Command) -> None:
        try:
            decision = decide(self.journey, self.process, command, self.now)
        except EngineError:
            return
        self.events += decision.events
        self.process = decision.after

    def move(self, what: str, who: Caller, length: timedelta, staff: Organisation, other: ServiceLevel) -> None:
        self.now += length
        assert self.process
        if what == "change":
            self.journey = SHAPE.keeping({}, {"task:a": other, "process:": other})
            self.most = max(self.most, len(other.escalations))
        elif what == "strike":
            self.give(Strike(SYSTEM, staff))
            assert self.process.next_mark is None or self.process.next_mark > self.now, "all that was due is done"
        else:
            n = next((task.n for task in self.process.open_tasks()), 1)
            self.give(HANDS[what](n, who))


@settings(max_examples=150, deadline=None)
@given(first=LEVELS, moves=st.lists(MOVES, max_size=25))
def test_escalations_of_a_clock_end_each_is_told_to_somebody_and_none_comes_twice(first: ServiceLevel, moves: Any):
    run = Run(first)
    for move in moves:
        run.move(*move)
    run.now += 99 * DAY
    run.give(Strike(SYSTEM, STAFFS[1]))
    assert run.process and fold(run.journey, run.events) == run.process
    facts = [event.fact for event in run.events]
    told = [fact for fact in facts if isinstance(fact, Escalated | TaskEscalated) and fact.reached_at]
    assert all(fact.to_role or fact.to_users or fact.assignee for fact in told)  # type: ignore[union-attr]
    of_clocks: dict[Any, list[datetime | None]] = {}
    for fact in told:
        key = fact.task if isinstance(fact, TaskEscalated) else "process"
        of_clocks.setdefault(key, []).append(fact.reached_at)
    for moments in of_clocks.values():
        assert len(moments) <= max(run.most, 1)
        assert moments == sorted(set(moments), key=lambda at: at or run.now), "in order, and none at the same moment"
    for n, task in run.process.tasks.items():
        assert not task.open or not (task.sla and task.sla.next_at and task.sla.next_at <= run.now), n
