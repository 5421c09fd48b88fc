"""Incidents: what a person must look at, and trying again."""

from engine.answers import IncidentAnswer, Page
from engine.commit import Answer, Ask, Commits
from engine.core.commands import RetryIncident
from engine.core.errors import Conflict, NotFound
from engine.core.ids import split
from engine.ports import Reads
from engine.services.calls import Call, require
from engine.services.shapes import retried_incident


class Incidents:
    """Everything that is asked of incidents. They are seen by those who see their process."""

    def __init__(self, commits: Commits, reads: Reads) -> None:
        self._commits = commits
        self._reads = reads

    async def find(
        self, call: Call, wanted: tuple[str | None, str | None, str | None], cursor: str | None, limit: int
    ) -> Page[IncidentAnswer]:
        """Those of the `wanted` (process, status, code), each None for any; newest first."""
        process, status, code = wanted
        return await self._reads.incidents(process, status, code, call.caller, cursor, limit)

    async def get(self, call: Call, id: str) -> IncidentAnswer:
        """One incident."""
        address = split(id)
        incident = await self._reads.incident(*address, call.caller) if address else None
        if incident is None:
            raise NotFound("incident_not_found")
        return incident

    async def retry(self, call: Call, id: str, reason: str) -> Answer:
        """Starts the held work again, or goes on where its exit was held (R18); the answer is the incident.

        Raises:
            Conflict: `invalid_transition`, where it is resolved already; `process_ended`.
        """
        incident = await self.get(call, id)
        require(call.caller, "incident:retry")
        n = int(id.rpartition(".")[2])
        command = RetryIncident(call.caller, n, reason)
        ask = Ask(incident.process, command, retried_incident(n), correlation_id=call.correlation_id, key=call.key)
        try:
            return await self._commits(ask)
        except NotFound as unknown:
            # The marking holds open incidents only, and this one is there.
            raise Conflict(
                "invalid_transition",
                "The incident is resolved already.",
                **{"from": "resolved", "to": "resolved", "allowed": []},
            ) from unknown
