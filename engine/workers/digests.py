"""Plans the daily letters: when it is a user's time of day, one for that day, however often anybody looks.

What happens when it is killed: nothing was planned, or all of it, with the next time that it is due. Where nobody
looked for days there is one letter, not one for each of them.
"""

from datetime import datetime
from typing import Final

from engine.core.digests import digest_id, next_due, zone_of
from engine.core.organisation import Organisation
from engine.ports import DigestDue, DigestPlanned, Digests, Staff

_LIMIT: Final = 500


class DigestsWorker:
    """Looks for digests that are due, each in the time zone its user chose, else the organisation's for that user."""

    def __init__(self, digests: Digests, staff: Staff) -> None:
        self._digests = digests
        self._staff = staff

    async def run_once(self) -> bool:
        """Says whether some were due."""
        now, due = await self._digests.due(_LIMIT)
        if not due:
            return False
        organisation = await self._staff.current()
        await self._digests.plan([_planned(one, now, organisation) for one in due])
        return True


def _planned(due: DigestDue, now: datetime, organisation: Organisation) -> DigestPlanned:
    known = organisation.users.get(due.user)
    zone = zone_of(due.time_zone, known.time_zone if known else None)
    today = now.astimezone(zone).date()
    return DigestPlanned(due.user, digest_id(due.user, today), today, due.due, next_due(now, due.at, zone))
