"""What the clocks of service levels say, in words: where something stands against its target, and why one stands."""

from collections.abc import Mapping
from typing import Final

from engine.core.clocks import Clock, key_of
from engine.core.explain_held import Scene, Told, lasting, listed, moment, working
from engine.core.facts import ClockOf
from engine.core.journey import Module, Phase
from engine.core.process import Child, Task
from engine.core.service_levels import BLOCKED, ServiceLevel

_WHOLE: Final[Mapping[ClockOf, str]] = {"process": "The process", "phase": "The phase", "module": "The module"}


def of_task(scene: Scene, task: Task) -> Told | None:
    """What the clock of a task says."""
    if task.sla is None:
        return None
    return Told("task", task.atom, task.sla, _sentence(scene, "It", task.sla, key_of("task", task.atom), task))


def of_child(scene: Scene, child: Child) -> Told | None:
    """What the clock of the step that called a child says."""
    key = key_of("step", child.atom)
    watch = scene.process.watches.get(key)
    if watch is None or not watch.running:
        return None
    return Told("step", child.atom, watch.clock, _sentence(scene, "It", watch.clock, key))


def of_whole(scene: Scene) -> tuple[Told, ...]:
    """What the clocks of the process, its phases and modules say, those that run."""
    groups: tuple[Phase | Module, ...] = (*scene.journey.definition.phases, *scene.journey.definition.modules)
    names = {group.id: group.name for group in groups}
    found: list[Told] = []
    for key, watch in scene.process.watches.items():
        if watch.running and watch.of in _WHOLE:
            subject = f"{_WHOLE[watch.of]} “{names.get(watch.part, watch.part)}”" if watch.part else _WHOLE[watch.of]
            found.append(Told(watch.of, watch.part, watch.clock, _sentence(scene, subject, watch.clock, key)))
    return tuple(sorted(found, key=lambda one: (tuple(_WHOLE).index(one.of), one.name or "")))


def _sentence(scene: Scene, subject: str, clock: Clock, key: str, task: Task | None = None) -> str:
    if clock.standing and clock.target_at is None:
        level = scene.journey.levels.get(key)
        return f"{subject} has {_left(clock)} left to its target: its clock stands still {_why(scene, level, task)}."
    if clock.target_at is None:
        return f"{subject} has no target ahead."
    target, now = moment(clock.target_at), scene.known.now
    late = clock.state == "breached" or (now is not None and clock.target_at <= now and not clock.standing)
    if late:
        since = f", {lasting(now - clock.target_at)} ago" if now is not None and now > clock.target_at else ""
        return f"{subject} is late: its target was {target}{since}."
    if clock.state == "at_risk":
        return f"{subject} is at risk: its target is {target}."
    return f"{subject} is on track: its target is {target}."


def _left(clock: Clock) -> str:
    if clock.target_left is None:
        return "no time"
    return working(clock.target_left) if clock.calendar else lasting(clock.target_left)


def _why(scene: Scene, level: ServiceLevel | None, task: Task | None) -> str:
    """Why a clock stands still: with its process, or as its service level has it."""
    if scene.suspended:
        return "while the process is suspended"
    if level is None:
        return "for now"
    if task is not None and task.role not in level.pauses_on:
        return "while it is blocked"
    if task is not None:
        return f"while it is for someone with the role {scene.role(task.role or '')}"
    roles = [scene.role(role) for role in level.pauses_on if role != BLOCKED]
    kinds = ["blocked"] if BLOCKED in level.pauses_on else []
    kinds += [f"for someone with the role {listed(roles, 'or')}"] if roles else []
    return f"while all that is open of it is {listed(kinds, 'or')}"
