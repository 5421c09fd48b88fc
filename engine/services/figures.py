"""Figures about tasks: how many there are, how they came to people and how long that took, and who has how much to do.

Everybody sees what concerns their own work; managers that of those whom they manage, too; who may `task:read_all` all.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.answers import Counted, Page
from engine.core.callers import Caller
from engine.core.errors import Invalid
from engine.core.fitness import WEIGHTS
from engine.core.organisation import Organisation
from engine.core.times import format_time
from engine.ports import AssignmentFigure, Clock, Figures, Load, Reads, Staff
from engine.services.calls import Call
from engine.services.lists_by_name import name_in, page_of

USUAL_STRETCH: Final = timedelta(days=30)
LONGEST_STRETCH: Final = timedelta(days=366)
MOST_ASSIGNMENTS: Final = 100_000
"""How many assignments are looked at for one answer, the newest of the stretch."""


@dataclass(frozen=True, slots=True)
class AssignmentFigures:
    """How tasks came to people from `since` until just before `until`, by role and method.

    Not `complete`: there were more assignments than are looked at for one answer, and the oldest are not in it.
    """

    since: str
    until: str
    items: tuple[AssignmentFigure, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """What somebody has to do now. `capacity` and `absent_until` are the organisation's, which may not know them.

    `weight` counts the open tasks by priority: 1 for a low one, 4 for a critical one.
    """

    user: str
    name: str | None
    open: int
    in_progress: int
    blocked: int
    overdue: int
    weight: int
    capacity: int | None
    absent_until: str | None


class TaskFigures:
    """Counts and medians, each of what the caller may see."""

    def __init__(self, reads: Reads, figures: Figures, staff: Staff, clock: Clock) -> None:
        self._reads = reads
        self._figures = figures
        self._staff = staff
        self._clock = clock
        self._ids: tuple[Organisation, Sequence[str]] = (Organisation(), ())

    async def stats(self, call: Call) -> Counted:
        """How many tasks there are by status, and of people's open ones by role and by what they may be waiting for."""
        counts = await self._reads.task_counts(None if call.caller.may("task:read_all") else call.caller)
        return Counted(sum(counts.get("status", {}).values()), counts)

    async def assignments(self, call: Call, since: datetime | None, until: datetime | None) -> AssignmentFigures:
        """How tasks came to people in a stretch of time: without `until` until now, without `since` 30 days long.

        Raises:
            Invalid: `request_invalid`, where it has no length or is longer than 366 days.
        """
        end = until or await self._clock.now()
        begin = since or end - USUAL_STRETCH
        if not timedelta() < end - begin <= LONGEST_STRETCH:
            message = f"must be earlier than `until`, by at most {LONGEST_STRETCH.days} days"
            raise Invalid("request_invalid", errors=[{"parameter": "since", "message": message}])
        users = None if call.caller.may("task:read_all") else _people(call.caller)
        found, complete = await self._figures.assignments(begin, end, users, MOST_ASSIGNMENTS)
        return AssignmentFigures(format_time(begin), format_time(end), tuple(found), complete)

    async def workload(self, call: Call, cursor: str | None, limit: int) -> Page[Workload]:
        """Who has how much to do, by the user's id: everybody in the organisation and who has open tasks besides.

        Raises:
            Invalid: `cursor_invalid`.
        """
        after, staff, now = name_in(cursor), await self._staff.current(), await self._clock.now()
        everybody = call.caller.may("task:read_all")
        known = self._everybody(staff) if everybody else _people(call.caller)
        ids = known[bisect_right(known, after) if after is not None else 0 :][: limit + 1]
        loads = await self._figures.loads(None if everybody else ids, after, limit + 1, WEIGHTS)
        found = {load.user: load for load in loads}
        users = sorted(found.keys() | set(ids))[: limit + 1]
        return page_of(users, limit, str, lambda user: _workload(staff, found.get(user) or Load(user), now))

    def _everybody(self, staff: Organisation) -> Sequence[str]:
        """Who is active, by id; put together once for each version of the organisation."""
        if self._ids[0] is not staff:
            self._ids = (staff, sorted(user.id for user in staff.users.values() if user.active))
        return self._ids[1]


def _people(caller: Caller) -> Sequence[str]:
    return sorted({caller.id, *caller.manages})


def _workload(staff: Organisation, load: Load, now: datetime) -> Workload:
    user = staff.users.get(load.user)
    absence = user.absence(None, now) if user else None
    return Workload(
        user=load.user,
        name=user.name if user else None,
        open=load.open,
        in_progress=load.in_progress,
        blocked=load.blocked,
        overdue=load.overdue,
        weight=load.weight,
        capacity=user.capacity if user else None,
        absent_until=format_time(absence.ends_at) if absence else None,
    )
