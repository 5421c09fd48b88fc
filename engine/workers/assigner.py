"""Gives out the tasks for which the engine chooses somebody, one role after another (docs/decisions/0020).

Every process of workers has an assigner. Whoever gives out a role has it alone until the round is over; the others take
other roles meanwhile. In a round it reads what waits and what people have to do, chooses for one task after the other
(`engine.core.choosing`), and sends what it chose through `Commits`, where it is decided as everything else.

What happens when it is killed: the lock goes with its connection, and what was not committed is due as it was. A task
is given out once: its row in the queue goes in the transaction that gives it to somebody, and a task that nobody is
sought for any more is left alone. Whose turn it is stands in the rows of `task_assignments`, so round robin goes on
where it was, even past a commit that the dead left under way: the next one chooses the same for the tasks in it.

Nobody found is an incident, and the task is looked at again after a while that grows up to a minute: at once when the
organisation changes, when an absence ends, and, by whoever looked last, within a second after somebody who had too much
to do has less. The oldest task goes first then, whether it is due or not.
"""

import asyncio
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog

from engine.clock import monotonic
from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM
from engine.core.choosing import Choice, Nobody, choose, give
from engine.core.commands import AssignTask, Command, FindNobody
from engine.core.errors import EngineError, Unavailable
from engine.core.fitness import Candidate, Sought, candidate_of, sought_for, within_reach
from engine.core.journey import Journey
from engine.core.organisation import Organisation
from engine.journeys import Journeys
from engine.points import Point, reached
from engine.ports import AssignmentQueue, Round, Seeker, Staff, Waiters

_log = structlog.get_logger(__name__)
_ROOM_SECONDS: Final = 1.0
"""Pause between two looks whether who had too much to do has less."""

Wanted = tuple[Seeker, Sought]


@dataclass(slots=True)
class _Outcome:
    """What became of a round: who is to get what, whom nobody was found for, and who had too much to do."""

    asks: list[tuple[Seeker, Command]] = field(default_factory=list[tuple[Seeker, Command]])
    waiting: list[tuple[Seeker, datetime | None]] = field(default_factory=list[tuple[Seeker, datetime | None]])
    full: dict[str, int] = field(default_factory=dict[str, int])


class Assigner:
    """Gives out at most `limit` tasks in a round, `batch` in one transaction. A round ends after `longest` seconds."""

    def __init__(
        self,
        queue: AssignmentQueue,
        staff: Staff,
        journeys: Journeys,
        commits: Commits,
        limit: int,
        batch: int,
        longest: float,
    ) -> None:
        self._queue = queue
        self._staff = staff
        self._journeys = journeys
        self._commits = commits
        self._limit = limit
        self._batch = batch
        self._longest = longest
        self._full: dict[str, dict[str, int]] = {}
        self._freed: set[str] = set()
        self._look_at = 0.0

    async def run_once(self) -> bool:
        """Gives out one role; says whether there was one, and more may be found right after it.

        Raises:
            Unavailable: when the database is away, or the round took too long; what was not given out is due as it was.
        """
        await self._find_freed()
        try:
            async with asyncio.timeout(self._longest), self._queue.round(self._freed) as taken:
                if taken is None:
                    self._freed.clear()
                    return False
                found = await self._give_out(taken)
                self._freed.discard(taken.role)
                return found
        except TimeoutError:
            detail = f"Giving out the tasks of a role took longer than {self._longest:g} s."
            raise Unavailable("unavailable", detail, retry_after=1) from None

    async def _find_freed(self) -> None:
        """Which roles have somebody with room again, of those in which somebody had too much to do."""
        if not self._full or monotonic() < self._look_at:
            return
        capacities = {user: most for full in self._full.values() for user, most in full.items()}
        free = await self._queue.with_room(capacities)
        self._look_at = monotonic() + _ROOM_SECONDS
        freed = [role for role, full in self._full.items() if not free.isdisjoint(full)]
        self._freed.update(freed)
        for role in freed:
            del self._full[role]

    async def _give_out(self, taken: Round) -> bool:
        """Chooses for what waits in a role, and sends it off. Says whether more may be found right after it.

        Not where the present organisation cannot be read: what nobody was found for stays due then.
        """
        organisation, waiters = await self._read(taken)
        wanted = await self._wanted(taken, waiters.seekers)
        candidates = await _candidates(taken, organisation, waiters, wanted)
        outcome = _choose_all(wanted, candidates, waiters.now)
        if outcome.full:
            self._full[taken.role] = outcome.full
        else:
            self._full.pop(taken.role, None)
        reached(Point.BEFORE_ASSIGNING)
        refused = await self._send(outcome.asks)
        due = [(seeker, at) for seeker, at in outcome.waiting if seeker.next_at <= waiters.now]
        await taken.put_off([*due, *((seeker, None) for seeker in refused)], organisation.version)
        return waiters.organisation == organisation.version

    async def _read(self, taken: Round) -> tuple[Organisation, Waiters]:
        """The organisation and what waits, the one no older than the other."""
        organisation = await self._staff.current()
        waiting = taken.role in self._freed or taken.role in self._full
        waiters = await taken.waiters(_ids(organisation, taken.role), self._limit, waiting=waiting)
        if waiters.organisation != organisation.version:
            organisation = await self._staff.renew()
            waiters = await taken.waiters(_ids(organisation, taken.role), self._limit, waiting=waiting)
        return organisation, waiters

    async def _wanted(self, taken: Round, seekers: Sequence[Seeker]) -> list[Wanted]:
        """Who is sought for each; what is to be known of who performed what is read at once for all."""
        journeys: dict[tuple[str | None, str | None], Journey] = {}
        for version in dict.fromkeys((seeker.journey, seeker.version) for seeker in seekers):
            journeys[version] = await self._journeys.get(*version)
        hangs_on = {
            (seeker.process, other)
            for seeker in seekers
            for other in _others(journeys[seeker.journey, seeker.version], seeker.atom)
        }
        performed = await taken.performers(sorted(hangs_on))
        found: list[Wanted] = []
        for seeker in seekers:
            journey = journeys[seeker.journey, seeker.version]
            performers = {other: performed.get((seeker.process, other), ()) for other in _others(journey, seeker.atom)}
            sought = sought_for(journey, seeker.atom, seeker.priority, performers)
            found.append((seeker, replace(sought, had=seeker.had)))
        return found

    async def _send(self, asks: Sequence[tuple[Seeker, Command]]) -> list[Seeker]:
        """Has it decided and written, so many at once; gives those that were refused, which are looked at again."""
        refused: list[Seeker] = []
        for start in range(0, len(asks), self._batch):
            part = asks[start : start + self._batch]
            answers = await self._commits.many([Ask(seeker.process, command, _nothing) for seeker, command in part])
            for (seeker, _), answer in zip(part, answers, strict=True):
                if isinstance(answer, EngineError):
                    _log.info("assigner.refused", process=seeker.process, task=seeker.n, code=answer.code)
                    refused.append(seeker)
        return refused


