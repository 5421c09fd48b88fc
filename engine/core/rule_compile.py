"""From a checked rule to closures: each node of the rule becomes one function of (scope, run).

The scope is what `var` addresses: the case data, or an element inside `map` and its kin. Operators without a function
in the table are built here, for they decide what is evaluated and in which scope.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from engine.core import exact
from engine.core.operators import OPERATORS, Function, kind, truthy, whole
from engine.core.rule_check import arguments, place_of
from engine.core.rule_errors import RuleError, RuleFailed, Unresolved
from engine.core.rule_run import Run

Node = Callable[[Any, Run], Any]
"""A part of a rule: its value in a scope. Raises RuleError."""

_ABSENT: Final = object()
_LONGEST_NAME: Final = 1_000
_BUILDERS: Final = frozenset({"map", "filter", "reduce", "merge", "missing", "missing_some"})


@dataclass(slots=True)
class Compiled:
    """A rule being compiled. `reads`: context names met, in order; `builds`: whether it can give a list it made.

    `closed`: every name that it may read has been met.
    """

    node: Node = field(default=lambda _scope, _run: None)
    reads: dict[str, None] = field(default_factory=dict[str, None])
    builds: bool = False
    closed: bool = True


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: its pointer, and whether its scope is the case data (else an element)."""

    pointer: str
    outer: bool


def compile_rule(logic: Any) -> Compiled:
    """The closures of a rule that `check` found no defect in."""
    compiled = Compiled()
    compiled.node = _node(logic, _Place("", outer=True), compiled)
    return compiled


def _node(logic: Any, place: _Place, into: Compiled) -> Node:
    if isinstance(logic, Mapping):
        return _operation(cast("Mapping[str, Any]", logic), place, into)
    if isinstance(logic, (list, tuple)):
        into.builds = True
        items = _nodes(arguments(logic, place.pointer), place.outer, into)
        return lambda scope, run: _all_of(items, scope, run)
    value: Any = exact.number(logic) if isinstance(logic, float) else logic
    return lambda _scope, _run: value


