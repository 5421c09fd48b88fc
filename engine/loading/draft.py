"""What was read of a document, findings or not: the part of it that has the right shapes, and where that stands.

Lists keep the places of what was unreadable as None, so that a path into them stays true; `present` passes over them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from engine.loading.shapes import Kindred, Naming
from engine.loading.tree import Path


@dataclass(frozen=True, slots=True)
class Reference:
    """A text that names something else of the document."""

    path: Path
    kindred: Kindred
    name: str


@dataclass(frozen=True, slots=True)
class RulePlace:
    """A rule as written. Where `by_name`, it is a text that names one of the document's `rules`."""

    path: Path
    logic: Any
    by_name: bool


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A JSON Schema as written."""

    path: Path
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A context name as written, and whether it is read or written there."""

    path: Path
    name: str
    naming: Naming


@dataclass(frozen=True, slots=True)
class DraftEdge:
    """One element of `enables`. `named` is the rule it names, `logic` the one it holds itself."""

    path: Path
    source: str
    target: str | None
    on: str
    priority: int
    otherwise: bool
    rework: bool
    ruled: bool
    named: str | None
    logic: Any


@dataclass(frozen=True, slots=True)
class DraftDependency:
    """One element of `depends_on`."""

    path: Path
    atom: str
    target: str | None
    require: str


@dataclass(frozen=True)
class DraftAtom:
    """An atom as far as it could be read.

    Attributes:
        id: empty when it has none that could be read.
        kind: None when it is unknown.
        keys: the readable keys with their values; short forms are written out.
        given: every key that is written, readable or not.
    """

    path: Path
    id: str
    kind: str | None
    keys: Mapping[str, Any]
    given: frozenset[str]
    phase: str | None = None
    module: str | None = None

    @property
    def label(self) -> str:
        """What it is called in a message."""
        return f"`{self.id}`" if self.id else "without an id"

    def forward(self) -> Iterator[DraftEdge]:
        """Its ENABLES without those marked `rework`, in file order."""
        return (edge for edge in self.edges if not edge.rework)

    @cached_property
    def edges(self) -> tuple[DraftEdge, ...]:
        """Its ENABLES, in file order."""
        # Every check goes along them: made anew for each they took a quarter of the time that loading takes.
        return tuple(self._edge(index, edge) for index, edge in present(self.keys.get("enables")))

    def _edge(self, index: int, edge: Mapping[str, Any]) -> DraftEdge:
        rule = edge.get("rule")
        return DraftEdge(
            path=(*self.path, "enables", index),
            source=self.id,
            target=edge.get("to"),
            on=edge.get("on", "done"),
            priority=edge.get("priority", 0),
            otherwise=edge.get("otherwise", False),
            rework=edge.get("rework", False),
            ruled="rule" in edge,
            named=rule if isinstance(rule, str) else None,
            logic=None if isinstance(rule, str) else rule,
        )

    def dependencies(self) -> Iterator[DraftDependency]:
        """Its DEPENDS_ON, in file order."""
        for index, dependency in present(self.keys.get("depends_on")):
            path = (*self.path, "depends_on", index)
            yield DraftDependency(path, self.id, dependency.get("atom"), dependency.get("require", "resolved"))

    def returns(self) -> tuple[str, ...]:
        """R15: the fields of the child's context that a subjourney saves, each once."""
        names = present(self.keys.get("output")) if self.kind == "subjourney" else ()
        return tuple(dict.fromkeys(name for _, name in names))

    def table_rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The rows of its decision table with their places."""
        yield from present(self.keys.get("table", {}).get("rows"))


@dataclass(slots=True)
class Draft:
    """A document as far as it could be read; `keys` are those of the top level."""

    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])
    atoms: list[DraftAtom] = field(default_factory=list[DraftAtom])
    references: list[Reference] = field(default_factory=list[Reference])
    rules: list[RulePlace] = field(default_factory=list[RulePlace])
    schemas: list[SchemaPlace] = field(default_factory=list[SchemaPlace])
    names: list[NamePlace] = field(default_factory=list[NamePlace])

    def declared(self, kindred: Kindred) -> Mapping[str, Any]:
        """What the document declares of a kindred, by name; for atoms the first of each id."""
        if kindred == "atoms":
            return {atom.id: atom for atom in reversed(self.atoms) if atom.id}
        return cast("Mapping[str, Any]", self.keys.get(kindred, {}))

    def compensations(self) -> frozenset[str]:
        """The names of `compensated_by`: the atoms that only undo others (R13)."""
        named = (atom.keys.get("compensated_by") for atom in self.atoms)
        return frozenset(name for name in named if name)


def present(elements: Any) -> Iterator[tuple[int, Any]]:
    """The readable elements of a list with their places; nothing for None."""
    for index, element in enumerate(cast("Sequence[Any]", elements or [])):
        if element is not None:
            yield index, element


def written_out(draft: Draft, rule: Any) -> Any:
    """The JSONLogic of a key in which a text names one of `rules`, and is itself where there is none."""
    named = draft.declared("rules").get(rule) if isinstance(rule, str) else None
    return rule if named is None else named["logic"]
