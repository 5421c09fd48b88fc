"""Who does the tasks of a case: people named after the roles they hold, as many of each as four eyes need."""

from itertools import chain, count

from engine.core.callers import Caller
from engine.core.eligibility import did_the_other, kept_for
from engine.core.journey import Journey
from engine.core.process import Process, Task


def performer(journey: Journey, process: Process, task: Task, by: str | None) -> Caller:
    """Who does an open task of an atom with a role: `by`, who may be refused, or somebody who will not be.

    Without `by` it is who must do it (`same_as`), else the first of `clerk`, `clerk-2`, `clerk-3` … whom four eyes let.
    Whoever it is holds the role and has the skills, and a manager lets them have it.
    """
    route, atom, role = journey.routes[str(task.atom)], str(task.atom), str(task.role)
    names = chain(kept_for(process, route), [role], (f"{role}-{number}" for number in count(2)))
    free = (name for name in names if not did_the_other(journey, process, atom, name))
    return Caller(
        by or next(free),
        frozenset({role}),
        skills={one.skill: one.level for one in route.skills},
        leads=frozenset({role}),
    )