def _nodes(parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> list[Node]:
    return [_node(part, _Place(pointer, outer), into) for part, pointer in parts]


def _all_of(items: list[Node], scope: Any, run: Run) -> list[Any]:
    run.spend(1 + len(items))
    return [item(scope, run) for item in items]


def _operation(logic: Mapping[str, Any], place: _Place, into: Compiled) -> Node:
    """The closure of one operator; what it raises says where in the rule."""
    operator, value = next(iter(logic.items()))
    pointer = place_of(operator, place.pointer)
    parts = arguments(value, pointer)
    into.builds = into.builds or operator in _BUILDERS
    function = OPERATORS[operator].function
    if function is not None:
        node = _eager(operator, function, _nodes(parts, place.outer, into))
    else:
        node = _SPECIAL[operator](operator, parts, place.outer, into)

    def located(scope: Any, run: Run) -> Any:
        try:
            return node(scope, run)
        except RuleError as error:
            if error.pointer is None:
                error.pointer = pointer
            raise

    return located


def _eager(operator: str, function: Function, items: list[Node]) -> Node:
    """An operator that works on the values of all its arguments."""
    cost = 1 + len(items) // 8
    compares = OPERATORS[operator].compares

    def evaluated(scope: Any, run: Run) -> Any:
        run.spend(cost)
        values = [item(scope, run) for item in items]
        result = function(values, run)
        if compares and run.recorder is not None:
            run.recorder.compare(operator, values, result)
        return result

    return evaluated


# --- names ------------------------------------------------------------------------------------------------------------


def _var(_operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    name = parts[0][0] if parts else None
    if outer:
        _note(name, into)
    literal = None if isinstance(name, (Mapping, list, tuple)) else _name(name)
    path = None if literal is None else _path(literal)  # taken apart once, not at every run
    named = _nodes(parts[:1], outer, into)
    default = _nodes(parts[1:], outer, into)

    def found(scope: Any, run: Run) -> Any:
        run.spend()
        text = literal
        if text is None or path is None:
            wanted = named[0](scope, run)
            text = _name(wanted)
            if text is None:
                raise RuleFailed(f"`var` takes a name, not {kind(wanted)}")
            value = _look_up(scope, text)
        else:
            value = _reach(scope, path)
        if value is _ABSENT:
            if not default:
                raise Unresolved(text)
            value = default[0](scope, run)
        if isinstance(value, float):
            value = _from_float(value)
        if outer and run.recorder is not None:
            run.recorder.read(text, value)
        return value

    return found


def _missing(operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    names = [part for part, _ in parts]
    if outer:
        _note(names[0] if names and isinstance(names[0], (list, tuple)) else names, into)
    items = _nodes(parts, outer, into)

    def absent(scope: Any, run: Run) -> list[Any]:
        values = _all_of(items, scope, run)
        wanted = cast("list[Any]", values[0]) if values and isinstance(values[0], (list, tuple)) else values
        return _absent(operator, wanted, None, scope, run)

    return absent


def _missing_some(operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    if outer:
        _note(parts[1][0], into)
    items = _nodes(parts, outer, into)

    def absent(scope: Any, run: Run) -> list[Any]:
        needed, wanted = _all_of(items, scope, run)
        return _absent(operator, _list(operator, wanted), whole(operator, needed), scope, run)

    return absent


def _absent(operator: str, names: list[Any], needed: int | None, scope: Any, run: Run) -> list[Any]:
    """Those of `names` without a value, null or "" counting as none; [] when `needed` of them have one."""
    run.spend(len(names))
    absent = [name for name in names if (text := _name(name)) is None or _look_up(scope, text) in (_ABSENT, None, "")]
    result = [] if needed is not None and len(names) - len(absent) >= needed else absent
    if run.recorder is not None:
        run.recorder.compare(operator, names, result)
    return result


def _note(names: Any, into: Compiled) -> None:
    for name in cast("list[Any]", names) if isinstance(names, (list, tuple)) else [names]:
        text = None if isinstance(name, (Mapping, list, tuple)) else _name(name)
        if text:
            into.reads[text] = None
        else:
            into.closed = False


def _name(value: Any) -> str | None:
    """The dotted name a value stands for: a text, a number (an index), "" for null; None for all else."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    known = exact.number(value)
    return None if known is None else exact.plain(known)


def _from_float(value: float) -> exact.Number:
    known = exact.number(value)
    if known is None:
        raise RuleFailed("an infinite number, or one that is none, is no JSON value")
    return known


def _look_up(scope: Any, name: str) -> Any:
    """What `name` leads to through objects (by key) and lists (by index from 0), or _ABSENT."""
    path = _path(name)
    return _ABSENT if path is None else _reach(scope, path)


def _path(name: str) -> list[str] | None:
    """The parts of a dotted name, none for the scope itself; None for a name that is too long to be looked up."""
    if len(name) > _LONGEST_NAME:
        return None
    return name.split(".") if name else []


def _reach(scope: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(scope, (dict, Mapping)):  # most are dicts, and those are known much sooner
            scope = cast("Mapping[str, Any]", scope).get(key, _ABSENT)
        elif isinstance(scope, (list, tuple)) and key.isascii() and key.isdigit():
            items, index = cast("list[Any]", scope), int(key)
            scope = items[index] if index < len(items) else _ABSENT
        else:
            return _ABSENT
    return scope


# --- choices ----------------------------------------------------------------------------------------------------------


def _if(_operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    items = _nodes(parts, outer, into)
    pairs = list(zip(items[::2], items[1::2], strict=False))
    last = items[-1] if len(items) % 2 else None
    cost = 1 + len(items) // 8

    def chosen(scope: Any, run: Run) -> Any:
        run.spend(cost)
        for condition, consequence in pairs:
            if truthy(condition(scope, run)):
                return consequence(scope, run)
        return last(scope, run) if last else None

    return chosen


def _and_or(operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    items = _nodes(parts, outer, into)
    decisive = operator == "or"
    cost = 1 + len(items) // 8

    def joined(scope: Any, run: Run) -> Any:
        run.spend(cost)
        value: Any = None
        for item in items:
            value = item(scope, run)
            if truthy(value) is decisive:
                break
        return value

    return joined


# --- lists ------------------------------------------------------------------------------------------------------------


def _list(operator: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise RuleFailed(f"`{operator}` works on a list, not on {kind(value)}")
    return cast("list[Any]", value)


def _each(operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    """`map`, `filter`, `all`, `none`, `some`: the second argument is evaluated with each element as its scope."""
    (source,) = _nodes(parts[:1], outer, into)
    (body,) = _nodes(parts[1:], False, into)
    apply = _APPLY[operator]

    def applied(scope: Any, run: Run) -> Any:
        items = _list(operator, source(scope, run))
        run.spend(1 + len(items))
        return apply(items, lambda item: body(item, run))

    return applied


def _reduce(operator: str, parts: list[tuple[Any, str]], outer: bool, into: Compiled) -> Node:
    (source,) = _nodes(parts[:1], outer, into)
    (body,) = _nodes(parts[1:2], False, into)
    initial = _nodes(parts[2:], outer, into)

    def reduced(scope: Any, run: Run) -> Any:
        items = _list(operator, source(scope, run))
        run.spend(1 + len(items))
        accumulator = initial[0](scope, run) if initial else None
        for item in items:
            accumulator = body({"current": item, "accumulator": accumulator}, run)
        return accumulator

    return reduced


_APPLY: Final[Mapping[str, Callable[[list[Any], Callable[[Any], Any]], Any]]] = {
    "map": lambda items, body: [body(item) for item in items],
    "filter": lambda items, body: [item for item in items if truthy(body(item))],
    "all": lambda items, body: bool(items) and all(truthy(body(item)) for item in items),
    "none": lambda items, body: not any(truthy(body(item)) for item in items),
    "some": lambda items, body: any(truthy(body(item)) for item in items),
}
_SPECIAL: Final[Mapping[str, Callable[[str, list[tuple[Any, str]], bool, Compiled], Node]]] = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
    "if": _if,
    "and": _and_or,
    "or": _and_or,
    "reduce": _reduce,
    **dict.fromkeys(_APPLY, _each),
}
