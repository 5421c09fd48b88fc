"""Which data of a journey version are sensitive, wherever they go: `x-sensitive` of schemas, followed through rules.

What the context marks is marked in all that is read from it. A rule that is a plain `var` gives what it reads, marked
as that is; of any other rule that reads something marked, the whole value is. What a rule decides, such as which edge
is taken, is not followed: that is what sensitive data are for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.core.places import EVERYWHERE, NOWHERE, Places, marked, places_of
from engine.core.rule_compile import compile_rule

if TYPE_CHECKING:
    from engine.core.journey import Atom, Definition, Routes
    from engine.core.rules import Rule

NO_CALLED: Mapping[str, Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Sensitive:
    """What is sensitive in a version, by atom where it is not the context.

    `inputs` are those of tasks and children that have one of their own, `outputs` those of a task, a message or a
    child, `items` the elements of lists (R14). `traced` are atoms with a rule on an edge that reads something marked.
    """

    context: Places
    inputs: Mapping[str, Places]
    outputs: Mapping[str, Places]
    items: Mapping[str, Places]
    traced: frozenset[str]

    def input(self, atom: str | None) -> Places:
        """What is sensitive in the input of a task; off the graph, in that of the context."""
        return self.context if atom is None else self.inputs.get(atom, NOWHERE)

    def output(self, atom: str | None) -> Places:
        """What is sensitive in the output of one task; off the graph, what is in the context."""
        return self.context if atom is None else self.outputs.get(atom, NOWHERE)


def sensitive_in(
    definition: "Definition", routes: "Routes", called: Mapping[str, Mapping[str, Any]] = NO_CALLED
) -> Sensitive | None:
    """What is sensitive in a version; None where nothing is.

    Args:
        called: the context schema of each version that a route calls, by `key@version`.
    """
    calls = {route.atom: called[route.calls] for route in routes.routes if route.calls and route.calls in called}
    schemas = [definition.context, *(atom.output for atom in definition.atoms), *calls.values()]
    schemas += [schema for action in definition.actions for schema in (action.input, action.output)]
    if not any(map(marked, schemas)):
        return None
    context = places_of(definition.context)
    children = {atom: places_of(schema) for atom, schema in calls.items()}
    items: dict[str, Places] = {}
    inputs: dict[str, Places] = {}
    outputs: dict[str, Places] = {}
    traced: set[str] = set()
    edges = {route.atom: route.enables for route in routes.routes}
    for atom in definition.atoms:
        child = children.get(atom.id, NOWHERE)
        outputs[atom.id] = _output(definition, atom, context, child)
        seen = seen_by(context, output=outputs[atom.id], many=atom.many is not None)
        items[atom.id] = flow(atom.many.list.logic, seen).at(["0"]) if atom.many else NOWHERE
        inputs[atom.id] = _input(definition, atom, seen_by(context, item=items[atom.id]), child)
        if any(edge.ruled and reads(edge.logic, seen) for edge in edges.get(atom.id, ())):
            traced.add(atom.id)
    if not (context or any(map(any, (inputs.values(), outputs.values(), items.values())))):
        return None
    return Sensitive(context, inputs, outputs, items, frozenset(traced))


def seen_by(context: Places, item: Places = NOWHERE, output: Places = NOWHERE, *, many: bool = False) -> Places:
    """What is sensitive in what the rules of an atom see: the context, and the reserved names beside it."""
    if context.whole:
        return context
    given = Places(other=output) if many and output else output
    reserved = {"item": item, "atom": Places(names={"output": given})}
    plain = dict.fromkeys(("process", "item_index", "now"), NOWHERE)
    return Places(names={**context.names, **reserved, **plain}, other=context.other)


def flow(logic: Any, seen: Places) -> Places:
    """What is sensitive in the value of a rule, of which `seen` says what is in all that it sees."""
    if not isinstance(logic, Mapping) or not seen:
        return NOWHERE if not reads(logic, seen) else EVERYWHERE
    operator, value = next(iter(cast("Mapping[str, Any]", logic).items()), ("", None))
    parts: list[Any] = list(cast("Iterable[Any]", value)) if isinstance(value, (list, tuple)) else [value]
    if operator != "var" or not parts or not isinstance(parts[0], str):
        return EVERYWHERE if reads(cast("Any", logic), seen) else NOWHERE
    found = seen.at(parts[0].split(".")) if parts[0] else seen
    return found if len(parts) == 1 else found.union(flow(parts[1], seen))


def reads(logic: Any, seen: Places, *, by_name: bool = False) -> bool:
    """Whether a rule may read something sensitive: by a name, by one that it computes, or in all of the case data.

    `by_name`: only what it reads by names that are written in it counts.
    """
    if not seen:
        return False
    compiled = compile_rule(logic)
    unknown = not compiled.closed and not by_name
    return unknown or any(seen.at(name.split(".")) for name in compiled.reads)


def _input(definition: "Definition", atom: "Atom", seen: Places, child: Places) -> Places:
    """What is sensitive in an atom's own input: by its rules, by the schema of its action, by that of its child."""
    action = next((action for action in definition.actions if action.name == atom.action), None)
    found = places_of(action.input) if action else NOWHERE
    given: tuple[tuple[str, Rule], ...] = atom.input or ()
    return found.union(child).union(Places(names={name: flow(rule.logic, seen) for name, rule in given}))


def _output(definition: "Definition", atom: "Atom", context: Places, child: Places) -> Places:
    """What is sensitive in one output of an atom: by its schema, by that of its action, by where it is saved."""
    action = next((action for action in definition.actions if action.name == atom.action), None)
    found = places_of(atom.output).union(places_of(action.output) if action else NOWHERE)
    saved = saved_at(context, atom)
    if atom.returns:
        return Places(names={name: child.at([name]).union(saved.at([name])) for name in atom.returns})
    return found.union(saved)


def saved_at(context: Places, atom: "Atom") -> Places:
    """What the context marks of one output of an atom, by where it is saved."""
    place = context.at(atom.saves.split(".")) if atom.saves else context
    return place.at(["0"]) if atom.many else place
