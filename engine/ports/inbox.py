"""Open work of people, as those who are to do it look for it; it only ever reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from engine.answers import Page
from engine.core.clocks import Alert
from engine.inbox_answers import InboxItem

Order = Literal["urgency", "due", "priority", "age"]
"""How open work is sorted, soonest first; ties go by priority or due date, then by age.

`urgency`: priority, then due date; `due`: due date (none is last), then priority; `priority`: priority, then age.
The due date is here the nearer of that and of the target of the service level.
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose open work is looked for, each part adding to the others.

    What one of `users` has, and what nobody has yet of one of `roles`; what one of `delegators` asked somebody else to
    do; what was escalated to one of `asked`, roles that were to help. Four eyes hide from `barred` what nobody has and
    they may not perform.
    """

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    delegators: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    barred: str | None = None

    @property
    def nobody(self) -> bool:
        """Whether there can be no such work."""
        return not (self.users or self.roles or self.delegators or self.asked)


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which of the open work is wanted. `q` is looked for in the names of task and case, and in the business key.

    What is `overdue` is past its due date, or past the target of its service level; `sla` asks how it stands by that.
    """

    journey: str | None = None
    atom: str | None = None
    role: str | None = None
    priority: str | None = None
    status: str | None = None
    overdue: bool | None = None
    blocked: bool | None = None
    delegated: bool | None = None
    q: str | None = None
    sla: Alert | None = None


ANY_WORK = WorkFilter()


class Inbox(Protocol):
    """Open work of people. Cursors are opaque; a wrong one raises `Invalid('cursor_invalid')`."""

    async def page(
        self, whose: Whose, wanted: WorkFilter, order: Order, cursor: str | None, limit: int
    ) -> Page[InboxItem]:
        """In this order. What is added, taken or changed between two pages never makes another item come twice or
        go missing: a page goes on behind the last item as it stood."""
        ...

    async def count(self, whose: Whose, wanted: WorkFilter, most: int) -> int:
        """How many there are, counted to `most`."""
        ...

    async def performers(self, steps: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        """Who performed these atoms, each given with its process, in their current visit; those that nobody did are
        left out."""
        ...
