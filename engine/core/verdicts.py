"""What the clock of a service level says when it is looked at: what it passed, and whether it was met."""

from collections.abc import Iterator
from datetime import datetime

from engine.core.clock_facts import AtRisk, Breached
from engine.core.clocks import Clock, Watch
from engine.core.facts import ClockFact, ClockOf
from engine.core.process import Task

About = tuple[ClockOf, str | None, int | None, int | None, str | None]
"""What a clock is of: the first fields of every fact about it."""


def about_task(task: Task) -> About:
    """The clock of a task."""
    return "task", task.atom, task.visit, task.n, None


def about_watch(watch: Watch) -> About:
    """The clock of what is no task."""
    return watch.of, watch.atom, watch.visit, None, watch.part


def passed_marks(about: About, clock: Clock, now: datetime) -> Iterator[ClockFact]:
    """The warning and the target that have been passed by `now` and are not noted."""
    if clock.standing:
        return
    ahead = {mark: at for at, mark in clock.ahead() if at <= now}
    if "warn" in ahead:
        yield AtRisk(*about, reached_at=ahead["warn"])
    if "target" in ahead:
        yield Breached(*about, reached_at=ahead["target"])


def in_time(clock: Clock) -> bool:
    """Whether it has not been breached, all that it passed being noted."""
    return clock.state in ("on_track", "at_risk")
