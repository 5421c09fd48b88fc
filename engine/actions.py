"""Python actions: the functions that do the work of system atoms, registered under the names that documents declare.

A module with actions is named in the settings; importing it registers them::

    @action("credit.pull")
    async def credit_pull(call: ActionCall) -> dict[str, Any]: ...

The worker calls the function with the input of the atom, retries it by the atom's policy (R10) and checks its output.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

ActionFunction = Callable[["ActionCall"], dict[str, Any] | Awaitable[dict[str, Any]]]
_F = TypeVar("_F", bound=ActionFunction)

_registered: Final[dict[str, ActionFunction]] = {}

REGISTRY: Final[Mapping[str, ActionFunction]] = MappingProxyType(_registered)
"""Every registered action by name; it grows as modules with actions are imported."""


@dataclass(frozen=True, slots=True)
class ActionCall:
    """One attempt at the work of a system step.

    Attributes:
        input: what the atom's `input` rules gave, checked against the action's schema; numbers are int or Decimal.
        idempotency_key: the step's id, the same in every attempt; hand it to services so that they do the work once.
        deadline: when the attempt's lease ends; a later answer is refused.
        attempt: from 1.
    """

    input: dict[str, Any]
    idempotency_key: str
    deadline: datetime
    attempt: int


class ActionFailed(Exception):
    """The action could not be done. Any other exception counts as a failure that may be retried.

    Args:
        message: one sentence for the person who looks at the incident.
        retryable: False says that retrying is useless; the step is held at once.
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


def action(name: str) -> Callable[[_F], _F]:
    """Registers the decorated function, sync or async, as the action `name`.

    Raises:
        ValueError: another function has this name.
    """

    def register(function: _F) -> _F:
        present = _registered.setdefault(name, function)
        if present is not function:
            raise ValueError(f"the action {name!r} is registered already, by {present.__module__}")
        return function

    return register
