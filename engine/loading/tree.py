"""A parsed document: plain values, and for each of them the line and column where it is written."""

from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str | int, ...]
"""The keys and list places that lead from the document to a value."""

Place = tuple[int, int]
"""A line and a column, both from 1."""

MOST_BYTES: Final = 1 << 20
DEEPEST: Final = 100
MOST_VALUES: Final = 100_000
"""Bounds of a document: the bytes of its text, its levels, and its values with every alias written out."""


@dataclass(slots=True)
class Node:
    """A value and where it stands. `fields` or `items` hold what it is made of; `keys` where its keys stand.

    Values are plain: dict, list, str, int, Decimal, bool, None. What an alias repeats is shared, not copied.
    """

    value: Any
    start: Place
    fields: dict[str, "Node"] | None = None
    items: list["Node"] | None = None
    keys: dict[str, Place] = field(default_factory=dict[str, Place])
    size: int = 1
    levels: int = 1

    def child(self, part: str | int) -> "Node | None":
        """The node at one key or list place, or None."""
        if isinstance(part, str):
            return self.fields.get(part) if self.fields is not None else None
        return self.items[part] if self.items is not None and 0 <= part < len(self.items) else None

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; for what is not there, the nearest that holds it."""
        node: Node = self
        for depth, part in enumerate(path):
            below = node.child(part)
            if below is None:
                return node.start
            if at_key and depth == len(path) - 1 and isinstance(part, str):
                return node.keys[part]
            node = below
        return node.start

    def value_at(self, path: Path) -> Any:
        """The value at `path`, or None."""
        node: Node | None = self
        for part in path:
            node = node.child(part) if node else None
        return node.value if node else None


class Unparsable(Exception):
    """The text cannot be read any further. `message` and `fix` are for the designer."""

    def __init__(self, message: str, fix: str, place: Place | None, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.place = place
        self.path = path
