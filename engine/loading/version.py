"""Makes the journey version of a draft in which nothing was found wrong."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from engine.core.durations import Length
from engine.core.journey import (
    Action,
    Atom,
    Definition,
    Dependency,
    Edge,
    Kind,
    Module,
    Named,
    NamedRule,
    Phase,
    Route,
    Routes,
    Row,
    Table,
    Wanted,
)
from engine.core.policies import Many, Retry, Timeout
from engine.core.rules import Rule
from engine.core.service_levels import ServiceLevel
from engine.loading.calendars import calendars_of
from engine.loading.canonical import content_hash
from engine.loading.context_names import writes
from engine.loading.draft import Draft, DraftAtom, DraftEdge, present, written_out
from engine.loading.service_levels import level_of
from engine.loading.structure import join_count

Sets = tuple[tuple[str, Rule], ...]


def definition_of(draft: Draft, document: Any) -> Definition:
    """What the document says of each atom by itself. `document` is its parsed content, for the hash."""
    keys = draft.keys
    title = keys.get("title")
    return Definition(
        key=keys["journey"],
        version=keys["version"],
        name=keys.get("name") or keys["journey"],
        description=keys.get("description", ""),
        hash=content_hash(document),
        context=keys.get("context", {"type": "object"}),
        title=None if title is None else Rule.compile(title),
        dimensions=_once(keys.get("dimensions")),
        atoms=tuple(_atom(draft, atom, index) for index, atom in enumerate(draft.atoms)),
        phases=tuple(
            Phase(phase["id"], phase.get("name") or phase["id"], _level(draft, phase, phase["id"]))
            for phase in keys.get("phases", ())
        ),
        modules=tuple(_modules(draft)),
        roles=_named(keys.get("roles")),
        rules=tuple(_named_rule(name, rule) for name, rule in keys.get("rules", {}).items()),
        actions=tuple(
            Action(name, action.get("input"), action.get("output")) for name, action in keys.get("actions", {}).items()
        ),
        regulations=_named(keys.get("regulations")),
        documents=_named(keys.get("documents")),
        sla=_level(draft, keys),
        calendar=keys.get("calendar"),
        calendars=calendars_of(draft),
    )


def routes_of(draft: Draft) -> Routes:
    """How the atoms are joined, in file order."""
    return Routes(tuple(_route(draft, atom) for atom in draft.atoms))


def _atom(draft: Draft, atom: DraftAtom, index: int) -> Atom:
    keys = atom.keys
    return Atom(
        id=atom.id,
        index=index,
        kind=cast("Kind", atom.kind),
        name=keys.get("name") or atom.id,
        description=keys.get("description", ""),
        phase=atom.phase,
        module=atom.module,
        entry=keys.get("entry", False),
        input=_sets(keys["input"]) if "input" in keys else None,
        output=None if atom.kind == "subjourney" else keys.get("output"),
        saves=keys.get("saves"),
        sets=_sets(keys.get("sets", {})),
        priority=keys.get("priority"),
        service_area=keys.get("service_area"),
        task_type=keys.get("task_type"),
        action=keys.get("action"),
        retry=_retry(keys.get("retry", {})),
        on_failure=keys.get("on_failure", "incident"),
        table=_table(draft, keys["table"]) if "table" in keys else None,
        outcome=keys.get("outcome"),
        terminate=keys.get("terminate", False),
        max_visits=keys.get("max_visits", 10),
        due=_due(draft, keys.get("due")),
        sla=_level(draft, keys, atom.id),
        timeout=_timeout(draft, keys.get("timeout")),
        duration=keys.get("for"),
        until=_named_or_itself(draft, keys, "until"),
        message=keys.get("message"),
        correlate=_named_or_itself(draft, keys, "correlate"),
        returns=atom.returns(),
        many=_many(draft, keys) if "for_each" in keys else None,
        governed_by=_once(keys.get("governed_by")),
        uses=_once([*keys.get("uses", ()), *keys.get("requires_documents", ())]),
        produces=_once(keys.get("produces")),
        requires_documents=_once(keys.get("requires_documents")),
        reads=tuple(dict.fromkeys((*_read(draft, atom), *keys.get("reads", ())))),
        writes=writes(draft, atom),
        layout=keys.get("layout"),
    )


def _due(draft: Draft, due: Any) -> Length | Rule | None:
    return due if due is None or isinstance(due, Length) else Rule.compile(written_out(draft, due))


def _timeout(draft: Draft, keys: Mapping[str, Any] | None) -> Timeout | None:
    return None if keys is None else Timeout(keys.get("after"), _named_or_itself(draft, keys, "at"))


def _many(draft: Draft, keys: Mapping[str, Any]) -> Many:
    done_when = keys.get("done_when", "all")
    count = cast("Mapping[str, int]", done_when)["count"] if isinstance(done_when, dict) else done_when
    return Many(Rule.compile(written_out(draft, keys["for_each"])), keys.get("in_order", False), count)


def _named_or_itself(draft: Draft, keys: Mapping[str, Any], key: str) -> Rule | None:
    return Rule.compile(written_out(draft, keys[key])) if key in keys else None


def _retry(keys: Mapping[str, Any]) -> Retry:
    policy: dict[str, Any] = dict(keys)
    if "factor" in policy:
        policy["factor"] = float(policy["factor"])
    return Retry(**policy)


def _table(draft: Draft, keys: Mapping[str, Any]) -> Table:
    rows = tuple(Row(Rule.compile(written_out(draft, row["rule"])), _sets(row["sets"])) for row in keys["rows"])
    return Table(keys.get("hit", "first"), rows, _sets(keys.get("otherwise", {})))


def _route(draft: Draft, atom: DraftAtom) -> Route:
    keys = atom.keys
    performer = keys.get("performed_by", {})
    return Route(
        atom=atom.id,
        split=keys.get("split", "all"),
        join=join_count(atom) or keys.get("join", "all"),
        may_end=keys.get("may_end", False),
        role=performer.get("role"),
        strategy=performer.get("strategy", "pool") if performer else None,
        skills=tuple(Wanted(each["skill"], each.get("level", 1)) for each in performer.get("skills", ())),
        not_same_as=tuple(performer.get("not_same_as", ())),
        same_as=performer.get("same_as"),
        escalates_to=keys.get("escalates_to"),
        enables=tuple(_edge(draft, edge, position) for position, edge in enumerate(atom.edges)),
        depends_on=tuple(
            Dependency(atom.id, str(found.target), cast("Any", found.require)) for found in atom.dependencies()
        ),
        calls=keys.get("calls"),
        compensated_by=keys.get("compensated_by"),
    )


def _edge(draft: Draft, edge: DraftEdge, position: int) -> Edge:
    return Edge(
        source=edge.source,
        target=str(edge.target),
        position=position,
        on=cast("Any", edge.on),
        priority=edge.priority,
        otherwise=edge.otherwise,
        rule_id=edge.named,
        logic=written_out(draft, edge.named or edge.logic) if edge.ruled else None,
        ruled=edge.ruled,
        rework=edge.rework,
    )


def _read(draft: Draft, atom: DraftAtom) -> Iterator[str]:
    """The names that an atom's rules read: of its input, table and `sets`, and those on its edges."""
    keys = atom.keys
    early = [keys.get(key) for key in ("for_each", "until", "correlate", "due")] + [keys.get("timeout", {}).get("at")]
    logics = [written_out(draft, logic) for logic in early if logic is not None and not isinstance(logic, Length)]
    logics += keys.get("input", {}).values()
    for _, row in atom.table_rows():
        logics += [written_out(draft, row["rule"]), *row["sets"].values()]
    logics += atom.keys.get("table", {}).get("otherwise", {}).values()
    logics += atom.keys.get("sets", {}).values()
    logics += [written_out(draft, edge.named or edge.logic) for edge in atom.edges if edge.ruled]
    for logic in logics:
        yield from Rule.compile(logic).reads


