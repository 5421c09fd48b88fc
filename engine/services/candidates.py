"""Who could be given a task, who is about to be, and who had it: the same choice that the assigner makes, only told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.answers import Page
from engine.core.access import sharing_out
from engine.core.choosing import Choice, Considered, Nobody, choose, considered, takers
from engine.core.errors import Conflict, Forbidden
from engine.core.explain_held import Prospect
from engine.core.fitness import Candidate, Sought, candidate_of, named, sought_for, within_reach
from engine.core.ids import split
from engine.core.journey import Journey
from engine.core.organisation import Organisation
from engine.core.process import Process, Task
from engine.core.times import format_if_any
from engine.journeys import Journeys
from engine.ports import AssignmentRow, Burdens, Clock, Reads, Staff
from engine.services.calls import Call
from engine.services.task_calls import TaskCalls

MOST: Final = 50
"""Of how many tasks of one process it is told who gets them."""
LARGE: Final = 500
"""A role that more hold is one that somebody can take work of."""


@dataclass(frozen=True, slots=True)
class CandidateAnswer:
    """Somebody who holds the task's role, or is kept for it, in the order in which they are looked at.

    `eligible`: they can be given it now, or `substitute` for them; else `why` not, and `bar` is its code. `next`: it
    would go to them, were it given out now. `load` counts open tasks by priority, from 1 for low to 4 for critical.
    """

    user: str
    name: str
    eligible: bool
    next: bool
    open_tasks: int
    load: int
    capacity: int | None
    last_at: str | None
    bar: str | None = None
    why: str | None = None
    substitute: str | None = None


@dataclass(frozen=True, slots=True)
class CandidatesAnswer:
    """Who could be given a task: `items` are the first of `total`; `why` and `fix` are there where nobody could be."""

    task: str
    role: str | None
    strategy: str | None
    items: tuple[CandidateAnswer, ...]
    total: int
    why: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentAnswer:
    """Somebody who had a task, from `at` to `released_at`; when they accepted (started) and completed it.

    `method` is how it came to them, `seq` the event of the process that says so, `instead_of` who was away.
    """

    seq: int
    method: str
    user: str
    assigned_by: str
    from_user: str | None
    instead_of: str | None
    role: str | None
    at: str
    accepted_at: str | None
    completed_at: str | None
    released_at: str | None


class Candidates:
    """Tells who a task goes to, by the organisation as it is now and by what people have to do."""

    def __init__(
        self, task_calls: TaskCalls, journeys: Journeys, reads: Reads, staff: Staff, burdens: Burdens, clock: Clock
    ) -> None:
        self._task_calls = task_calls
        self._journeys = journeys
        self._reads = reads
        self._staff = staff
        self._burdens = burdens
        self._clock = clock

    async def of(self, call: Call, id: str, limit: int) -> CandidatesAnswer:
        """Every candidate for an open task; for who may share it out.

        Raises:
            NotFound: `task_not_found`.
            Conflict: `invalid_transition`, where it is over, or a worker does it.
            Forbidden: `permission_denied`, naming who could.
        """
        answer = await self._task_calls.seen(call, id)
        row = await self._reads.process(answer.process, call.caller)
        task = row.process.tasks.get(_number(id)) if row else None
        if row is None or task is None or task.kind == "system":
            detail = "It is over, or a worker does it: nobody can be given it."
            raise Conflict("invalid_transition", detail, **{"from": answer.status, "allowed": []})
        try:
            sharing_out(task, call.caller)
        except Forbidden as refusal:
            raise await self._task_calls.told(call, id, refusal) from None
        journey = await self._journeys.get(row.process.journey, row.process.version)
        sought = _sought(journey, row.process, task)
        if sought is None:
            return CandidatesAnswer(id, None, None, (), 0)
        had = await self._burdens.had(row.process.id, [task.n])
        return await self._considered(id, replace(sought, had=had.get(task.n, ())), limit)

    async def assignments(self, call: Call, id: str, cursor: str | None, limit: int) -> Page[AssignmentAnswer]:
        """Who had a task, oldest first; for whoever sees it.

        Raises:
            NotFound: `task_not_found`.
        """
        task = await self._task_calls.seen(call, id)
        page = await self._burdens.assignments(task.process, _number(id), cursor, limit)
        return Page(tuple(map(_assignment, page.items)), page.next_cursor)

    async def prospects(self, journey: Journey, process: Process) -> Mapping[int, Prospect]:
        """Of the tasks that nobody has: who is about to get them, or why nobody is, or can take them."""
        organisation = await self._staff.current()
        wanted = {
            task.n: sought
            for task in process.open_tasks()
            if task.assignee is None and task.kind != "system" and (sought := _sought(journey, process, task))
        }
        if not organisation.users:
            wanted = {n: sought for n, sought in wanted.items() if process.tasks[n].seeks}
        wanted = dict(list(wanted.items())[:MOST])
        if not wanted or process.ended:
            return {}
        had = await self._burdens.had(process.id, [n for n in wanted if process.tasks[n].seeks])
        wanted = {n: replace(sought, had=had.get(n, ())) for n, sought in wanted.items()}
        return {
            n: prospect
            for n, sought in wanted.items()
            if (prospect := await self._prospect(organisation, sought, seeks=process.tasks[n].seeks))
        }

    async def _prospect(self, organisation: Organisation, sought: Sought, *, seeks: bool) -> Prospect | None:
        if not seeks and len(organisation.holders(sought.role)) > LARGE:
            return None
        candidates = await self._candidates(organisation, sought, burdened=seeks)
        now = await self._clock.now()
        found = choose(sought, candidates, now) if seeks else takers(sought, candidates, now)
        match found:
            case Choice(user=user):
                return Prospect(to=named(candidates[user].user))
            case Nobody(why=why):
                return Prospect(why=why)
            case None:
                return None

    async def _considered(self, id: str, sought: Sought, limit: int) -> CandidatesAnswer:
        organisation = await self._staff.current()
        candidates = await self._candidates(organisation, sought, burdened=True)
        now = await self._clock.now()
        found = considered(sought, candidates, now)
        chosen = next((number for number, one in enumerate(found) if one.unfit is None), None)
        nobody = choose(sought, candidates, now) if chosen is None else None
        return CandidatesAnswer(
            task=id,
            role=sought.role,
            strategy=sought.strategy,
            items=tuple(_candidate(one, number == chosen) for number, one in enumerate(found[:limit])),
            total=len(found),
            why=nobody.why if isinstance(nobody, Nobody) else None,
            fix=nobody.fix if isinstance(nobody, Nobody) else None,
        )

    async def _candidates(
        self, organisation: Organisation, sought: Sought, *, burdened: bool
    ) -> Mapping[str, Candidate]:
        holders = [user.id for user in organisation.holders(sought.role)]
        users = within_reach(organisation, [*sought.kept, *holders], sought.role, await self._clock.now())
        if not burdened:
            return {id: Candidate(user) for id, user in users.items()}
        turns = await self._turns(sought, holders)
        burdens = await self._burdens.burdens(users)
        return {
            id: candidate_of(user, burdens[id].tasks, burdens[id].last_at, turns.get(id, 0))
            for id, user in users.items()
        }

    async def _turns(self, sought: Sought, holders: Collection[str]) -> Mapping[str, int]:
        return await self._burdens.turns(sought.role, holders) if sought.strategy == "round_robin" else {}


def _number(id: str) -> int:
    """The number of a task that is there."""
    address = split(id)
    assert address is not None, "it was seen by this id"
    return address[1]


def _sought(journey: Journey, process: Process, task: Task) -> Sought | None:
    """Who is sought for a task; off the graph whoever holds its role, if it has one (R18)."""
    if task.role is None:
        return None
    if task.atom is None:
        return Sought(task.role, priority=task.priority)
    performers: dict[str, Iterable[str]] = {atom: step.performers for atom, step in process.steps.items()}
    return sought_for(journey, task.atom, task.priority, performers, task.role)


def _candidate(found: Considered, is_next: bool) -> CandidateAnswer:
    whose, who = found.place.whose, found.place.who
    last_at = whose.last_at
    return CandidateAnswer(
        user=whose.id,
        name=whose.user.name,
        eligible=found.unfit is None,
        next=is_next,
        open_tasks=whose.open,
        load=whose.weight,
        capacity=whose.user.capacity,
        last_at=format_if_any(last_at),
        bar=found.unfit.bar if found.unfit else None,
        why=f"{named(whose.user)} {found.unfit.text}." if found.unfit else None,
        substitute=who.id if who is not None and who is not whose else None,
    )


def _assignment(row: AssignmentRow) -> AssignmentAnswer:
    times = (row.at, row.accepted_at, row.completed_at, row.released_at)
    at, accepted, completed, released = [format_if_any(time) for time in times]
    return AssignmentAnswer(
        seq=row.seq,
        method=row.method,
        user=row.to_user,
        assigned_by=row.assigned_by,
        from_user=row.from_user,
        instead_of=row.instead_of,
        role=row.role,
        at=at or "",
        accepted_at=accepted,
        completed_at=completed,
        released_at=released,
    )
