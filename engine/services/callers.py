"""Who calls, as the organisation knows them: the roles they hold, what they can do, and whose work they share out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

import structlog

from engine import clock
from engine.core.callers import Caller
from engine.core.errors import Forbidden, Unavailable
from engine.core.organisation import Organisation, User
from engine.organisation import CurrentStaff
from engine.ports import OrganisationStore, Token
from engine.services.powers import Powers

RolesFrom = Literal["both", "token", "people"]
"""Where roles come from: the token, the organisation (`people`), or the two together."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a verified token says; `issued_at` is None where it does not say since when it is true."""

    user: str
    roles: frozenset[str] = frozenset()
    name: str | None = None
    email: str | None = None
    issued_at: datetime | None = None


class Callers:
    """Makes callers of verified tokens."""

    def __init__(self, store: OrganisationStore, staff: CurrentStaff, roles_from: RolesFrom, enters: bool) -> None:
        self._store = store
        self._staff = staff
        self._roles_from: RolesFrom = roles_from
        self._enters = enters

    async def organisation(self) -> Organisation:
        """Who there is, at most a second old."""
        return await self._staff.current()

    async def welcome(self, identity: Identity) -> None:
        """Enters who is not known, where that is wanted; what a later token says replaces what an earlier one did.

        Nothing that anybody else said of a user is touched. Where the database is away it is done another time.
        """
        if not self._enters:
            return
        known = (await self._staff.current()).users.get(identity.user)
        told = _as_told(identity, known)
        if told == known:
            return
        try:
            if await self._store.enter_from_token(Token(told, identity.issued_at or _SOME_TIME_AGO)):
                await self._staff.renew()
        except Unavailable:
            _log.warning("callers.not_entered", user=identity.user)

    def caller(self, identity: Identity, organisation: Organisation, powers: Powers) -> Caller:
        """The caller that a token tells of.

        Raises:
            Forbidden: `user_inactive`.
        """
        return caller_of(identity, organisation, powers, self._roles_from)


def caller_of(identity: Identity, organisation: Organisation, powers: Powers, roles_from: RolesFrom = "both") -> Caller:
    """The caller that a token tells of, in this organisation.

    Raises:
        Forbidden: `user_inactive`.
    """
    known = organisation.users.get(identity.user)
    roles = identity.roles if roles_from != "people" else frozenset[str]()
    if known is None:
        return Caller(identity.user, roles, powers(roles))
    if not known.active:
        raise Forbidden("user_inactive", f"{known.id} has been deactivated.", user=known.id)
    if roles_from != "token":
        roles |= known.roles
    manages = organisation.managed_by(known.id)
    return Caller(known.id, roles, powers(roles), _skills(known), manages, organisation.held_by(manages))


def _skills(known: User) -> Mapping[str, int]:
    return known.able(clock.now()) if known.skills else {}


def _as_told(identity: Identity, known: User | None) -> User:
    """The user with what the token says; the rest as it is known."""
    name = identity.name or (known.name if known else identity.user)
    before = known or User(identity.user, name)
    return replace(before, name=name, email=identity.email or before.email, roles=identity.roles)


_SOME_TIME_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
"""When a token was issued that does not say: before any that does."""