def _modules(draft: Draft) -> Iterator[Module]:
    found = [(module, phase["id"]) for phase in draft.keys.get("phases", ()) for module in phase.get("modules", ())]
    found += [(module, None) for _, module in present(draft.keys.get("modules"))]
    for module, phase in found:
        yield Module(module["id"], module.get("name") or module["id"], phase, _level(draft, module, module["id"]))


def _level(draft: Draft, keys: Mapping[str, Any], id: str | None = None) -> ServiceLevel | None:
    """What `sla` says; called as the journey, and what it is of there."""
    journey = draft.keys["journey"]
    return level_of(f"{journey}/{id}" if id else journey, keys.get("sla"))


def _named(entries: Mapping[str, Mapping[str, Any]] | None) -> tuple[Named, ...]:
    return tuple(
        Named(name, entry.get("name") or name, {key: value for key, value in entry.items() if key != "name"})
        for name, entry in (entries or {}).items()
    )


def _named_rule(name: str, keys: Mapping[str, Any]) -> NamedRule:
    return NamedRule(name, keys.get("description", ""), keys["logic"], Rule.compile(keys["logic"]).reads)


def _sets(names: Mapping[str, Any]) -> Sets:
    return tuple((name, Rule.compile(logic)) for name, logic in names.items())


def _once(names: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names or ()))
