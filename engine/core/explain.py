"""What holds a process: each open thing, who or what would move it, and which atoms it would unblock.

Read from the marking and the routes alone, so it is exact and current. What only the history or the workers' queue
tells (why a task is blocked, what an attempt said, whether a worker is there) comes in as `Known` and only words it.
Why one atom has or has not started is `engine.core.explain_atom`.
"""

from engine.core import explain_waits
from engine.core.explain_held import UNKNOWN, Held, Known, Scene
from engine.core.explain_incidents import incident
from engine.core.explain_work import task
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.scope import Scope

__all__ = ["UNKNOWN", "Held", "Known", "Scene", "explain", "held_in", "scene_of"]


def explain(journey: Journey, process: Process, known: Known = UNKNOWN) -> tuple[Held, ...]:
    """Everything that holds it: first that it is suspended, then what is open, in the order in which it opened.

    Empty for a process that has ended, and only then. Optional tasks hold nothing (R18).
    """
    return held_in(scene_of(journey, process, known))


def scene_of(journey: Journey, process: Process, known: Known = UNKNOWN) -> Scene:
    """What an explanation is made from."""
    return Scene(Scope.of(journey, process.part), process, known)


def held_in(scene: Scene) -> tuple[Held, ...]:
    """As `explain`."""
    process = scene.process
    if process.ended:
        return ()
    found = [task(scene, one) for one in process.open_tasks() if not one.optional]
    found += [incident(scene, one) for one in process.open_incidents()]
    found += [explain_waits.timer(scene, one) for one in process.timers.values()]
    found += [explain_waits.message(scene, one) for one in process.waits.values()]
    found += [explain_waits.child(scene, one) for one in process.children.values()]
    found.sort(key=lambda one: (one.since, one.kind, one.n))
    return (explain_waits.suspension(scene), *found) if scene.suspended else tuple(found)
