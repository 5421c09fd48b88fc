"""Sets of cases as unions of boxes: for each of some variables, which of its cells a case may lie in.

A box is one bit mask for each variable; a region is any number of boxes. Every operation takes from one budget, so that
no document makes its checks long.
"""

from collections.abc import Sequence
from typing import Final

Box = tuple[int, ...]
Region = tuple[Box, ...]

NOTHING: Final[Region] = ()
_MOST_BOXES: Final = 128


class Exhausted(Exception):
    """Deciding this would take longer than it is worth."""


class Budget:
    """Operations that are left."""

    __slots__ = ("_left",)

    def __init__(self, operations: int) -> None:
        self._left = operations

    def part(self, operations: int) -> "Budget":
        """A budget of its own of at most `operations`, taken from this one."""
        given = min(operations, self._left)
        self._left -= given
        return Budget(given)

    def give_back(self, part: "Budget") -> None:
        """What a part did not need is there again."""
        self._left += max(part._left, 0)

    def spend(self, operations: int) -> None:
        """Takes operations off the budget.

        Raises:
            Exhausted: when it is spent.
        """
        self._left -= operations
        if self._left < 0:
            raise Exhausted


class Space:
    """All cases over some variables, by the number of cells of each."""

    def __init__(self, sizes: Sequence[int], budget: Budget) -> None:
        self._full: Box = tuple((1 << size) - 1 for size in sizes)
        self._budget = budget
        self.everything: Region = (self._full,) if all(self._full) else NOTHING

    def where(self, variable: int, cells: int) -> Region:
        """The cases whose `variable` lies in one of the `cells`, a bit mask."""
        if not cells or not self.everything:
            return NOTHING
        return ((*self._full[:variable], cells, *self._full[variable + 1 :]),)

    def both(self, left: Region, right: Region) -> Region:
        """The cases that are in both.

        Raises:
            Exhausted: as `either`.
        """
        self._budget.spend(1 + len(left) * len(right))
        if left == self.everything:
            return right
        if right == self.everything:
            return left
        shared = [tuple(one & other for one, other in zip(a, b, strict=True)) for a in left for b in right]
        return self._joined([box for box in shared if all(box)])

    def either(self, left: Region, right: Region) -> Region:
        """The cases that are in one of them.

        Raises:
            Exhausted: when there would be too many boxes, or the budget is spent.
        """
        if not left or not right:
            return left or right
        return self._joined([*left, *right])

    def _joined(self, boxes: list[Box]) -> Region:
        """The same cases in fewer boxes: those inside others are dropped, those that differ in one place are one."""
        kept: list[Box] = []
        waiting = boxes[::-1]
        while waiting:
            box = waiting.pop()
            self._budget.spend(1 + len(kept))
            for index, other in enumerate(kept):
                whole = _union(box, other)
                if whole is not None:
                    del kept[index]
                    waiting.append(whole)
                    break
            else:
                kept.append(box)
                if len(kept) > _MOST_BOXES:
                    raise Exhausted
        return tuple(kept)


def _union(left: Box, right: Box) -> Box | None:
    """The one box that holds just the cases of two, if there is one."""
    differing = [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
    if len(differing) <= 1:
        return tuple(one | other for one, other in zip(left, right, strict=True))
    if all(left[place] & ~right[place] == 0 for place in differing):
        return right
    if all(right[place] & ~left[place] == 0 for place in differing):
        return left
    return None
