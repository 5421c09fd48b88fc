"""Filters as the parameters of the statements that list: who asks, and what they look for."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any, Final

from engine.core.callers import SYSTEM, Caller
from engine.core.context import put
from engine.core.values import decode, encode, entering
from engine.ports import BreachFilter, IncidentFilter, ProcessFilter, TaskFilter

Parameters = dict[str, Any]

_MOST_SPELLINGS: Final = 64


def seer(caller: Caller | None, permission: str) -> Parameters:
    """Who asks: None, the engine itself, and who holds `permission` see everything.

    Together with the statements that take it this is `engine.core.access.sees`; a test holds the two equal. Who sees
    every task is asked for no `people`: who is above all others manages as many as there are.
    """
    if caller is None or caller is SYSTEM:
        return {"everything": True, "every_task": True, "caller": None, "people": [], "roles": []}
    every_task = caller.may("task:read_all")
    return {
        "everything": caller.may(permission),
        "every_task": every_task,
        "caller": caller.id,
        "people": [] if every_task else [caller.id, *caller.manages],
        "roles": sorted(caller.roles | caller.leads),
    }


def processes(wanted: ProcessFilter) -> Parameters:
    """The parameters of `list_processes`, apart from the cursor's."""
    return {
        "status": wanted.status,
        "journey": wanted.journey,
        "business_key": wanted.business_key,
        "initiated_by": wanted.initiated_by,
        "owner": wanted.owner,
        "involved": wanted.involved,
        "parent": wanted.parent,
        "like": containing(wanted.q) if wanted.q else None,
        "context": _documents(wanted.context) if wanted.context else None,
        **seer(wanted.visible_to, "process:read_all"),
    }


def tasks(wanted: TaskFilter) -> Parameters:
    """The parameters of `list_tasks`, apart from the cursor's."""
    return {
        "status": wanted.status,
        "role": wanted.role,
        "assignee": wanted.assignee,
        "process": wanted.process,
        "journey": wanted.journey,
        "atom": wanted.atom,
        "overdue": wanted.overdue,
        "sla": wanted.sla,
        **seer(wanted.visible_to, "task:read_all"),
    }


def incidents(wanted: IncidentFilter, caller: Caller) -> Parameters:
    """The parameters of `list_incidents`, apart from the cursor's."""
    return {
        "process": wanted.process,
        "code": wanted.code,
        "journey": wanted.journey,
        "atom": wanted.atom,
        "open": None if wanted.status is None else wanted.status == "open",
        **seer(caller, "process:read_all"),
    }


def breaches(wanted: BreachFilter, caller: Caller) -> Parameters:
    """The parameters of `list_breaches`, apart from the cursor's."""
    return {
        "process": wanted.process,
        "of_task": None,
        "number": None,
        "level": wanted.level,
        "journey": wanted.journey,
        "role": wanted.role,
        "assignee": wanted.assignee,
        "open": wanted.open,
        "acknowledged": wanted.acknowledged,
        "monitors": caller is SYSTEM or caller.may("monitoring:read"),
        **seer(caller, "process:read_all"),
    }


def storable(parameters: Mapping[str, Any]) -> bool:
    """Whether a row could hold what is looked for; PostgreSQL refuses a NUL or half a surrogate even in a question."""
    return not entering([value for value in parameters.values() if isinstance(value, (str, list))])


def containing(text: str) -> str:
    """The ILIKE pattern of what contains `text`."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _documents(wanted: Mapping[str, Any]) -> list[str]:
    """The JSON documents of which a context must contain one: each dotted name with each value its text may mean."""
    documents: list[dict[str, Any]] = [{}]
    for name, value in wanted.items():
        path = name.split(".")
        documents = [put(document, path, each) for document, each in product(documents, _spellings(value))]
        if len(documents) > _MOST_SPELLINGS:
            break
    return [encode(document).decode() for document in documents]


def _spellings(value: Any) -> list[Any]:
    """A text from a URL may mean itself, or the number or truth value it spells."""
    if not isinstance(value, str):
        return [value]
    try:
        spelled = decode(value)
    except ValueError:
        return [value]
    return [value, spelled] if isinstance(spelled, (bool, int, Decimal)) and not entering(spelled) else [value]
