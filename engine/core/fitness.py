"""Whether somebody can be given a task, and if not, why, as the rest of a sentence that begins with their name.

Who gets it must be active, must not have performed what four eyes keep apart (`not_same_as`), must have the skills it
needs, must not be away from work of its role, and must have fewer open tasks than they take (`capacity`).
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from engine.core.eligibility import lacking
from engine.core.explain_held import listed, moment, times
from engine.core.journey import Journey, Priority, Strategy, Wanted
from engine.core.organisation import Absence, Organisation, User

Bar = Literal["inactive", "four_eyes", "not_skilled", "absent", "full", "no_role", "unknown"]

WEIGHTS: Final[Mapping[Priority, int]] = {"low": 1, "medium": 2, "high": 3, "critical": 4}
"""How much an open task of each priority counts as load."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is sought for a task.

    Attributes:
        role: who holds it may be given the task.
        strategy: how one of them is chosen.
        priority: the task's.
        skills: what its performer needs.
        excluded: who performed an atom whose performers may not do this one (four eyes), and which.
        kept: who performed the atom `kept_of` (`same_as`), first choice first; nobody else gets it then.
        had: who had the task before, who had it last at the end: they get it again if nobody else can.
    """

    role: str
    strategy: Strategy = "pool"
    priority: Priority = "medium"
    skills: tuple[Wanted, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict[str, str])
    kept: tuple[str, ...] = ()
    kept_of: str | None = None
    had: tuple[str, ...] = ()

    @property
    def asks(self) -> Hashable:
        """What is asked of people: where nobody can be found for it, nobody can for another task that asks the same."""
        return self.role, self.skills, frozenset(self.excluded.items()), self.kept, self.kept_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it might go to.

    Attributes:
        open: how many open tasks they have, of any role.
        weight: the same, each counted by its priority (`WEIGHTS`).
        last_at: when they were last given or took a task.
        turn: when it was their turn in the role the last time, counted over all who hold it; 0 for never.
    """

    user: User
    open: int = 0
    weight: int = 0
    last_at: datetime | None = None
    turn: int = 0

    @property
    def id(self) -> str:
        """The user's."""
        return self.user.id

    @property
    def full(self) -> bool:
        """Whether they have as many open tasks as they take."""
        return self.user.capacity is not None and self.open >= self.user.capacity


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why somebody cannot be given it. `text` follows their name; `until` is when it lapses by itself.

    `full` is who must have less to do before it can go to this place.
    """

    bar: Bar
    text: str
    until: datetime | None = None
    full: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order in which the task is offered: `whose` it is, and `who` gets it there.

    They are the same while there is no `absence`; None stands in where no substitute is named or all are away, too.
    `until` is when one of those who are away is back.
    """

    whose: Candidate
    who: Candidate | None
    absence: Absence | None = None
    until: datetime | None = None


def sought_for(
    journey: Journey, atom: str, priority: Priority, performers: Mapping[str, Iterable[str]], role: str | None = None
) -> Sought:
    """Who is sought for a task of `atom`. `performers` are those of the process's atoms, as far as any has some.

    Where it was escalated to another `role` than the atom's, whoever holds that may take it.
    """
    route = journey.routes[atom]
    excluded = {user: other for other in reversed(journey.apart.get(atom, ())) for user in performers.get(other, ())}
    if role not in (None, route.role):
        return Sought(role or "", priority=priority, skills=route.skills, excluded=excluded)
    kept = tuple(performers.get(route.same_as, ())) if route.same_as else ()
    return Sought(
        role=route.role or "",
        strategy=route.strategy or "pool",
        priority=priority,
        skills=route.skills,
        excluded=excluded,
        kept=kept,
        kept_of=route.same_as if kept else None,
    )


def candidate_of(user: User, tasks: Mapping[Priority, int], last_at: datetime | None, turn: int) -> Candidate:
    """A user with what they have to do: so many open tasks of each priority."""
    weight = sum(WEIGHTS[priority] * count for priority, count in tasks.items())
    return Candidate(user, sum(tasks.values()), weight, last_at, turn)


def within_reach(organisation: Organisation, ids: Iterable[str], role: str, now: datetime) -> dict[str, User]:
    """Those of `ids` that are known, and who stands in for those that are away from work of `role`.

    An organisation without anybody knows nothing against anybody.
    """
    if not organisation.users:
        return {id: User(id, id) for id in ids}
    found: dict[str, User] = {}
    waiting = list(ids)
    while waiting:
        user = organisation.users.get(waiting.pop())
        if user is None or user.id in found:
            continue
        found[user.id] = user
        absence = user.absence(role, now)
        if absence is not None and absence.substitute is not None:
            waiting.append(absence.substitute)
    return found


def place_of(sought: Sought, candidates: Mapping[str, Candidate], whose: Candidate, now: datetime) -> Place:
    """The place of somebody: their own while they are there, else that of their substitute, or of the substitute's."""
    absence, found, seen = whose.user.absence(sought.role, now), whose, {whose.id}
    gone = absence
    while gone is not None:
        following = candidates.get(gone.substitute or "")
        if following is None or following.id in seen:
            return Place(whose, None, absence, min(absence.ends_at, gone.ends_at) if absence else None)
        seen.add(following.id)
        found, gone = following, following.user.absence(sought.role, now)
    return Place(whose, found, absence, absence.ends_at if absence else None)


def barred(sought: Sought, candidate: Candidate, now: datetime) -> Unfit | None:
    """What keeps them from the task however little they have to do, and whether they are there or not."""
    user = candidate.user
    if not user.active:
        return Unfit("inactive", "is not active")
    if (other := sought.excluded.get(user.id)) is not None:
        return Unfit("four_eyes", f"performed {other}, and somebody else must perform this")
    if sought.skills and (missing := lacking(sought.skills, user.able(now))):
        return Unfit("not_skilled", f"lacks {listed([f'{one.skill} (level {one.level})' for one in missing])}")
    return None


def unfit(sought: Sought, place: Place, now: datetime) -> Unfit | None:
    """Why the task cannot go to a place; None where it can.

    Nobody stands in for who could not have it, were they there.
    """
    whose, who, absence = place.whose, place.who, place.absence
    if reason := barred(sought, whose, now):
        return reason
    if absence is None:
        return _full(whose)
    away = f"is away until {moment(absence.ends_at)}"
    if who is None:
        nobody = "names no substitute" if absence.substitute is None else f"{absence.substitute} cannot stand in"
        return Unfit("absent", f"{away}, and {nobody}", place.until)
    reason = barred(sought, who, now) or _lacks_role(sought, who) or _full(who)
    if reason is None:
        return None
    return Unfit("absent", f"{away}, and {named(who.user)}, who stands in, {reason.text}", place.until, reason.full)


def named(user: User) -> str:
    """A user in a sentence, by name and id."""
    return user.id if user.name in ("", user.id) else f"{user.name} ({user.id})"


def _full(candidate: Candidate) -> Unfit | None:
    if not candidate.full:
        return None
    most = times(candidate.user.capacity or 0, "open task")
    return Unfit("full", f"takes no more than {most}, and has as many", full=candidate.id)


def _lacks_role(sought: Sought, candidate: Candidate) -> Unfit | None:
    """Roles say who may perform an atom: standing in for somebody does not give them."""
    if sought.role in candidate.user.roles:
        return None
    return Unfit("no_role", f"does not hold the role {sought.role}")
