"""Python actions: the functions that do the work of system atoms, registered under the names that documents declare.

A module with actions is named in the settings; importing it registers them::

    @action("credit.pull")
    async def credit_pull(call: ActionCall) -> dict[str, Any]: ...

The worker calls the function with the input of the atom, retries it by the atom's policy (R10) and checks its output.
"""

import importlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from engine.core.task_facts import Link

ActionFunction = Callable[["ActionCall"], dict[str, Any] | Awaitable[dict[str, Any]]]
_F = TypeVar("_F", bound=ActionFunction)

_registered: Final[dict[str, ActionFunction]] = {}

_brought: Final[set[str]] = set()
"""Modules that were imported and brought actions, their own or those of modules they import."""

_LOOKS: Final = (
    'An action is a function `def pull(call: ActionCall) -> dict` below `@action("credit.pull")`, both from '
    "engine.actions; seed/actions.py has some."
)

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
        documents: what the action puts here comes with its answer: links, by the id of a document that the atom makes
            or needs.
    """

    input: dict[str, Any]
    idempotency_key: str
    deadline: datetime
    attempt: int
    documents: dict[str, list[Link]] = field(default_factory=dict[str, list[Link]])


class ActionFailed(Exception):
    """The action could not be done. Any other exception counts as a failure that may be retried.

    Args:
        message: one sentence for the person who looks at the incident.
        retryable: False says that retrying is useless; the step is held at once.
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class ActionsMissing(Exception):
    """A module that should bring actions is not there, fails while it is imported, or registers none.

    Attributes:
        fix: one sentence on how to mend it.
    """

    def __init__(self, sentence: str, fix: str) -> None:
        super().__init__(sentence)
        self.fix = fix


def import_actions(modules: Iterable[str]) -> None:
    """Imports `modules`, each of which must register actions or have done so.

    Raises:
        ActionsMissing: naming the first that does not.
    """
    for module in modules:
        before = len(_registered)
        try:
            importlib.import_module(module)
        except Exception as error:
            raise _not_imported(module, error) from error
        own = any(f"{function.__module__}.".startswith(f"{module}.") for function in _registered.values())
        if not own and len(_registered) == before and module not in _brought:
            raise ActionsMissing(f"the module {module} registers no actions", _LOOKS)
        _brought.add(module)


def _not_imported(module: str, error: Exception) -> ActionsMissing:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and f"{module}.".startswith(f"{missing}."):
        return ActionsMissing(f"there is no module {module}", "`seed.actions` names the file seed/actions.py.")
    reason = f"the module {module} cannot be imported: {type(error).__name__}: {error}"
    return ActionsMissing(reason, f"`python -c 'import {module}'` shows where it fails.")


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
