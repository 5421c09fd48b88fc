"""What every operation is told about the request that asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.commit import Ask
from engine.core.callers import Caller
from engine.core.commands import (
    Command,
)
from engine.core.decision import Decision
from engine.core.errors import Forbidden
from engine.core.journey import Journey
from engine.ports import Key

Shape = Callable[[Journey, Decision], object]
"""Makes an answer of what was decided."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, its correlation id, the idempotency key it carries (R17), and the version it expects.

    `if_match` is the version of a task, or the number of the last event of a process, that the caller has seen.
    """

    caller: Caller
    correlation_id: str | None = None
    key: Key | None = None
    if_match: int | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The idempotency key, if there is one."""
        return (self.key,) if self.key else ()

    def ask(
        self, process: str, command: Command, shape: Shape, status: int = 200, keys: tuple[Key, ...] | None = None
    ) -> Ask:
        """This request's `command` for a process that is there; `shape` makes the answer.

        It is remembered under the request's idempotency key, or under `keys`.
        """
        return Ask(
            process,
            command,
            shape,
            status,
            correlation_id=self.correlation_id,
            keys=self.keys if keys is None else keys,
            if_match=self.if_match,
        )


def require(caller: Caller, permission: str) -> None:
    """Lets only those pass whose roles hold `permission`.

    Raises:
        Forbidden: `permission_denied`, naming it.
    """
    if not caller.may(permission):
        raise Forbidden("permission_denied", f"This needs the permission {permission}.", permission=permission)
