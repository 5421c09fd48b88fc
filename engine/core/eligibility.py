"""Who may perform a task besides holding its role: four eyes, skills, and keeping the person.

The journey says it of the atom (`not_same_as`, `skills`, `same_as`); who performed what is in the marking. Four eyes
hold for everybody, whatever their permissions.
"""

from collections.abc import Iterable, Mapping

from engine.core.callers import Caller
from engine.core.errors import Forbidden
from engine.core.events import IncidentResolved, Resolution
from engine.core.journey import Journey, Route, Wanted
from engine.core.process import Incident, Process, Task
from engine.core.turn import Turn


def check_eligible(turn: Turn, task: Task, caller: Caller) -> None:
    """Whether the caller may perform it.

    Raises:
        Forbidden: `four_eyes`; `not_skilled`, but not for who may `task:act_any`.
    """
    able = None if caller.may("task:act_any") else caller.skills
    check_person(turn, task, caller.id, able)


def check_person(turn: Turn, task: Task, user: str, able: Mapping[str, int] | None) -> None:
    """Whether `user`, who is `able` to do this (None: anything), may perform it.

    Raises:
        Forbidden: `four_eyes`, `not_skilled`.
    """
    if task.atom is None:
        return
    if others := did_the_other(turn.journey, turn.process, task.atom, user):
        detail = f"{user} performed {others[0]}; somebody else must perform {task.atom}."
        raise Forbidden("four_eyes", detail, atom=task.atom, performed=list(others), user=user)
    route = turn.journey.routes[task.atom]
    if able is not None and (missing := lacking(route.skills, able)):
        needs = ", ".join(f"{one.skill} (level {one.level})" for one in missing)
        detail = f"{task.atom} needs skills that {user} does not have: {needs}."
        raise Forbidden("not_skilled", detail, atom=task.atom, skills=[one.skill for one in missing], user=user)


def check_free(turn: Turn, task: Task, caller: Caller) -> None:
    """Whether the caller may take a task that nobody has, without being given it; its role may what it was given to.

    Raises:
        Forbidden: `kept_for_another`, where who performed another atom does it (`same_as`); `given_by_hand`, where a
            manager gives it out (`manual`).
    """
    if task.atom is None or caller.may("task:reassign"):
        return
    route = turn.journey.routes[task.atom]
    keeper = kept_for(turn.process, route)
    if caller.id in keeper or task.role != route.role:
        return
    if keeper:
        detail = f"{task.atom} is kept for {keeper[0]}, who performed {route.same_as}."
        raise Forbidden("kept_for_another", detail, atom=task.atom, users=list(keeper))
    if route.strategy == "manual" and task.role not in caller.leads:
        detail = f"{task.atom} is given out by a manager of those who are {task.role}."
        raise Forbidden("given_by_hand", detail, atom=task.atom, role=task.role)


def did_the_other(journey: Journey, process: Process, atom: str, user: str) -> tuple[str, ...]:
    """The atoms that `user` performed and whose performers may not perform `atom`."""
    apart = journey.apart.get(atom, ())
    return tuple(other for other in apart if (step := process.steps.get(other)) and user in step.performers)


def kept_for(process: Process, route: Route) -> tuple[str, ...]:
    """Who performed the atom of `same_as`; empty where there is none or nobody has yet."""
    step = process.steps.get(route.same_as) if route.same_as else None
    return step.performers if step else ()


def lacking(wanted: Iterable[Wanted], able: Mapping[str, int]) -> tuple[Wanted, ...]:
    """Those of `wanted` that `able`, skill to level, does not reach."""
    return tuple(one for one in wanted if able.get(one.skill, 0) < one.level)


def found(turn: Turn, task: Task, how: Resolution = "assigned") -> None:
    """Somebody has the task: the incident that nobody could be found for it is resolved."""
    if incident := nobody_found(turn.process, task):
        turn.emit(IncidentResolved(incident.atom, incident.visit, incident.n, how))


def nobody_found(process: Process, task: Task) -> Incident | None:
    """The open incident that nobody could be found for the task."""
    found = (one for one in process.open_incidents() if one.stage == "assignment" and one.task == task.n)
    return next(found, None)
