"""The frozen value of a journey version: what designers wrote and how its atoms are joined.

Two halves make a version. `Definition` is what the document says of each atom by itself (schemas, rules of its own,
policies). `Routes` is how the atoms are joined; for a published version it is what `cypher/queries/routes.cypher`
gives when it traverses the graph. `Journey` joins the two with the indexes `decide` looks things up in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from engine.core.calendars import Calendar
from engine.core.clocks import key_of
from engine.core.durations import Length
from engine.core.policies import USUAL_RETRY, Many, Retry, Timeout
from engine.core.rules import Rule
from engine.core.schemas import Schemas, schemas_of
from engine.core.sensitive import Sensitive, sensitive_in
from engine.core.service_levels import ServiceLevel

if TYPE_CHECKING:
    from engine.core.scope import Scope

_T = TypeVar("_T")

Kind = Literal["human", "system", "decision", "wait", "subjourney", "milestone"]
Split = Literal["all", "first"]
Join = Literal["all", "any"] | int
Require = Literal["resolved", "completed"]
Hit = Literal["first", "unique", "collect"]
OnFailure = Literal["incident", "fail"]
Priority = Literal["low", "medium", "high", "critical"]
PRIORITIES: tuple[Priority, ...] = ("low", "medium", "high", "critical")
Strategy = Literal["pool", "round_robin", "load_balanced", "skill_based", "manual"]
Exit = Literal["done", "error", "timeout"]

INSTANT: frozenset[Kind] = frozenset({"decision", "milestone"})
"""Kinds that complete in the decision that starts them (R6)."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One ENABLES. `position` is its place among its source's edges in the file; `logic` is the rule as JSONLogic."""

    source: str
    target: str
    position: int
    on: Exit = "done"
    priority: int = 0
    otherwise: bool = False
    rule_id: str | None = None
    logic: Any = None
    ruled: bool = False
    rework: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    """One DEPENDS_ON: `atom` may not start before `target` is resolved (R4)."""

    atom: str
    target: str
    require: Require = "resolved"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A skill that the performer needs, at this level or above."""

    skill: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """What comes out of one atom: its ENABLES, DEPENDS_ON, PERFORMED_BY, CALLS and COMPENSATED_BY, and its joins.

    `calls` is a range as loaded (`credit@^1.2`), and once published the version it is pinned to (R15). Who performed
    one of the atoms in `not_same_as` may not perform this one, nor the other way round (four eyes); who performed
    `same_as` does.
    """

    atom: str
    split: Split = "all"
    join: Join = "all"
    may_end: bool = False
    role: str | None = None
    strategy: Strategy | None = None
    skills: tuple[Wanted, ...] = ()
    not_same_as: tuple[str, ...] = ()
    same_as: str | None = None
    escalates_to: str | None = None
    enables: tuple[Edge, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    calls: str | None = None
    compensated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """Every route of a version, in file order."""

    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table: when `rule` is true, each name is set to its rule's value."""

    rule: Rule
    sets: tuple[tuple[str, Rule], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The decision table of a decision atom (R9)."""

    hit: Hit
    rows: tuple[Row, ...]
    otherwise: tuple[tuple[str, Rule], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every context name that some row or `otherwise` sets, in file order."""
        rows = (name for row in self.rows for name, _ in row.sets)
        return tuple(dict.fromkeys((*rows, *(name for name, _ in self.otherwise))))


@dataclass(frozen=True, slots=True)
class Atom:
    """One unit of work or choice, as the document describes it by itself. `index` is its place in the file."""

    id: str
    index: int
    kind: Kind
    name: str
    description: str = ""
    phase: str | None = None
    module: str | None = None
    entry: bool = False
    input: tuple[tuple[str, Rule], ...] | None = None
    output: Mapping[str, Any] | None = None
    saves: str | None = None
    sets: tuple[tuple[str, Rule], ...] = ()
    priority: Priority | None = None
    service_area: str | None = None
    task_type: str | None = None
    action: str | None = None
    retry: Retry = USUAL_RETRY
    on_failure: OnFailure = "incident"
    table: Table | None = None
    outcome: str | None = None
    terminate: bool = False
    max_visits: int = 10
    due: Length | Rule | None = None
    sla: ServiceLevel | None = None
    timeout: Timeout | None = None
    duration: Length | None = None
    """`for` of a wait."""
    until: Rule | None = None
    message: str | None = None
    correlate: Rule | None = None
    returns: tuple[str, ...] = ()
    """`output` of a subjourney: the fields of the child's context that are saved (R15)."""
    many: Many | None = None
    governed_by: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    requires_documents: tuple[str, ...] = ()
    """Those of `uses` that must be accepted before it completes."""
    reads: tuple[str, ...] = ()
    """Every context name the atom's own rules read, those of `reads` added; in order, each once."""
    writes: tuple[str, ...] = ()
    """Every context name the atom writes, those of `writes` added; in order, each once."""
    layout: Mapping[str, Any] | None = None

    @property
    def instant(self) -> bool:
        """Whether it completes in the decision that starts it (R6)."""
        return self.kind in INSTANT


@dataclass(frozen=True, slots=True)
class Module:
    """A group of atoms, for reading, reporting and starting part of a journey."""

    id: str
    name: str
    phase: str | None
    sla: ServiceLevel | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A group of modules or atoms, for reading, reporting and starting part of a journey."""

    id: str
    name: str
    sla: ServiceLevel | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A role, regulation or document of the version. `facts` are its further keys as written."""

    id: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class NamedRule:
    """One of the version's `rules`. `logic` is JSONLogic as written."""

    id: str
    description: str
    logic: Any
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """What a system atom may ask for. `input` and `output` are JSON Schemas."""

    name: str
    input: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """What a document says, apart from how its atoms are joined. `hash` is the SHA-256 of its canonical content.

    `key` and `version` are empty only for what stands in the place of a journey where a process has none (R18).
    """

    key: str
    version: str
    name: str
    description: str
    hash: str
    context: Mapping[str, Any]
    title: Rule | None
    dimensions: tuple[str, ...]
    atoms: tuple[Atom, ...]
    phases: tuple[Phase, ...] = ()
    modules: tuple[Module, ...] = ()
    roles: tuple[Named, ...] = ()
    rules: tuple[NamedRule, ...] = ()
    actions: tuple[Action, ...] = ()
    regulations: tuple[Named, ...] = ()
    documents: tuple[Named, ...] = ()
    sla: ServiceLevel | None = None
    """Of the whole process."""
    calendar: str | None = None
    """What its working time is counted in where nothing else is said."""
    calendars: tuple[str, ...] = ()
    """The ids of all calendars that it names, `calendar` included; in order, each once."""


def _no_calendars() -> dict[str, Calendar]:
    return {}


def _no_levels() -> dict[str, ServiceLevel]:
    return {}


def _no_scopes() -> "dict[str | None, Scope]":
    return {}


@dataclass(frozen=True, slots=True)
class Journey:
    """A version as `decide` sees it: what comes into or out of an atom is one look-up, in file order."""

    definition: Definition
    atoms: Mapping[str, Atom]
    routes: Mapping[str, Route]
    incoming: Mapping[str, tuple[Edge, ...]]
    dependents: Mapping[str, tuple[Dependency, ...]]
    edge_rules: Mapping[tuple[str, int], Rule]
    """The compiled rule of a ruled edge, by its source and position."""
    schemas: Schemas = field(compare=False)
    """By name: `context`, `output/ATOM`, `action-input/ACTION`, `action-output/ACTION`, `child/ATOM`."""
    compensations: frozenset[str]
    """The atoms that only undo others; they take no part in R1–R8 (R13)."""
    apart: Mapping[str, tuple[str, ...]]
    """The atoms whose performers may not perform this one (four eyes), whichever of the two says so, in file order."""
    parts: Mapping[str | None, frozenset[str]]
    """The atoms of each phase and module, and at None all of them, without `compensations`."""
    sensitive: Sensitive | None = field(default=None, compare=False, repr=False)
    """What of its data is sensitive; None where nothing is."""
    levels: Mapping[str, ServiceLevel] = field(default_factory=_no_levels, compare=False, repr=False)
    """The service levels that hold by now, by what they are of: `engine.core.clocks.key_of`."""
    calendars: Mapping[str, Calendar] = field(default_factory=_no_calendars, compare=False, repr=False)
    """The calendars that it names, as they are by now; one that is not there is missing (R11, R16)."""
    scopes: "dict[str | None, Scope]" = field(default_factory=_no_scopes, compare=False, repr=False)
    """What `Scope.of` has put together so far."""

    @property
    def ref(self) -> str:
        """`key@version`, as the version is called everywhere."""
        return f"{self.definition.key}@{self.definition.version}"

    def keeping(self, calendars: Mapping[str, Calendar], levels: Mapping[str, ServiceLevel] | None = None) -> "Journey":
        """The same version, counting its working time in these calendars, with these service levels (None: its own)."""
        levels = self.levels if levels is None else levels
        named = frozenset(self.definition.calendars).union(*(level.calendars for level in levels.values()))
        found = {id: calendars[id] for id in named if id in calendars}
        return replace(self, calendars=found, levels=levels, scopes=_no_scopes())

    def part(self, at: str | None) -> frozenset[str] | None:
        """The atoms of the phase or module `at`; None where there is no such part. All atoms when `at` is None."""
        return self.parts.get(at)


NO_SCHEMAS: Mapping[str, Mapping[str, Any]] = {}
NO_CALENDARS: Mapping[str, Calendar] = {}


def join_up(
    definition: Definition,
    routes: Routes,
    called: Mapping[str, Mapping[str, Any]] = NO_SCHEMAS,
    calendars: Mapping[str, Calendar] = NO_CALENDARS,
) -> Journey:
    """The journey that `definition` and `routes` make together, with its indexes.

    Args:
        called: the context schema of each version that a route calls, by `key@version` (R15).
        calendars: what its working time is counted in, by id; those it does not name are left out.

    Raises:
        KeyError: when a route names an atom that the definition does not hold.
    """
    atoms = {atom.id: atom for atom in definition.atoms}
    edges = [edge for route in routes.routes for edge in route.enables]
    incoming = _grouped((edge for edge in edges if not edge.rework), lambda edge: edge.target)
    dependents = _grouped(
        (dependency for route in routes.routes for dependency in route.depends_on), lambda dependency: dependency.target
    )
    compensations = frozenset(route.compensated_by for route in routes.routes if route.compensated_by)
    sensitive = sensitive_in(definition, routes, called)
    return Journey(
        definition=definition,
        atoms=atoms,
        routes={atoms[route.atom].id: route for route in routes.routes},
        incoming={atom: tuple(incoming[atom]) for atom in atoms},
        dependents={atom: tuple(dependents[atom]) for atom in atoms},
        edge_rules={(edge.source, edge.position): Rule.compile(edge.logic) for edge in edges if edge.ruled},
        schemas=Schemas(schemas_of(definition, routes, called), masked=sensitive is not None),
        compensations=compensations,
        apart=apart_in(routes),
        parts=_parts(definition, compensations),
        sensitive=sensitive,
        levels=own_levels(definition),
        calendars={id: calendars[id] for id in definition.calendars if id in calendars},
    )


def own_levels(definition: Definition) -> dict[str, ServiceLevel]:
    """The service levels that the document itself says, by what they are of."""
    found: list[tuple[str, ServiceLevel | None]] = [(key_of("process", None), definition.sla)]
    found += [(key_of("phase", phase.id), phase.sla) for phase in definition.phases]
    found += [(key_of("module", module.id), module.sla) for module in definition.modules]
    found += [(key_of("step" if atom.kind == "subjourney" else "task", atom.id), atom.sla) for atom in definition.atoms]
    return {key: level for key, level in found if level}


def _parts(definition: Definition, compensations: frozenset[str]) -> dict[str | None, frozenset[str]]:
    groups: list[Phase | Module] = [*definition.phases, *definition.modules]
    inside: dict[str | None, list[str]] = {None: [], **{group.id: [] for group in groups}}
    for atom in definition.atoms:
        for group in {None, atom.phase, atom.module} & inside.keys():
            inside[group].append(atom.id)
    return {group: frozenset(atoms) - compensations for group, atoms in inside.items()}


def apart_in(routes: Routes) -> dict[str, tuple[str, ...]]:
    """Four eyes: the atoms whose performers may not perform an atom, whichever of the two says so."""
    others: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for route in routes.routes:
        for other in route.not_same_as:
            others[route.atom][other] = None
            others[other][route.atom] = None
    return {atom: tuple(found) for atom, found in others.items()}


def _grouped(items: Iterable[_T], key: Callable[[_T], str]) -> defaultdict[str, list[_T]]:
    groups: defaultdict[str, list[_T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


NO_JOURNEY = join_up(Definition("", "", "", "", "", {"type": "object"}, None, (), ()), Routes(()))
"""What a process without a journey runs: no atoms, any case data (R18)."""
