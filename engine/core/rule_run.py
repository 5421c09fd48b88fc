"""One run of a rule: what it may still do, and what it has looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

from engine.core.rule_errors import RuleFailed

BUDGET: Final = 100_000
"""Most operations of one run. Long texts and lists count as several."""
_KEPT: Final = 50
_LONGEST_TEXT: Final = 200
_MOST_ITEMS: Final = 10
_DEEPEST: Final = 3
_DEEPEST_RESULT: Final = 128
_LONGEST_RESULT: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a rule gave its value: the context names it read, and each comparison, in order of evaluation.

    `reads` holds (name, value), `comparisons` (operator, values compared, result). Values are shortened and at most
    50 of each are kept; `complete` is false where some were left out.
    """

    reads: tuple[tuple[str, Any], ...] = ()
    comparisons: tuple[tuple[str, tuple[Any, ...], Any], ...] = ()
    complete: bool = True

    def as_json(self) -> dict[str, Any]:
        """`{"reads": {name: value}, "comparisons": [{"operator", "values", "result"}]}`, numbers exact.

        `"complete": false` stands beside them where some were left out.
        """
        comparisons = [
            {"operator": operator, "values": list(values), "result": result}
            for operator, values, result in self.comparisons
        ]
        trace: dict[str, Any] = {"reads": dict(self.reads), "comparisons": comparisons}
        return trace if self.complete else {**trace, "complete": False}


class Recorder:
    """Collects a `Trace` while a rule runs."""

    __slots__ = ("_comparisons", "_complete", "_reads")

    def __init__(self) -> None:
        self._reads: dict[str, Any] = {}
        self._comparisons: list[tuple[str, tuple[Any, ...], Any]] = []
        self._complete = True

    def read(self, name: str, value: Any) -> None:
        """Note that `name` of the context was read (once each)."""
        if name in self._reads:
            return
        if len(self._reads) < _KEPT:
            self._reads[name] = shorten(value)
        else:
            self._complete = False

    def compare(self, operator: str, values: list[Any], result: Any) -> None:
        """Note a comparison."""
        if len(self._comparisons) < _KEPT:
            self._comparisons.append((operator, tuple(shorten(value) for value in values), shorten(result)))
        else:
            self._complete = False

    def trace(self) -> Trace:
        """What was noted so far."""
        return Trace(tuple(self._reads.items()), tuple(self._comparisons), self._complete)


class Run:
    """One run: its remaining budget, and its recorder where a trace is asked for."""

    __slots__ = ("_left", "recorder")

    def __init__(self, recorder: Recorder | None = None) -> None:
        self._left = BUDGET
        self.recorder = recorder

    def spend(self, operations: int = 1) -> None:
        """Take operations off the budget.

        Raises:
            RuleFailed: when the budget is spent.
        """
        self._left -= operations
        if self._left < 0:
            raise RuleFailed(f"the rule needs more than {BUDGET:,} operations")

    def weigh(self, value: Any) -> None:
        """Refuse a built value that is larger than what JSON readers and databases take.

        Lists that share parts are counted as often as they would be written.

        Raises:
            RuleFailed: beyond 128 levels, 4,000,000 characters or what the budget still holds in elements.
        """
        characters = 0
        pending: list[tuple[Any, int]] = [(value, 0)]
        while pending:
            item, depth = pending.pop()
            if isinstance(item, str):
                characters += len(item)
            elif isinstance(item, (list, tuple, Mapping)):
                parts = _parts(cast("list[Any] | Mapping[str, Any]", item))
                self.spend(len(parts))
                pending.extend((part, depth + 1) for part in parts)
            if depth > _DEEPEST_RESULT or characters > _LONGEST_RESULT:
                raise RuleFailed("the rule builds a value that is too large or too deeply nested")


def shorten(value: Any, depth: int = 0) -> Any:
    """`value` small enough to be kept: long texts and lists end with `…`, what lies deep is replaced by it."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + "…"
    if not isinstance(value, (list, tuple, Mapping)):
        return value
    whole = cast("list[Any] | Mapping[str, Any]", value)
    if depth == _DEEPEST and whole:
        return "…"
    if isinstance(whole, Mapping):
        short = {shorten(key): shorten(item, depth + 1) for key, item in islice(whole.items(), _MOST_ITEMS)}
        return short if len(whole) <= _MOST_ITEMS else {**short, "…": f"{len(whole) - _MOST_ITEMS} more"}
    items = [shorten(item, depth + 1) for item in whole[:_MOST_ITEMS]]
    return items if len(whole) <= _MOST_ITEMS else [*items, f"… {len(whole) - _MOST_ITEMS} more"]


def _parts(whole: list[Any] | Mapping[str, Any]) -> list[Any]:
    return [*whole, *whole.values()] if isinstance(whole, Mapping) else whole
