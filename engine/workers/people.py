"""Keeps the organisation in Neo4j as PostgreSQL has it.

What happens when it is killed: the graph shows part of two editions until the next run, which finds what still differs.
When Neo4j comes back wiped it shows none, and after a restore one of another epoch: everything that differs is written.
Who goes by the organisation (assignment, what callers may) reads PostgreSQL; only questions read this.
"""

from typing import Final, Protocol

from engine.clock import monotonic
from engine.core.organisation import Organisation
from engine.ports import Edition, OrganisationProjection

_LOOK_SECONDS: Final = 5.0
"""For so long the graph is taken to show what it was found or made to show."""


class EditedStaff(Protocol):
    """Who there is, and of which edition that is."""

    @property
    def edition(self) -> Edition | None:
        """That of the value that `current` gave last; None where it gave none yet."""
        ...

    async def current(self) -> Organisation:
        """The organisation, at most a second old."""
        ...


class PeopleProjector:
    """Brings the graph to the present edition of the organisation."""

    def __init__(self, staff: EditedStaff, graph: OrganisationProjection) -> None:
        self._staff = staff
        self._graph = graph
        self._shown: Edition | None = None
        self._look_at = 0.0

    async def run_once(self) -> bool:
        """Compares the editions, and writes what differs; there is nothing more to find right after it.

        Raises:
            Unavailable: when a database is away.
        """
        organisation = await self._staff.current()
        edition = self._staff.edition
        if edition is None or (edition == self._shown and monotonic() < self._look_at):
            return False
        self._shown = await self._graph.edition()
        if self._shown != edition and await self._graph.bring(organisation, edition):
            self._shown = edition
        self._look_at = monotonic() + _LOOK_SECONDS
        return False

    async def rebuild(self) -> None:
        """Writes everything again, whatever the graph says that it shows.

        Raises:
            Unavailable: when a database is away.
        """
        organisation = await self._staff.current()
        if (edition := self._staff.edition) is not None:
            await self._graph.bring(organisation, edition, anew=True)
