"""The organisation, and the time by which it says who can get a task."""

from datetime import datetime

from engine.core.organisation import Organisation
from engine.ports import Clock, Staff


class Receivers:
    """What is asked of the organisation where a task goes to somebody; the database's time where it knows anybody."""

    def __init__(self, staff: Staff, clock: Clock) -> None:
        self._staff = staff
        self._clock = clock

    async def organisation(self) -> Organisation:
        """Who there is."""
        return await self._staff.current()

    async def present(self) -> tuple[Organisation, datetime | None]:
        """Who there is, and the time; None where nobody is known, and so nobody is absent."""
        organisation = await self._staff.current()
        return organisation, await self._clock.now() if organisation.users else None
