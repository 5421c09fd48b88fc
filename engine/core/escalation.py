"""What is done when something takes too long: the levels of its service level, one after the other, each once.

A level is told to a role: the one it names, or that the atom escalates to. Where there is none, or it says `manager`,
it is told to the managers of who answers for the task (of a delegated one who delegated it, who is told, too); while
nobody has it, to those of who hold its role. Where nobody above is known, or nobody who holds the role, the owner of
the process is told. So it is always told to somebody, and the event says to whom.

With `reassign` a role gets the task, and who had it does not any more: its members claim it from then on, however its
atom is given out. Of managers the nearest who can have it gets it, whom one reports to before others; of a task that
nobody has only where one manages all who hold its role, as nothing says which of several. Four eyes, skills and
absences hold. Where they keep everybody from it, it stays where it is, and the event says why. How many tasks somebody
takes (`capacity`) is not asked: that limits what the engine gives out.

What is no task (a subjourney, module, phase or process) has nobody to whom it could be given: a role is told, else the
owner of the process.

What is due of a level stays due when its service level changes; what is done then is what that says by then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.core.clock_facts import Escalated
from engine.core.clocks import Clock, Watch, key_of
from engine.core.eligibility import check_person, found
from engine.core.errors import Forbidden
from engine.core.events import TaskEscalated
from engine.core.journey import PRIORITIES, Priority
from engine.core.organisation import Organisation
from engine.core.process import Task
from engine.core.receivers import superiors
from engine.core.service_levels import USUAL_WARNING, Escalation, ServiceLevel, next_escalation
from engine.core.times import format_time
from engine.core.turn import Turn
from engine.core.verdicts import about_watch

_TOLD: Final = Escalation(after=USUAL_WARNING)
"""What is done where a clock comes to a level that its service level does not know any more."""

_REASONS: Final = 3
"""Of how many people it is told why they could not get it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """To whom a level is told, and who gets the task: `assignee`, or the role (`freed`). Else `why` nobody does."""

    role: str | None
    users: tuple[str, ...]
    assignee: str | None = None
    freed: bool = False
    why: str = ""


def escalate_task(turn: Turn, task: Task, clock: Clock, reached_at: datetime, organisation: Organisation) -> None:
    """A task has come to the next level of its service level, at `reached_at`."""
    level = turn.journey.levels.get(key_of("task", task.atom))
    rule, number = _rule(level, clock.escalated), clock.escalated + 1
    asked = _asked(turn, task, rule, organisation)
    reason = f"Level {number} of its service level {clock.level} was due on {format_time(reached_at)}."
    moved = asked.freed or asked.assignee is not None
    turn.emit(
        TaskEscalated(
            atom=task.atom,
            visit=task.visit,
            task=task.n,
            level=task.escalations + 1,
            reason=f"{reason} {asked.why}".rstrip(),
            to_role=asked.role,
            to_users=asked.users,
            priority=_raised(task.priority, rule),
            assignee=asked.assignee,
            reached_at=reached_at,
            next_at=next_escalation(level, number, reached_at, turn.journey.calendars),
            freed=asked.freed,
            was=task.assignee if moved else None,
        )
    )
    if moved:
        found(turn, task)


def escalate_watch(turn: Turn, watch: Watch, reached_at: datetime, organisation: Organisation) -> None:
    """What is no task has come to the next level of its service level, at `reached_at`."""
    level = turn.journey.levels.get(watch.key)
    role, number = _rule(level, watch.clock.escalated).role, watch.clock.escalated + 1
    users = () if role and organisation.holders(role) else _owner(turn, organisation)
    next_at = next_escalation(level, number, reached_at, turn.journey.calendars)
    turn.emit(Escalated(*about_watch(watch), number, reached_at, next_at, role, users))


def _rule(level: ServiceLevel | None, done: int) -> Escalation:
    return level.escalations[done] if level and done < len(level.escalations) else _TOLD


