"""One case of the demo, led to where four eyes look at it: who underwrote a large loan does not review it as well."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.text import Text

from cli.client import Client, Refused
from cli.crew import Crew, Member
from cli.terminal import out
from engine import clock

CASE: Final = "B-1032"
"""A large loan, which a second pair of eyes must approve."""

_FIRST: Final = "atom-bo-underwriting-review"
_SECOND: Final = "atom-bo-second-review"
_REVIEWER: Final = "vera"
"""Holds the roles of both reviews."""
_MANAGER: Final = "ursula"

_WITHIN: Final = 25.0
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who was refused what, in the words of the API, and who did it then."""

    case: str
    task: str
    user: str
    code: str
    detail: str
    done_by: str


class Guide:
    """Does the tasks of one case with whoever has or may take them, as far as its second review."""

    def __init__(self, admin: Client, crew: Crew, members: Sequence[Member]) -> None:
        self._admin = admin
        self._crew = crew
        self._clients = {member.user: member.client for member in members}

    def lead(self, process: str, stopping: threading.Event) -> Refusal | None:
        """Leads the process there; what was refused, or None where it does not come so far in some seconds."""
        until = clock.monotonic() + _WITHIN
        while clock.monotonic() < until and not stopping.is_set():
            tasks = self._admin.get("/api/tasks", process=process, limit=50)["items"]
            free = [task for task in tasks if _is_free(task)]
            if second := next((task for task in free if task["atom"] == _SECOND), None):
                return self._review(second)
            if not sum(self._do(task) for task in free):
                stopping.wait(_PAUSE)
        return None

    def _do(self, task: Mapping[str, Any]) -> bool:
        user = task["assignee"] or self._fit(task)
        if task["atom"] == _FIRST and user != _REVIEWER:
            given = {"assignee": _REVIEWER, "reason": "She knows large loans."}
            self._clients[_MANAGER].post(f"/api/tasks/{task['id']}/reassign", given)
            user = _REVIEWER
        return user in self._clients and self._crew.hand_in(self._clients[user], [task]) > 0

    def _fit(self, task: Mapping[str, Any]) -> str | None:
        """Who could be given it: holds its role, is there, and has the skills."""
        candidates = self._admin.get(f"/api/tasks/{task['id']}/candidates")["items"]
        return next((one["user"] for one in candidates if one["eligible"] and one["user"] in self._clients), None)

    def _review(self, task: Mapping[str, Any]) -> Refusal | None:
        try:
            self._clients[_REVIEWER].post(f"/api/tasks/{task['id']}/claim")
        except Refused as refused:
            problem = refused.problem
            self._crew.hand_in(self._clients[_MANAGER], [task])
            facts = (task["process_title"], task["name"], _REVIEWER, problem["code"], problem["detail"])
            return Refusal(*facts, _MANAGER)
        return None


def show_refusal(refusal: Refusal) -> None:
    """Prints it for people."""
    out.print(Text(refusal.case, style="bold"), soft_wrap=True)
    asked = f"  {refusal.user} wants to take “{refusal.task}”: "
    out.print(Text.assemble(asked, (f"refused, {refusal.code}. ", "red"), refusal.detail), soft_wrap=True)
    out.print(Text(f"  {refusal.done_by} did it."), soft_wrap=True)


def _is_free(task: Mapping[str, Any]) -> bool:
    """Whether somebody can do it now: it is open, people's, and the engine is not about to give it to somebody."""
    return task["ended_at"] is None and task["kind"] != "system" and not task["seeking"]
