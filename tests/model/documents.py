"""A journey document, looked up naively: everything is searched for in the parsed text each time it is asked."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Edge:
    """One ENABLES. `n` is its place in the file among all edges; `rule` is NO_RULE where there is none."""

    n: int
    source: str
    to: str
    on: str
    rule: Any
    priority: int
    otherwise: bool
    rework: bool

    @property
    def ruled(self):
        return self.rule is not NO_RULE


NO_RULE = object()


class Document:
    """One version. `pins` maps each subjourney atom to the version that its `calls` was pinned to at publish (R15)."""

    def __init__(self, parsed):
        self.parsed = parsed
        self.key, self.version = parsed["journey"], parsed["version"]
        self.rules = {name: rule["logic"] for name, rule in parsed.get("rules", {}).items()}
        self.schema = parsed.get("context", {})
        self.pins = {}
        self.atoms, self.groups = {}, {}
        self._read(parsed, ())
        self.edges, self.needs = [], []
        for atom in self.atoms.values():
            for edge in atom.get("enables", []):
                self._read_edge(atom["id"], {"to": edge} if isinstance(edge, str) else edge)
            for need in atom.get("depends_on", []):
                long = {"atom": need} if isinstance(need, str) else need
                self.needs.append((atom["id"], long["atom"], long.get("require", "resolved")))

    def _read(self, group, inside):
        for atom in group.get("atoms", []):
            self.atoms[atom["id"]] = atom
            for name in inside:
                self.groups[name].add(atom["id"])
        for inner in group.get("phases", []) + group.get("modules", []):
            self.groups[inner["id"]] = set()
            self._read(inner, (*inside, inner["id"]))

    def _read_edge(self, source, edge):
        rule = edge.get("rule", NO_RULE)
        self.edges.append(
            Edge(
                n=len(self.edges),
                source=source,
                to=edge["to"],
                on=edge.get("on", "done"),
                rule=self.rules[rule] if isinstance(rule, str) else rule,
                priority=edge.get("priority", 0),
                otherwise=edge.get("otherwise", False),
                rework=edge.get("rework", False),
            )
        )

    def kind(self, atom):
        return self.atoms[atom].get("kind", "human")

    def named(self, rule):
        """What a text stands for where a rule may be named or a text be itself, as in `until` or `correlate`."""
        return self.rules.get(rule, rule) if isinstance(rule, str) else rule

    def action(self, atom):
        """What the document declares of a system atom's action; empty for other kinds."""
        return self.parsed.get("actions", {}).get(self.atoms[atom].get("action"), {})

    def output_fits(self, atom, output):
        """Whether an output fits the schema of the atom and, for a system atom, that of its action."""
        own = self.atoms[atom].get("output", {})
        child = self.kind(atom) == "subjourney"  # its `output` is a list of names
        return child or (fits(output, own) and fits(output, self.action(atom).get("output", {})))

    def compensations(self):
        """The atoms that only undo others (R13)."""
        return {atom["compensated_by"] for atom in self.atoms.values() if "compensated_by" in atom}

    def scope(self, part=None):
        """The atoms of the version, or of one of its parts, in file order (R1)."""
        inside = self.atoms if part is None else self.groups[part]
        undoing = self.compensations()
        return [atom for atom in self.atoms if atom in inside and atom not in undoing]

    def reached(self, first, scope):
        """`first` and all that is reachable from it by forward ENABLES or by depending on a member (R7)."""
        found, grown = set(), {first}
        while grown != found:
            found = set(grown)
            grown |= {edge.to for edge in self.edges if edge.source in found and not edge.rework}
            grown |= {atom for atom, target, _ in self.needs if target in found}
            grown &= set(scope)
        return found

    def closed(self, part):
        """Whether the way back of every rework edge out of the part runs inside it (R1)."""
        scope = self.scope(part)
        back = [edge for edge in self.edges if edge.rework and edge.source in scope]
        return all(edge.to in scope and edge.source in self.reached(edge.to, scope) for edge in back)


def fits(value, schema):
    """Whether a JSON value fits a schema: the words of JSON Schema that the generated journeys use."""
    kind = schema.get("type")
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool)
    kinds = {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "number": whole,
        "integer": whole and value == int(value),
        "null": value is None,
    }
    if kind is not None and not any(kinds[one] for one in ([kind] if isinstance(kind, str) else kind)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if whole and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return False
    if isinstance(value, list):
        return all(fits(element, schema.get("items", {})) for element in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        return (
            len(value) <= schema.get("maxProperties", len(value))
            and all(name in value for name in schema.get("required", []))
            and all(fits(value[name], known[name]) for name in known if name in value)
            and (extra is not False or all(name in known for name in value))
        )
    return True


def put(context, path, value):
    """Writes at a dotted path; what lies on the way and is no object is replaced by one (R9, corners)."""
    *way, last = path.split(".")
    for segment in way:
        if not isinstance(context.get(segment), dict):
            context[segment] = {}
        context = context[segment]
    context[last] = value