def _asked(turn: Turn, task: Task, rule: Escalation, organisation: Organisation) -> _Asked:
    route = turn.journey.routes.get(task.atom) if task.atom else None
    role = None if rule.manager else rule.role or (route.escalates_to if route else None)
    if role is None:
        return _of_managers(turn, task, rule, organisation)
    known = organisation.holders(role)
    beside = () if known else _beside(turn, task, organisation)
    if not rule.reassign or (task.assignee is None and task.role == role):
        return _Asked(role, beside)
    bars: list[str] = []
    for user in known:
        if (bar := _bar(turn, task, organisation, user.id, role)) is None:
            return _Asked(role, beside, freed=True)
        bars.append(bar)
    if not organisation.users:
        return _Asked(role, beside, freed=True)
    why = _reasons(bars) or "Nobody is known who holds it."
    return _Asked(role, beside or _beside(turn, task, organisation), why=f"It is not given to the role {role}. {why}")


def _of_managers(turn: Turn, task: Task, rule: Escalation, organisation: Organisation) -> _Asked:
    above = _above(turn, task, organisation)
    told = dict.fromkeys((*above, *filter(None, (task.delegated_by,))))
    users = tuple(told) or _owner(turn, organisation)
    if not rule.reassign:
        return _Asked(None, users)
    if task.assignee is None and len(above) > 1:
        return _Asked(None, users, why="It is given to none of them, as nobody has it: any of them may share it out.")
    bars: list[str] = []
    for user in _upwards(turn, task, organisation, above):
        if (bar := _bar(turn, task, organisation, user, None)) is None:
            return _Asked(None, users, assignee=user)
        bars.append(bar)
    return _Asked(None, users, why=f"It is given to nobody. {_reasons(bars) or 'No manager is known.'}")


def _upwards(turn: Turn, task: Task, organisation: Organisation, nearest: Sequence[str]) -> Iterator[str]:
    """The managers in the order in which they are asked: whom one reports to before others, then those above them."""
    answering = organisation.users.get(_answering(task) or "")
    first = answering.reports_to if answering else None
    tier = sorted(nearest, key=lambda user: (user != first, user))
    asked: dict[str, None] = {}
    while tier:
        yield from tier
        asked |= dict.fromkeys(tier)
        higher = (boss for user in tier for boss in superiors(organisation, user, None, turn.now))
        tier = [boss for boss in dict.fromkeys(higher) if boss not in asked]


def _reasons(bars: Sequence[str]) -> str:
    """Why each could not get it, or how many more could not."""
    more = len(bars) - _REASONS
    return " ".join((*bars[:_REASONS], *([f"Nor could {more} more."] if more > 0 else ())))


def _bar(turn: Turn, task: Task, organisation: Organisation, user: str, role: str | None) -> str | None:
    """Why somebody cannot get it as work of `role`; None where they can."""
    known = organisation.users[user]
    if user == task.assignee:
        return f"{user} has it already."
    if absence := known.absence(role, turn.now):
        return f"{user} is away until {format_time(absence.ends_at)}."
    try:
        check_person(turn, task, user, known.able(turn.now))
    except Forbidden as refusal:
        return refusal.detail
    return None


def _answering(task: Task) -> str | None:
    """Who answers for it: of a delegated task who delegated it, however far it went on."""
    return task.delegated_by or task.assignee


def _beside(turn: Turn, task: Task, organisation: Organisation) -> tuple[str, ...]:
    """Who is told beside a role that might hear nothing."""
    return _above(turn, task, organisation) or _owner(turn, organisation)


def _above(turn: Turn, task: Task, organisation: Organisation) -> tuple[str, ...]:
    return superiors(organisation, _answering(task), task.role, turn.now)


def _owner(turn: Turn, organisation: Organisation) -> tuple[str, ...]:
    """The owner of the process; where they are not active any more, whom they reported to."""
    owner = turn.process.owner
    known = organisation.users.get(owner)
    gone = known is not None and not known.active
    return (superiors(organisation, owner, None, turn.now) if gone else ()) or (owner,)


def _raised(priority: Priority, rule: Escalation) -> Priority | None:
    """The priority after the escalation; None where it stays as it is."""
    if rule.priority is None or priority == PRIORITIES[-1]:
        return None
    return PRIORITIES[-1] if rule.priority == "critical" else PRIORITIES[PRIORITIES.index(priority) + 1]
