"""Markings of processes that this program saw lately, so that they are not read again at every command.

A marking is kept with the transaction that wrote its process's row last (`xmin`). Whoever locks the row sees whether it
still is that one: another program's commit, or a database that was restored, makes the kept marking a stranger.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.core.frozen import changed
from engine.core.process import Lease, Process

_ROW: Final = 400
"""Bytes of JSON, about, that a step or a task takes in a marking."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A marking as transaction `xid` left it; `size` is about what it takes as JSON, in bytes."""

    marking: Process
    xid: str
    size: int


class Recent:
    """Keeps what was seen last, at most `most` bytes of it as JSON (in memory it takes some four times as much)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[str, Seen] = OrderedDict()

    def find(self, process: str, xid: str) -> Process | None:
        """The marking as `xid` left it, or None where it is not known so."""
        seen = self._kept.get(process)
        if seen is None or seen.xid != xid:
            return None
        self._kept.move_to_end(process)
        return seen.marking

    def keep(self, seen: Iterable[Seen]) -> None:
        """Takes these in, and lets go of those that were not asked for longest; an ended process is not kept."""
        for each in seen:
            if before := self._kept.pop(each.marking.id, None):
                self._size -= before.size
            if not each.marking.ended:
                self._kept[each.marking.id] = each
                self._size += each.size
        while self._size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size

    def forget(self) -> None:
        """Lets go of all: everything is read again."""
        self._kept.clear()
        self._size = 0


def seen(marking: Process, xid: str, context_size: int) -> Seen:
    """What is kept of a marking that was written, as it would be read again but for its leases."""
    rows = 1 + len(marking.steps) + len(marking.tasks) + len(marking.incidents)
    return Seen(marking, xid, context_size + _ROW * rows)


def leased(marking: Process, leases: Mapping[int, Lease]) -> Process:
    """The marking with the leases as they are now: workers take and extend them without changing the process."""
    others = {n: changed(task, lease=leases.get(n)) for n, task in marking.tasks.items() if task.lease != leases.get(n)}
    return changed(marking, tasks=marking.tasks | others) if others else marking
