"""Who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the user's id, the roles held and the permissions that `api.auth` gives to those roles.

    `skills` are those of the organisation that have not expired, with their levels; `manages` the users whose work the
    caller may share out, and `leads` the roles that these hold.
    """

    id: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    skills: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)
    manages: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Whether one of the caller's roles holds `permission`, such as `task:complete`."""
        return permission in self.permissions


SYSTEM: Final = Caller("system")
"""The engine itself, where nobody asked: workers' answers, leases that ran out, timers."""
