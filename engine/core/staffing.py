"""Whether there are people for a journey version: for each atom how many are needed, and how few there are.

`cypher/analysis/staffing.cypher` asks the same of the graph; a test holds the two equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from engine.core.eligibility import lacking
from engine.core.journey import Route, Routes, apart_in
from engine.core.organisation import Organisation, User

_Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Staffing:
    """How one human atom is staffed in a period.

    Attributes:
        needed: one, and one more for each atom that four eyes keep apart from this one and of which somebody eligible
            here could have been the performer.
        holders: active people who hold the role.
        eligible: those of them who have the skills when the period begins, present or not.
        least: the fewest of them at any moment of the period, without who is absent or whose skill has expired.
        least_at: the first moment at which there are so few.
    """

    atom: str
    role: str
    needed: int
    holders: int
    eligible: int
    least: int
    least_at: datetime

    @property
    def understaffed(self) -> bool:
        """Whether there is a moment at which work could stand still for want of people."""
        return self.least < self.needed


def staffing(routes: Routes, organisation: Organisation, start: datetime, length: timedelta) -> tuple[Staffing, ...]:
    """How each human atom is staffed from `start` on, in file order."""
    human = [route for route in routes.routes if route.role is not None]
    eligible = {route.atom: _eligible(route, organisation, start) for route in human}
    apart = apart_in(routes)
    return tuple(
        _staffing(
            route,
            1 + sum(_shared(eligible[route.atom], eligible.get(other, {})) for other in apart.get(route.atom, ())),
            organisation,
            eligible[route.atom].values(),
            (start, start + length),
        )
        for route in human
    )


def _eligible(route: Route, organisation: Organisation, at: datetime) -> dict[str, User]:
    holders = organisation.holders(str(route.role))
    return {user.id: user for user in holders if not lacking(route.skills, user.able(at))}


def _shared(some: dict[str, User], others: dict[str, User]) -> bool:
    return not some.keys().isdisjoint(others)


def _staffing(
    route: Route, needed: int, organisation: Organisation, eligible: Iterable[User], period: _Span
) -> Staffing:
    role = str(route.role)
    people = list(eligible)
    away, at = _most_at_once([span for user in people for span in _away(user, route, period)], period[0])
    return Staffing(
        atom=route.atom,
        role=role,
        needed=needed,
        holders=len(organisation.holders(role)),
        eligible=len(people),
        least=len(people) - away,
        least_at=at,
    )


def _away(user: User, route: Route, period: _Span) -> list[_Span]:
    """When in the period somebody does no such work: absent, or no longer skilled; spans that do not meet."""
    start, end = period
    wanted = {one.skill for one in route.skills}
    spans = [
        (absence.starts_at, absence.ends_at)
        for absence in user.absences
        if absence.roles is None or route.role in absence.roles
    ]
    expiring = (skill.expires_on for skill in user.skills if skill.name in wanted)
    spans += [(_after(day), end) for day in expiring if day and day <= end.date()]
    return _united((max(begins, start), min(ends, end)) for begins, ends in spans if begins < end and ends > start)


def _after(day: date) -> datetime:
    return datetime.combine(day + _DAY, time(), UTC)


def _united(spans: Iterable[_Span]) -> list[_Span]:
    found: list[_Span] = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _most_at_once(spans: Sequence[_Span], start: datetime) -> tuple[int, datetime]:
    """How many spans there are at most at one moment, and the first such moment."""
    changes = sorted([(begins, 1) for begins, _ in spans] + [(ends, -1) for _, ends in spans])
    most, when, now = 0, start, 0
    for at, change in changes:
        now += change
        if now > most:
            most, when = now, at
    return most, when
