"""The inbox: the open work of people, as the one who asks may take, share out or follow it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from engine.answers import Page
from engine.core.callers import Caller
from engine.core.errors import Forbidden
from engine.core.journey import Route
from engine.core.offers import asks_more, not_for
from engine.inbox_answers import InboxCounts, InboxItem, Tally
from engine.journeys import Journeys
from engine.ports import ANY_WORK, Inbox, Order, Staff, Whose, WorkFilter
from engine.services.calls import Call

Scope = Literal["mine", "roles", "team", "delegated"]
"""Which open work: what I have; what nobody has yet of my roles; what those have whom I manage, what nobody has of the
roles they hold, and what was escalated to a role of mine or theirs; what I asked others to do."""

SCOPES: Final[tuple[Scope, ...]] = ("mine", "roles", "team", "delegated")
MOST_COUNTED: Final = 1000
_NOBODY: Final[Mapping[tuple[str, str], Sequence[str]]] = {}


class InboxService:
    """Lists and counts open work. Nobody is shown what four eyes keep them from taking.

    What they may not take for another reason is shown with the reason: a manager could help them to it.
    """

    def __init__(self, inbox: Inbox, journeys: Journeys, staff: Staff) -> None:
        self._inbox = inbox
        self._journeys = journeys
        self._staff = staff

    async def page(
        self,
        call: Call,
        cursor: str | None,
        limit: int,
        *,
        user: str | None = None,
        scope: Scope | None = None,
        wanted: WorkFilter = ANY_WORK,
        order: Order = "urgency",
    ) -> Page[InboxItem]:
        """Open work in this order; without a scope what is mine and what is my roles'.

        Of another `user` it is what they have, and what nobody has of the roles that the organisation gives them.

        Raises:
            Forbidden: `permission_denied`, where another's is asked for by who is neither their manager nor may
                `task:read_all`.
            Invalid: `cursor_invalid`.
        """
        whose = await self._whose(call.caller, user, scope)
        page = await self._inbox.page(whose, wanted, order, cursor, limit)
        await self._mark(call.caller, page.items)
        return page

    async def counts(
        self, call: Call, *, user: str | None = None, scope: Scope | None = None, wanted: WorkFilter = ANY_WORK
    ) -> InboxCounts:
        """How much there is in one scope or in each, exact up to 1,000.

        Raises:
            Forbidden: as `page` does.
        """
        whose = {one: await self._whose(call.caller, user, one) for one in ((scope,) if scope else SCOPES)}
        return InboxCounts(**{one: await self._count(work, wanted) for one, work in whose.items()})

    async def _count(self, whose: Whose, wanted: WorkFilter) -> Tally:
        found = 0 if whose.nobody else await self._inbox.count(whose, wanted, MOST_COUNTED + 1)
        more = found > MOST_COUNTED
        count = min(found, MOST_COUNTED)
        return Tally(count, more, f"{count:,}{'+' if more else ''}")

    async def _whose(self, caller: Caller, user: str | None, scope: Scope | None) -> Whose:
        if user is None or user == caller.id:
            return _of(caller, scope)
        if not (caller.may("task:read_all") or user in caller.manages):
            detail = "Another's inbox needs the permission task:read_all, or to be their manager."
            raise Forbidden("permission_denied", detail, permission="task:read_all")
        staff = await self._staff.current()
        known = staff.users.get(user)
        manages = staff.managed_by(user)
        leads = frozenset(role for one in manages for role in staff.users[one].roles)
        return _of(Caller(user, known.roles if known else frozenset(), manages=manages, leads=leads), scope)

    async def _mark(self, caller: Caller, items: Iterable[InboxItem]) -> None:
        """Says of what nobody has whether the caller may take it."""
        routes: dict[tuple[str | None, str | None, str], Route | None] = {}
        asking: list[tuple[InboxItem, Route]] = []
        for item in items:
            if item.assignee is not None or item.atom is None:
                continue
            atom = (item.journey, item.journey_version, item.atom)
            if atom not in routes:
                journey = await self._journeys.get(item.journey, item.journey_version)
                route = journey.routes[item.atom]
                routes[atom] = route if asks_more(route) else None
            if asked := routes[atom]:
                asking.append((item, asked))
        if not asking:
            return
        kept = {(item.process, route.same_as) for item, route in asking if route.same_as is not None}
        performers = await self._inbox.performers(kept) if kept else _NOBODY
        for item, route in asking:
            performed = performers.get((item.process, route.same_as or ""), ())
            item.not_for_you = not_for(caller, route, item.role, performed)


def _of(person: Caller, scope: Scope | None) -> Whose:
    match scope:
        case "mine":
            return Whose(users=frozenset({person.id}))
        case "roles":
            return Whose(roles=person.roles, barred=person.id)
        case "team":
            return Whose(users=person.manages, roles=person.leads, asked=person.roles | person.leads)
        case "delegated":
            return Whose(delegators=frozenset({person.id}))
        case None:
            return Whose(users=frozenset({person.id}), roles=person.roles, barred=person.id)
