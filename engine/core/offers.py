"""What keeps somebody from taking work that nobody has, told before they try; `eligibility` would refuse the claim."""

from collections.abc import Sequence
from typing import Literal

from engine.core.callers import Caller
from engine.core.eligibility import lacking
from engine.core.journey import Route

NotForYou = Literal["not_skilled", "kept_for_another", "given_by_hand"]
"""The code of the refusal. Four eyes are not among them: what they exclude one from is not offered."""


def asks_more(route: Route) -> bool:
    """Whether it takes more than the role to take the work of an atom."""
    return bool(route.skills) or route.same_as is not None or route.strategy == "manual"


def not_for(caller: Caller, route: Route, role: str | None, performers: Sequence[str]) -> NotForYou | None:
    """Why the caller may not take a task of the atom of `route`, which nobody has; None where they may.

    Args:
        role: the task's; another than the atom's where it was escalated to that.
        performers: who performed the atom of `same_as`, if anybody did.
    """
    if not caller.may("task:act_any") and lacking(route.skills, caller.skills):
        return "not_skilled"
    if caller.may("task:reassign") or caller.id in performers or role != route.role:
        return None
    if performers:
        return "kept_for_another"
    return "given_by_hand" if route.strategy == "manual" and route.role not in caller.leads else None
