"""Incidents: what a person must look at, trying again, and going on without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.answers import IncidentAnswer, Page
from engine.commit import Answer, Ask, Commits
from engine.core.commands import Command, RetryIncident, SkipIncident
from engine.core.errors import Conflict, EngineError
from engine.core.ids import split
from engine.ports import IncidentFilter, Reads
from engine.services.calls import Call, require
from engine.services.remembered import Memory
from engine.services.shapes import settled_incident
from engine.services.unknown import no_incident

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of an open incident."""

    incident: IncidentAnswer
    answer: Answer | EngineError


Results = Callable[[Sequence[Retried], bool], object]
"""Makes the answer of retrying many: of what became of each, and whether more match than were looked at."""


class Incidents:
    """Everything that is asked of incidents. They are seen by those who see their process."""

    def __init__(self, commits: Commits, reads: Reads, memory: Memory, batch: int) -> None:
        """At most `batch` incidents are retried in one transaction."""
        self._commits = commits
        self._reads = reads
        self._memory = memory
        self._batch = batch

    async def find(self, call: Call, wanted: IncidentFilter, cursor: str | None, limit: int) -> Page[IncidentAnswer]:
        """Those that the caller may see, newest first."""
        return await self._reads.incidents(wanted, call.caller, cursor, limit)

    async def get(self, call: Call, id: str) -> IncidentAnswer:
        """One incident."""
        address = split(id)
        incident = await self._reads.incident(*address, call.caller) if address else None
        if incident is None:
            raise no_incident(id)
        return incident

    async def retry(self, call: Call, id: str, reason: str) -> Answer:
        """Starts the held work again, or goes on where its exit was held (R18); the answer is the incident.

        Raises:
            Conflict: `invalid_transition`, where it is resolved already; `process_ended`, `process_suspended`.
        """
        return await self._settle(call, id, "incident:retry", lambda n: RetryIncident(call.caller, n, reason))

    async def skip(self, call: Call, id: str, reason: str, take: tuple[str, ...]) -> Answer:
        """Skips the step that it holds; `take` are targets of its forward edges (R18). The answer is the incident.

        Raises:
            NotFound: `atom_not_found`, where `take` names what no edge leads to.
            Conflict: as retrying does.
        """
        return await self._settle(call, id, "incident:skip", lambda n: SkipIncident(call.caller, n, reason, take))

    async def retry_many(self, call: Call, wanted: IncidentFilter, reason: str, limit: int, results: Results) -> Answer:
        """Retries at most `limit` open incidents of those `wanted`, newest first; a refusal takes no other with it."""
        require(call.caller, "incident:retry")

        async def act() -> Answer:
            found, more = await self.open(call, wanted, limit)
            retried: list[Retried] = []
            for start in range(0, len(found), self._batch):
                some = found[start : start + self._batch]
                answers = await self._commits.many([_retrying(call, one, reason) for one in some])
                retried += map(Retried, some, map(_told, answers))
            return Answer(200, results(retried, more))

        return await self._memory.once(call.key, act)

    async def open(self, call: Call, wanted: IncidentFilter, limit: int) -> tuple[list[IncidentAnswer], bool]:
        """At most `limit` open incidents of those `wanted`, newest first, and whether there are more."""
        require(call.caller, "incident:retry")
        found: list[IncidentAnswer] = []
        cursor: str | None = None
        while len(found) < limit:
            page = await self._reads.incidents(wanted, call.caller, cursor, min(limit - len(found), _PAGE))
            found += page.items
            if (cursor := page.next_cursor) is None:
                return found, False
        return found, True

    async def _settle(self, call: Call, id: str, permission: str, command: Callable[[int], Command]) -> Answer:
        incident = await self.get(call, id)
        require(call.caller, permission)
        n = int(id.rpartition(".")[2])
        answer = _told(*await self._commits.many([call.ask(incident.process, command(n), settled_incident(n))]))
        if isinstance(answer, EngineError):
            raise answer
        return answer


def _retrying(call: Call, incident: IncidentAnswer, reason: str) -> Ask:
    n = int(incident.id.rpartition(".")[2])
    return call.ask(incident.process, RetryIncident(call.caller, n, reason), settled_incident(n), keys=())


def _told(answer: Answer | EngineError) -> Answer | EngineError:
    """The marking holds open incidents only: one that was there, and is not found in it, is resolved."""
    if isinstance(answer, EngineError) and answer.code == "incident_not_found":
        return Conflict(
            "invalid_transition",
            "The incident is resolved already.",
            **{"from": "resolved", "to": "resolved", "allowed": []},
        )
    return answer
