"""Many tasks to one receiver: by which command each goes, and what becomes of it.

Each task is moved only if it has not changed since it was found. A refusal takes no other task with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from engine.commit import Ask, Commits
from engine.core.commands import DelegateTask, ReassignTask, ReleaseTask, TaskCommand
from engine.core.errors import EngineError
from engine.core.inheriting import InheritTask
from engine.core.organisation import Organisation
from engine.core.receivers import able, check_receiver
from engine.services.calls import Call
from engine.services.receivers import Receivers
from engine.services.shapes import changed_task


class Found(Protocol):
    """A task as it was found; `version` is what it had then."""

    @property
    def process(self) -> str: ...

    @property
    def n(self) -> int: ...

    @property
    def role(self) -> str | None: ...

    @property
    def assignee(self) -> str | None: ...

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """Where tasks are to go, and why; `to` None: each back to its role.

    Attributes:
        leaver: whose work it is. What they delegated stays with who has it, and `to` gets it back; without, who has it
            becomes its owner.
        delegates: what the caller has and may not reassign is delegated.
        force: passes what the organisation has against the receiver.
    """

    to: str | None
    reason: str
    leaver: str | None = None
    delegates: bool = False
    force: bool = False


class Receiver:
    """Who gets tasks, with what the organisation says of them at one moment."""

    def __init__(self, wish: Wish, organisation: Organisation, now: datetime | None, skills: Mapping[str, int]) -> None:
        self._wish = wish
        self._organisation = organisation
        self._now = now
        self._skills = skills

    def command(self, call: Call, task: Found) -> TaskCommand:
        """What is asked of the task.

        Raises:
            Invalid: `assignee_unfit`.
        """
        by, to, reason = call.caller, self._wish.to, self._wish.reason
        if to is not None:
            self.check(task.role)
        if self._wish.leaver is not None and task.assignee != self._wish.leaver:
            return InheritTask(by, task.n, to, reason, self._skills)
        if to is None:
            return ReleaseTask(by, task.n, reason, seek=True)
        if self._wish.delegates and task.assignee == by.id and not by.may("task:reassign"):
            return DelegateTask(by, task.n, to, reason, self._skills)
        return ReassignTask(by, task.n, to, reason, self._skills)

    def check(self, role: str | None) -> None:
        """Whether the organisation has nothing against giving the receiver a task of `role`.

        Raises:
            Invalid: `assignee_unfit`.
        """
        if self._wish.to is not None and self._now is not None and not self._wish.force:
            check_receiver(self._organisation, self._wish.to, role, self._now)


class Handing:
    """Hands tasks over, as many as are given at a time, in one transaction."""

    def __init__(self, commits: Commits, receivers: Receivers) -> None:
        self._commits = commits
        self._receivers = receivers

    async def receiver(self, wish: Wish) -> Receiver:
        """Who gets it, as the organisation is now."""
        organisation, now = await self._receivers.present()
        skills = able(organisation, wish.to, now) if wish.to is not None and now is not None else {}
        return Receiver(wish, organisation, now, skills)

    async def give(self, call: Call, tasks: Sequence[Found], receiver: Receiver) -> list[EngineError | None]:
        """What each was refused with, in the order of the tasks; None for those that were handed over.

        Raises:
            Unavailable: when the database is away; nothing of this was handed over.
        """
        results: list[EngineError | None] = [None] * len(tasks)
        asks: dict[int, Ask] = {}
        for place, task in enumerate(tasks):
            try:
                command = receiver.command(call, task)
            except EngineError as refusal:
                results[place] = refusal
            else:
                ask = call.ask(task.process, command, changed_task(task.n), keys=())
                asks[place] = replace(ask, if_match=task.version)
        answers = await self._commits.many(list(asks.values())) if asks else []
        for place, answer in zip(asks, answers, strict=True):
            results[place] = answer if isinstance(answer, EngineError) else None
        return results
