"""Breaches: what was not done by its target, who has seen that, and what they say of it."""

from engine.answers import Page
from engine.clock_answers import BreachAnswer
from engine.commit import Answer
from engine.core.errors import Conflict, NotFound
from engine.core.free_text import text_without_sensitive
from engine.core.ids import split_breach
from engine.journeys import Journeys
from engine.ports import Breaches, BreachFilter, BreachId, Store
from engine.services.calls import Call, require
from engine.services.remembered import Memory


class BreachService:
    """Lists breaches to who may see what is late, and notes who has seen one.

    A breach is acknowledged once, for all: it says that somebody looks after it. It changes nothing of the work, of its
    clock, or of what compliance counts; what is still to be done stays late.
    """

    def __init__(self, breaches: Breaches, memory: Memory, store: Store, journeys: Journeys) -> None:
        self._breaches = breaches
        self._memory = memory
        self._store = store
        self._journeys = journeys

    async def find(self, call: Call, wanted: BreachFilter, cursor: str | None, limit: int) -> Page[BreachAnswer]:
        """Those that the caller may see, by the moment of the target, newest first.

        Raises:
            Invalid: `cursor_invalid`.
        """
        return await self._breaches.page(wanted, call.caller, cursor, limit)

    async def get(self, call: Call, id: str) -> BreachAnswer:
        """One breach.

        Raises:
            NotFound: `breach_not_found`.
        """
        return (await self._seen(call, id))[1]

    async def acknowledge(self, call: Call, id: str, note: str) -> Answer:
        """Notes that the caller has seen it; the answer is the breach. Whoever manages who has the task may, too.

        The note is kept without what is sensitive in the case.

        Raises:
            NotFound: `breach_not_found`.
            Forbidden: `permission_denied`.
            Conflict: `already_acknowledged`, with who did, when, and their note.
        """

        async def act() -> Answer:
            breach, late = await self._seen(call, id)
            if late.assignee not in call.caller.manages:
                require(call.caller, "sla:acknowledge")
            text = await self._without_sensitive(breach.process, note)
            fresh = await self._breaches.acknowledge(breach, text, call.caller.id)
            shown = (await self._seen(call, id))[1]
            if fresh:
                return Answer(200, shown)
            seen = shown.acknowledged
            assert seen, "nobody takes an acknowledgement back"
            sentence = f"{seen.by} has acknowledged this breach on {seen.at}: {seen.note}"
            raise Conflict("already_acknowledged", sentence, by=seen.by, at=seen.at, note=seen.note)

        return await self._memory.once(call.key, act)

    async def _without_sensitive(self, process: str, note: str) -> str:
        async with self._store.transaction() as transaction:
            marking = (await transaction.lock([process])).markings[process]
        sensitive = (await self._journeys.get(marking.journey, marking.version)).sensitive
        return note if sensitive is None else text_without_sensitive(note, marking, sensitive)

    async def _seen(self, call: Call, id: str) -> tuple[BreachId, BreachAnswer]:
        named = split_breach(id)
        breach = BreachId(*named) if named else None
        found = await self._breaches.get(breach, call.caller) if breach else None
        if breach is None or found is None:
            raise NotFound("breach_not_found", f"There is no breach {id[:100]}, or you may not see it.")
        return breach, found
