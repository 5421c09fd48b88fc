"""What every operation is told about the request that asks for it."""

from dataclasses import dataclass

from engine.core.commands import Caller
from engine.core.errors import Forbidden
from engine.ports import Key


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, its correlation id, and the idempotency key it carries (R17)."""

    caller: Caller
    correlation_id: str | None = None
    key: Key | None = None


def require(caller: Caller, permission: str) -> None:
    """Lets only those pass whose roles hold `permission`.

    Raises:
        Forbidden: `permission_denied`, naming it.
    """
    if not caller.may(permission):
        raise Forbidden("permission_denied", f"This needs the permission {permission}.", permission=permission)
