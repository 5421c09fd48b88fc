"""Moves open work from somebody to somebody else, or back to its role: a person leaves, or is away.

Every task goes through a decision of its own, written a hundred at a time, so what was moved stays moved whatever
happens then; asking again goes on with what is left. A request moves at most `MOST` tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine import clock
from engine.commit import Ask, Commits
from engine.core.commands import DelegateTask, ReassignTask, ReleaseTask, TaskCommand
from engine.core.errors import EngineError, Invalid
from engine.core.organisation import Organisation, User
from engine.core.receivers import check_receiver
from engine.ports import OpenTask, OrganisationStore, Staff
from engine.services.calls import Call
from engine.services.people_shapes import MovedAnswer, RefusedMove
from engine.services.shapes import changed_task

MOST: Final = 2000
"""Tasks that one request moves."""

RELEASE: Final = "release"
"""What is said instead of a user where work goes back to its role."""

_TOLD: Final = 20
_OVER: Final = frozenset({"process_ended", "process_not_found", "task_not_found"})
"""Refusals of work that ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """Whose open work: what `user` has, or what nobody has and `role` is to do; of that what `which` says."""

    user: str | None = None
    role: str | None = None
    which: Callable[[OpenTask], bool] = lambda _: True


class Rerouting:
    """What `?reroute=` does."""

    def __init__(self, store: OrganisationStore, staff: Staff, commits: Commits, batch: int) -> None:
        self._store = store
        self._staff = staff
        self._commits = commits
        self._batch = batch

    async def target(self, to: str, away_from: str | None) -> User | None:
        """Who gets the work; None where it goes back to its roles.

        Raises:
            Invalid: `request_invalid`, where that is nobody who takes work, or who it is taken from.
        """
        if to == RELEASE:
            return None
        user = (await self._staff.current()).users.get(to)
        if user is None or not user.active or to == away_from:
            said = "is not known" if user is None else "is not active" if not user.active else "has it now"
            wrong = [{"parameter": "reroute", "message": f"{to} {said}; name another user, or {RELEASE}"}]
            raise Invalid("request_invalid", f"Work cannot go to {to}.", errors=wrong)
        return user

    async def move(self, call: Call, work: Hanging, to: User | None, reason: str) -> MovedAnswer:
        """Moves at most `MOST` of these tasks; what is refused stays, and no other with it."""
        organisation = await self._staff.current()
        quiet = Call(call.caller, call.correlation_id)
        refused: list[RefusedMove] = []
        looked_at = moved = left = 0
        after: tuple[str, int] | None = None
        while tasks := await self._store.open_work(work.user, work.role, after, self._batch):
            after = (tasks[-1].process, tasks[-1].n)
            wanted = [task for task in tasks if work.which(task)]
            if looked_at + len(wanted) > MOST:
                left += len(wanted)
                continue
            looked_at += len(wanted)
            unfit = {task: found for task in wanted if (found := _unfit(organisation, task, to))}
            refused += unfit.values()
            fitting = [task for task in wanted if task not in unfit]
            answers = await self._commits.many([_ask(quiet, task, to, reason) for task in fitting]) if fitting else []
            for task, answer in zip(fitting, answers, strict=True):
                if isinstance(answer, EngineError) and answer.code not in _OVER:
                    refused.append(RefusedMove(f"{task.process}.{task.n}", answer.code, answer.detail))
                else:
                    moved += not isinstance(answer, EngineError)
        return MovedAnswer(moved, left + len(refused), tuple(refused[:_TOLD]))


def _ask(call: Call, task: OpenTask, to: User | None, reason: str) -> Ask:
    return call.ask(task.process, _command(call, task, to, reason), changed_task(task.n))


def _command(call: Call, task: OpenTask, to: User | None, reason: str) -> TaskCommand:
    if to is None:
        return ReleaseTask(call.caller, task.n, reason, seek=True)
    able = to.able(clock.now())
    if task.assignee == call.caller.id and not call.caller.may("task:reassign"):
        return DelegateTask(call.caller, task.n, to.id, reason, able)
    return ReassignTask(call.caller, task.n, to.id, reason, able)


def _unfit(organisation: Organisation, task: OpenTask, to: User | None) -> RefusedMove | None:
    if to is None:
        return None
    try:
        check_receiver(organisation, to.id, task.role, clock.now())
    except Invalid as refusal:
        return RefusedMove(f"{task.process}.{task.n}", refusal.code, refusal.detail)
    return None
