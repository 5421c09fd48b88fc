"""The part of a journey that a process runs: its atoms, and the edges that exist for it (R1).

What is looked up here is the same for every process of a version and part, so it is put together once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.clocks import key_of
from engine.core.facts import ClockOf, EdgeResult
from engine.core.journey import Dependency, Edge, Exit, Journey


@dataclass(frozen=True, slots=True)
class Ways:
    """The edges of an exit in the order they are looked at: the rework edges `back`, then the `forward` ones (R2, R7).

    `ruled`: one of them has a rule, so that the case data decide how they go.
    """

    back: tuple[Edge, ...]
    forward: tuple[Edge, ...]
    ruled: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A subjourney's step, a module, a phase or the process, that has a service level; `atoms` are those inside."""

    of: ClockOf
    name: str | None
    key: str
    atoms: frozenset[str]


_Part = tuple[ClockOf, str | None, frozenset[str]]

Exited = tuple[tuple[EdgeResult, ...], Edge | None]
"""How every edge out of an atom went, in the order of `Route.enables`, and the rework edge that was taken (R7)."""


@dataclass(slots=True, eq=False)
class Scope:
    """The atoms of a process and what lies between them. Take it from `Scope.of`."""

    journey: Journey
    whole: bool
    atoms: frozenset[str]
    settled: dict[tuple[str, Exit], Exited] = field(default_factory=dict[tuple[str, Exit], Exited])
    """How exits go whose edges have no rules, once looked at."""
    dead: dict[str, tuple[EdgeResult, ...]] = field(default_factory=dict[str, tuple[EdgeResult, ...]])
    """The edges of atoms that were skipped before (R5)."""
    _watched: Mapping[str, Watched] | None = None
    _incoming: dict[str, tuple[Edge, ...]] = field(default_factory=dict[str, tuple[Edge, ...]])
    _following: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _ways: dict[tuple[str, Exit], Ways] = field(default_factory=dict[tuple[str, Exit], Ways])
    _entries: tuple[str, ...] | None = None
    _closed: bool | None = None

    @staticmethod
    def of(journey: Journey, part: str | None) -> "Scope":
        """The scope of the processes of a version that were started at `part`, a phase or module, or None for all."""
        scope = journey.scopes.get(part)
        if scope is None:
            scope = journey.scopes[part] = Scope(journey, part is None, journey.part(part) or frozenset[str]())
        return scope

    def incoming(self, atom: str) -> Sequence[Edge]:
        """The forward ENABLES into `atom`, in file order."""
        edges = self.journey.incoming[atom]
        if self.whole:
            return edges
        known = self._incoming.get(atom)
        if known is None:
            known = self._incoming[atom] = tuple(edge for edge in edges if edge.source in self.atoms)
        return known

    def depends_on(self, atom: str) -> Sequence[Dependency]:
        """What `atom` depends on."""
        dependencies = self.journey.routes[atom].depends_on
        return dependencies if self.whole else [found for found in dependencies if found.target in self.atoms]

    def following(self, atom: str) -> tuple[str, ...]:
        """The atoms that `atom` enables by forward ENABLES, and those that depend on it."""
        known = self._following.get(atom)
        if known is None:
            enabled = (edge.target for edge in self.journey.routes[atom].enables if not edge.rework)
            dependents = (found.atom for found in self.journey.dependents[atom])
            known = tuple(one for one in dict.fromkeys((*enabled, *dependents)) if one in self.atoms)
            self._following[atom] = known
        return known

    def ways(self, atom: str, exit: Exit) -> Ways:
        """The edges that are looked at when `atom` exits so: by priority, low first, then as in the file (R2)."""
        known = self._ways.get((atom, exit))
        if known is None:
            edges = [edge for edge in self.journey.routes[atom].enables if edge.on == exit]
            edges.sort(key=lambda edge: (edge.priority, edge.position))
            back = tuple(edge for edge in edges if edge.rework)
            forward = tuple(edge for edge in edges if not edge.rework)
            known = self._ways[atom, exit] = Ways(back, forward, any(edge.ruled for edge in edges))
        return known

    def region(self, first: str) -> tuple[str, ...]:
        """R7: `first` and all that is reachable from it by forward ENABLES or by depending, in file order."""
        found = {first}
        ahead = [first]
        while ahead:
            fresh = [atom for atom in self.following(ahead.pop()) if atom not in found]
            found.update(fresh)
            ahead.extend(fresh)
        return tuple(sorted(found, key=lambda atom: self.journey.atoms[atom].index))

    @property
    def watched(self) -> Mapping[str, Watched]:
        """What has a service level, but tasks, by its key: the process first, then phases, modules and subjourneys."""
        if self._watched is None:
            self._watched = {watched.key: watched for watched in self._with_levels()}
        return self._watched

    def _with_levels(self) -> Iterator[Watched]:
        definition = self.journey.definition
        parts = self.journey.parts
        whole: list[_Part] = [("process", None, self.atoms)] if self.whole else []
        phases: list[_Part] = [("phase", phase.id, parts[phase.id]) for phase in definition.phases]
        modules: list[_Part] = [("module", module.id, parts[module.id]) for module in definition.modules]
        called = [atom.id for atom in definition.atoms if atom.kind == "subjourney"]
        steps: list[_Part] = [("step", atom, frozenset({atom})) for atom in called]
        for of, name, atoms in (*whole, *phases, *modules, *steps):
            key = key_of(of, name)
            if key in self.journey.levels and atoms and atoms <= self.atoms:
                yield Watched(of, name, key, atoms)

    def closed(self) -> bool:
        """R1: whether the way back of every rework edge out of the part runs inside it."""
        if self._closed is None:
            back = [edge for atom in self.atoms for edge in self.journey.routes[atom].enables if edge.rework]
            self._closed = all(edge.target in self.atoms and edge.source in self.region(edge.target) for edge in back)
        return self._closed

    def entries(self) -> tuple[str, ...]:
        """The atoms without an incoming forward ENABLES, in file order."""
        if self._entries is None:
            inside = (atom for atom in self.journey.atoms if atom in self.atoms)
            self._entries = tuple(atom for atom in inside if not self.incoming(atom))
        return self._entries
