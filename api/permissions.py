"""The one table of who may do what. Permissions are named after the operation; the object is checked besides.

Whoever has a valid token holds `EVERYONE`: reading journeys, and working on the tasks of the own roles. A role that the
table does not name, such as a journey's `underwriter`, adds nothing to that. Roles are compared with `_` as `-`.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

EVERYONE: Final = frozenset(
    {
        "journey:read",
        "calendar:read",
        "sla:read",
        "user:read",
        "task:claim",
        "task:start",
        "task:release",
        "task:complete",
        "task:fail",
        "task:block",
        "task:unblock",
        "task:delegate",
        "task:return",
        "task:escalate",
        "task:comment",
        "task:draft",
    },
)
_WORKER: Final = frozenset({"work:claim", "work:extend", "work:complete", "work:fail", "message:send"})
_OFFICER: Final = frozenset(
    {
        "process:start",
        "process:suspend",
        "process:resume",
        "process:cancel",
        "process:put_off",
        "process:change_context",
        "task:create",
        "document:receive",
        "message:send",
    }
)
_ANALYST: Final = frozenset({"process:read_all", "task:read_all", "monitoring:read", "graph:ask"})
_BY_HAND: Final = frozenset({"process:end", "step:skip", "step:repeat", "incident:retry", "incident:skip"})
_ACTIONS: Final = frozenset({"action:pause", "action:resume", "action:limit"})
_PEOPLE: Final = frozenset({"user:write", "role:write", "team:write"})
_MANAGER: Final = (
    _OFFICER
    | _ANALYST
    | _BY_HAND
    | _ACTIONS
    | _PEOPLE
    | {"task:reassign", "document:accept", "calendar:write", "sla:write", "sla:acknowledge"}
)
_WEBHOOKS: Final = frozenset({"webhook:read", "webhook:create", "webhook:change", "webhook:delete"})
_DESIGNER: Final = frozenset(
    {"journey:load", "journey:publish", "journey:retire", "journey:pause", "process:start", "sandbox:advance"}
)

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "admin": EVERYONE
    | _WORKER
    | _MANAGER
    | _DESIGNER
    | _WEBHOOKS
    | {"task:act_any", "workers:pause", "workers:resume", "process:read_sensitive"},
    "manager": _MANAGER,
    "analyst": _ANALYST,
    "designer": _DESIGNER,
    "officer": _OFFICER,
    "loan-officer": _OFFICER,
    "worker": _WORKER,
}
PERMISSIONS: Final = ROLES["admin"]
"""Every permission there is: `admin` holds them all."""


class Table:
    """The table, with what an installation adds to its roles."""

    def __init__(self, added: Mapping[str, Iterable[str]] | None = None) -> None:
        """Takes `added`: role → permissions.

        Raises:
            ValueError: naming a permission that does not exist.
        """
        rows = dict(ROLES)
        for role, permissions in (added or {}).items():
            if unknown := sorted(set(permissions) - PERMISSIONS):
                raise ValueError(f"the role {role} is given unknown permissions: {', '.join(unknown)}")
            rows[_normal(role)] = rows.get(_normal(role), frozenset()) | frozenset(permissions)
        self._rows = rows
        self.of = lru_cache(4096)(self._of)

    def _of(self, roles: frozenset[str]) -> frozenset[str]:
        """The permissions of someone who holds `roles`."""
        return EVERYONE.union(*(self._rows.get(_normal(role), frozenset()) for role in roles))


def _normal(role: str) -> str:
    return role.lower().replace("_", "-")


def page() -> str:
    """The table as a page for people, in Markdown."""
    lines = [
        "# Who may do what",
        "",
        "Written by `make docs` from `api/permissions.py`; do not edit. Roles come from the token, as in `wayline",
        "token USER --role ROLE`, and from the people entered here (`WAYLINE_ROLES_FROM`). Whoever has a valid token",
        "may do what stands under *everyone*, on the tasks of the own roles; the roles of a journey, such as its",
        "`underwriter`, need no more. `WAYLINE_PERMISSIONS` gives a role more than is written here. Without",
        "`WAYLINE_TOKEN`, `wayline` calls the server of its folder as `admin`.",
        "",
        f"| permission | everyone | {' | '.join(ROLES)} |",
        f"| --- |{' :---: |' * (len(ROLES) + 1)}",
    ]
    for permission in sorted(PERMISSIONS):
        held = [permission in EVERYONE, *(permission in EVERYONE | given for given in ROLES.values())]
        lines.append(f"| `{permission}` | {' | '.join('✓' if one else ' ' for one in held)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is this module's output
