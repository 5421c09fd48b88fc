"""Moves open work from somebody to somebody else, or back to its role: a person leaves, or is away.

Every task goes through a decision of its own, written a hundred at a time, so what was moved stays moved whatever
happens then; asking again goes on with what is left. A request moves at most `MOST` tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.core.errors import Invalid
from engine.ports import OpenTask, OrganisationStore, Staff
from engine.services.calls import Call
from engine.services.handing import Handing, Wish
from engine.services.people_shapes import MovedAnswer, RefusedMove

MOST: Final = 2000
"""Tasks that one request moves."""

RELEASE: Final = "release"
"""What is said instead of a user where work goes back to its role."""

_TOLD: Final = 20
_OVER: Final = frozenset({"process_ended", "process_not_found", "task_not_found"})
"""Refusals of work that ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """Whose open work: what `user` has, or what nobody has and `role` is to do; of that what `which` says.

    With `delegated` also what they asked others to do.
    """

    user: str | None = None
    role: str | None = None
    which: Callable[[OpenTask], bool] = lambda _: True
    delegated: bool = False


class Rerouting:
    """What `?reroute=` does."""

    def __init__(self, store: OrganisationStore, staff: Staff, handing: Handing, batch: int) -> None:
        self._store = store
        self._staff = staff
        self._handing = handing
        self._batch = batch

    async def target(self, to: str, away_from: str | None) -> str | None:
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
        return user.id

    async def move(self, call: Call, work: Hanging, to: str | None, reason: str) -> MovedAnswer:
        """Moves at most `MOST` of these tasks; what is refused stays, and no other with it."""
        leaver = work.user if work.delegated else None
        receiver = await self._handing.receiver(Wish(to, reason, leaver, delegates=True))
        refused: list[RefusedMove] = []
        looked_at = moved = left = 0
        after: tuple[str, int] | None = None
        while tasks := await self._store.open_work(work.user, work.role, after, self._batch, delegated=work.delegated):
            after = (tasks[-1].process, tasks[-1].n)
            wanted = [task for task in tasks if work.which(task)]
            if looked_at + len(wanted) > MOST:
                left += len(wanted)
                continue
            looked_at += len(wanted)
            for task, refusal in zip(wanted, await self._handing.give(call, wanted, receiver), strict=True):
                if refusal is None:
                    moved += 1
                elif refusal.code not in _OVER:
                    refused.append(RefusedMove(f"{task.process}.{task.n}", refusal.code, refusal.detail))
        return MovedAnswer(moved, left + len(refused), tuple(refused[:_TOLD]))
