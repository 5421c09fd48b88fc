"""Builds the tree of a document from what its parser meets, one piece after the other, within bounds.

Without recursion, so that no nesting can exhaust the stack, and with aliases shared: a text that would grow to
millions of values ("billion laughs") is refused by counting, before any of them exists.
"""

from dataclasses import dataclass
from typing import Any

from engine.core.values import entering
from engine.loading.finding import Report
from engine.loading.tree import DEEPEST, MOST_VALUES, Node, Path, Place, Unparsable


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet. `key` is the key that waits for its value; `repeated` drops it."""

    node: Node
    anchor: str | None
    key: str | None = None
    repeated: bool = False


class Builder:
    """Takes the pieces of a document in order; `root` is its tree once the last one is in."""

    def __init__(self, report: Report) -> None:
        self.root: Node | None = None
        self._report = report
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._values = 0

    @property
    def wants_key(self) -> bool:
        """Whether the next piece is the key of a mapping."""
        return bool(self._open) and self._open[-1].node.fields is not None and self._open[-1].key is None

    @property
    def path(self) -> Path:
        """The path of the value that comes next."""
        return tuple(level.key or "" if level.node.items is None else len(level.node.items) for level in self._open)

    def open_mapping(self, place: Place, anchor: str | None = None) -> None:
        """A mapping begins."""
        self._begin(Node(value={}, start=place, fields={}), anchor)

    def open_list(self, place: Place, anchor: str | None = None) -> None:
        """A list begins."""
        self._begin(Node(value=[], start=place, items=[]), anchor)

    def key(self, name: str, place: Place) -> None:
        """A key; one that the mapping has already is a finding, and its value is passed over."""
        level = self._open[-1]
        assert level.node.fields is not None
        level.key, level.repeated = name, name in level.node.fields
        if level.repeated:
            first, _ = level.node.keys[name]
            message = f"The key `{name}` stands twice in the same object, first in line {first}."
            self._report.error("syntax", self.path, message, "Keep one of the two, or rename one.", place=place)
        else:
            level.node.keys[name] = place
            self._enter(name, place)

    def scalar(self, value: Any, place: Place, anchor: str | None = None) -> None:
        """A text, number, boolean or null."""
        if value is not None and not isinstance(value, bool):
            value = self._enter(value, place)
        self._add(Node(value=value, start=place), anchor)

    def close(self) -> None:
        """The innermost mapping or list ends."""
        level = self._open.pop()
        if self._open or self.root is None:
            self._attach(level.node, level.anchor)

    def alias(self, name: str, place: Place) -> None:
        """The value of an anchor again.

        Raises:
            Unparsable: when there is no such anchor, or it is still open and would contain itself.
        """
        if any(level.anchor == name for level in self._open):
            message = f"The alias `*{name}` stands inside of what it repeats."
            raise Unparsable(message, "Write it out.", place, self.path)
        node = self._anchors.get(name)
        if node is None:
            message = f"The alias `*{name}` repeats an anchor `&{name}` that is not there, or only later."
            raise Unparsable(message, "Put the anchor before the alias, or write the value out.", place, self.path)
        shared = Node(node.value, place, node.fields, node.items, node.keys, node.size, node.levels)
        self._count(shared.size, place)
        if len(self._open) + shared.levels > DEEPEST:
            self._too_deep(place)
        self._attach(shared, None)

    def _begin(self, node: Node, anchor: str | None) -> None:
        self._count(1, node.start)
        if len(self._open) >= DEEPEST:
            self._too_deep(node.start)
        self._open.append(_Open(node, anchor))
        if anchor is not None:
            self._anchors.pop(anchor, None)

    def _add(self, node: Node, anchor: str | None) -> None:
        self._count(1, node.start)
        self._attach(node, anchor)

    def _attach(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        level = self._open[-1]
        parent = level.node
        if parent.items is not None:
            parent.items.append(node)
            parent.value.append(node.value)
        elif level.key is not None and parent.fields is not None:
            if not level.repeated:
                parent.fields[level.key] = node
                parent.value[level.key] = node.value
            level.key = None
        parent.size += node.size
        parent.levels = max(parent.levels, node.levels + 1)

    def _enter(self, value: Any, place: Place) -> Any:
        """The value, or a harmless one in its place when it is beyond the bounds of what may enter."""
        if isinstance(value, str) and value.isascii() and "\0" not in value:
            return value
        for trespass in entering(value):
            what = "This text" if isinstance(value, str) else "This number"
            fix = "Leave that character out." if isinstance(value, str) else "Write a shorter number."
            self._report.unreadable(self.path, f"{what} {trespass['message']}.", fix, place)
            return "text" if isinstance(value, str) else 0
        return value

    def _count(self, values: int, place: Place) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            message = f"The document has more than {MOST_VALUES:,} values, counting what aliases repeat."
            raise Unparsable(message, "Make it smaller, with fewer aliases.", place)

    def _too_deep(self, place: Place) -> None:
        message = f"The document is nested deeper than {DEEPEST} levels."
        raise Unparsable(message, "Nest less; a large rule can be split into named `rules`.", place)