async def _candidates(
    taken: Round, organisation: Organisation, waiters: Waiters, wanted: Sequence[Wanted]
) -> dict[str, Candidate]:
    """All within reach of the tasks, with what they have to do, read at once."""
    kept = {user for _, sought in wanted for user in sought.kept}
    users = within_reach(organisation, kept.union(_ids(organisation, taken.role)), taken.role, waiters.now)
    burdens = await taken.burdens(users)
    return {
        id: candidate_of(user, burdens[id].tasks, burdens[id].last_at, waiters.turns.get(id, 0))
        for id, user in users.items()
    }


def _choose_all(wanted: Sequence[Wanted], candidates: dict[str, Candidate], now: datetime) -> _Outcome:
    """Chooses for one after the other, each choice counted before the next.

    Where nobody could be found there is nobody for what asks the same either: people only get more to do in a round.
    """
    outcome = _Outcome()
    in_vain: dict[Hashable, Nobody] = {}
    for seeker, sought in wanted:
        match in_vain.get(sought.asks) or choose(sought, candidates, now):
            case Choice() as choice:
                give(candidates, choice, sought, now)
                command = AssignTask(SYSTEM, seeker.n, choice.user, choice.method, choice.turn, choice.instead_of)
                outcome.asks.append((seeker, command))
            case Nobody() as nobody:
                in_vain[sought.asks] = nobody
                if nobody.why != seeker.known:
                    outcome.asks.append((seeker, FindNobody(SYSTEM, seeker.n, nobody.why, nobody.fix)))
                outcome.waiting.append((seeker, nobody.again_at))
                outcome.full |= _capacities(candidates, nobody.full)
    return outcome


def _capacities(candidates: Mapping[str, Candidate], full: Collection[str]) -> dict[str, int]:
    return {id: capacity for id in full if (capacity := candidates[id].user.capacity) is not None}


def _ids(organisation: Organisation, role: str) -> list[str]:
    return [user.id for user in organisation.holders(role)]


def _others(journey: Journey, atom: str) -> tuple[str, ...]:
    """The atoms whose performers say who may or does perform this one."""
    same_as = journey.routes[atom].same_as
    apart = journey.apart.get(atom, ())
    return (*apart, same_as) if same_as else apart


def _nothing(_journey: object, _decision: object) -> None:
    """Nobody waits for an answer."""
