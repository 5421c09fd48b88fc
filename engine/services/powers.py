"""Nobody gives or takes more than they hold: who decides who has a role holds what that role may do."""

from collections.abc import Callable

from engine.core.callers import Caller
from engine.core.errors import Forbidden
from engine.core.organisation import User

Powers = Callable[[frozenset[str]], frozenset[str]]
"""The permissions of who holds these roles, by the API's table."""


def require_powers(caller: Caller, powers: Powers, before: User | None, after: User | None) -> None:
    """Whether the caller may change a user so; None before they are entered, and after they are removed.

    Raises:
        Forbidden: `permission_denied`, naming the first role that may do what the caller may not.
    """
    given = after.roles if after and after.active else frozenset[str]()
    taken = before.roles if before and before.active else frozenset[str]()
    check_roles(caller, powers, given ^ taken)


def check_roles(caller: Caller, powers: Powers, roles: frozenset[str]) -> None:
    """Whether the caller may decide who holds these roles.

    Raises:
        Forbidden: as `require_powers` does.
    """
    for role in sorted(roles):
        if beyond := sorted(powers(frozenset({role})) - caller.permissions):
            detail = f"The role {role} holds {beyond[0]}, which you do not; you cannot give or take it."
            raise Forbidden("permission_denied", detail, permission=beyond[0], role=role)
