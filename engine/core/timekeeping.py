"""The clocks of service levels as decisions move them: which begin, stand still, go on, and what they come to.

A task's clock begins with the task and is over when that ends (`Turn.emit`). Those of subjourneys, modules, phases and
the process are looked at when all else is decided. A clock stands while its process is suspended (R12), and while its
service level says so. What it passed is noted at the latest before what ends it: nothing is met that was too late.
"""

from datetime import datetime

from engine.core.clock_facts import ClockEnded, ClockPaused, ClockSet, Met
from engine.core.clocks import Clock, Watch, going_on, key_of, left, passed
from engine.core.commands import Strike
from engine.core.escalation import escalate_task, escalate_watch
from engine.core.events import StepReworked
from engine.core.facts import Marks
from engine.core.process import Task
from engine.core.scope import Watched
from engine.core.service_levels import BLOCKED, ServiceLevel, begin
from engine.core.turn import Turn
from engine.core.verdicts import About, about_task, about_watch, in_time, passed_marks


def marks_of(turn: Turn, atom: str | None) -> Marks | None:
    """What the clock of a task begins with that is made now; None where it has no service level."""
    level = turn.journey.levels.get(key_of("task", atom))
    return begin(level, turn.now, turn.journey.calendars) if level else None


def strike(turn: Turn, command: Strike) -> None:
    """What clocks have come to by now, each in the order of its marks; nothing where they have not."""
    for n in [task.n for task in turn.process.open_tasks() if task.sla]:
        while (clock := turn.process.tasks[n].sla) and (mark := passed(clock, turn.now)):
            if mark[0] == "escalate":
                escalate_task(turn, turn.process.tasks[n], clock, mark[1], command.organisation)
            else:
                _note(turn, about_task(turn.process.tasks[n]), clock, mark[1])
    for key in [watch.key for watch in turn.process.running_watches()]:
        while mark := passed((watch := turn.process.watches[key]).clock, turn.now):
            if mark[0] == "escalate":
                escalate_watch(turn, watch, mark[1], command.organisation)
            else:
                _note(turn, about_watch(watch), watch.clock, mark[1])


def keep_time(turn: Turn) -> None:
    """After all else is decided: watches begin and end, and every clock stands or goes on as it should."""
    if not turn.process.ended:
        _look_at_groups(turn)
        _stand_or_go_on(turn)


def conclude(turn: Turn, status: str) -> None:
    """Before a process ends: what its clocks have passed, and those that were met by that."""
    if status == "completed":
        _look_at_groups(turn)
    for watch in list(turn.process.running_watches()):
        _note(turn, about_watch(watch), watch.clock)
        if status == "completed" and watch.of == "process":
            _end(turn, watch.key)


def _look_at_groups(turn: Turn) -> None:
    process = turn.process
    for watched in turn.scope.watched.values():
        watch = process.watches.get(watched.key)
        running = watch is not None and watch.running
        if watched.of == "process":
            if not running and process.status == "running":
                _begin(turn, watched)
            continue
        touched = watched.atoms.intersection(process.changes.steps)
        if not touched:
            continue
        if watch is not None and running and _anew(turn, watched):
            _note(turn, about_watch(watch), watch.clock)
            turn.emit(ClockEnded(*about_watch(watch)))
            running = False
        if not running:
            if any(process.steps[atom].state == "active" for atom in touched):
                _begin(turn, watched)
        elif all((step := process.steps.get(atom)) and step.resolved for atom in watched.atoms):
            _end(turn, watched.key)


def _anew(turn: Turn, watched: Watched) -> bool:
    """Whether a rework reset all of it (R7)."""
    return any(
        isinstance(event.fact, StepReworked) and watched.atoms.issubset(event.fact.region) for event in turn.events
    )


def _begin(turn: Turn, watched: Watched) -> None:
    level = turn.journey.levels[watched.key]
    marks = begin(level, turn.now, turn.journey.calendars)
    atom = watched.name if watched.of == "step" else None
    visit = turn.process.steps[atom].visit if atom else None
    part = None if atom else watched.name
    turn.emit(ClockSet(watched.of, atom, visit, None, part, turn.process.last_watch + 1, marks))


def _end(turn: Turn, key: str) -> None:
    """What a watch is for is over: met, if it was in time. The work of a step that failed is not done by that."""
    watch = turn.process.watches[key]
    about = about_watch(watch)
    _note(turn, about, watch.clock)
    done = watch.of != "step" or turn.process.steps[watch.atom or ""].exit == "done"
    clock = turn.process.watches[key].clock
    turn.emit(Met(*about) if done and in_time(clock) else ClockEnded(*about))


def _note(turn: Turn, about: About, clock: Clock, by: datetime | None = None) -> None:
    """What it passed, warning and target, up to a moment; by now where none is said."""
    for fact in passed_marks(about, clock, by or turn.now):
        turn.emit(fact)


def _stand_or_go_on(turn: Turn) -> None:
    process = turn.process
    suspended = process.status == "suspended"
    turned = suspended != (turn.before is not None and turn.before.status == "suspended")
    for n in list(process.tasks if turned else process.changes.tasks):
        task = process.tasks[n]
        if task.open and task.sla and (suspended or _pauses(turn, task)) != task.sla.standing:
            _turn_over(turn, about_task(task), task.sla)
    for watch in list(process.running_watches()):
        if (suspended or _all_pause(turn, watch)) != watch.clock.standing:
            _turn_over(turn, about_watch(watch), watch.clock)


def _pauses(turn: Turn, task: Task) -> bool:
    level = turn.journey.levels.get(key_of("task", task.atom))
    return level is not None and bool(level.pauses_on) and _stops(level, task)


def _all_pause(turn: Turn, watch: Watch) -> bool:
    """Whether all open tasks of what it is for are of a kind that its clock stands for, and there are some."""
    level = turn.journey.levels.get(watch.key)
    if level is None or not level.pauses_on:
        return False
    watched = turn.scope.watched.get(watch.key)
    found = False
    for task in turn.process.open_tasks():
        # All open tasks are the process's, those off the graph, too.
        if watch.of != "process" and watched is not None and task.atom not in watched.atoms:
            continue
        if not _stops(level, task):
            return False
        found = True
    return found


def _stops(level: ServiceLevel, task: Task) -> bool:
    return task.role in level.pauses_on or (task.status == "blocked" and BLOCKED in level.pauses_on)


def _turn_over(turn: Turn, about: About, clock: Clock) -> None:
    """A clock that runs stands from now on, one that stands goes on."""
    calendars = turn.journey.calendars
    if clock.standing:
        turn.emit(ClockSet(*about, None, going_on(clock, turn.now, calendars)))
        return
    _note(turn, about, clock)
    rest = left(_now(turn, about), turn.now, calendars)
    turn.emit(ClockPaused(*about, rest.get("target"), rest.get("warn"), rest.get("escalate")))


def _now(turn: Turn, about: About) -> Clock:
    """The clock as it is by now."""
    of, atom, _, task, part = about
    found = turn.process.watches[key_of(of, part or atom)].clock if task is None else turn.process.tasks[task].sla
    assert found is not None, "a clock does not go away while its task is open"
    return found
